package opa

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// Defaults of Config.
const (
	DefaultTimeout      = time.Second
	DefaultDecisionPath = "result.allow"
)

// Config says which server to ask, and how.
type Config struct {
	// URL is the server's base, without /v1/data: "http://127.0.0.1:8181". It
	// may have a path, and no user, query or fragment.
	URL string
	// Timeout bounds one decision, from the connection to the last byte of the
	// answer. 0 is DefaultTimeout.
	Timeout time.Duration
	// DecisionPath is where in the answer the decision stands: member names
	// with dots. "" is DefaultDecisionPath.
	DecisionPath string
	// Client is for a transport of your own: mutual TLS, a Unix socket. It is
	// copied, and the copy follows no redirects. nil is a client that uses no
	// proxy.
	Client *http.Client
	// Token gives the bearer token for each request; nil for none. It is a
	// function so that a token can be renewed, and is never printed along with
	// its Config. It is sent to URL as it is: use https beyond the own host.
	Token func(context.Context) (string, error)
}

// Engine asks one server. It is immutable and safe for concurrent use. It
// implements [kest.Engine] and [kest.PolicyChecker].
type Engine struct {
	base     string // URL without a slash at its end
	timeout  time.Duration
	decision []string
	client   *http.Client
	token    func(context.Context) (string, error)
}

var (
	_ kest.Engine        = (*Engine)(nil)
	_ kest.PolicyChecker = (*Engine)(nil)
)

// New checks the configuration. It does not ask the server, which may start
// later than this program. Errors match [kest.ErrConfig].
func New(config Config) (*Engine, error) {
	base, err := baseURL(config.URL)
	if err != nil {
		return nil, configError(err)
	}
	if config.Timeout < 0 {
		return nil, configError(fmt.Errorf("the time-out %s is negative: give a positive one, or 0 for %s", config.Timeout, DefaultTimeout))
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	if config.DecisionPath == "" {
		config.DecisionPath = DefaultDecisionPath
	}
	decision := strings.Split(config.DecisionPath, ".")
	for _, name := range decision {
		if name == "" {
			return nil, configError(fmt.Errorf("the decision path %q has an empty part: write one like %q", config.DecisionPath, DefaultDecisionPath))
		}
	}
	return &Engine{
		base:     base,
		timeout:  config.Timeout,
		decision: decision,
		client:   withoutRedirects(config.Client),
		token:    config.Token,
	}, nil
}

func configError(err error) error { return fmt.Errorf("%w: opa: %w", kest.ErrConfig, err) }

func baseURL(text string) (string, error) {
	const example = "write one like http://127.0.0.1:8181"
	if text == "" {
		return "", errors.New("no URL: " + example)
	}
	u, err := url.Parse(text)
	if err != nil {
		// The cause, and not the *url.Error around it, which prints the URL: it
		// may hold a password.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return "", fmt.Errorf("the URL cannot be parsed: %w: %s", err, example)
	}
	switch {
	case u.User != nil:
		return "", errors.New("the URL has a user or password: use Config.Token or the client's TLS certificate")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", fmt.Errorf("the URL %q is neither http nor https: %s", text, example)
	case u.Hostname() == "":
		return "", fmt.Errorf("the URL %q has no host: %s", text, example)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "", fmt.Errorf("the URL %q has a query or fragment: %s", text, example)
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), nil
}

// withoutRedirects copies the client: a server that sends the input elsewhere
// is an error, not a server to believe.
func withoutRedirects(client *http.Client) *http.Client {
	if client == nil {
		client = &http.Client{Transport: defaultTransport()}
	}
	own := *client
	if own.Transport == nil {
		// Not http.DefaultTransport, which takes proxies from the environment.
		own.Transport = defaultTransport()
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// defaultTransport is for a server nearby. It ignores HTTP_PROXY, since a proxy
// could answer in the server's place, and keeps enough connections that calls
// at once do not wait for a new one each.
func defaultTransport() *http.Transport {
	return &http.Transport{
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           64,
		MaxIdleConnsPerHost:    64,
		IdleConnTimeout:        90 * time.Second,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
	}
}
