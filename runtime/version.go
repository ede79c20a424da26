package kest

// Version is the semantic version of this library. It stands in the runtime
// member of every entry and is what kest version and kestgen version print.
const Version = "0.3.0"

// SchemaVersion is the version of the entry schema (F-AE-01).
const SchemaVersion = "0.3.0"

// RuntimeName is the runtime.name of every entry made by this library.
const RuntimeName = "kest-go"
