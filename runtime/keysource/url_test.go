package keysource_test

import (
	"crypto/tls"
	"net/http"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/keysource"
)

func TestNewURL(t *testing.T) {
	anyCertificate := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	good := []string{payments}
	for name, tt := range map[string]struct {
		config keysource.URLConfig
		want   []string // none for no error
	}{
		"https":             {keysource.URLConfig{URL: "https://keys.example.org/x?tenant=1", Subjects: good}, nil},
		"any subject":       {keysource.URLConfig{URL: "https://keys.example.org", AnySubject: true}, nil},
		"a prefix":          {keysource.URLConfig{URL: "https://keys.example.org", Subjects: []string{"spiffe://example.org/"}}, nil},
		"http to localhost": {keysource.URLConfig{URL: "http://localhost:8080/x", Subjects: good}, nil},
		"http to 127.0.0.2": {keysource.URLConfig{URL: "http://127.0.0.2/x", Subjects: good}, nil},
		"http to ::1":       {keysource.URLConfig{URL: "http://[::1]:8080/x", Subjects: good}, nil},
		"http as asked for": {keysource.URLConfig{URL: "http://keys.example.org/x", Subjects: good, InsecureHTTP: true}, nil},
		"a check of one's own": {keysource.URLConfig{URL: "https://keys.example.org", Subjects: good, Client: &http.Client{Transport: &http.Transport{
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, VerifyConnection: func(tls.ConnectionState) error { return nil }}}}}, nil},
		"a short MaxAge": {keysource.URLConfig{URL: "https://keys.example.org", Subjects: good, MaxAge: time.Second}, nil},
		"a long MaxAge":  {keysource.URLConfig{URL: "https://keys.example.org", Subjects: good, MaxAge: 24 * time.Hour}, nil},

		"nothing":              {keysource.URLConfig{}, []string{"no URL", "no Subjects"}},
		"not a URL":            {keysource.URLConfig{URL: "https://bob:hunter2@[", Subjects: good}, []string{"cannot be parsed"}},
		"a password":           {keysource.URLConfig{URL: "https://bob:hunter2@example.org", Subjects: good}, []string{"password"}},
		"another scheme":       {keysource.URLConfig{URL: "file:///etc/keys?hunter2", Subjects: good}, []string{"neither https nor http"}},
		"no host":              {keysource.URLConfig{URL: "https:///keys?hunter2", Subjects: good}, []string{"no host"}},
		"a fragment":           {keysource.URLConfig{URL: "https://example.org/keys#", Subjects: good}, []string{"fragment"}},
		"http":                 {keysource.URLConfig{URL: "http://example.org/keys", Subjects: good}, []string{"between here and example.org", "https"}},
		"http to a false host": {keysource.URLConfig{URL: "http://localhost.example.org/keys", Subjects: good}, []string{"https"}},
		"http to any address":  {keysource.URLConfig{URL: "http://0.0.0.0/keys", Subjects: good}, []string{"https"}},
		"both":                 {keysource.URLConfig{URL: "https://example.org", Subjects: good, AnySubject: true}, []string{"give one of them"}},
		"an empty subject":     {keysource.URLConfig{URL: "https://example.org", Subjects: []string{""}}, []string{"no workload id"}},
		"subject not UTF-8":    {keysource.URLConfig{URL: "https://example.org", Subjects: []string{"\xff"}}, []string{"no workload id"}},
		"everybody":            {keysource.URLConfig{URL: "https://example.org", Subjects: []string{"spiffe://", "/", "//"}}, []string{`"spiffe://" names nobody`, `"/" names nobody`, `"//" names nobody`}},
		"any certificate":      {keysource.URLConfig{URL: "https://example.org", Subjects: good, Client: anyCertificate}, []string{"InsecureSkipVerify"}},
		"negative durations": {keysource.URLConfig{URL: "https://example.org", Subjects: good, MaxAge: -1, MinInterval: -1, MaxStale: -2, Timeout: -1},
			[]string{"MaxAge is -1ns", "MinInterval is -1ns", "MaxStale is -2ns", "Timeout is -1ns"}},
		"stale before old": {keysource.URLConfig{URL: "https://example.org", Subjects: good, MaxStale: time.Minute}, []string{"MaxStale is 1m0s", "shorter"}},
		"seldom":           {keysource.URLConfig{URL: "https://example.org", Subjects: good, MinInterval: time.Hour}, []string{"MinInterval is 1h0m0s", "longer"}},
	} {
		t.Run(name, func(t *testing.T) {
			source, err := keysource.NewURL(tt.config)
			if tt.want == nil {
				if err != nil || source == nil {
					t.Errorf("got %v, %v", source, err)
				}
				return
			}
			if source != nil {
				t.Error("got a source")
			}
			checkError(t, err, kest.ErrConfig, tt.want...)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error holds what may be a secret: %v", err)
			}
		})
	}
}

// TestSubjects: a server speaks for nobody else, whatever it says.
func TestSubjects(t *testing.T) {
	const fake = "spiffe://example.org.evil/x"
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1), key(orders, 2), key(fake, 3), key("spiffe://example.org/", 4), key("spiffe://example.org/payments/eu", 5))}
	url, client := start(t, p)
	for name, tt := range map[string]struct {
		config keysource.URLConfig
		want   map[string]byte // 0 for no key
		asked  int
	}{
		"by id":     {keysource.URLConfig{Subjects: []string{payments}}, map[string]byte{payments: 1, orders: 0, fake: 0, "spiffe://example.org/": 0, payments + "/eu": 0}, 1},
		"by two":    {keysource.URLConfig{Subjects: []string{orders, payments}}, map[string]byte{payments: 1, orders: 2, fake: 0}, 1},
		"by prefix": {keysource.URLConfig{Subjects: []string{"spiffe://example.org/"}}, map[string]byte{payments: 1, orders: 2, fake: 0, payments + "/eu": 5}, 1},
		"another":   {keysource.URLConfig{Subjects: []string{"spiffe://example.net/"}}, map[string]byte{payments: 0, orders: 0, fake: 0, "": 0}, 0},
		"any":       {keysource.URLConfig{AnySubject: true}, map[string]byte{payments: 1, orders: 2, fake: 3, "": 0}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			tt.config.URL, tt.config.Client = url, client
			source := newURL(t, newClock(), tt.config)
			before := p.count()
			for workload, n := range tt.want {
				if n == 0 {
					checkKeys(t, source, workload, "")
				} else {
					checkKeys(t, source, workload, "", n)
				}
			}
			if n := p.count() - before; n != tt.asked {
				t.Errorf("asked %d times, want %d", n, tt.asked)
			}
		})
	}
}
