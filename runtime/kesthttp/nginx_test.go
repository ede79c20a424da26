package kesthttp_test

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// nginxConfig has three servers: HTTP/1, HTTP/2 over TLS, and one with room for
// small headers only. master_process is off so that one process is all there is.
const nginxConfig = `
daemon off;
master_process off;
pid %[1]s/nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	proxy_buffer_size 16k;
	proxy_buffers 4 16k;
	server {
		listen %[2]s;
		large_client_header_buffers 4 16k;
		location /     { proxy_pass http://%[5]s; proxy_http_version 1.1; }
		location /old/ { proxy_pass http://%[5]s; proxy_http_version 1.0; }
		location /again/ {
			proxy_pass http://%[5]s;
			proxy_set_header BAGGAGE $http_baggage;
			proxy_set_header KEST-LINEAGE $http_kest_lineage;
		}
		location /drops/    { proxy_pass http://%[5]s; proxy_set_header baggage ""; }
		location /cuts/     { proxy_pass http://%[5]s; proxy_set_header baggage "tenant=a"; }
		location /untraced/ { proxy_pass http://%[5]s; proxy_set_header traceparent ""; }
		location /hides/    { proxy_pass http://%[5]s; proxy_hide_header Kest-Passport; }
		location /small/    { proxy_pass http://%[5]s; proxy_buffer_size 1k; proxy_buffers 4 1k; proxy_busy_buffers_size 2k; }
	}
	server {
		listen %[3]s ssl http2;
		large_client_header_buffers 4 16k;
		ssl_certificate %[1]s/cert.pem;
		ssl_certificate_key %[1]s/key.pem;
		location / { proxy_pass http://%[5]s; proxy_http_version 1.1; }
	}
	server {
		listen %[4]s;
		large_client_header_buffers 1 1k;
		location / { proxy_pass http://%[5]s; }
	}
}
`

// TestNginx: passports through a reverse proxy arrive as they were sent, or the
// request is refused; never is one taken for a root.
func TestNginx(t *testing.T) {
	program := testserver.Find(t, "nginx")
	p := newPropagator(t, withCache(t))
	served := newService()
	upstream := serve(t, around(t, served, kesthttp.Lineage(p), kesthttp.SendBack(p)))

	dir := t.TempDir()
	own := certificate(t, "nginx")
	writePEM(t, dir, own)
	http1, http2, small := testserver.Address(t), testserver.Address(t), testserver.Address(t)
	path := filepath.Join(dir, "nginx.conf")
	text := fmt.Sprintf(nginxConfig, dir, http1, http2, small, strings.TrimPrefix(upstream.URL, "http://"))
	check(t, os.WriteFile(path, []byte(text), 0o600))
	testserver.Start(t, http1, program, "-e", "stderr", "-p", dir, "-c", path)

	for _, route := range []string{"/", "/old/", "/again/"} {
		t.Run("HTTP/1"+route, func(t *testing.T) { roundTrips(t, p, nil, "http://"+http1+route, 1) })
	}
	t.Run("HTTP/2", func(t *testing.T) {
		base := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool(own)}, ForceAttemptHTTP2: true}
		defer base.CloseIdleConnections()
		roundTrips(t, p, base, "https://"+http2, 2)
	})

	client := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p})}
	for name, test := range map[string]struct {
		url    string
		change func(http.Header) // the client's headers; nil to send them by the transport
		status int
		kind   string // "" for an answer of nginx
	}{
		"the baggage dropped":  {"http://" + http1 + "/drops/", nil, 400, "lineage-malformed"},
		"the baggage replaced": {"http://" + http1 + "/cuts/", nil, 400, "lineage-malformed"},
		"the trace dropped":    {"http://" + http1 + "/untraced/", nil, 403, "lineage-invalid"},
		"headers too large":    {"http://" + small, nil, 400, ""},
		"two passports":        {"http://" + http1, func(h http.Header) { h.Add("Baggage", h.Get("Baggage")) }, 400, "lineage-malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			before := served.requests.Load()
			var got answer
			if test.change == nil {
				got = do(t, client, chain(t, gatewayContext(t), 4), test.url)
			} else {
				got = do(t, http.DefaultClient, t.Context(), test.url, asIs(t, p, 4, test.change))
			}
			if test.kind != "" {
				got.wantProblem(t, test.status, test.kind)
			} else if got.StatusCode != test.status {
				t.Errorf("status %d: %s", got.StatusCode, got.body)
			}
			if served.requests.Load() != before {
				t.Error("the handler ran")
			}
		})
	}
	t.Run("two baggage headers", func(t *testing.T) {
		got := do(t, http.DefaultClient, t.Context(), "http://"+http1, asIs(t, p, 4, beforeBaggage("tenant=a"))).seen(t)
		if got.Entries != 5 {
			t.Errorf("%d entries, want 5", got.Entries)
		}
	})
	// nginx before 1.23 passes on the first of two, later ones join them.
	t.Run("two baggage headers made one", func(t *testing.T) {
		got := do(t, http.DefaultClient, t.Context(), "http://"+http1+"/again/", asIs(t, p, 4, beforeBaggage("tenant=a")))
		if got.StatusCode != http.StatusOK {
			got.wantProblem(t, 400, "lineage-malformed")
		} else if n := got.seen(t).Entries; n != 5 {
			t.Errorf("%d entries, want 5", n)
		}
	})

	// The way back: what does not come through whole is an error, too.
	takesBack := &http.Client{Transport: newTransport(t, kesthttp.TransportConfig{Lineage: p, TakeBack: true})}
	t.Run("an answer's passport dropped", func(t *testing.T) {
		response, err := try(gatewayContext(t), takesBack, "http://"+http1+"/hides/")
		if err == nil {
			response.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), kestpropagation.ErrAnswer.Error()) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("an answer's headers too large", func(t *testing.T) {
		if got := do(t, takesBack, gatewayContext(t), "http://"+http1+"/small/"); got.StatusCode != http.StatusBadGateway {
			t.Errorf("status %d", got.StatusCode)
		}
	})
}

// beforeBaggage sends another baggage header before the one with the passport.
func beforeBaggage(value string) func(http.Header) {
	return func(h http.Header) { h["Baggage"] = append([]string{value}, h["Baggage"]...) }
}
