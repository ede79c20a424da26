package kesthttp_test

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kesttest"
)

// A service is a handler with a hook, which counts.
type service struct {
	requests atomic.Int32 // that reached the handler
	bodies   atomic.Int32 // of the hook's function that ran
	hook     *kest.Hook
}

// seen is what a service answers: what its hooked function knows.
type seen struct {
	Entries           int
	User, Agent, Task string
	Token             bool
	Taints            []string
}

func newService(change ...func(*kest.HookConfig)) *service { return &service{hook: hook(change...)} }

func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests.Add(1)
	err := run(r.Context(), s.hook, func(ctx context.Context) {
		s.bodies.Add(1)
		passport := kest.PassportFromContext(ctx)
		entry, err := kest.DecodeEntry(passport.Tokens()[passport.Len()-1])
		if err != nil {
			panic(err)
		}
		_ = json.NewEncoder(w).Encode(seen{passport.Len(), kest.User(ctx), kest.Agent(ctx), kest.Task(ctx), kest.Token(ctx) != "", entry.Taints})
	})
	if err != nil {
		kesthttp.WriteError(w, r, err)
	}
}

// around puts middleware around a service that signs as the ledger, the first one
// outermost.
func around(t testing.TB, s http.Handler, middleware ...kesthttp.Middleware) http.Handler {
	t.Helper()
	handler := kesthttp.Runtime(newRuntime(t, ledger, kesttest.Allow()))(s)
	for i := len(middleware) - 1; i >= 0; i-- {
		handler = middleware[i](handler)
	}
	return handler
}

// didNotRun checks that a service was not reached.
func (s *service) didNotRun(t testing.TB) {
	t.Helper()
	if n, m := s.requests.Load(), s.bodies.Load(); n != 0 || m != 0 {
		t.Errorf("the handler ran %d times and the function %d times", n, m)
	}
}
