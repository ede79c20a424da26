package cedaragent

import (
	"context"
	"crypto/tls"
	"net/http"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

// DefaultTimeout is that of Config.
const DefaultTimeout = sidecar.DefaultTimeout

// name is the engine's in errors.
const name = "cedaragent"

// Config says which server to ask, and how.
type Config struct {
	// URL is the server's base, without /is_authorized: for cedar-agent itself
	// "http://127.0.0.1:8180/v1". It has no user, query or fragment. Anybody
	// between this program and an http server can answer in its place: use https
	// beyond the own host. Required without a Socket.
	URL string
	// Socket is the absolute path of a Unix socket. cedar-agent listens on TCP
	// only, so the socket is that of a proxy before it. Who may write to the
	// socket's folder can answer in the server's place. URL may then be left
	// empty, for http://localhost/v1; one that is given says the path and the
	// header Host.
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
	// Token gives what cedar-agent was started with as --authentication, for
	// each request; nil for none. It is the whole header Authorization, to which
	// nothing is added: the server compares them byte by byte. It is never
	// printed along with its Config. It is called from many goroutines at once
	// and must return when its context ends. It is sent to URL as it is: use
	// https beyond the own host.
	Token func(context.Context) (string, error)
}

// Engine asks one server. It is immutable and safe for concurrent use. It
// implements [kest.Engine] and [kest.PolicyChecker]. Only [New] makes one: the
// zero value and nil give errors.
type Engine struct {
	client *sidecar.Client
}

var (
	_ kest.Engine        = (*Engine)(nil)
	_ kest.PolicyChecker = (*Engine)(nil)
)

// New checks the configuration. It does not ask the server, which may start
// later than this program. The error matches [kest.ErrConfig] and names all
// that is wrong.
func New(config Config) (*Engine, error) {
	client, err := sidecar.New(sidecar.Config{
		Engine:    name,
		Example:   "http://127.0.0.1:8180/v1",
		URL:       config.URL,
		Socket:    config.Socket,
		SocketURL: "http://localhost/v1",
		TLS:       config.TLS,
		Client:    config.Client,
		Timeout:   config.Timeout,
		Token:     config.Token,
	})
	if err != nil {
		return nil, sidecar.ConfigError(name, err)
	}
	return &Engine{client}, nil
}
