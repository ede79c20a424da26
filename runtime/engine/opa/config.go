package opa

import (
	"context"
	"crypto/tls"
	"fmt"
	"net/http"
	"strings"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

// Defaults of Config.
const (
	DefaultTimeout      = sidecar.DefaultTimeout
	DefaultDecisionPath = "result.allow"
)

// name is the engine's in errors.
const name = "opa"

// Config says which server to ask, and how.
type Config struct {
	// URL is the server's base, without /v1/data: "http://127.0.0.1:8181". It
	// may have a path, and no user, query or fragment. Anybody between this
	// program and an http server can answer in its place: use https beyond the
	// own host. Required without a Socket.
	URL string
	// Socket is the absolute path of the Unix socket that the server listens on
	// (opa run --addr unix:///run/opa/opa.sock). Who may write to the socket's
	// folder can answer in the server's place. URL may then be left empty; one
	// that is given still says the path and the header Host.
	Socket string
	// TLS is for an https URL: the CA of the server's certificate (RootCAs), the
	// certificate of this program (Certificates). It is cloned; TLS 1.2 is the
	// least, and InsecureSkipVerify is refused. nil is the system's CAs.
	TLS *tls.Config
	// Client is for a transport of your own, instead of Socket and TLS. It is
	// copied, and the copy follows no redirects. nil is a client that uses no
	// proxy. One without a Transport gets the same transport as nil.
	Client *http.Client
	// Timeout bounds one decision, from the connection to the last byte of the
	// answer. 0 is DefaultTimeout.
	Timeout time.Duration
	// DecisionPath is where in the answer the decision stands: member names
	// with dots. "" is DefaultDecisionPath.
	DecisionPath string
	// Token gives the bearer token for each request; nil for none. It is a
	// function so that a token can be renewed, and is never printed along with
	// its Config. It is called from many goroutines at once and must return when
	// its context ends. It is sent to URL as it is: use https beyond the own host.
	Token func(context.Context) (string, error)
}

// Engine asks one server. It is immutable and safe for concurrent use. It
// implements [kest.Engine] and [kest.PolicyChecker]. Only [New] makes one: the
// zero value and nil give errors.
type Engine struct {
	client   *sidecar.Client
	decision []string
}

var (
	_ kest.Engine        = (*Engine)(nil)
	_ kest.PolicyChecker = (*Engine)(nil)
)

// New checks the configuration. It does not ask the server, which may start
// later than this program. The error matches [kest.ErrConfig] and names all
// that is wrong.
func New(config Config) (*Engine, error) {
	client, clientErr := sidecar.New(sidecar.Config{
		Engine:    name,
		Example:   "http://127.0.0.1:8181",
		URL:       config.URL,
		Socket:    config.Socket,
		SocketURL: "http://localhost",
		TLS:       config.TLS,
		Client:    config.Client,
		Timeout:   config.Timeout,
		Token:     config.Token,
		Scheme:    "Bearer ",
	})
	decision, pathErr := decisionPath(config.DecisionPath)
	if err := sidecar.ConfigError(name, clientErr, pathErr); err != nil {
		return nil, err
	}
	return &Engine{client, decision}, nil
}

func decisionPath(text string) ([]string, error) {
	if text == "" {
		text = DefaultDecisionPath
	}
	path := strings.Split(text, ".")
	for _, name := range path {
		if name == "" {
			return nil, fmt.Errorf("the decision path %q has an empty part: write one like %q", text, DefaultDecisionPath)
		}
	}
	return path, nil
}
