package kestpropagation_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/memory"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

func newCache(t testing.TB) cache.Store {
	t.Helper()
	store, err := memory.New(memory.Config{})
	check(t, err)
	return store
}

// ways are the three members by which a passport can travel.
var ways = []string{"kest.passport=", "kest.passport_z=", "kest.claim_check="}

func wayOf(carrier propagation.TextMapCarrier) string {
	for _, way := range ways {
		if strings.Contains(carrier.Get("baggage"), way) {
			return way
		}
	}
	return ""
}

// TestTC11RoundTrip: a passport of any length arrives as it was sent, in the way
// that its size asks for, and the next call extends it.
func TestTC11RoundTrip(t *testing.T) {
	store := newCache(t)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = store })
	for _, test := range []struct {
		hops int
		way  string
	}{{0, ""}, {1, ways[0]}, {3, ways[0]}, {4, ways[1]}, {30, ways[2]}, {300, ways[2]}} {
		t.Run(fmt.Sprint(test.hops), func(t *testing.T) {
			sent := chain(t, inTrace(service(t, gateway), 1), test.hops)
			carrier := headers()
			check(t, p.Send(sent, carrier))
			if way := wayOf(carrier); way != test.way {
				t.Errorf("sent as %q, want %q", way, test.way)
			}
			if n := len(carrier.Get("baggage")); n > 8192 {
				t.Errorf("the header has %d bytes", n)
			}
			if _, err := baggage.Parse(carrier.Get("baggage")); err != nil {
				t.Errorf("OpenTelemetry cannot read it: %v", err)
			}
			received, err := p.Receive(service(t, ledger), carrier)
			check(t, err)
			if !slices.Equal(kest.PassportFromContext(received).Tokens(), kest.PassportFromContext(sent).Tokens()) {
				t.Error("another passport arrived")
			}
			next := enter(t, received)
			if n := kest.PassportFromContext(next).Len(); n != test.hops+1 {
				t.Errorf("the next passport has %d entries, want %d", n, test.hops+1)
			}
			check(t, verifier(t).Verify(next, kest.PassportFromContext(next)))
		})
	}
}

// TestTipsTravel: several tips, in their order, and one that others follow.
func TestTipsTravel(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = newCache(t) })
	first := enter(t, service(t, gateway))
	second, third := enter(t, first), enter(t, first)
	for name, sent := range map[string]context.Context{
		"fan-in":          kest.Join(first, third, second),
		"skip connection": kest.Join(first, first, second),
	} {
		t.Run(name, func(t *testing.T) {
			carrier := headers()
			check(t, p.Send(sent, carrier))
			received, err := p.Receive(service(t, ledger), carrier)
			check(t, err)
			want, got := kest.PassportFromContext(sent).Tips(), kest.PassportFromContext(received).Tips()
			if !slices.Equal(want, got) {
				t.Errorf("tips %v, want %v", got, want)
			}
		})
	}
}

// TestForeignBaggageStays: what is ours moves to the next way, what is not ours
// stays, and nothing is sent if even a claim check does not fit.
func TestForeignBaggageStays(t *testing.T) {
	store := newCache(t)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = store })
	sent := chain(t, service(t, gateway), 1)
	for _, test := range []struct {
		bytes, members int
		way            string
	}{
		{0, 0, ways[0]},
		{6000, 1, ways[0]},
		{7000, 1, ways[1]},
		{8000, 1, ways[2]},
		{8100, 1, ""},
		{200, 62, ways[0]},
		{200, 63, ""},
	} {
		t.Run(fmt.Sprintf("%d bytes %d members", test.bytes, test.members), func(t *testing.T) {
			var foreign []string
			for i := range test.members {
				foreign = append(foreign, fmt.Sprintf("f%d=%s", i, strings.Repeat("x", max(1, test.bytes/test.members-len("f0=")))))
			}
			carrier := headers()
			before := strings.Join(foreign, ",")
			if before != "" {
				carrier.Set("baggage", before)
			}
			err := p.Send(sent, carrier)
			if way := wayOf(carrier); way != test.way {
				t.Errorf("sent as %q, want %q", way, test.way)
			}
			if test.way == "" {
				if !errors.Is(err, kest.ErrLineage) || carrier.Get("baggage") != before {
					t.Errorf("got %v, and the carrier changed is %t", err, carrier.Get("baggage") != before)
				}
				return
			}
			check(t, err)
			all, err := baggage.Parse(carrier.Get("baggage"))
			check(t, err)
			if len(carrier.Get("baggage")) > 8192 || all.Len() != test.members+2 {
				t.Errorf("%d bytes and %d members", len(carrier.Get("baggage")), all.Len())
			}
		})
	}
}

// TestComposed: as one more propagator of OpenTelemetry.
func TestComposed(t *testing.T) {
	p := newPropagator(t, nil)
	composed := propagation.NewCompositeTextMapPropagator(propagation.TraceContext{}, propagation.Baggage{}, p)
	ctx, err := kest.WithUser(service(t, gateway), "alice")
	check(t, err)
	member, err := baggage.NewMemberRaw("tenant", "a,b é")
	check(t, err)
	all, err := baggage.FromContext(ctx).SetMember(member)
	check(t, err)
	sent := chain(t, inTrace(baggage.ContextWithBaggage(ctx, all), 1), 2)
	carrier := headers()
	composed.Inject(sent, carrier)

	received := composed.Extract(service(t, ledger), carrier)
	check(t, kest.Refusal(received))
	if n := kest.PassportFromContext(received).Len(); n != 2 {
		t.Errorf("%d entries arrived, want 2", n)
	}
	if got := baggage.FromContext(received).Member("tenant").Value(); got != "a,b é" {
		t.Errorf("tenant = %q", got)
	}
	for _, m := range baggage.FromContext(received).Members() {
		if strings.HasPrefix(m.Key(), "kest.") {
			t.Errorf("the baggage has %s, which would be sent on", m.Key())
		}
	}
	if kest.User(received) != "" {
		t.Errorf("user %q, whom nobody checked", kest.User(received))
	}
	if !slices.Equal(p.Fields(), []string{"baggage", "kest-lineage"}) {
		t.Errorf("fields %v", p.Fields())
	}
}

// TestComposedInTheWrongOrder: Baggage overwrites the header. The receiver must
// not take the request for a root.
func TestComposedInTheWrongOrder(t *testing.T) {
	p := newPropagator(t, nil)
	wrong := propagation.NewCompositeTextMapPropagator(p, propagation.Baggage{}, propagation.TraceContext{})
	ctx, err := kest.WithUser(service(t, gateway), "alice")
	check(t, err)
	carrier := headers()
	wrong.Inject(chain(t, inTrace(ctx, 1), 1), carrier)
	_, err = p.Receive(service(t, ledger), carrier)
	if !errors.Is(err, kest.ErrLineageMalformed) || !strings.Contains(err.Error(), "composes propagation.Baggage behind") {
		t.Errorf("got %v", err)
	}
	// Received in the wrong order, nothing forged is believed either, nor sent on.
	forged := headers()
	forged.Set("baggage", "kest.user=mallory,tenant=a")
	received := wrong.Extract(service(t, ledger), forged)
	inside := enter(t, received)
	if kest.User(inside) != "" || lastEntry(t, inside).Labels[kest.LabelIdentity] != "" {
		t.Errorf("user %q from outside", kest.User(inside))
	}
	again, err := p.Receive(received, forged) // as kesthttp.Lineage does inside otelhttp
	check(t, err)
	for name, ctx := range map[string]context.Context{"in the hook": inside, "behind the middleware": again} {
		all := baggage.FromContext(ctx)
		if all.Member("kest.user").Value() != "" || all.Member("tenant").Value() != "a" {
			t.Errorf("%s: the baggage is %s", name, all)
		}
	}
}

// TestVerifiedForOneTrace: what was verified in the trace of a request was not in
// the one that a server then began (otelhttp's WithPublicEndpoint).
func TestVerifiedForOneTrace(t *testing.T) {
	p := newPropagator(t, nil)
	carrier := headers()
	check(t, p.Send(enter(t, inTrace(service(t, gateway), 1)), carrier))
	received := p.Extract(service(t, ledger), carrier)
	check(t, kest.Refusal(received))
	if again, err := p.Receive(inTrace(received, 1), carrier); err != nil || again == nil {
		t.Errorf("in the same trace: %v", err)
	}
	if _, err := p.Receive(inTrace(received, 2), carrier); !errors.Is(err, kest.ErrLineageInvalid) {
		t.Errorf("in another trace: %v", err)
	}
}

func TestForgedPrincipalsAreDropped(t *testing.T) {
	forged := "kest.user=mallory,kest.agent=evil,kest.task=all,kest.jwt=ey.forged,tenant=a"
	trusting := func(c *kestpropagation.Config) {
		c.TrustPrincipals = func(_ context.Context, carrier propagation.TextMapCarrier) bool {
			return carrier.Get("peer") == "gateway"
		}
	}
	local := func(t *testing.T) context.Context {
		ctx, err := kest.WithUser(service(t, ledger), "alice")
		check(t, err)
		return ctx
	}
	for name, test := range map[string]struct {
		change            func(*kestpropagation.Config)
		peer              string
		ctx               func(*testing.T) context.Context
		user, agent, task string
	}{
		"nobody is trusted":      {nil, "gateway", func(t *testing.T) context.Context { return service(t, ledger) }, "", "", ""},
		"another peer":           {trusting, "web", func(t *testing.T) context.Context { return service(t, ledger) }, "", "", ""},
		"a trusted peer":         {trusting, "gateway", func(t *testing.T) context.Context { return service(t, ledger) }, "mallory", "evil", "all"},
		"local values stay":      {nil, "gateway", local, "alice", "", ""},
		"local values go before": {trusting, "gateway", local, "alice", "evil", "all"},
		"the plain Baggage beside": {nil, "", func(t *testing.T) context.Context {
			carrier := headers()
			carrier.Set("baggage", forged)
			return propagation.Baggage{}.Extract(service(t, ledger), carrier)
		}, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			carrier := headers()
			carrier.Set("baggage", forged)
			carrier.Set("peer", test.peer)
			received, err := newPropagator(t, test.change).Receive(test.ctx(t), carrier)
			check(t, err)
			inside := enter(t, received)
			if kest.User(inside) != test.user || kest.Agent(inside) != test.agent || kest.Task(inside) != test.task || kest.Token(inside) != "" {
				t.Errorf("user %q agent %q task %q token %q", kest.User(inside), kest.Agent(inside), kest.Task(inside), kest.Token(inside))
			}
			sent := headers()
			propagation.Baggage{}.Inject(inside, sent)
			if strings.Contains(sent.Get("baggage"), "jwt") || test.user != "mallory" && strings.Contains(sent.Get("baggage"), "mallory") {
				t.Errorf("sent on: %s", sent.Get("baggage"))
			}
		})
	}
}

// TestNothingRunsUnderARefusedLineage: F-PE-04.
func TestNothingRunsUnderARefusedLineage(t *testing.T) {
	p := newPropagator(t, nil)
	carrier := headers()
	carrier.Set("baggage", "kest.passport=nonsense")
	ctx := p.Extract(service(t, ledger), carrier)
	for name, ctx := range map[string]context.Context{
		"itself":            ctx,
		"joined":            kest.Join(service(t, ledger), ctx),
		"after another one": p.Extract(ctx, headers()),
	} {
		_, err := kest.MustHook(kest.HookConfig{Operation: "o", Policies: []string{"p"}}).Begin(ctx)
		if !errors.Is(err, kest.ErrLineageMalformed) {
			t.Errorf("%s: Begin gave %v", name, err)
		}
		if err := p.Send(ctx, headers()); !errors.Is(err, kest.ErrLineageMalformed) {
			t.Errorf("%s: Send gave %v", name, err)
		}
	}
}

// TestFailedSendIsRefused: Inject cannot return an error, so its receiver must.
func TestFailedSendIsRefused(t *testing.T) {
	p := newPropagator(t, nil) // without a cache
	carrier := headers()
	p.Inject(chain(t, service(t, gateway), 30), carrier)
	_, err := p.Receive(service(t, ledger), carrier)
	if !errors.Is(err, kest.ErrLineageMalformed) || !strings.Contains(err.Error(), "could not send") {
		t.Errorf("got %v", err)
	}
}

// TestTokensSayAllThereIsToSay: where a token was checked, nobody else says on
// whose behalf a request runs.
func TestTokensSayAllThereIsToSay(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) {
		c.TrustPrincipals = func(context.Context, propagation.TextMapCarrier) bool { return true }
	})
	carrier := headers()
	carrier.Set("baggage", "kest.user=mallory,kest.agent=evil,kest.task=all")
	ctx, err := bearer.Authenticate(service(t, ledger), nobody{}, []string{"Bearer abc"})
	check(t, err)
	received, err := p.Receive(ctx, carrier)
	check(t, err)
	if kest.User(received) != "" || kest.Agent(received) != "" || kest.Task(received) != "" {
		t.Errorf("user %q agent %q task %q", kest.User(received), kest.Agent(received), kest.Task(received))
	}
}

// nobody is a double: an authenticator whose tokens say nothing.
type nobody struct{}

func (nobody) Authenticate(ctx context.Context, _ string) (context.Context, error) { return ctx, nil }

// TestContextsDoNotShowWhatArrived: a context that somebody prints shows values
// that are strings.
func TestContextsDoNotShowWhatArrived(t *testing.T) {
	carrier := headers()
	carrier.Set("baggage", "tenant=visible")
	received, err := newPropagator(t, nil).Receive(service(t, ledger), carrier)
	check(t, err)
	if text := fmt.Sprint(received); strings.Contains(text, "visible") {
		t.Errorf("the context prints as %s", text)
	}
}

func TestOwnLineageIsKeptWhenAnotherArrives(t *testing.T) {
	p := newPropagator(t, nil)
	carrier := headers()
	check(t, p.Send(enter(t, service(t, gateway)), carrier))
	own := enter(t, service(t, ledger))
	received, err := p.Receive(own, carrier)
	check(t, err)
	if n := len(kest.PassportFromContext(received).Tips()); n != 2 {
		t.Errorf("%d tips, want both", n)
	}
	again, err := p.Receive(received, carrier)
	check(t, err)
	if !slices.Equal(kest.PassportFromContext(again).Tips(), kest.PassportFromContext(received).Tips()) {
		t.Error("the same request received twice has other tips")
	}
	if _, err := p.Receive(own, propagation.HeaderCarrier(http.Header{})); err != nil {
		t.Errorf("nothing arriving: %v", err)
	}
}
