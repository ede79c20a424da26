package oidc

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/kestgo/kest/runtime/internal/keyurl"
)

// Defaults and limits of Config.
const (
	DefaultLeeway      = 30 * time.Second
	MaxLeeway          = 5 * time.Minute
	DefaultMaxAge      = 5 * time.Minute
	DefaultMinInterval = 10 * time.Second
	DefaultMaxStale    = time.Hour
	DefaultTimeout     = 5 * time.Second
)

// Config says whose tokens are valid here, and what their claims mean.
type Config struct {
	// Issuer is the provider's, exactly as it stands in its tokens: the claim iss
	// is compared byte for byte. It is a URL with https, or with http on the
	// loopback interface, see InsecureHTTP. Required.
	Issuer string
	// Audiences are the names of this server. The claim aud of a token must have
	// one of them: a token for another server is not valid here. Required.
	Audiences []string
	// KeysURL is where the provider's keys are, a JWK Set. "" asks the provider
	// for it by discovery (Issuer + "/.well-known/openid-configuration").
	KeysURL string
	// Algorithms may sign tokens. nil is RS256, ES256 and EdDSA. Others are RS384,
	// RS512, PS256, PS384, PS512, ES384 and ES512. The provider has no say in it.
	Algorithms []string
	// RequireAccessToken demands the type at+jwt in a token's header (RFC 9068), so
	// that no ID token of the issuer is taken for an access token. Set it if the
	// provider writes it. Without it, see to it that no client of the provider has
	// an id that is one of Audiences.
	RequireAccessToken bool
	// Claims says which claims name the user, the agent and the task.
	Claims Claims
	// Leeway is how far the clock of the provider may be off, for exp, nbf and iat.
	// 0 is DefaultLeeway; at most MaxLeeway.
	Leeway time.Duration

	// MaxAge is how long keys are used before they are asked for again: the longest
	// time that a key is believed after the provider took it back, as long as it
	// answers. 0 is DefaultMaxAge.
	MaxAge time.Duration
	// MinInterval is the shortest time between two requests for keys, whatever
	// tokens arrive, and the first wait after a failure; that doubles up to MaxAge.
	// At most MaxAge. 0 is DefaultMinInterval, or MaxAge if that is shorter.
	MinInterval time.Duration
	// MaxStale is how long, since they were asked for, keys are used while the
	// provider does not answer. At least MaxAge. 0 is DefaultMaxStale, or MaxAge if
	// that is longer.
	MaxStale time.Duration
	// Timeout bounds one request to the provider, from the connection to the last
	// byte of the answer. 0 is DefaultTimeout.
	Timeout time.Duration

	// Client is for a transport of your own: private authorities, a proxy. It is
	// copied, and the copy follows no redirects. nil is a client that uses no proxy.
	Client *http.Client
	// Logger gets a warning when the keys cannot be fetched; nil is slog.Default().
	Logger *slog.Logger

	// InsecureHTTP allows http beyond the loopback interface. Whoever is on the way
	// can then give out keys, and be every user.
	InsecureHTTP bool
	// InsecureSkipSignature believes tokens that nobody signed: whoever can write to
	// this server is whatever user they say. It is for development without a
	// provider: nothing is asked of one, all else is checked as usual, New logs a
	// warning, and refuses where KEST_ENV is production.
	InsecureSkipSignature bool
}

// Claims are names of claims at the top of a token.
type Claims struct {
	// User names the user; "" is sub. A token without it is not valid. Choose a
	// claim that the provider never gives to somebody else and that users cannot
	// set themselves: an e-mail address is most often neither.
	User string
	// Agent are the claims that may name the client that acts, the first that a
	// token has; nil is client_id, azp. The actor of an exchanged token (act)
	// stands above them.
	Agent []string
	// Task names the task, as a text or an array of texts; "" is scope.
	Task string
}

// defaultAlgorithms are what providers sign with, by default.
var defaultAlgorithms = []string{string(jose.RS256), string(jose.ES256), string(jose.EdDSA)}

// complete puts the defaults in and gives everything that is wrong.
func (c *Config) complete() error {
	var problems []error
	problem := func(format string, args ...any) { problems = append(problems, fmt.Errorf(format, args...)) }

	if err := checkURL("Issuer", c.Issuer, "https://login.example.org", c.InsecureHTTP); err != nil {
		problems = append(problems, err)
	} else if strings.Contains(c.Issuer, "?") {
		problem("Issuer has a query: an issuer has none")
	}
	switch {
	case c.KeysURL == "":
	case c.InsecureSkipSignature:
		problem("both KeysURL and InsecureSkipSignature: give one of them")
	default:
		if err := checkURL("KeysURL", c.KeysURL, "https://login.example.org/keys", c.InsecureHTTP); err != nil {
			problems = append(problems, err)
		}
	}
	if len(c.Audiences) == 0 || slices.Contains(c.Audiences, "") {
		problem("Audiences: give the names of this server, as they stand in the claim aud, and no empty one")
	}
	if len(c.Algorithms) == 0 {
		c.Algorithms = defaultAlgorithms
	}
	for _, algorithm := range c.Algorithms {
		if _, ok := fits[jose.SignatureAlgorithm(algorithm)]; !ok {
			problem("Algorithms: %q: give algorithms with a public key, like %s", algorithm, strings.Join(defaultAlgorithms, ", "))
		}
	}
	problems = append(problems, c.Claims.complete())
	duration := func(name string, value *time.Duration, otherwise time.Duration) {
		switch {
		case *value < 0:
			problem("%s is %s: give a positive one, or 0 for %s", name, *value, otherwise)
		case *value == 0:
			*value = otherwise
		}
	}
	duration("Leeway", &c.Leeway, DefaultLeeway)
	duration("MaxAge", &c.MaxAge, DefaultMaxAge)
	duration("MinInterval", &c.MinInterval, min(DefaultMinInterval, max(c.MaxAge, 0)))
	duration("MaxStale", &c.MaxStale, max(DefaultMaxStale, c.MaxAge))
	duration("Timeout", &c.Timeout, DefaultTimeout)
	if c.Leeway > MaxLeeway {
		problem("Leeway is %s: give at most %s, and set the clocks", c.Leeway, MaxLeeway)
	}
	if c.MaxStale < c.MaxAge {
		problem("MaxStale is %s, and MaxAge %s: it must not be shorter", c.MaxStale, c.MaxAge)
	}
	if c.MinInterval > c.MaxAge {
		problem("MinInterval is %s, and MaxAge %s: it must not be longer", c.MinInterval, c.MaxAge)
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return errors.Join(problems...)
}

// complete puts the defaults in.
func (c *Claims) complete() error {
	if c.User == "" {
		c.User = "sub"
	}
	if c.Agent == nil {
		c.Agent = []string{"client_id", "azp"}
	}
	if c.Task == "" {
		c.Task = "scope"
	}
	if len(c.Agent) == 0 || slices.Contains(c.Agent, "") {
		return errors.New("Claims.Agent has an empty name, or none: leave it nil for client_id and azp")
	}
	return nil
}

func checkURL(name, text, example string, insecureHTTP bool) error {
	if text == "" {
		return fmt.Errorf("no %s: write one like %s", name, example)
	}
	_, err := keyurl.Check(name, text, example, insecureHTTP)
	return err
}
