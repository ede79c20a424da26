package hookvet

import (
	"bytes"
	"go/ast"
	"go/token"
	"regexp"
	"strings"

	"github.com/kestgo/kest/annotations"
)

// A bypass is a //kest:bypass comment without mistakes.
type bypass struct {
	pos    token.Pos
	file   string
	line   int
	reason string
	spent  bool // a use was allowed by it
}

// bypassOf is the bypass for a finding: one on the line above it, or above the
// statement that it is part of.
func (v *vetting) bypassOf(f *finding) *bypass {
	name := v.filename(f.pos)
	var above *bypass
	for _, line := range f.from {
		for _, b := range v.bypasses {
			if b.file != name || b.line+1 != line {
				continue
			}
			if !b.spent {
				return b
			}
			above = b
		}
	}
	return above
}

// readBypasses collects the bypasses of a file and reports mistakes in them. One
// with a mistake allows nothing.
func (v *vetting) readBypasses(file *ast.File) error {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			directive, ok := ast.ParseDirective(comment.Slash, comment.Text)
			if !ok || directive.Tool != "kest" || directive.Name != "bypass" {
				if hint := nearBypass(comment.Text, directive, ok); hint != "" {
					v.mistake(comment.Slash, "this comment looks like a bypass and is none: "+hint)
				}
				continue
			}
			reason, wrong := reasonOf(directive)
			alone, err := v.alone(comment)
			switch {
			case err != nil:
				return err
			case wrong != "":
				v.mistake(comment.Slash, wrong)
			case !alone:
				v.mistake(comment.Slash, "a bypass at the end of a line allows nothing: put it on a line of its own above the use")
			default:
				v.bypasses = append(v.bypasses, &bypass{
					pos: comment.Slash, file: v.filename(comment.Slash), line: v.line(comment.Slash), reason: reason,
				})
			}
		}
	}
	return nil
}

const writeReason = `write //kest:bypass reason=word or //kest:bypass "reason=several words"`

// reasonOf reads the one argument of a bypass.
func reasonOf(directive ast.Directive) (reason, wrong string) {
	args, err := directive.ParseArgs()
	if err != nil {
		return "", "the quotes in this bypass do not match: " + writeReason
	}
	for _, arg := range args {
		key, value, ok := strings.Cut(arg.Arg, "=")
		switch {
		case !ok:
			return "", "this bypass has " + arg.Arg + ", which is not key=value: " + writeReason
		case key != "reason":
			return "", "this bypass has the unknown key " + key + ": " + writeReason
		case reason != "":
			return "", "this bypass has two reasons: remove one"
		}
		reason = strings.TrimSpace(value)
	}
	if reason == "" {
		return "", "this bypass has no reason: " + writeReason
	}
	return reason, ""
}

// looksLikeBypass matches a comment that begins as a directive does, with what
// people get wrong.
var looksLikeBypass = regexp.MustCompile("^(?i)(?://+|/\\*)[!*\\s\"'`]*kest\\s*:\\s*([a-z_-]+)")

// nearBypass says what is wrong with a comment that was meant as a bypass, ""
// for other comments.
func nearBypass(text string, directive ast.Directive, isDirective bool) string {
	found := looksLikeBypass.FindStringSubmatch(text)
	if found == nil {
		return ""
	}
	name := strings.ToLower(found[1])
	if !strings.HasPrefix(name, "bypass") && annotations.Nearest(name, []string{"bypass", "verified"}) != "bypass" {
		return ""
	}
	switch {
	case isDirective && directive.Tool == "kest":
		return "there is no //kest:" + directive.Name + "; " + writeReason
	case strings.HasPrefix(text, "/*"):
		return "a block comment is no directive; " + writeReason
	}
	return writeReason + ", without spaces before it and in lower case"
}

// alone says whether a comment is all there is on its line.
func (v *vetting) alone(comment *ast.Comment) (bool, error) {
	file := v.Fset.File(comment.Slash)
	text, err := v.ReadFile(file.Name())
	if err != nil {
		return false, err
	}
	offset := file.Offset(comment.Slash)
	if offset > len(text) {
		return false, nil
	}
	before := text[bytes.LastIndexByte(text[:offset], '\n')+1 : offset]
	return len(bytes.TrimSpace(before)) == 0, nil
}
