package annotations

import (
	"fmt"
	"go/token"
)

// A Code names a kind of mistake. It does not change from version to version.
type Code string

// The mistakes that [Parse] and [NearMiss] find.
const (
	CodeNotADirective   Code = "not-a-directive"   // looks like a directive, is a plain comment
	CodeUnknownName     Code = "unknown-directive" // a misspelt name
	CodeUnknownKey      Code = "unknown-key"
	CodeDuplicateKey    Code = "duplicate-key"
	CodeNoValue         Code = "no-value" // a word without "="
	CodeEmpty           Code = "empty-value"
	CodeQuotes          Code = "bad-quotes"
	CodeMissingPolicy   Code = "missing-policy"
	CodeTrust           Code = "bad-trust"
	CodeClassification  Code = "bad-classification"
	CodeUntaint         Code = "untaint-without-sanitizer"
	CodeConflict        Code = "taint-conflict" // one taint both added and removed
	CodeUnknownSource   Code = "unknown-source"
	CodeIdentifier      Code = "bad-identifier"
	CodeTemplate        Code = "bad-template"
	CodeText            Code = "bad-text" // control characters, not UTF-8
	CodeDirectiveMarker Code = "no-space" // the name runs into the arguments
)

// An Error is one mistake in a directive.
type Error struct {
	Pos     token.Position
	Code    Code
	Message string // what is wrong, naming the thing
	Hint    string // the way out; never empty
}

// Error gives "file:line:col: message" and the hint on a second line.
func (e *Error) Error() string {
	return fmt.Sprintf("%s: %s\n\thint: %s", e.Pos, e.Message, e.Hint)
}
