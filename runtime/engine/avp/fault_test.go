package avp_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/smithy-go/middleware"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
)

// limit is how long a decision with a time-out of 50 ms may take in a test: far
// more than it needs, far less than a call that waits for ever.
const limit = 10 * time.Second

func TestTC09RefusedConnectionDenies(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	url := "http://" + listener.Addr().String()
	check(t, listener.Close()) // nobody listens there now
	got, err := newEngine(t, avp.Config{Client: newClient(url), Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
	if got {
		t.Error("allowed")
	}
	checkError(t, err, kest.ErrPolicyUnreachable, "cannot be reached", "kest/allow_trusted")
}

func TestTC09SlowServiceDeniesWithinTheTimeout(t *testing.T) {
	for name, text := range map[string]string{
		"never answers":       "",
		"stops in the header": "HTTP/1.1 200 OK\r\nContent-Le",
		"stops in the body":   "HTTP/1.1 200 OK\r\nContent-Length: 73\r\n\r\n" + allowed[:60],
	} {
		engine := newEngine(t, avp.Config{Client: newClient(startFault(t, answerWith(text))), Timeout: 50 * time.Millisecond})
		start := time.Now()
		got, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input())
		if took := time.Since(start); got || took > limit {
			t.Errorf("%s: got %t after %s", name, got, took)
		}
		checkError(t, err, kest.ErrPolicyUnreachable, "within 50ms")
		checkError(t, err, context.DeadlineExceeded)
	}
}

// TestBrokenConnections: whatever breaks, the question is asked once, though the
// client is set to ask five times.
func TestBrokenConnections(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"hangs up":                  {"", kest.ErrPolicyUnreachable},
		"hangs up in the header":    {"HTTP/1.1 200 OK\r\nContent-Le", kest.ErrPolicyUnreachable},
		"hangs up in the body":      {"HTTP/1.1 200 OK\r\nContent-Length: 73\r\n\r\n" + allowed[:60], kest.ErrPolicyUnreachable},
		"hangs up within a chunk":   {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n49\r\n" + allowed[:60], kest.ErrPolicyUnreachable},
		"is no HTTP":                {"SSH-2.0-OpenSSH\r\n\r\n", kest.ErrPolicyUnreachable},
		"breaks off without length": {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + allowed[:60], kest.ErrPolicyMalformed},
	} {
		var asked atomic.Int32
		url := startFault(t, func(c net.Conn) {
			answerWith(tt.text)(c)
			asked.Add(1)
			c.Close()
		})
		client := newClient(url, func(o *verifiedpermissions.Options) {
			o.Retryer = retry.AddWithMaxAttempts(retry.NewStandard(), 5)
			o.RetryMaxAttempts = 5
			o.RetryMode = aws.RetryModeStandard
		})
		got, err := newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
		if n := asked.Load(); got || n != 1 {
			t.Errorf("%s: got %t after %d questions", name, got, n)
		}
		checkError(t, err, tt.want)
	}
}

// TestSwitchedProtocolHasNoEnd has an answer that net/http hands over as a
// connection, which no context ends.
func TestSwitchedProtocolHasNoEnd(t *testing.T) {
	url := startFault(t, answerWith("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"+allowed))
	got, err := newEngine(t, avp.Config{Client: newClient(url), Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
	if got {
		t.Error("allowed")
	}
	checkError(t, err, kest.ErrPolicyMalformed, "101 Switching Protocols")
}

// TestTLS has a server that offers HTTP/2.
func TestTLS(t *testing.T) {
	var versions []int
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		versions = append(versions, r.ProtoMajor)
		_, _ = io.WriteString(w, allowed)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	defer server.Close()
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	trusting := awshttp.NewBuildableClient().WithTransportOptions(func(transport *http.Transport) { transport.TLSClientConfig.RootCAs = roots })
	for _, known := range []bool{true, false} {
		client := newClient(server.URL, func(o *verifiedpermissions.Options) {
			if known {
				o.HTTPClient = trusting
			}
		})
		got, err := newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
		if got != known || (err == nil) != known {
			t.Errorf("certificate known %t: got %t, %v", known, got, err)
		}
		if err != nil {
			checkError(t, err, kest.ErrPolicyUnreachable, "certificate")
		}
	}
	if !slices.Equal(versions, []int{1}) {
		t.Errorf("HTTP versions %v, want one request by HTTP/1.1", versions)
	}
}

func TestNFSECCanceledContextIsAnError(t *testing.T) {
	reached := make(chan struct{})
	engine := newEngine(t, avp.Config{Client: newClient(startFault(t, func(net.Conn) { close(reached) })), Timeout: limit})
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("client went away")
	go func() {
		<-reached
		cancel(reason)
	}()
	got, err := engine.Evaluate(ctx, "kest/allow_trusted", input())
	if got {
		t.Error("allowed")
	}
	checkError(t, err, kest.ErrPolicyUnreachable)
	checkError(t, err, reason)
}

// answerWith takes the question and writes the start of an answer.
func answerWith(text string) func(net.Conn) {
	return func(c net.Conn) {
		request, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		_, _ = io.Copy(io.Discard, request.Body)
		_, _ = io.WriteString(c, text)
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

// TestEndpointOfAResolver: New cannot see it, so it is looked at in each call.
func TestEndpointOfAResolver(t *testing.T) {
	client := newClient("", func(o *verifiedpermissions.Options) {
		o.BaseEndpoint = nil
		o.EndpointOptions.DisableHTTPS = true
		o.HTTPClient = canned{200, []byte(allowed)}
	})
	got, err := newEngine(t, avp.Config{Client: client}).Evaluate(t.Context(), "kest/allow_trusted", input())
	if got {
		t.Error("allowed over plain http")
	}
	checkError(t, err, kest.ErrPolicyMalformed, "not https")
}

// TestClientThatDoesNotSend has an HTTP client and a middleware that err.
func TestClientThatDoesNotSend(t *testing.T) {
	broken := errors.New("broken")
	client := newClient("https://avp.example.org", func(o *verifiedpermissions.Options) { o.HTTPClient = failing{broken} })
	_, err := newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
	checkError(t, err, kest.ErrPolicyUnreachable)
	checkError(t, err, broken)

	client = newClient("https://avp.example.org", func(o *verifiedpermissions.Options) { o.HTTPClient = failing{nil} })
	_, err = newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
	checkError(t, err, kest.ErrPolicyMalformed, "neither an answer nor an error")

	client = newClient("https://avp.example.org", func(o *verifiedpermissions.Options) {
		o.APIOptions = append(o.APIOptions, func(*middleware.Stack) error { return broken })
	})
	_, err = newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
	checkError(t, err, kest.ErrPolicyMalformed, "did not send")
	checkError(t, err, broken)
}

type failing struct{ err error }

func (f failing) Do(*http.Request) (*http.Response, error) { return nil, f.err }

// canned is an HTTP client with one answer.
type canned struct {
	status int
	body   []byte
}

func (c canned) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body)), Request: r}, nil
}

// isAllow reads an answer with encoding/json, which is laxer than the engine.
func isAllow(status int, body []byte) bool {
	var answer struct {
		Decision *string            `json:"decision"`
		Errors   *[]json.RawMessage `json:"errors"`
	}
	return status == 200 && json.Unmarshal(body, &answer) == nil && answer.Decision != nil &&
		*answer.Decision == "ALLOW" && answer.Errors != nil && len(*answer.Errors) == 0
}
