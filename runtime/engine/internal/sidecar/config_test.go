package sidecar_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

func TestNewRefuses(t *testing.T) {
	const url = "http://localhost"
	long := "/" + strings.Repeat("s", 200)
	for name, tt := range map[string]struct {
		config sidecar.Config
		want   []string
	}{
		"no URL":             {sidecar.Config{}, []string{"no URL", "http://127.0.0.1:8181"}},
		"no scheme":          {sidecar.Config{URL: "127.0.0.1:8181"}, []string{"cannot be parsed"}},
		"host only":          {sidecar.Config{URL: "localhost"}, []string{"neither http nor https"}},
		"another scheme":     {sidecar.Config{URL: "ftp://localhost"}, []string{"neither http nor https"}},
		"socket as URL":      {sidecar.Config{URL: "unix:///run/opa.sock"}, []string{"neither http nor https"}},
		"no host":            {sidecar.Config{URL: "http://"}, []string{"no host"}},
		"port only":          {sidecar.Config{URL: "http://:8181"}, []string{"no host"}},
		"query":              {sidecar.Config{URL: "http://localhost?pretty"}, []string{"query"}},
		"empty query":        {sidecar.Config{URL: "http://localhost?"}, []string{"query"}},
		"fragment":           {sidecar.Config{URL: "http://localhost#"}, []string{"fragment"}},
		"password":           {sidecar.Config{URL: "http://u:hunter2@localhost"}, []string{"Config.Token"}},
		"bad with password":  {sidecar.Config{URL: "http://u:hunter2@local host"}, []string{"cannot be parsed"}},
		"negative time-out":  {sidecar.Config{URL: url, Timeout: -1}, []string{"negative", "1s"}},
		"relative socket":    {sidecar.Config{Socket: "opa.sock"}, []string{"not an absolute path"}},
		"abstract socket":    {sidecar.Config{Socket: "@opa"}, []string{"not an absolute path"}},
		"abstract with zero": {sidecar.Config{Socket: "\x00opa"}, []string{"not an absolute path"}},
		"socket with zero":   {sidecar.Config{Socket: "/run/opa\x00.sock"}, []string{"not an absolute path"}},
		"socket as a URL":    {sidecar.Config{Socket: "unix:///run/opa.sock"}, []string{"without unix://"}},
		"long socket":        {sidecar.Config{Socket: long}, []string{"201 bytes"}},
		"client and socket":  {sidecar.Config{URL: url, Client: new(http.Client), Socket: "/s"}, []string{"both Client and Socket"}},
		"client and TLS":     {sidecar.Config{URL: "https://localhost", Client: new(http.Client), TLS: new(tls.Config)}, []string{"both Client and TLS"}},
		"TLS and http":       {sidecar.Config{URL: url, TLS: new(tls.Config)}, []string{"TLS with an http URL"}},
		"TLS and socket":     {sidecar.Config{Socket: "/s", TLS: new(tls.Config)}, []string{"TLS with an http URL"}},
		"unverified":         {sidecar.Config{URL: "https://localhost", TLS: &tls.Config{InsecureSkipVerify: true}}, []string{"InsecureSkipVerify", "RootCAs"}},
		"old TLS":            {sidecar.Config{URL: "https://localhost", TLS: &tls.Config{MaxVersion: tls.VersionTLS11}}, []string{"MaxVersion"}},
		"all at once": {
			sidecar.Config{URL: "ftp://localhost", Client: new(http.Client), Socket: "s", TLS: &tls.Config{InsecureSkipVerify: true, MaxVersion: tls.VersionTLS10}, Timeout: -1},
			[]string{"neither http nor https", "both Client and Socket", "both Client and TLS", "not an absolute path", "InsecureSkipVerify", "MaxVersion", "negative"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.Engine, tt.config.Example, tt.config.SocketURL = "opa", "http://127.0.0.1:8181", url
			client, err := sidecar.New(tt.config)
			if client != nil {
				t.Error("a client together with the error")
			}
			err = sidecar.ConfigError("opa", err)
			checkError(t, err, kest.ErrConfig, tt.want...)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestNoProblemIsNoError(t *testing.T) {
	check(t, sidecar.ConfigError("opa", nil, nil))
}

func TestServerName(t *testing.T) {
	for want, config := range map[string]sidecar.Config{
		"http://127.0.0.1:8181/opa": {URL: "http://127.0.0.1:8181/opa/"},
		"https://opa":               {URL: "https://opa", TLS: new(tls.Config)},
		"unix:/run/opa.sock":        {Socket: "/run/opa.sock"},
		"unix:/run/o.sock":          {Socket: "/run/o.sock", URL: "https://opa", TLS: new(tls.Config), Timeout: time.Hour},
	} {
		if got := newClient(t, config).Server(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// TestTheUsersTLSIsNotChanged: it may serve other clients.
func TestTheUsersTLSIsNotChanged(t *testing.T) {
	theirs := &tls.Config{MinVersion: tls.VersionTLS10}
	newClient(t, sidecar.Config{URL: "https://localhost", TLS: theirs})
	if theirs.MinVersion != tls.VersionTLS10 {
		t.Error("the caller's TLS configuration was changed")
	}
}
