package opa_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// The servers of this file are fault doubles: they do what a real OPA does only
// when it is broken, overloaded or not OPA.

// limit is how long a decision with a time-out of 50 ms may take in a test: far
// more than it needs, far less than a call that waits for ever.
const limit = 10 * time.Second

func TestTC09RefusedConnectionDenies(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	url := "http://" + listener.Addr().String()
	check(t, listener.Close()) // nobody listens there now
	_, err = newEngine(t, opa.Config{URL: url}).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
	checkError(t, err, kest.ErrPolicy, "cannot be reached", "kest/allow_trusted")
}

func TestTC09SlowServerDeniesWithinTheTimeout(t *testing.T) {
	tests := map[string]func(net.Conn){
		"accepts and never answers": func(net.Conn) {},
		"reads and never answers":   func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"stops in the header":       answerWith("HTTP/1.1 200 OK\r\nContent-Le"),
		"stops in the body":         answerWith("HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"result\":{\"allow\":true"),
		"drips": func(c net.Conn) {
			answerWith("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")(c)
			ticks := time.NewTicker(time.Millisecond)
			defer ticks.Stop()
			for range ticks.C {
				if _, err := io.WriteString(c, " "); err != nil {
					return
				}
			}
		},
	}
	for name, behave := range tests {
		t.Run(name, func(t *testing.T) {
			engine := newEngine(t, opa.Config{URL: startFault(t, behave), Timeout: 50 * time.Millisecond})
			start := time.Now()
			allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
			if took := time.Since(start); took > limit {
				t.Errorf("took %s", took)
			}
			checkError(t, err, kest.ErrPolicy, "no answer", "within 50ms")
			if allowed || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %t, %v", allowed, err)
			}
		})
	}
}

func TestNFSECCanceledContextIsAnError(t *testing.T) {
	reached := make(chan struct{})
	engine := newEngine(t, opa.Config{URL: startFault(t, func(c net.Conn) { close(reached) })})
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("client went away")
	go func() {
		<-reached
		cancel(reason)
	}()
	allowed, err := engine.Evaluate(ctx, "kest/allow_trusted", conformance.Input())
	checkError(t, err, kest.ErrPolicy)
	if allowed || !errors.Is(err, reason) {
		t.Errorf("got %t, %v, want an error that wraps %v", allowed, err, reason)
	}
}

// answerWith takes the question and writes the start of an answer.
func answerWith(text string) func(net.Conn) {
	return func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			_, _ = io.WriteString(c, text)
		}
	}
}

// startFault gives every connection to behave and keeps it open until the test
// ends.
func startFault(t *testing.T, behave func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	var mu sync.Mutex
	var open []net.Conn
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			mu.Lock()
			open = append(open, conn)
			mu.Unlock()
			running.Go(func() { behave(conn) })
		}
	})
	t.Cleanup(func() {
		listener.Close()
		mu.Lock()
		for _, conn := range open {
			conn.Close()
		}
		mu.Unlock()
		running.Wait()
	})
	return "http://" + listener.Addr().String()
}

// TestNothingIsAskedTwice has a server that takes the question and hangs up.
func TestNothingIsAskedTwice(t *testing.T) {
	var questions atomic.Int32
	url := startFault(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			questions.Add(1)
		}
		c.Close()
	})
	_, err := newEngine(t, opa.Config{URL: url}).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
	checkError(t, err, kest.ErrPolicy)
	if n := questions.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestAnswersThatAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		``:                             "not one JSON object",
		`true`:                         "not one JSON object",
		`[]`:                           "not one JSON object",
		`<html>allow</html>`:           "not one JSON object",
		`{"result":{"allow":true}`:     "not one JSON object",
		`{"result":{"allow":true}} {}`: "not one JSON object",
		`{"result":{"allow":true}}x`:   "not one JSON object",
		`{"result":{"allow":true},}`:   "not one JSON object",
		`{"result":{"allow":false},"result":{"allow":true}}`:                 "duplicate",
		`{"result":{"allow":false,"allow":true}}`:                            "duplicate",
		`{"result":{"allow":true,"\u0061llow":true}}`:                        "duplicate",
		"{\"result\":{\"allow\":true},\"x\":\"\xff\"}":                       "UTF-8",
		"\ufeff" + `{"result":{"allow":true}}`:                               "not one JSON object",
		`{}`:                                                                 "does not have the policy",
		`{"Result":{"allow":true}}`:                                          "does not have the policy",
		`{"decision_id":"x"}`:                                                "does not have the policy",
		`{"result":null}`:                                                    "result in the answer is not an object",
		`{"result":true}`:                                                    "result in the answer is not an object",
		`{"result":[{"allow":true}]}`:                                        "result in the answer is not an object",
		`{"result":{"allow":"true"}}`:                                        "is a string",
		`{"result":{"allow":1}}`:                                             "is a number",
		`{"result":{"allow":null}}`:                                          "is null",
		`{"result":{"allow":[true]}}`:                                        "is an array",
		`{"result":{"allow":{"x":true}}}`:                                    "is an object",
		`{"result":{"allow":TRUE}}`:                                          "not one JSON object",
		`{"result":{"allow":true}, "x":` + strings.Repeat("[", 20_000):       "nested too deep",
		`{"x":"` + strings.Repeat("x", 1<<20) + `","result":{"allow":true}}`: "more than 1048576 bytes",
	} {
		_, err := evaluate(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err == nil {
			t.Errorf("%.60s: no error", body)
			continue
		}
		if !errors.Is(err, kest.ErrPolicy) || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60s: error lacks %q: %v", body, want, err)
		}
	}
}

func TestAnswersThatAreDecisions(t *testing.T) {
	for body, want := range map[string]bool{
		`{"result":{"allow":true}}`: true,
		" {\n\"decision_id\" : \"x\" , \"result\" : { \"allow\" : true } }\n": true,
		`{"result":{"allow":false}}`:                                          false,
		`{"result":{}}`:                                                       false,
		`{"result":{"Allow":true}}`:                                           false,
		`{"result":{"deny":{"allow":true}},"allow":true}`:                     false,
	} {
		allowed, err := evaluate(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if err != nil || allowed != want {
			t.Errorf("%s: got %t, %v", body, allowed, err)
		}
	}
}

func TestOtherStatusIsAnErrorWhateverTheBodySays(t *testing.T) {
	for _, status := range []int{201, 202, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 429, 500, 503} {
		asked := 0
		_, err := evaluate(t, func(w http.ResponseWriter, r *http.Request) {
			asked++
			w.Header().Set("Location", "/allow")
			w.WriteHeader(status)
			if status != http.StatusNoContent {
				_, _ = io.WriteString(w, `{"result":{"allow":true}}`)
			}
		})
		if err == nil || !errors.Is(err, kest.ErrPolicy) || !strings.Contains(err.Error(), http.StatusText(status)) {
			t.Errorf("status %d: got %v", status, err)
		}
		if asked != 1 {
			t.Errorf("status %d: asked %d times", status, asked)
		}
	}
}

func evaluate(t *testing.T, answer http.HandlerFunc) (bool, error) {
	t.Helper()
	fault := httptest.NewServer(answer)
	defer fault.Close()
	return newEngine(t, opa.Config{URL: fault.URL, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
}
