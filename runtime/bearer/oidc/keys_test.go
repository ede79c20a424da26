package oidc_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

func checkCount(t testing.TB, i *issuer, want int) {
	t.Helper()
	if got := i.count(); got != want {
		t.Errorf("the issuer was asked for keys %d times, want %d", got, want)
	}
}

// TestRotation on the clock of the test; TestRealProvider has it with a real one.
func TestRotation(t *testing.T) {
	first, second := newPair(t, "1"), newPair(t, "2")
	i := newIssuer(t, first.public())
	a := i.authenticator(t, oidc.Config{})
	checkCount(t, i, 0)
	for range 5 {
		checkPrincipal(t, a, first.token(t, i.claims(nil)), "alice", "gateway", "read write")
	}
	checkCount(t, i, 1)

	// A new key is found at once, when the issuer may be asked again.
	i.publish(t, first.public(), second.public())
	checkRefused(t, a, second.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
	checkCount(t, i, 1)
	i.clock.add(oidc.DefaultMinInterval)
	checkPrincipal(t, a, second.token(t, i.claims(nil)), "alice", "gateway", "read write")
	checkPrincipal(t, a, first.token(t, i.claims(nil)), "alice", "gateway", "read write")
	checkCount(t, i, 2)

	// One that is taken back is believed until the keys are too old.
	i.publish(t, second.public())
	i.clock.add(oidc.DefaultMaxAge - 1)
	checkPrincipal(t, a, first.token(t, i.claims(nil)), "alice", "gateway", "read write")
	i.clock.add(1)
	checkRefused(t, a, first.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
	checkPrincipal(t, a, second.token(t, i.claims(nil)), "alice", "gateway", "read write")
	checkCount(t, i, 3)
}

// TestTokensWithoutKeyID: any key may fit, also a new one.
func TestTokensWithoutKeyID(t *testing.T) {
	first, second := newPair(t, "1"), newPair(t, "2")
	i := newIssuer(t, first.public(), pairs()["EdDSA"].public())
	a := i.authenticator(t, oidc.Config{})
	payload, err := json.Marshal(i.claims(nil))
	check(t, err)
	token := func(key keyPair) string { return key.sign(t, `{"alg":"ES256"}`, string(payload)) }
	checkPrincipal(t, a, token(first), "alice", "gateway", "read write")
	i.publish(t, second.public())
	checkRefused(t, a, token(second), bearer.ErrInvalidToken, "signature is not one of the issuer's")
	i.clock.add(oidc.DefaultMinInterval)
	checkPrincipal(t, a, token(second), "alice", "gateway", "read write")
	checkCount(t, i, 2)
	i.clock.add(oidc.DefaultMinInterval)
	i.set(func() { i.status = http.StatusBadGateway })
	checkRefused(t, a, token(first), bearer.ErrUnavailable, "502")
}

// TestFlood: whoever sends tokens does not decide how often the issuer is asked.
func TestFlood(t *testing.T) {
	key := newPair(t, "1")
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{})
	checkPrincipal(t, a, key.token(t, i.claims(nil)), "alice", "gateway", "read write")
	var group sync.WaitGroup
	for n := range 200 {
		forged := newPair(t, "unknown-"+string(rune('a'+n%26)))
		group.Go(func() {
			checkRefused(t, a, forged.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
		})
	}
	group.Wait()
	checkCount(t, i, 1)
	// A signature that is wrong, by a key that is known, asks for nothing.
	for range 3 {
		i.clock.add(oidc.DefaultMinInterval)
		checkRefused(t, a, newPair(t, "1").token(t, i.claims(nil)), bearer.ErrInvalidToken, "not one of the issuer's")
	}
	checkCount(t, i, 1)
	for range 10 {
		i.clock.add(oidc.DefaultMinInterval / 5)
		checkRefused(t, a, newPair(t, "2").token(t, i.claims(nil)), bearer.ErrInvalidToken, "no key of its key id")
	}
	checkCount(t, i, 3)
}

// TestOutage: known keys go on being used, and nothing is called forged because a
// provider is down.
func TestOutage(t *testing.T) {
	key, newer := newPair(t, "1"), newPair(t, "2")
	log, written := logger()
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{Logger: log})
	check(t, a.Load(t.Context()))
	start := i.clock.now()
	token := func(key keyPair) string { return key.token(t, i.claims(nil)) }

	i.set(func() { i.status = http.StatusServiceUnavailable })
	i.clock.add(oidc.DefaultMinInterval)
	checkRefused(t, a, token(newer), bearer.ErrUnavailable, "503")
	checkPrincipal(t, a, token(key), "alice", "gateway", "read write")
	for range 20 {
		checkRefused(t, a, token(newer), bearer.ErrUnavailable, "503")
	}
	checkCount(t, i, 2)
	// It is asked less and less often, and at least every MaxAge and a half.
	asked := 2
	for i.clock.now().Before(start.Add(oidc.DefaultMaxStale - oidc.DefaultMinInterval)) {
		i.clock.add(oidc.DefaultMinInterval)
		checkPrincipal(t, a, token(key), "alice", "gateway", "read write")
		checkRefused(t, a, token(newer), bearer.ErrUnavailable, "503")
	}
	if asked = i.count() - asked; asked < 8 || asked > 20 {
		t.Errorf("asked %d times in an hour without answers", asked)
	}
	check(t, a.Load(t.Context()))
	i.clock.add(oidc.DefaultMinInterval)
	checkRefused(t, a, token(key), bearer.ErrUnavailable, "503")
	if err := a.Load(t.Context()); !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("Load: %v", err)
	}
	for _, want := range []string{"keys of the token issuer cannot be fetched", "old_keys_stay=true", "/keys"} {
		if !strings.Contains(written.String(), want) {
			t.Errorf("the log lacks %q:\n%s", want, written)
		}
	}

	// It comes back.
	i.set(func() { i.status = http.StatusOK })
	i.publish(t, newer.public())
	i.clock.add(2 * oidc.DefaultMaxAge)
	checkPrincipal(t, a, token(newer), "alice", "gateway", "read write")
	checkRefused(t, a, token(key), bearer.ErrInvalidToken, "no key of its key id")
}

// TestAnswersThatAreNoKeys: an answer that is not right counts as none.
func TestAnswersThatAreNoKeys(t *testing.T) {
	key := newPair(t, "1")
	one, err := json.Marshal(key.public())
	check(t, err)
	many := strings.Repeat(string(one)+",", 64) + string(one)
	for name, tt := range map[string]struct {
		change func(*issuer)
		want   string
	}{
		"no JSON":      {func(i *issuer) { i.keys = "<html>" }, "not a set of keys"},
		"an array":     {func(i *issuer) { i.keys = "[" + string(one) + "]" }, "not a set of keys"},
		"no keys":      {func(i *issuer) { i.keys = `{"keys":[]}` }, "no key for signatures"},
		"no member":    {func(i *issuer) { i.keys = `{}` }, "no key for signatures"},
		"an object":    {func(i *issuer) { i.keys = `{"keys":{}}` }, "not a set of keys"},
		"texts":        {func(i *issuer) { i.keys = `{"keys":["a"]}` }, "not a set of keys"},
		"key_ops":      {func(i *issuer) { i.keys = `{"keys":[{"key_ops":[1]}]}` }, "not a set of keys"},
		"keys twice":   {func(i *issuer) { i.keys = `{"keys":[],"keys":[` + string(one) + `]}` }, "duplicate"},
		"kid twice":    {func(i *issuer) { i.keys = `{"keys":[{"kid":"1",` + string(one[1:]) + `]}` }, "duplicate"},
		"too many":     {func(i *issuer) { i.keys = `{"keys":[` + many + `]}` }, "more than 64 keys"},
		"too large":    {func(i *issuer) { i.keys = `{"x":"` + strings.Repeat("x", 1<<20) + `"}` }, "more than 1048576 bytes"},
		"broken off":   {func(i *issuer) { i.headers = map[string]string{"Content-Length": "100000"} }, "broke off"},
		"not found":    {func(i *issuer) { i.status = 404 }, "404 Not Found"},
		"no content":   {func(i *issuer) { i.status = 204 }, "204"},
		"an odd one":   {func(i *issuer) { i.keys = strings.Repeat("\x1b€", 500) }, "not a set of keys"},
		"a redirect":   {func(i *issuer) { i.status, i.headers = 302, map[string]string{"Location": "/other"} }, "redirects are not followed"},
		"its own type": {func(i *issuer) { i.keys = `{"keys":[{"kty":7}]}` }, "no key for signatures"},
	} {
		t.Run(name, func(t *testing.T) {
			i := newIssuer(t, key.public())
			a := i.authenticator(t, oidc.Config{})
			i.set(func() { tt.change(i) })
			checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrUnavailable, tt.want)
			err := a.Load(t.Context())
			if !errors.Is(err, bearer.ErrUnavailable) || len(err.Error()) > 1000 || strings.ContainsAny(err.Error(), "\x1b\n") {
				t.Errorf("Load: %q", err)
			}
		})
	}
}

// TestProviderThatHangs: the time-out is that of the request, and a caller that
// goes away does not wait for it.
func TestProviderThatHangs(t *testing.T) {
	key := newPair(t, "1")
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{Timeout: 50 * time.Millisecond})
	hold := make(chan struct{})
	i.set(func() { i.hold = hold })
	checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrUnavailable, "no answer within 50ms")
	_, err := a.Authenticate(t.Context(), key.token(t, i.claims(nil)))
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("does not match DeadlineExceeded: %v", err)
	}

	patient := i.authenticator(t, oidc.Config{KeysURL: i.url + "/keys"})
	_, err = patient.Authenticate(canceled(t), key.token(t, i.claims(nil)))
	if !errors.Is(err, errGone) || !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
	// The request that it began is there for the next one.
	close(hold)
	checkPrincipal(t, patient, key.token(t, i.claims(nil)), "alice", "gateway", "read write")
	checkCount(t, i, 2)

	// A caller that has gone does not wait for a new key either.
	again := make(chan struct{})
	defer close(again)
	i.set(func() { i.hold = again })
	i.clock.add(oidc.DefaultMinInterval)
	_, err = patient.Authenticate(canceled(t), newPair(t, "2").token(t, i.claims(nil)))
	if !errors.Is(err, errGone) || !errors.Is(err, bearer.ErrUnavailable) {
		t.Errorf("got %v", err)
	}
}

// TestOneRequestForAll: those who wait at the start share a request.
func TestOneRequestForAll(t *testing.T) {
	key := newPair(t, "1")
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{})
	token := key.token(t, i.claims(nil))
	var group sync.WaitGroup
	for range 50 {
		group.Go(func() { checkPrincipal(t, a, token, "alice", "gateway", "read write") })
	}
	group.Wait()
	checkCount(t, i, 1)
}

// TestAnswerThatComesTooLate: keys count from when they were asked for.
func TestAnswerThatComesTooLate(t *testing.T) {
	key := newPair(t, "1")
	i := newIssuer(t, key.public())
	const short = 10 * time.Second
	a := i.authenticator(t, oidc.Config{MaxAge: short, MinInterval: short, MaxStale: short})
	i.set(func() { i.meanwhile = func() { i.clock.add(short) } })
	token := key.token(t, i.claims(nil))
	checkRefused(t, a, token, bearer.ErrUnavailable, "not asked for again yet")
	i.set(func() { i.meanwhile = nil })
	i.clock.add(short)
	checkPrincipal(t, a, token, "alice", "gateway", "read write")
}

func BenchmarkAuthenticate(b *testing.B) {
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		b.Run(algorithm, func(b *testing.B) {
			key := pairs()[algorithm]
			i := newIssuer(b, key.public())
			a := i.authenticator(b, oidc.Config{})
			token := key.token(b, i.claims(nil))
			checkPrincipal(b, a, token, "alice", "gateway", "read write")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := a.Authenticate(b.Context(), token); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
