package keysource

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// subjects are the workloads for which a URL may speak.
type subjects struct {
	any      bool
	exact    []string
	prefixes []string // each ends in a slash
}

func newSubjects(names []string, anySubject bool) (subjects, error) {
	switch {
	case anySubject && len(names) > 0:
		return subjects{}, errors.New("there are Subjects together with AnySubject: give one of them")
	case !anySubject && len(names) == 0:
		return subjects{}, errors.New("no Subjects: name the workloads whose keys may come from this URL, by id or by a prefix that ends in a slash, or set AnySubject for a registry that speaks for all")
	}
	s := subjects{any: anySubject}
	var problems []error
	for _, name := range names {
		switch prefix, isPrefix := strings.CutSuffix(name, "/"); {
		case name == "" || !utf8.ValidString(name):
			problems = append(problems, fmt.Errorf("the subject %q is no workload id", name))
		case isPrefix && (prefix == "" || strings.HasSuffix(prefix, "/")):
			// "spiffe://" would be every trust domain.
			problems = append(problems, fmt.Errorf("the subject %q names nobody: write a prefix like spiffe://example.org/, or set AnySubject", name))
		case isPrefix:
			s.prefixes = append(s.prefixes, name)
		default:
			s.exact = append(s.exact, name)
		}
	}
	return s, errors.Join(problems...)
}

func (s *subjects) has(workload string) bool {
	return s.any || slices.Contains(s.exact, workload) ||
		slices.ContainsFunc(s.prefixes, func(prefix string) bool {
			return strings.HasPrefix(workload, prefix)
		})
}
