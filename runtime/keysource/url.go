package keysource

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/keyurl"
	"github.com/kestgo/kest/runtime/internal/refreshed"
)

// Defaults of URLConfig.
const (
	DefaultMaxAge      = 5 * time.Minute
	DefaultMinInterval = 10 * time.Second
	DefaultMaxStale    = time.Hour
	DefaultTimeout     = 5 * time.Second
)

// URLConfig says whose keys are at a URL, and how often to ask for them.
type URLConfig struct {
	// URL is that of a JWK Set, with https. http is for the loopback interface
	// only, see InsecureHTTP. It has no user and no fragment.
	URL string
	// Subjects are the workloads for which the URL may speak, by id, or by a prefix
	// that ends in a slash: "spiffe://example.org/payments", "spiffe://example.org/".
	// Keys of others that stand there are never believed.
	Subjects []string
	// AnySubject, instead of Subjects, believes the URL for every workload: that
	// of a registry which checks who publishes what.
	AnySubject bool

	// MaxAge is how long a set is used before it is asked for again, at most: the
	// longest time that a key is believed after it was taken out, as long as the
	// server answers. Cache-Control of the answer can shorten it, down to
	// MinInterval. 0 is DefaultMaxAge.
	MaxAge time.Duration
	// MinInterval is the shortest time between two requests, whatever is asked of
	// the source, and the first wait after a failure; that doubles up to MaxAge. At
	// most MaxAge. 0 is DefaultMinInterval, or MaxAge if that is shorter.
	MinInterval time.Duration
	// MaxStale is how long, since it was asked for, a set is used while the server
	// does not answer: the longest time that a key is believed after it was taken
	// out, if somebody keeps the server from answering. At least MaxAge. 0 is
	// DefaultMaxStale, or MaxAge if that is longer.
	MaxStale time.Duration
	// Timeout bounds one request, from the connection to the last byte of the
	// answer. 0 is DefaultTimeout.
	Timeout time.Duration

	// Client is for a transport of your own: private authorities, mutual TLS, a
	// proxy. It is copied, and the copy follows no redirects. nil is a client that
	// uses no proxy.
	Client *http.Client
	// InsecureHTTP allows http beyond the loopback interface. Whoever is on the way
	// can then give out keys of their own and sign for every one of Subjects.
	InsecureHTTP bool
	// Logger gets a warning when the keys cannot be fetched; nil is slog.Default().
	Logger *slog.Logger
}

// URL is the keys at a URL. It asks when it is asked, and once for all that wait.
// It is safe for concurrent use, and implements [kest.KeySource].
type URL struct {
	location string // for requests
	shown    string // for errors and logs: without a query, which may hold a secret
	subjects subjects
	settings refreshed.Settings
	client   *http.Client
	logger   *slog.Logger
	keys     *refreshed.Value[*kest.KeySet]
}

var _ kest.KeySource = (*URL)(nil)

// NewURL checks the configuration. It does not ask the server, which may start
// later than this program: Load does. Errors match [kest.ErrConfig].
func NewURL(config URLConfig) (*URL, error) { return newURL(config, time.Now) }

func newURL(config URLConfig, now func() time.Time) (*URL, error) {
	var problems []error
	location, err := checkURL(config.URL, config.InsecureHTTP)
	problems = append(problems, err)
	allowed, err := newSubjects(config.Subjects, config.AnySubject)
	problems = append(problems, err)
	client, err := ownClient(config.Client)
	problems = append(problems, err)
	duration := func(name string, value *time.Duration, otherwise time.Duration) {
		switch {
		case *value < 0:
			problems = append(problems, fmt.Errorf("%s is %s: give a positive one, or 0 for %s", name, *value, otherwise))
		case *value == 0:
			*value = otherwise
		}
	}
	duration("MaxAge", &config.MaxAge, DefaultMaxAge)
	duration("MinInterval", &config.MinInterval, min(DefaultMinInterval, max(config.MaxAge, 0)))
	duration("MaxStale", &config.MaxStale, max(DefaultMaxStale, config.MaxAge))
	duration("Timeout", &config.Timeout, DefaultTimeout)
	if config.MaxStale < config.MaxAge {
		problems = append(problems, fmt.Errorf("MaxStale is %s, and MaxAge %s: it must not be shorter", config.MaxStale, config.MaxAge))
	}
	if config.MinInterval > config.MaxAge {
		problems = append(problems, fmt.Errorf("MinInterval is %s, and MaxAge %s: it must not be longer", config.MinInterval, config.MaxAge))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, fmt.Errorf("%w: keysource: %w", kest.ErrConfig, err)
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	s := &URL{
		location: location.String(), shown: keyurl.Shown(location), subjects: allowed,
		settings: refreshed.Settings{
			MaxAge: config.MaxAge, MinInterval: config.MinInterval, MaxStale: config.MaxStale, Timeout: config.Timeout, Now: now,
		},
		client: client, logger: config.Logger,
	}
	s.keys = refreshed.New(s.settings, s.fetch, s.report)
	return s, nil
}

func checkURL(text string, insecureHTTP bool) (*url.URL, error) {
	const example = "https://payments.example.org/.well-known/kest-keys"
	if text == "" {
		return nil, errors.New("no URL: write one like " + example)
	}
	return keyurl.Check("the URL", text, example, insecureHTTP)
}
