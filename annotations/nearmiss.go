package annotations

import (
	"go/ast"
	"go/token"
	"regexp"
	"strings"
)

var (
	// looksLikeDirective matches a comment whose text starts like a directive,
	// with what people get wrong: case, and spaces around the colon.
	looksLikeDirective = regexp.MustCompile(`^(?i)\s*["'` + "`" + `]*kest\s*:\s*([a-z_-]+)`)
	// useOfDirective tells a directive from prose such as "kest: what it is".
	useOfDirective = regexp.MustCompile(`(?i)\b(policy|source|taints|trust|resource)=`)
)

// NearMiss returns an error when a comment was meant as a kest directive and is
// none: a space after the slashes, a misspelt name, a block comment. Such a
// comment would leave a function unprotected without a word. It returns nil for
// directives and for ordinary comments.
func NearMiss(fset *token.FileSet, comment *ast.Comment) *Error {
	if _, ok := Verified(comment); ok {
		return nil
	}
	if directive, ok := ast.ParseDirective(comment.Slash, comment.Text); ok && directive.Tool == "kest" {
		if directive.Name == "bypass" {
			return nil // of kestgen vet, which checks it
		}
		return unknownName(fset, directive)
	}
	body, block := commentText(comment.Text)
	found := looksLikeDirective.FindStringSubmatch(body)
	if found == nil {
		return nil
	}
	name := strings.ToLower(found[1])
	if name != "verified" && Nearest(name, []string{"verified"}) == "" && !useOfDirective.MatchString(body) {
		return nil
	}
	err := &Error{
		Pos:     fset.PositionFor(comment.Slash, false),
		Code:    CodeNotADirective,
		Message: "this comment looks like a kest directive but Go reads it as text",
		Hint:    "write it as //kest:verified, without a space after the slashes",
	}
	switch {
	case block:
		err.Hint = "write it as a line comment: //kest:verified …"
	case strings.ContainsAny(strings.TrimSpace(body)[:1], "\"'`"):
		err.Hint = "write it without the quotes: //kest:verified …"
	}
	return err
}

func unknownName(fset *token.FileSet, directive ast.Directive) *Error {
	err := &Error{Pos: fset.PositionFor(directive.Slash, false), Code: CodeUnknownName}
	if rest, ok := strings.CutPrefix(directive.Name, "verified"); ok {
		err.Code = CodeDirectiveMarker
		err.Message = "no space between //kest:verified and " + rest
		err.Hint = "write //kest:verified " + rest
		return err
	}
	err.Message = "unknown directive //kest:" + directive.Name
	err.Hint = "there are //kest:verified and //kest:bypass"
	if near := Nearest(directive.Name, []string{"verified", "bypass"}); near != "" {
		err.Hint = "did you mean //kest:" + near + "?"
	}
	return err
}

// commentText strips the comment markers.
func commentText(text string) (body string, block bool) {
	if body, block = strings.CutPrefix(text, "/*"); block {
		return strings.TrimLeft(strings.TrimSuffix(body, "*/"), "*! \t\r\n"), true
	}
	return strings.TrimLeft(text, "/!"), false
}
