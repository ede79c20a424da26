package faults

import (
	"context"
	"errors"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

// TestJudge shows the judge what an engine or a hook must not do, since a matrix
// that passes over it would show nothing.
func TestJudge(t *testing.T) {
	denied := func(at int, failure, cause error) error {
		err := &kest.DeniedError{Policy: policies[at]}
		if failure != nil {
			err.Err = &kest.PolicyError{Policy: policies[at], Failure: failure, Err: cause}
		}
		return err
	}
	allYes := [][]said{{yes}, {yes}, {yes}}
	late := denied(0, kest.ErrPolicyUnreachable, context.DeadlineExceeded)
	gone := denied(0, kest.ErrPolicyUnreachable, context.Canceled)
	cut := denied(0, kest.ErrPolicyUnreachable, errors.New("EOF"))
	for _, tt := range []struct {
		name  string
		fault fault
		said  [][]said
		out   outcome
		want  string // "" for nothing to complain about
	}{
		{"ran, all true", allow, allYes, outcome{ran: 1}, ""},
		{"denied, false", deny, [][]said{{yes}, {no}, nil}, outcome{err: denied(1, nil, nil)}, ""},
		{"denied, no answer", dead, [][]said{{yes}, nil, nil}, outcome{err: denied(1, kest.ErrPolicyUnreachable, nil)}, ""},
		{"denied, wrong type", wrongType, [][]said{{noDecision}, nil, nil}, outcome{err: denied(0, kest.ErrPolicyMalformed, nil)}, ""},
		{"denied, unknown", dead, [][]said{{notThere}, nil, nil}, outcome{err: denied(0, kest.ErrPolicyUnknown, nil)}, ""},
		{"true came too late", slow, [][]said{{yes}, nil, nil}, outcome{err: late}, ""},
		{"true came to nobody", canceled, [][]said{{yes}, nil, nil}, outcome{err: gone}, ""},
		{"true got lost with the server", dead, [][]said{{yes}, nil, nil}, outcome{err: cut}, ""},

		{"ran, one false", deny, [][]said{{yes}, {no}, {yes}}, outcome{ran: 1}, "the function ran, and"},
		{"ran, one not asked", deny, [][]said{{yes}, nil, {yes}}, outcome{ran: 1}, "the function ran, and"},
		{"ran, one without an answer", slow, [][]said{{yes}, {yes}, {nothing}}, outcome{ran: 1}, "the function ran, and"},
		{"ran, one of another type", wrongType, [][]said{{yes}, {yes}, {noDecision}}, outcome{ran: 1}, "the function ran, and"},
		{"ran twice", allow, allYes, outcome{ran: 2}, "ran 2 times"},
		{"did not run, and no error", allow, allYes, outcome{}, "ran 0 times"},
		{"ran, and an error", deny, [][]said{{no}, nil, nil}, outcome{ran: 1, err: denied(0, nil, nil)}, "beside the error"},
		{"ran for a caller who had gone", canceled, allYes, outcome{ran: 1, early: true}, "had ended before"},
		{"denied, true", deny, allYes, outcome{err: denied(2, nil, nil)}, "the caller was told"},
		{"denied, the wrong policy", deny, [][]said{{no}, nil, nil}, outcome{err: denied(1, nil, nil)}, "before it"},
		{"denied, asked on", deny, [][]said{{no}, {yes}, nil}, outcome{err: denied(0, nil, nil)}, "was asked after it"},
		{"asked twice", slow, [][]said{{nothing, nothing}, nil, nil}, outcome{err: late}, "asked 2 times"},
		{"no answer told as a denial", dead, [][]said{nil, nil, nil}, outcome{err: denied(0, nil, nil)}, "the caller was told"},
		{"no answer told as no decision", dead, [][]said{nil, nil, nil}, outcome{err: denied(0, kest.ErrPolicyMalformed, nil)}, "the caller was told"},
		{"false told as no answer", deny, [][]said{{no}, nil, nil}, outcome{err: cut}, "the caller was told"},
		{"true lost, and nobody's time was up", slow, [][]said{{yes}, nil, nil}, outcome{err: gone}, "the caller was told"},
		{"true lost after the restart", reload, [][]said{{yes}, nil, nil}, outcome{err: cut, after: true}, "the caller was told"},
		{"another error", deny, [][]said{{no}, nil, nil}, outcome{err: errors.New("broken")}, "not one of a denial"},
		{"an error of two kinds", deny, [][]said{{no}, nil, nil}, outcome{err: denied(0, kest.ErrPolicyUnknown, kest.ErrPolicyMalformed)}, "not one of a denial"},
		{"an unknown policy's name", deny, [][]said{{no}, nil, nil}, outcome{err: &kest.DeniedError{Policy: "other"}}, "was not asked"},
	} {
		w := newWorld(tt.fault)
		w.lossy = true
		for i, entries := range tt.said {
			for _, what := range entries {
				w.ledger.note(0, policies[i], what)
			}
		}
		if got := w.judge(0, tt.out); (got == "") != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
