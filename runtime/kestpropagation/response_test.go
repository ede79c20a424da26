package kestpropagation_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// TestAnswersBringTheirLineage: fetch over the network, then summarize what was
// fetched: the summary has the taints of what it consumed (fan-in across
// services).
func TestAnswersBringTheirLineage(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = newCache(t) })
	for _, hops := range []int{1, 30} {
		ctx, consumed := kest.Collect(chain(t, inTrace(service(t, gateway), 1), hops))
		request := headers()
		check(t, p.Send(ctx, request))

		// The server.
		received, err := p.Receive(service(t, ledger), request)
		check(t, err)
		received, made := kest.Collect(received)
		enter(t, received, func(c *kest.HookConfig) { c.Source, c.AddTaints = "internet", []string{"unverified"} })
		response := headers()
		check(t, p.SendBack(received, made.Passport(), response))

		// The client again.
		answer, found, err := p.ReceiveBack(ctx, response)
		check(t, err)
		if !found {
			t.Fatal("no lineage came back")
		}
		kest.Consume(ctx, answer)
		summary := lastEntry(t, enter(t, consumed.Join(ctx)))
		if !slices.Equal(summary.Taints, []string{"unverified"}) || summary.TrustScore != 10 {
			t.Errorf("taints %v and trust %d", summary.Taints, summary.TrustScore)
		}
		if len(summary.ParentIDs) != 1 {
			t.Errorf("%d parents, want the answer alone: it stands on what was sent", len(summary.ParentIDs))
		}
		alone := lastEntry(t, enter(t, ctx))
		if len(alone.Taints) != 0 {
			t.Errorf("a call that consumed nothing has the taints %v", alone.Taints)
		}
	}
}

func TestAnswersWithoutLineage(t *testing.T) {
	p := newPropagator(t, nil)
	_, found, err := p.ReceiveBack(t.Context(), headers())
	if found || err != nil {
		t.Errorf("got %t, %v", found, err)
	}
	response := headers()
	check(t, p.SendBack(t.Context(), kest.PassportFromContext(t.Context()), response))
	if len(response) != 0 {
		t.Errorf("an empty passport writes %v", response)
	}
}

func TestAnswersThatAreRefused(t *testing.T) {
	p := newPropagator(t, nil)
	good := headers()
	sent := enter(t, service(t, ledger))
	check(t, p.SendBack(sent, kest.PassportFromContext(sent), good))
	for name, test := range map[string]struct {
		tip, passport string
		want          error
	}{
		"no tip":        {"", good.Get("kest-passport"), kest.ErrLineageMalformed},
		"no passport":   {good.Get("kest-tip"), "", kest.ErrLineageMalformed},
		"nonsense":      {good.Get("kest-tip"), "nonsense", kest.ErrLineageMalformed},
		"two members":   {good.Get("kest-tip"), good.Get("kest-passport") + ",kest.user=mallory", kest.ErrLineageMalformed},
		"other member":  {good.Get("kest-tip"), "kest.user=mallory", kest.ErrLineageMalformed},
		"another tip":   {kest.Hash("another"), good.Get("kest-passport"), kest.ErrLineageInvalid},
		"altered entry": {good.Get("kest-tip"), good.Get("kest-passport")[:200] + "A" + good.Get("kest-passport")[201:], kest.ErrLineageInvalid},
	} {
		response := headers()
		response.Set("kest-tip", test.tip)
		response.Set("kest-passport", test.passport)
		if _, _, err := p.ReceiveBack(t.Context(), response); !errors.Is(err, test.want) || !errors.Is(err, kestpropagation.ErrAnswer) {
			t.Errorf("%s: got %v, want %v", name, err, test.want)
		}
	}
	twice := headers()
	for name, values := range http.Header(good) {
		http.Header(twice)[name] = append(values, values...)
	}
	if _, _, err := p.ReceiveBack(t.Context(), twice); !errors.Is(err, kest.ErrLineageMalformed) {
		t.Errorf("each header twice: got %v", err)
	}
	dead := newPropagator(t, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} })
	if _, _, err := dead.ReceiveBack(t.Context(), good); !errors.Is(err, kest.ErrLineageUnavailable) || errors.Is(err, kestpropagation.ErrAnswer) {
		t.Errorf("dead keys: got %v", err)
	}
	var none *kestpropagation.Propagator
	if _, _, err := none.ReceiveBack(t.Context(), good); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("nil propagator: got %v", err)
	}
	if err := none.SendBack(sent, kest.PassportFromContext(sent), headers()); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("nil propagator: got %v", err)
	}
}

// TestAnswersStandOnTheirRequest: who takes an answer for the parent of the next
// call, and not what it had before, must not lose taints and trust by what the
// other side leaves out.
func TestAnswersStandOnTheirRequest(t *testing.T) {
	p := newPropagator(t, nil)
	tainted := func(c *kest.HookConfig) { c.Source, c.AddTaints = "internet", []string{"own"} }
	own := enter(t, inTrace(service(t, gateway), 1), tainted)
	request := headers()
	check(t, p.Send(own, request))
	received, err := p.Receive(service(t, ledger), request)
	check(t, err)
	root := enter(t, inTrace(service(t, ledger), 1))
	branch := enter(t, inTrace(service(t, gateway), 1))
	for name, test := range map[string]struct {
		from, answer context.Context
		good         bool
	}{
		"of the request":            {own, enter(t, received), true},
		"the request itself":        {own, received, true},
		"and something else":        {own, kest.Join(received, received, root), true},
		"another root":              {own, root, false},
		"one of two branches":       {kest.Join(own, own, branch), enter(t, received), false},
		"to a request without past": {inTrace(service(t, gateway), 1), root, true},
	} {
		response := headers()
		check(t, p.SendBack(test.answer, kest.PassportFromContext(test.answer), response))
		answer, _, err := p.ReceiveBack(test.from, response)
		switch {
		case !test.good && (!errors.Is(err, kest.ErrLineageInvalid) || !errors.Is(err, kestpropagation.ErrAnswer)):
			t.Errorf("%s: got %v", name, err)
		case !test.good:
		case err != nil:
			t.Errorf("%s: got %v", name, err)
		case test.from == own && !slices.Equal(lastEntry(t, enter(t, kest.Join(own, answer))).Taints, []string{"own"}):
			t.Errorf("%s: what was there before is lost", name)
		}
	}
}
