package sidecar

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/deadline"
)

// DefaultTimeout is how long a decision may take when Config says nothing.
const DefaultTimeout = time.Second

// Config is what an engine knows of its server. URL, Socket, TLS, Client,
// Timeout and Token are the fields of the same names that its user set.
type Config struct {
	Engine  string // name of the engine's package, for errors
	Example string // a URL as it should be, for errors

	URL       string // base, without what Ask adds
	Socket    string // absolute path of a Unix socket; "" for TCP
	SocketURL string // the URL when there is a Socket and no URL

	TLS     *tls.Config   // nil for the system's roots; it is cloned
	Client  *http.Client  // nil for one of the package's own; it is copied
	Timeout time.Duration // 0 is DefaultTimeout

	// Token gives the credentials for each request; nil for none. Scheme stands
	// before them in the header Authorization: "Bearer ", or nothing.
	Token  func(context.Context) (string, error)
	Scheme string
}

// Client asks one server. It is immutable and safe for concurrent use.
type Client struct {
	engine  string
	base    string // URL without a slash at its end
	server  string // how errors call the server: its base or socket
	timeout time.Duration
	late    error // why a context ended at timeout
	http    *http.Client
	token   func(context.Context) (string, error)
	scheme  string
}

// New checks the configuration. It does not ask the server. The error names all
// that is wrong, and is for [ConfigError].
func New(config Config) (*Client, error) {
	if config.Socket != "" && config.URL == "" {
		config.URL = config.SocketURL
	}
	base, scheme, urlErr := baseURL(config.URL, config.Example)
	server := base
	if config.Socket != "" {
		server = "unix:" + config.Socket
	}
	own, tlsErr := ownTLS(config.TLS)
	problems := errors.Join(urlErr, checkSocket(config.Socket), tlsErr, contradictions(&config, scheme))
	if config.Timeout < 0 {
		problems = errors.Join(problems, fmt.Errorf("the time-out %s is negative: give a positive one, or 0 for %s", config.Timeout, DefaultTimeout))
	}
	if problems != nil {
		return nil, problems
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	return &Client{
		engine:  config.Engine,
		base:    base,
		server:  server,
		timeout: config.Timeout,
		late:    deadline.Exceeded("the server at "+server, config.Timeout),
		http:    withoutRedirects(config.Client, newTransport(config.Socket, own, config.Timeout)),
		token:   config.Token,
		scheme:  config.Scheme,
	}, nil
}

// contradictions finds settings of which one would silently not count.
func contradictions(config *Config, scheme string) error {
	var problems []error
	if config.Client != nil && config.Socket != "" {
		problems = append(problems, errors.New("both Client and Socket: have the client's transport dial the socket, or leave Client nil"))
	}
	if config.Client != nil && config.TLS != nil {
		problems = append(problems, errors.New("both Client and TLS: set the client's transport's TLSClientConfig, or leave Client nil"))
	}
	if config.TLS != nil && scheme == "http" {
		problems = append(problems, errors.New("TLS with an http URL: write it with https, or leave TLS nil"))
	}
	return errors.Join(problems...)
}

// Server is how errors call the server.
func (c *Client) Server() string { return c.server }

// ConfigError is the error of an engine's constructor, which matches
// [kest.ErrConfig]; nil if there are no problems.
func ConfigError(engine string, problems ...error) error {
	if err := errors.Join(problems...); err != nil {
		return fmt.Errorf("%w: %s: %w", kest.ErrConfig, engine, err)
	}
	return nil
}
