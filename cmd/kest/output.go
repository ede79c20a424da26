package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// write writes all of a command's output at once. A verdict that nobody got is
// none, so an error changes the status.
func write(w io.Writer, status int, text string) (int, error) {
	if _, err := io.WriteString(w, text); err != nil {
		return couldNotRun, fmt.Errorf("cannot write the output: %w", err)
	}
	return status, nil
}

// writeJSON writes a value as indented JSON of plain ASCII: encoding/json leaves
// C1 controls and direction overrides as they are, and terminals obey them.
func writeJSON(w io.Writer, status int, value any) (int, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(value); err != nil {
		return couldNotRun, fmt.Errorf("cannot write the output as JSON: %w", err)
	}
	return write(w, status, string(asciiJSON(text.Bytes())))
}

// asciiJSON escapes what is not plain ASCII, which in JSON stands in strings
// only.
func asciiJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r < 0x7f:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
		text = text[size:]
	}
	return out
}
