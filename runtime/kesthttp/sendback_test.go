package kesthttp_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

func passportLen(response *http.Response) int {
	return kest.PassportFromContext(response.Request.Context()).Len()
}

// hooked is a handler that runs a hook first.
func hooked(body func(w http.ResponseWriter, r *http.Request)) http.Handler {
	h := hook(func(c *kest.HookConfig) { c.Source, c.AddTaints = "internet", []string{"unverified"} })
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := run(r.Context(), h, func(context.Context) {}); err != nil {
			kesthttp.WriteError(w, r, err)
			return
		}
		body(w, r)
	})
}

// takingBack is a server of a handler under SendBack, and a client of it.
func takingBack(t *testing.T, p *kestpropagation.Propagator, handler http.Handler) (*httptest.Server, *http.Client) {
	t.Helper()
	server := serve(t, around(t, handler, kesthttp.Lineage(p), kesthttp.SendBack(p)))
	return server, &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p, TakeBack: true})}
}

// TestConsumedTaints: fetch over the network, then summarize.
func TestConsumedTaints(t *testing.T) {
	p := newPropagator(t, nil)
	server, client := takingBack(t, p, hooked(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "document") }))
	for _, hops := range []int{0, 2} {
		ctx, consumed := kest.Collect(chain(t, gatewayContext(t), hops))
		if got := do(t, client, ctx, server.URL); got.body != "document" {
			t.Fatalf("status %d: %s", got.StatusCode, got.body)
		}
		summary := lastEntry(t, enter(t, consumed.Join(ctx)))
		if !slices.Equal(summary.Taints, []string{"unverified"}) || summary.TrustScore != 10 || len(summary.ParentIDs) != 1 {
			t.Errorf("%d hops: taints %v, trust %d, parents %v", hops, summary.Taints, summary.TrustScore, summary.ParentIDs)
		}
		if alone := enter(t, ctx); len(lastEntry(t, alone).Taints) != 0 {
			t.Error("a call that consumed nothing has its taints")
		}
	}
}

// TestFanIn: three services at once, joined by the contexts of their answers.
func TestFanIn(t *testing.T) {
	p := newPropagator(t, nil)
	ctx := chain(t, gatewayContext(t), 1)
	branches := make([]context.Context, 3)
	errs := make(chan error, len(branches))
	for i := range branches {
		taint := fmt.Sprintf("taint%d", i)
		server, client := takingBack(t, p, newService(func(c *kest.HookConfig) { c.AddTaints = []string{taint} }))
		go func() {
			response, err := try(ctx, client, server.URL)
			if err == nil {
				branches[i] = response.Request.Context()
				err = response.Body.Close()
			}
			errs <- err
		}()
	}
	for range branches {
		check(t, <-errs)
	}
	joined := enter(t, kest.Join(ctx, branches...))
	entry := lastEntry(t, joined)
	if len(entry.ParentIDs) != 3 || !slices.Equal(entry.Taints, []string{"taint0", "taint1", "taint2"}) {
		t.Errorf("parents %v, taints %v", entry.ParentIDs, entry.Taints)
	}
	check(t, verifier(t, gateway, ledger).Verify(t.Context(), kest.PassportFromContext(joined)))
}

// TestBranchesOutliveTheirRequest: http.Client ends the context of a request with
// a time-out once its body is closed; as a branch it still serves.
func TestBranchesOutliveTheirRequest(t *testing.T) {
	server, client := takingBack(t, newPropagator(t, nil), newService())
	client.Timeout = time.Minute
	ctx := gatewayContext(t)
	got := do(t, client, ctx, server.URL)
	joined := kest.Join(ctx, got.Request.Context())
	if n := kest.PassportFromContext(enter(t, joined)).Len(); n != 2 || joined.Err() != nil {
		t.Errorf("%d entries, %v", n, joined.Err())
	}
}

// TestAnswersOfAllKinds bring their lineage.
func TestAnswersOfAllKinds(t *testing.T) {
	p := newPropagator(t, nil)
	for name, test := range map[string]struct {
		body    func(w http.ResponseWriter, r *http.Request)
		status  int
		content string
		entries int
	}{
		"nothing written": {func(http.ResponseWriter, *http.Request) {}, 200, "", 2},
		"a body":          {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "x") }, 200, "x", 2},
		"no content":      {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(204) }, 204, "", 2},
		"not modified":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, 304, "", 2},
		"an error":        {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "x", 500) }, 500, "x\n", 2},
		"a flushed stream": {func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "x")
			w.(http.Flusher).Flush()
			fmt.Fprint(w, "y")
		}, 200, "xy", 2},
		"flushed at once": {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); fmt.Fprint(w, "y") }, 200, "y", 2},
		"through its controller": {func(w http.ResponseWriter, _ *http.Request) {
			controller := http.NewResponseController(w)
			if err := errors.Join(controller.Flush(), controller.EnableFullDuplex()); err != nil {
				panic(err)
			}
			fmt.Fprint(w, "y")
		}, 200, "y", 2},
		"copied": {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("x")) }, 200, "x", 2},
		"a hook behind the first byte": {func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "x")
			if err := run(r.Context(), hook(), func(context.Context) {}); err != nil {
				panic(err)
			}
		}, 200, "x", 2},
		"a second hook": {func(w http.ResponseWriter, r *http.Request) {
			if err := run(r.Context(), hook(), func(context.Context) {}); err != nil {
				panic(err)
			}
			fmt.Fprint(w, "x")
		}, 200, "x", 3},
	} {
		t.Run(name, func(t *testing.T) {
			server, client := takingBack(t, p, hooked(test.body))
			got := do(t, client, enter(t, gatewayContext(t)), server.URL)
			if got.StatusCode != test.status || got.body != test.content || passportLen(got.Response) != test.entries {
				t.Errorf("status %d, body %q, %d entries", got.StatusCode, got.body, passportLen(got.Response))
			}
		})
	}
}

// TestEarlyHints go out before the lineage is known, and the answer has it.
func TestEarlyHints(t *testing.T) {
	server, client := takingBack(t, newPropagator(t, nil), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Link", "</style.css>")
		w.WriteHeader(http.StatusEarlyHints)
		newService().ServeHTTP(w, r)
	}))
	hints := 0
	ctx := httptrace.WithClientTrace(gatewayContext(t), &httptrace.ClientTrace{Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
		hints++
		if code != http.StatusEarlyHints || header.Get("Link") == "" || header.Get("Kest-Tip") != "" {
			t.Errorf("%d %v", code, header)
		}
		return nil
	}})
	if got := do(t, client, ctx, server.URL); hints != 1 || passportLen(got.Response) != 1 {
		t.Errorf("%d hints, %d entries", hints, passportLen(got.Response))
	}
}

// TestHandlersThatPanic send nothing, and no lineage.
func TestHandlersThatPanic(t *testing.T) {
	server, client := takingBack(t, newPropagator(t, nil), hooked(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	ctx, consumed := kest.Collect(gatewayContext(t))
	response, err := try(ctx, client, server.URL)
	if err == nil {
		response.Body.Close()
		t.Errorf("status %d", response.StatusCode)
	}
	if n := consumed.Passport().Len(); n != 0 {
		t.Errorf("%d entries", n)
	}
}

// TestTakenOverConnections: what is written there could not bring its lineage.
func TestTakenOverConnections(t *testing.T) {
	server, client := takingBack(t, newPropagator(t, nil), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _, err := http.NewResponseController(w).Hijack()
		_, _, direct := w.(http.Hijacker).Hijack()
		if !errors.Is(err, http.ErrNotSupported) || !errors.Is(direct, http.ErrNotSupported) {
			panic("the connection was taken over")
		}
		w.WriteHeader(http.StatusTeapot)
	}))
	if got := do(t, client, gatewayContext(t), server.URL); got.StatusCode != http.StatusTeapot {
		t.Errorf("status %d", got.StatusCode)
	}
}

// TestLineageThatCannotBeSentBack: the answer is replaced, and nothing of it, not
// a header and not a trailer, is seen.
func TestLineageThatCannotBeSentBack(t *testing.T) {
	for name, propagator := range map[string]*kestpropagation.Propagator{
		"no cache":   newPropagator(t, nil),
		"dead cache": newPropagator(t, func(c *kestpropagation.Config) { c.Cache = downCache{} }),
		"too large": newPropagator(t, func(c *kestpropagation.Config) {
			withCache(t)(c)
			c.MaxPassport = 1024
		}),
	} {
		for way, write := range map[string]func(t *testing.T, w http.ResponseWriter){
			"Write": func(t *testing.T, w http.ResponseWriter) {
				if n, err := fmt.Fprint(w, "leaked"); n != 0 || err == nil {
					t.Errorf("the write gave %d, %v", n, err)
				}
			},
			"WriteHeader": func(_ *testing.T, w http.ResponseWriter) { w.WriteHeader(201); w.WriteHeader(102) },
			"Flush":       func(_ *testing.T, w http.ResponseWriter) { w.(http.Flusher).Flush() },
			"nothing":     func(*testing.T, http.ResponseWriter) {},
		} {
			t.Run(name+"/"+way, func(t *testing.T) {
				outside := func(next http.Handler) http.Handler {
					return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						w.Header().Set("X-Outside", "stays")
						next.ServeHTTP(w, r)
					})
				}
				handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					ctx := r.Context()
					for range 40 { // nested, or the first ones would not be told from siblings
						if err := run(ctx, hook(), func(inside context.Context) { ctx = inside }); err != nil {
							t.Error(err)
						}
					}
					for _, name := range []string{"Set-Cookie", "Location", "Etag", "X-Answer", "X-Outside", "Trailer"} {
						w.Header().Set(name, "leaked")
					}
					write(t, w)
					fmt.Fprint(w, "leaked")
					w.Header().Set("Leaked", "trailer")
					w.Header().Set(http.TrailerPrefix+"X-Answer", "leaked")
				})
				// Of the two versions HTTP/2 has trailers behind every body.
				server := httptest.NewUnstartedServer(around(t, handler, outside, kesthttp.SendBack(propagator)))
				server.EnableHTTP2 = true
				server.StartTLS()
				defer server.Close()
				got := do(t, server.Client(), t.Context(), server.URL)
				got.wantProblem(t, 503, "answer-unsent")
				if got.Header.Get("X-Outside") != "stays" {
					t.Error("a header from outside is gone")
				}
				if all := fmt.Sprint(got.Header, got.Trailer); strings.Contains(all, "leaked") || len(got.Trailer) > 0 || strings.Contains(all, "Kest-") {
					t.Errorf("the replaced answer shows: %s", all)
				}
			})
		}
	}
}

// TestTrailersOfOtherAnswersStay: those that are not replaced.
func TestTrailersOfOtherAnswersStay(t *testing.T) {
	server, client := takingBack(t, newPropagator(t, nil), hooked(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "x")
		w.(http.Flusher).Flush() // trailers need a body whose length is not known
		w.Header().Set(http.TrailerPrefix+"Checksum", "1")
	}))
	if got := do(t, client, gatewayContext(t), server.URL); got.Trailer.Get("Checksum") != "1" {
		t.Errorf("trailers %v", got.Trailer)
	}
}
