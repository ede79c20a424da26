package sidecar_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

func TestTC09RefusedConnection(t *testing.T) {
	_, err := ask(t, newClient(t, sidecar.Config{URL: "http://" + testserver.Address(t)}))
	checkError(t, err, kest.ErrPolicyUnreachable, "cannot be reached")
}

func TestTC09NoAnswerInTime(t *testing.T) {
	tests := map[string]func(net.Conn){
		"accepts and never answers": func(net.Conn) {},
		"reads and never answers":   func(c net.Conn) { _, _ = io.Copy(io.Discard, c) },
		"stops in the header":       answerWith("HTTP/1.1 200 OK\r\nContent-Le"),
		"stops in the body":         answerWith("HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"result\":{\"allow\":true"),
		"continues for ever":        answerWith("HTTP/1.1 100 Continue\r\n\r\n"),
		"drips": func(c net.Conn) {
			answerWith("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")(c)
			drip(c)
		},
	}
	for name, behave := range tests {
		t.Run(name, func(t *testing.T) {
			client := newClient(t, sidecar.Config{URL: startFault(t, behave), Timeout: 50 * time.Millisecond})
			start := time.Now()
			_, err := ask(t, client)
			if took := time.Since(start); took > limit {
				t.Errorf("took %s", took)
			}
			checkError(t, err, kest.ErrPolicyUnreachable, "no answer", "within 50ms")
			checkError(t, err, context.DeadlineExceeded)
		})
	}
}

func TestTC09DefaultTimeout(t *testing.T) {
	client, err := sidecar.New(sidecar.Config{Engine: "opa", URL: startFault(t, func(net.Conn) {})})
	check(t, err)
	_, err = ask(t, client)
	checkError(t, err, kest.ErrPolicyUnreachable, "no answer", "within 1s")
}

func TestPathThatIsNoPath(t *testing.T) {
	client := newClient(t, sidecar.Config{URL: "http://127.0.0.1:1"})
	_, err := client.Ask(t.Context(), "kest/allow", "/\x00", nil)
	checkError(t, err, kest.ErrPolicyUnreachable, "invalid control character")
	checkPolicyError(t, err)
}

// TestStatusDecidesEvenIfItsBodyNeverEnds: the status is an answer.
func TestStatusDecidesEvenIfItsBodyNeverEnds(t *testing.T) {
	for name, behave := range map[string]func(net.Conn){
		"drips":     func(c net.Conn) { answerWith("HTTP/1.1 500 x\r\nContent-Length: 1000000\r\n\r\n")(c); drip(c) },
		"stops":     answerWith("HTTP/1.1 500 x\r\nContent-Length: 1000000\r\n\r\n"),
		"breaks":    func(c net.Conn) { answerWith("HTTP/1.1 500 x\r\nContent-Length: 10\r\n\r\n")(c); c.Close() },
		"switches":  answerWith("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"),
		"no answer": answerWith("HTTP/1.1 204 No Content\r\n\r\n"),
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := ask(t, newClient(t, sidecar.Config{URL: startFault(t, behave), Timeout: 500 * time.Millisecond}))
			if took := time.Since(start); took > limit {
				t.Errorf("took %s", took)
			}
			// On a busy machine the time-out may come before the status.
			if !errors.Is(err, context.DeadlineExceeded) {
				checkError(t, err, kest.ErrPolicyMalformed, "answered")
			}
		})
	}
}

func TestTC09NoWholeAnswer(t *testing.T) {
	for name, tt := range map[string]struct{ text, want string }{
		"nothing":              {"", "EOF"},
		"half a header":        {"HTTP/1.1 200 OK\r\nContent-", "cannot be reached"},
		"half a body":          {"HTTP/1.1 200 OK\r\nContent-Length: 25\r\n\r\n{\"result\":", "broke off"},
		"half a chunk":         {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{\"re", "broke off"},
		"no HTTP":              {"{\"result\":{\"allow\":true}}\r\n\r\n", "malformed HTTP"},
		"a header without end": {"HTTP/1.1 200 OK\r\nX: " + string(make([]byte, 1<<17)), "header"},
	} {
		t.Run(name, func(t *testing.T) {
			url := startFault(t, func(c net.Conn) { answerWith(tt.text)(c); c.Close() })
			_, err := ask(t, newClient(t, sidecar.Config{URL: url}))
			checkError(t, err, kest.ErrPolicyUnreachable, tt.want)
		})
	}
}

func TestContextThatEnds(t *testing.T) {
	reason := errors.New("client went away")
	reached := make(chan struct{})
	client := newClient(t, sidecar.Config{URL: startFault(t, func(net.Conn) { close(reached) })})
	ctx, cancel := context.WithCancelCause(t.Context())
	go func() {
		<-reached
		cancel(reason)
	}()
	for _, name := range []string{"in the middle", "before"} {
		_, err := client.Ask(ctx, "kest/allow", "/", nil)
		checkError(t, err, kest.ErrPolicyUnreachable)
		checkPolicyError(t, err)
		if !errors.Is(err, reason) {
			t.Errorf("%s: error %v does not wrap %v", name, err, reason)
		}
	}
}

// TestNothingIsAskedTwice has servers that take a question and hang up: the
// first one of a connection, and the second one of a connection that was kept.
func TestNothingIsAskedTwice(t *testing.T) {
	for answered := range int32(2) {
		var questions atomic.Int32
		url := startFault(t, func(c net.Conn) {
			defer c.Close()
			reader := bufio.NewReader(c)
			for {
				request, err := http.ReadRequest(reader)
				if err != nil {
					return
				}
				if _, err := io.Copy(io.Discard, request.Body); err != nil || questions.Add(1) > answered {
					return
				}
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
			}
		})
		client := newClient(t, sidecar.Config{URL: url})
		for range answered {
			_, err := ask(t, client)
			check(t, err)
		}
		_, err := ask(t, client)
		checkError(t, err, kest.ErrPolicyUnreachable, "EOF")
		if n := questions.Load(); n != answered+1 {
			t.Errorf("asked %d times for %d calls", n, answered+1)
		}
	}
}

// answerWith takes the question and writes the start of an answer.
func answerWith(text string) func(net.Conn) {
	return func(c net.Conn) {
		if request, err := http.ReadRequest(bufio.NewReader(c)); err == nil {
			// All of it, or to hang up is to reset the connection.
			_, _ = io.Copy(io.Discard, request.Body)
			_, _ = io.WriteString(c, text)
		}
	}
}

// drip writes until nobody reads.
func drip(c net.Conn) {
	ticks := time.NewTicker(time.Millisecond)
	defer ticks.Stop()
	for range ticks.C {
		if _, err := io.WriteString(c, " "); err != nil {
			return
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
