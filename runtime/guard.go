package kest

// RunKestgenVersion1 is referred to by generated code. It is renamed whenever
// generated code must be made again for a new version of this package, so that
// code from an older kestgen fails to compile with its name in the message.
const RunKestgenVersion1 = 1

// RunKestgenIfStale is called by generated code to compare what it was
// generated from with what is there now: T is written out in the generated
// file, the argument comes from the source. If the compiler cannot use the
// argument as T, the source has changed: run kestgen (go generate ./...).
//
// Assigning to a type that is spelt out compares struct tags too, which a
// conversion would not.
func RunKestgenIfStale[T any](T) struct{} { return struct{}{} }
