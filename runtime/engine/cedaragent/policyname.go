package cedaragent

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	kest "github.com/kestgo/kest/runtime"
)

// maxName is the length in bytes of a policy's name at most.
const maxName = 512

// CheckPolicy returns an error that matches [kest.ErrPolicyUnknown] if no policy
// could have that name. It looks at its form only: the server may not be up yet
// when a runtime is made, and cannot be asked which actions it knows.
func (e *Engine) CheckPolicy(policy string) error {
	if e == nil || e.client == nil {
		return policyError(policy, kest.ErrPolicyMalformed, errors.New("the engine is nil or empty: make it with cedaragent.New"))
	}
	if err := checkName(policy); err != nil {
		return policyError(policy, kest.ErrPolicyUnknown, err)
	}
	return nil
}

// checkName refuses what nobody can tell apart from another name when reading
// it. Any other text can be an action's id, and is quoted on its way.
func checkName(policy string) error {
	switch {
	case policy == "":
		return errors.New("the name is empty: write the action's id, like kest/allow_trusted")
	case len(policy) > maxName:
		return fmt.Errorf("the name has more than %d bytes", maxName)
	case !utf8.ValidString(policy):
		return errors.New("the name is not UTF-8")
	}
	if i := strings.IndexFunc(policy, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
		r, _ := utf8.DecodeRuneInString(policy[i:])
		return fmt.Errorf("the name has the character %q: write the action's id, like kest/allow_trusted", r)
	}
	if strings.TrimSpace(policy) != policy {
		return errors.New("the name has a space at an end")
	}
	return nil
}
