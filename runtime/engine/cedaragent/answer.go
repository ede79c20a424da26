package cedaragent

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// decide finds the decision in an answer:
//
//	{"decision":"Allow","diagnostics":{"reason":["policy id"],"errors":[]}}
//
// Members that are not known are let be. Without diagnostics the server says
// nothing of errors; cedar-agent always sends them.
func decide(answer []byte) (bool, error) {
	var decision, diagnostics []byte
	err := strictjson.Members(answer, func(member string, value []byte) error {
		switch member {
		case "decision":
			decision = value
		case "diagnostics":
			diagnostics = value
		}
		return nil
	})
	switch {
	case err != nil:
		return false, fmt.Errorf("the answer is not one JSON object: %w", err)
	case decision == nil:
		return false, errors.New("the answer has no decision: check that it is a cedar-agent")
	}
	if diagnostics != nil {
		if err := checkDiagnostics(diagnostics); err != nil {
			return false, err
		}
	}
	text, err := strictjson.Unquote(decision)
	if err != nil {
		return false, errors.New("the decision in the answer is not a string")
	}
	switch text {
	case "Allow":
		return true, nil
	case "Deny":
		return false, nil
	}
	// Not the text: it may be the input's.
	return false, errors.New("the decision in the answer is neither Allow nor Deny")
}

// checkDiagnostics makes every error that the server reports one of ours.
func checkDiagnostics(diagnostics []byte) error {
	var errs []byte
	err := strictjson.Members(diagnostics, func(member string, value []byte) error {
		if member == "errors" {
			errs = value
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("the diagnostics in the answer are not an object: %w", err)
	}
	if errs == nil {
		return nil
	}
	n := 0
	var policies []string
	err = strictjson.Elements(errs, func(value []byte) error {
		n++
		if id, ok := failedPolicy(value); ok {
			policies = append(policies, id)
		}
		return nil
	})
	switch {
	case err != nil:
		return fmt.Errorf("diagnostics.errors in the answer is not an array: %w", err)
	case n > 0:
		return errors.New(describe(n, policies))
	}
	return nil
}

// failedPolicy finds the policy's id in an error of cedar-agent's. All else that
// it says may be the input's: names and values of attributes.
func failedPolicy(value []byte) (id string, ok bool) {
	text, err := strictjson.Unquote(value)
	if err != nil {
		return "", false
	}
	rest, ok := strings.CutPrefix(text, "error occurred while evaluating policy `")
	if !ok {
		return "", false
	}
	id, _, ok = strings.Cut(rest, "`: ")
	return id, ok
}

// maxShown is how many policies an error names.
const maxShown = 3

func describe(n int, policies []string) string {
	which := ""
	slices.Sort(policies) // the server gives them in any order
	for _, id := range policies[:min(len(policies), maxShown)] {
		which += fmt.Sprintf(", policy %.64q", id)
	}
	return fmt.Sprintf("diagnostics.errors has %d%s: Cedar leaves out a policy that fails, so the decision does not count: ask with `has` for what may be missing", n, which)
}
