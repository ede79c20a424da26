package opa

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	kest "github.com/kestgo/kest/runtime"
)

// maxName is the length in bytes of a policy's name at most.
const maxName = 512

// CheckPolicy returns an error that matches [kest.ErrPolicyUnknown] if no server
// could have a policy of that name. It does not ask the server, which may not be
// up yet when a runtime is made.
func (e *Engine) CheckPolicy(policy string) error {
	_, err := e.check(policy)
	return err
}

// check gives the policy's path, of an engine that can be asked.
func (e *Engine) check(policy string) (path string, err error) {
	if e == nil || e.client == nil {
		return "", policyError(policy, kest.ErrPolicyMalformed, errors.New("the engine is nil or empty: make it with opa.New"))
	}
	path, err = dataPath(policy)
	if err != nil {
		return "", policyError(policy, kest.ErrPolicyUnknown, err)
	}
	return path, nil
}

// dataPath is the path below /v1/data of a policy, each segment escaped. What
// could mean another document than it says is an error: a name comes from a
// configuration file, and a server may clean a path before it looks it up. A
// segment that is a number is an index into an array to OPA, 01 and 1.0 the same
// one as 1.
func dataPath(policy string) (string, error) {
	switch {
	case policy == "":
		return "", errors.New("the name is empty: write the package with slashes, like kest/allow_trusted")
	case len(policy) > maxName:
		return "", fmt.Errorf("the name has more than %d bytes", maxName)
	case !utf8.ValidString(policy):
		return "", errors.New("the name is not UTF-8")
	}
	if i := strings.IndexFunc(policy, notInName); i >= 0 {
		r, _ := utf8.DecodeRuneInString(policy[i:])
		return "", fmt.Errorf("the name has the character %q: write the package with slashes, like kest/allow_trusted", r)
	}
	var path strings.Builder
	for segment := range strings.SplitSeq(policy, "/") {
		if segment == "" || strings.Trim(segment, "+-.0123456789") == "" {
			return "", fmt.Errorf("the name has the segment %q: write the package with slashes, like kest/allow_trusted", segment)
		}
		path.WriteByte('/')
		path.WriteString(url.PathEscape(segment))
	}
	return path.String(), nil
}

// notInName tells the characters that end or change a path, and the one that OPA
// has in no path.
func notInName(r rune) bool {
	return strings.ContainsRune(`?#%\;"`, r) || unicode.IsSpace(r) || !unicode.IsPrint(r)
}
