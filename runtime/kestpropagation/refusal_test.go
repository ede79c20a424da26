package kestpropagation_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/kesttest"
)

// sentBy gives the headers of a request of a service after some hops.
func sentBy(t testing.TB, p *kestpropagation.Propagator, ctx context.Context, hops int) propagation.HeaderCarrier {
	t.Helper()
	carrier := headers()
	check(t, p.Send(chain(t, ctx, hops), carrier))
	return carrier
}

// downCache is a double: a cache that does not answer.
type downCache struct{}

func (downCache) Put(context.Context, string, []byte, time.Duration) error { return errDown }
func (downCache) Get(context.Context, string) ([]byte, error)              { return nil, errDown }

var errDown = errors.New("connection refused")

// downKeys is a double: a key source that does not answer.
type downKeys struct{}

func (downKeys) Keys(context.Context, string, string) ([]kest.Key, error) { return nil, errDown }

// TestWhatArrivesAndIsRefused is the table of everything that can be wrong with a
// request's lineage.
func TestWhatArrivesAndIsRefused(t *testing.T) {
	store := newCache(t)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = store })
	replace := func(old, with string) func(*testing.T, http.Header) {
		return func(t *testing.T, h http.Header) {
			if !strings.Contains(h.Get("baggage"), old) {
				t.Fatalf("the baggage has no %s: %s", old, h.Get("baggage"))
			}
			h.Set("baggage", strings.Replace(h.Get("baggage"), old, with, 1))
		}
	}
	set := func(name, value string) func(*testing.T, http.Header) {
		return func(_ *testing.T, h http.Header) { h.Set(name, value) }
	}
	addBaggage := func(value string) func(*testing.T, http.Header) {
		return func(_ *testing.T, h http.Header) { h.Add("baggage", value) }
	}
	otherPassport := func(hops int) string {
		text, err := kest.PassportFromContext(chain(t, inTrace(service(t, gateway), 1), hops)).MarshalJSON()
		check(t, err)
		return string(text)
	}
	const unknownClaim = "kest.claim_check=7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11"
	for name, test := range map[string]struct {
		hops   int
		change func(*testing.T, http.Header)
		config func(*kestpropagation.Config)
		want   error
		text   string
	}{
		"no JSON":                    {1, set("baggage", "kest.passport=x"), nil, kest.ErrLineageMalformed, "JSON array"},
		"no strings":                 {1, set("baggage", "kest.passport=[1]"), nil, kest.ErrLineageMalformed, "JSON array"},
		"an object":                  {1, set("baggage", "kest.passport={}"), nil, kest.ErrLineageMalformed, "JSON array"},
		"an empty passport":          {1, set("baggage", "kest.passport=[]"), nil, kest.ErrLineageMalformed, "empty"},
		"an empty member":            {1, set("baggage", "kest.passport="), nil, kest.ErrLineageMalformed, "JSON array"},
		"a member without value":     {1, set("baggage", "kest.passport"), nil, kest.ErrLineageMalformed, "percent-encoded"},
		"a bad escape":               {1, set("baggage", "kest.passport=%2"), nil, kest.ErrLineageMalformed, "percent-encoded"},
		"a bad escape in hex":        {1, set("baggage", "kest.passport=%zz"), nil, kest.ErrLineageMalformed, "percent-encoded"},
		"an escape that is no UTF-8": {1, set("baggage", "kest.passport=%ff"), nil, kest.ErrLineageMalformed, "percent-encoded"},
		"not base64":                 {1, set("baggage", "kest.passport_z=%20"), nil, kest.ErrLineageMalformed, "base64url"},
		"not zlib":                   {1, set("baggage", "kest.passport_z=AAAA"), nil, kest.ErrLineageMalformed, "zlib"},
		"a passport twice":           {1, addBaggage("kest.passport=[]"), nil, kest.ErrLineageMalformed, "twice"},
		"two ways":                   {1, addBaggage(unknownClaim), nil, kest.ErrLineageMalformed, "one of them at most"},
		"tips without a passport":    {0, set("baggage", "kest.chain_tip=0"), nil, kest.ErrLineageMalformed, "no passport"},
		"the baggage dropped":        {1, set("baggage", ""), nil, kest.ErrLineageMalformed, "something on the way drops it"},
		"the member dropped":         {1, set("baggage", "a=b"), nil, kest.ErrLineageMalformed, "something on the way drops it"},
		"a mark twice":               {1, func(_ *testing.T, h http.Header) { h.Add("kest-lineage", "1") }, nil, kest.ErrLineageMalformed, "unknown value"},
		"an unknown mark":            {0, set("kest-lineage", "2"), nil, kest.ErrLineageMalformed, "unknown value"},
		"too long":                   {1, addBaggage("x=" + strings.Repeat("x", 8192)), nil, kest.ErrLineageMalformed, "limit is 8192"},
		"too many":                   {1, addBaggage(strings.Repeat("x=y,", 65)), nil, kest.ErrLineageMalformed, "limit is 64"},

		"a claim that is no UUID":     {0, set("baggage", "kest.claim_check=kest.key.x"), nil, kest.ErrLineageMalformed, "UUID"},
		"a claim in braces":           {0, set("baggage", "kest.claim_check={7f3f0b0e-6a3b-4a51-9df6-0c9c3c0a8f11}"), nil, kest.ErrLineageMalformed, "UUID"},
		"an unknown claim":            {0, set("baggage", unknownClaim), nil, kest.ErrLineageInvalid, "expired"},
		"a claim and no cache":        {30, nil, func(c *kestpropagation.Config) { c.Cache = nil }, kest.ErrLineageUnavailable, "Config.Cache"},
		"a claim and a dead cache":    {30, nil, func(c *kestpropagation.Config) { c.Cache = downCache{} }, kest.ErrLineageUnavailable, "connection refused"},
		"a claim for another's":       {30, nil, func(c *kestpropagation.Config) { c.Cache = swapped{store, otherPassport(30)} }, kest.ErrLineageInvalid, "tips"},
		"a claim for nonsense":        {30, nil, func(c *kestpropagation.Config) { c.Cache = swapped{store, "nonsense"} }, kest.ErrLineageMalformed, "JSON array"},
		"a claim for too much":        {30, nil, func(c *kestpropagation.Config) { c.MaxPassport = 1024 }, kest.ErrLineageInvalid, "more than 1024"},
		"an altered entry":            {3, replace(".eyJ", ".fyJ"), nil, kest.ErrLineageInvalid, `check "token"`},
		"an entry cut off":            {3, func(t *testing.T, h http.Header) { cutLast(t, h) }, nil, kest.ErrLineageInvalid, "tips"},
		"the tips dropped":            {3, func(_ *testing.T, h http.Header) { dropTips(h) }, nil, kest.ErrLineageMalformed, "drops members"},
		"the tips emptied":            {3, func(_ *testing.T, h http.Header) { dropTips(h); h.Add("baggage", "kest.chain_tip=") }, nil, kest.ErrLineageMalformed, "drops members"},
		"a tip of another":            {1, replace("kest.chain_tip=", "kest.chain_tip=0"), nil, kest.ErrLineageInvalid, "tips"},
		"a tip twice":                 {1, func(t *testing.T, h http.Header) { doubleTip(h) }, nil, kest.ErrLineageInvalid, "each once"},
		"an unknown signer":           {1, nil, func(c *kestpropagation.Config) { c.Verifier = believing(t, ledger) }, kest.ErrLineageInvalid, "no key"},
		"dead keys":                   {1, nil, func(c *kestpropagation.Config) { c.Verifier = &kest.Verifier{Keys: downKeys{}} }, kest.ErrLineageUnavailable, "connection refused"},
		"another trace":               {1, set("traceparent", "00-00000000000000000000000000000002-0000000000000001-01"), nil, kest.ErrLineageInvalid, `check "trace_id"`},
		"no trace":                    {1, set("traceparent", ""), nil, kest.ErrLineageInvalid, `check "trace_id"`},
		"a lineage to who sends only": {1, nil, func(c *kestpropagation.Config) { c.Verifier, c.SendOnly = nil, true }, kest.ErrLineageUnavailable, "send only"},
	} {
		t.Run(name, func(t *testing.T) {
			carrier := sentBy(t, p, inTrace(service(t, gateway), 1), test.hops)
			if test.change != nil {
				test.change(t, http.Header(carrier))
			}
			receiver := newPropagator(t, func(c *kestpropagation.Config) {
				c.Cache = store
				if test.config != nil {
					test.config(c)
				}
			})
			received, err := receiver.Receive(service(t, ledger), carrier)
			if err == nil || received != nil {
				t.Fatalf("it was taken, with %d entries", kest.PassportFromContext(received).Len())
			}
			for _, kind := range []error{kest.ErrLineageMalformed, kest.ErrLineageInvalid, kest.ErrLineageUnavailable} {
				if errors.Is(err, kind) != (kind == test.want) {
					t.Errorf("errors.Is(%v, %v) is %t", err, kind, errors.Is(err, kind))
				}
			}
			if !errors.Is(err, kest.ErrLineage) || !strings.Contains(err.Error(), test.text) {
				t.Errorf("error lacks %q: %v", test.text, err)
			}
		})
	}
}

// swapped is a cache into which somebody wrote another value.
type swapped struct {
	cache.Store
	value string
}

func (s swapped) Get(context.Context, string) ([]byte, error) { return []byte(s.value), nil }

func believing(t testing.TB, workload string) *kest.Verifier {
	t.Helper()
	keys, err := kest.NewKeySet(kesttest.Key(workload))
	check(t, err)
	return &kest.Verifier{Keys: keys}
}

// cutLast takes the last entry off, and leaves the tips as they are.
func cutLast(t *testing.T, h http.Header) {
	t.Helper()
	all := h.Get("baggage")
	start := strings.Index(all, "kest.passport=") + len("kest.passport=")
	end := start + strings.Index(all[start:], ",kest.chain_tip")
	text := strings.NewReplacer("%22", `"`, "%2C", ",").Replace(all[start:end])
	var tokens []string
	check(t, json.Unmarshal([]byte(text), &tokens))
	cut, err := json.Marshal(tokens[:len(tokens)-1])
	check(t, err)
	h.Set("baggage", all[:start]+strings.NewReplacer(`"`, "%22", ",", "%2C").Replace(string(cut))+all[end:])
}

func dropTips(h http.Header) {
	before, _, _ := strings.Cut(h.Get("baggage"), ",kest.chain_tip")
	h.Set("baggage", before)
}

func doubleTip(h http.Header) {
	all := h.Get("baggage")
	_, tip, _ := strings.Cut(all, "kest.chain_tip=")
	h.Set("baggage", all+"%2C"+tip)
}

// TestAnyTraceTakesOtherTraces: for who has no traces that run through.
func TestAnyTraceTakesOtherTraces(t *testing.T) {
	p := newPropagator(t, func(c *kestpropagation.Config) { c.AnyTrace = true })
	carrier := sentBy(t, p, inTrace(service(t, gateway), 1), 1)
	carrier.Set("traceparent", "")
	_, err := p.Receive(service(t, ledger), carrier)
	check(t, err)
}

// TestPaddedAndBareFormsAreRead: what other runtimes write (PROTOCOL §10).
func TestPaddedAndBareFormsAreRead(t *testing.T) {
	store := newCache(t)
	p := newPropagator(t, func(c *kestpropagation.Config) { c.Cache = store })
	for name, test := range map[string]struct {
		hops   int
		change func(string) string
	}{
		"padding": {4, func(s string) string { return strings.Replace(s, ",kest.chain_tip", "%3D%3D,kest.chain_tip", 1) }},
		"bare key": {30, func(s string) string {
			return strings.Replace(s, "kest.claim_check=", "kest.claim_check=kest.claim.", 1)
		}},
		"no tips":         {3, func(s string) string { before, _, _ := strings.Cut(s, ",kest.chain_tip"); return before }},
		"white space":     {3, func(s string) string { return strings.ReplaceAll(s, ",", " ,\t ") }},
		"a property":      {3, func(s string) string { return strings.Replace(s, ",kest.chain_tip", ";p=1,kest.chain_tip", 1) }},
		"encoded further": {3, func(s string) string { return strings.ReplaceAll(s, ".", "%2e") }},
	} {
		t.Run(name, func(t *testing.T) {
			carrier := sentBy(t, p, service(t, gateway), test.hops)
			carrier.Set("kest-lineage", "") // which they do not know
			before := carrier.Get("baggage")
			if name == "encoded further" {
				key, value, _ := strings.Cut(before, "=")
				carrier.Set("baggage", key+"="+strings.Replace(test.change(value), "kest%2echain", "kest.chain", 1))
			} else {
				carrier.Set("baggage", test.change(before))
			}
			if carrier.Get("baggage") == before {
				t.Fatal("nothing changed")
			}
			received, err := p.Receive(service(t, ledger), carrier)
			check(t, err)
			if n := kest.PassportFromContext(received).Len(); n != test.hops {
				t.Errorf("%d entries arrived, want %d", n, test.hops)
			}
		})
	}
}

func TestNothingIsSentWithoutLineage(t *testing.T) {
	for name, test := range map[string]struct {
		config func(*kestpropagation.Config)
		text   string
	}{
		"no cache":   {func(c *kestpropagation.Config) { c.Cache = nil }, "Config.Cache"},
		"dead cache": {func(c *kestpropagation.Config) { c.Cache = downCache{} }, "connection refused"},
		"too large":  {func(c *kestpropagation.Config) { c.Cache, c.MaxPassport = newCache(t), 1024 }, "limit is 1024"},
	} {
		carrier := headers()
		err := newPropagator(t, test.config).Send(chain(t, service(t, gateway), 30), carrier)
		if !errors.Is(err, kest.ErrLineage) || !strings.Contains(err.Error(), test.text) || len(carrier) != 0 {
			t.Errorf("%s: got %v and the headers %v", name, err, carrier)
		}
	}
}

func TestConfigurationThatIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		config kestpropagation.Config
		text   string
	}{
		"nothing":             {kestpropagation.Config{}, "no Verifier"},
		"no keys":             {kestpropagation.Config{Verifier: &kest.Verifier{}}, "no key source"},
		"both":                {kestpropagation.Config{Verifier: verifier(t), SendOnly: true}, "remove one"},
		"threshold too small": {kestpropagation.Config{Verifier: verifier(t), Threshold: 10}, "Threshold"},
		"threshold too large": {kestpropagation.Config{Verifier: verifier(t), Threshold: 9000}, "Threshold"},
		"passport too large":  {kestpropagation.Config{Verifier: verifier(t), MaxPassport: 1 << 30}, "MaxPassport"},
		"negative TTL":        {kestpropagation.Config{Verifier: verifier(t), ClaimTTL: -1}, "ClaimTTL"},
		"endless time-out":    {kestpropagation.Config{Verifier: verifier(t), CacheTimeout: time.Hour}, "CacheTimeout"},
	} {
		_, err := kestpropagation.New(test.config)
		if !errors.Is(err, kest.ErrConfig) || !strings.Contains(err.Error(), test.text) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	var none *kestpropagation.Propagator
	if _, err := none.Receive(t.Context(), headers()); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("nil propagator: %v", err)
	}
	carrier := headers()
	none.Inject(t.Context(), carrier)
	if err := none.Send(t.Context(), headers()); !errors.Is(err, kest.ErrConfig) || carrier.Get("kest-lineage") != "failed" {
		t.Errorf("nil propagator: %v and the headers %v", err, carrier)
	}
	if err := kest.Refusal(none.Extract(t.Context(), headers())); !errors.Is(err, kest.ErrConfig) {
		t.Errorf("nil propagator: %v", err)
	}
}
