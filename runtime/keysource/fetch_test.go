package keysource_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/keysource"
)

func TestRequest(t *testing.T) {
	var method, uri, accept string
	url, client := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, uri, accept = r.Method, r.RequestURI, r.Header.Get("Accept")
		_, _ = io.WriteString(w, jwks(t, key(payments, 1)))
	}))
	check(t, newURL(t, newClock(), keysource.URLConfig{URL: url + "?tenant=a%2Fb", Client: client}).Load(t.Context()))
	if method != "GET" || uri != "/.well-known/kest-keys?tenant=a%2Fb" || !strings.Contains(accept, "application/jwk-set+json") {
		t.Errorf("got %s %s, accept %q", method, uri, accept)
	}
}

// TestAnswersThatAreNoKeys: none of them replaces the keys that are there, or
// makes keys where there were none.
func TestAnswersThatAreNoKeys(t *testing.T) {
	good := jwks(t, key(payments, 2))
	for name, tt := range map[string]struct {
		status int
		answer string
		want   string
	}{
		"empty":               {200, "", "not a set of keys"},
		"a page":              {200, "<html>hunter2</html>", "not a set of keys"},
		"no member keys":      {200, "{}", "not a set of keys"},
		"cut off":             {200, good[:len(good)-1], "not a set of keys"},
		"two":                 {200, good + good, "not a set of keys"},
		"one bad key":         {200, strings.Replace(good, `]}`, `,{"kty":"RSA","sub":"x"}]}`, 1), "RSA"},
		"a private key":       {200, strings.Replace(good, `"kty"`, `"d":"hunter2","kty"`, 1), "private key"},
		"a kid not its own":   {200, strings.Replace(good, `"kid":"`, `"kid":"x`, 1), "thumbprint"},
		"long garbage":        {200, `{"keys":[{"kty":"` + strings.Repeat("x", 1<<16) + `"}]}`, "key 0"},
		"too large":           {200, good + strings.Repeat(" ", 1<<20), "more than 1048576 bytes"},
		"created":             {201, good, "201"},
		"no content":          {204, "", "204"},
		"not modified":        {304, "", "304"},
		"not found":           {404, good, "404 Not Found"},
		"too many requests":   {429, good, "429"},
		"error":               {500, good, "500"},
		"service unavailable": {503, good, "503"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &publisher{status: tt.status, answer: tt.answer}
			url, client := start(t, p)
			c := newClock()
			source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
			checkUnavailable(t, source, "", tt.want)
			_, err := source.Keys(t.Context(), payments, "")
			if text := err.Error(); strings.Contains(text, "hunter2") || len(text) > 1000 {
				t.Errorf("the error quotes the answer: %.2000s", text)
			}
			p.publish(200, jwks(t, key(payments, 1)))
			c.add(maxAge)
			checkKeys(t, source, payments, "", 1)
			p.publish(tt.status, tt.answer)
			c.add(maxAge)
			checkKeys(t, source, payments, "", 1)
		})
	}
}

// TestRedirectsAreNotFollowed, not even to the same host, and by no client.
func TestRedirectsAreNotFollowed(t *testing.T) {
	evil := &publisher{status: 200, answer: jwks(t, key(payments, 66))}
	evilURL, _ := start(t, evil)
	own := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	for _, status := range []int{301, 302, 303, 307, 308} {
		for _, location := range []string{evilURL, "/elsewhere"} {
			url, client := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/elsewhere" {
					own.ServeHTTP(w, r)
					return
				}
				http.Redirect(w, r, location, status)
			}))
			followed := false
			client.CheckRedirect = func(*http.Request, []*http.Request) error { followed = true; return nil }
			checkUnavailable(t, newURL(t, newClock(), keysource.URLConfig{URL: url, Client: client}), "", "redirects are not followed")
			if followed || own.count() > 0 || evil.count() > 0 {
				t.Errorf("%d to %s was followed", status, location)
			}
		}
	}
}

func TestServerWithoutACertificateThatWeKnow(t *testing.T) {
	url, _ := start(t, &publisher{status: 200, answer: jwks(t, key(payments, 1))})
	checkUnavailable(t, newURL(t, newClock(), keysource.URLConfig{URL: url + "?token=hunter2"}), "", "certificate")
	_, err := newURL(t, newClock(), keysource.URLConfig{URL: url + "?token=hunter2"}).Keys(t.Context(), payments, "")
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the error holds the query: %v", err)
	}
}

func TestServerThatIsNotThere(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	checkUnavailable(t, newURL(t, newClock(), keysource.URLConfig{URL: server.URL}), "", "cannot be reached", "refused")
}

// TestSlowServer has doubles: no server that works does it.
func TestSlowServer(t *testing.T) {
	for name, answer := range map[string]string{
		"never answers":       "",
		"stops in the header": "HTTP/1.1 200 OK\r\nContent-Le",
		"stops in the body":   "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[",
	} {
		t.Run(name, func(t *testing.T) {
			url := startFault(t, func(c net.Conn) {
				if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
					return // the client reports an answer to no question
				}
				_, _ = io.WriteString(c, answer)
				_, _ = io.Copy(io.Discard, c)
			})
			start := time.Now()
			source := newURL(t, newClock(), keysource.URLConfig{URL: url, Timeout: 50 * time.Millisecond})
			err := source.Load(t.Context())
			checkError(t, err, keysource.ErrUnavailable, "no answer within 50ms")
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Error(err)
			}
			if took := time.Since(start); took > limit {
				t.Errorf("took %s", took)
			}
		})
	}
}

func TestAnswerThatBreaksOff(t *testing.T) {
	url := startFault(t, func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"keys\":[")
		c.Close()
	})
	checkUnavailable(t, newURL(t, newClock(), keysource.URLConfig{URL: url}), "", "broke off")
}

// startFault gives each connection to behave and closes it at the test's end.
func startFault(t *testing.T, behave func(net.Conn)) (url string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	ended := make(chan struct{})
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() { <-ended; conn.Close() }()
			go behave(conn)
		}
	}()
	t.Cleanup(func() {
		close(ended)
		listener.Close()
	})
	return "http://" + listener.Addr().String()
}

// TestNoProxyFromTheEnvironment: a proxy could give out keys of its own.
func TestNoProxyFromTheEnvironment(t *testing.T) {
	proxy := &publisher{status: 200, answer: jwks(t, key(payments, 66))}
	server := httptest.NewServer(proxy)
	t.Cleanup(server.Close)
	t.Setenv("HTTP_PROXY", server.URL)
	t.Setenv("http_proxy", server.URL)
	for name, client := range map[string]*http.Client{"no client": nil, "client without a transport": {Timeout: limit}} {
		source, err := keysource.NewURL(keysource.URLConfig{
			URL: "http://keys.kest.invalid/x", InsecureHTTP: true, Subjects: []string{payments}, Client: client, Logger: slog.New(slog.DiscardHandler),
		})
		check(t, err)
		checkUnavailable(t, source, "", "cannot be reached")
		if proxy.count() > 0 {
			t.Errorf("%s: the proxy was asked", name)
		}
	}
}

// TestCacheControl asks one second before and at the age that the server gives.
func TestCacheControl(t *testing.T) {
	for _, tt := range []struct {
		control, age string
		want         time.Duration
	}{
		{"", "", maxAge},
		{"max-age=60", "", time.Minute},
		{"public, Max-Age=60", "", time.Minute},
		{`max-age="60"`, "", time.Minute},
		{"max-age=60", "20", 40 * time.Second},
		{"max-age=60", "600", minInterval},
		{"", "60", maxAge - time.Minute},
		{"max-age=31536000", "", maxAge},
		{"max-age=99999999999999999999", "", maxAge},
		{"max-age=-1", "", maxAge},
		{"max-age", "-1", maxAge},
		{"max-age=0", "", minInterval},
		{"no-store", "", minInterval},
		{"no-cache, max-age=60", "", minInterval},
	} {
		p := &publisher{status: 200, answer: jwks(t, key(payments, 1)), headers: map[string]string{"Cache-Control": tt.control, "Age": tt.age}}
		url, client := start(t, p)
		c := newClock()
		source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
		check(t, source.Load(t.Context()))
		c.add(tt.want - 1)
		check(t, source.Load(t.Context()))
		if n := p.count(); n != 1 {
			t.Errorf("%q, Age %q: asked before %s", tt.control, tt.age, tt.want)
		}
		c.add(1)
		check(t, source.Load(t.Context()))
		if n := p.count(); n != 2 {
			t.Errorf("%q, Age %q: asked %d times at %s", tt.control, tt.age, n, tt.want)
		}
	}
}
