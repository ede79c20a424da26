package service

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.opentelemetry.io/otel/propagation"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
	"github.com/kestgo/kest/runtime/cache/redis"
	"github.com/kestgo/kest/runtime/identity/local"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kestpropagation"
	"github.com/kestgo/kest/runtime/keysource"
)

// Service is a service that has been set up.
type Service struct {
	Settings Settings
	Runtime  *kest.Runtime
	Lineage  *kestpropagation.Propagator
	Identity *local.Identity
	Journal  *journal.Journal
	Tracing  *sdktrace.TracerProvider
}

// TraceContext is how traces travel. Kest's own propagator stands in its
// middleware, where it can say what is wrong with a request.
var TraceContext = propagation.TraceContext{}

// clientTimeout bounds a request to another service, with all that it calls.
const clientTimeout = 30 * time.Second

// trustPrincipals says whose word on users is believed, see
// kestpropagation.Config.
type trustPrincipals = func(context.Context, propagation.TextMapCarrier) bool

// New sets a service up. config has its engine already. trust is nil for a service
// that believes nobody but the provider of tokens.
func New(settings Settings, config kest.Config, trust trustPrincipals) (*Service, error) {
	s := &Service{Settings: settings, Journal: new(journal.Journal)}
	var err error
	if s.Identity, err = local.New(local.WithWorkloadID(settings.Workload)); err != nil {
		return nil, err
	}
	keys, err := s.keys()
	if err != nil {
		return nil, err
	}
	// There is nowhere to send spans to: what counts here is that a trace runs
	// through, since a passport belongs to one.
	s.Tracing = sdktrace.NewTracerProvider()
	config.Identity, config.Keys, config.TracerProvider = s.Identity, keys, s.Tracing
	if s.Runtime, err = kest.New(config); err != nil {
		return nil, err
	}
	verifier, err := s.Runtime.Verifier()
	if err != nil {
		return nil, err
	}
	verifier.SingleRoot = true
	cache, err := redis.New(goredis.NewClient(&goredis.Options{
		Addr:                  settings.Redis,
		ContextTimeoutEnabled: true,
		// So that a value which was stored is not taken for another's.
		MaxRetries:               -1,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}), redis.Config{})
	if err != nil {
		return nil, err
	}
	s.Lineage, err = kestpropagation.New(kestpropagation.Config{
		Verifier:        verifier,
		Cache:           cache,
		CacheTimeout:    5 * time.Second, // for a busy machine
		Threshold:       config.Thresholds.Passport,
		TrustPrincipals: trust,
	})
	return s, err
}

// keys are those that this service believes: its own, since a relay comes back,
// and those that each peer publishes for itself.
func (s *Service) keys() (kest.KeySource, error) {
	own, err := kest.NewKeySet(s.Identity.Key())
	if err != nil {
		return nil, err
	}
	sources := kest.KeySources{own}
	for _, peer := range slices.Sorted(maps.Keys(s.Settings.Peers)) {
		source, err := keysource.NewURL(keysource.URLConfig{
			URL:      s.Settings.Peers[peer] + kesthttp.KeysPath,
			Subjects: []string{peer},
			// Shorter than the default: here a peer has a new key whenever it is
			// restarted, and is to be believed soon after.
			MinInterval: 50 * time.Millisecond,
			MaxAge:      10 * time.Second,
		})
		if err != nil {
			return nil, fmt.Errorf("peer %s: %w", peer, err)
		}
		sources = append(sources, source)
	}
	return sources, nil
}

// Authenticator checks the tokens of the provider. It asks for the provider's
// keys.
func (s *Service) Authenticator(ctx context.Context) (bearer.Authenticator, error) {
	return oidc.New(ctx, oidc.Config{Issuer: s.Settings.Issuer, Audiences: []string{s.Settings.Audience}})
}

// Peer is an HTTP client for one peer, and the URL of that peer. It sends the
// lineage of the caller's context along, and the token on whose behalf it runs.
func (s *Service) Peer(workload string) (base string, client *http.Client, err error) {
	base = s.Settings.Peers[workload]
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return "", nil, fmt.Errorf("%w: settings: peers has no URL of %s", kest.ErrConfig, workload)
	}
	lineage, err := kesthttp.NewTransport(kesthttp.TransportConfig{Lineage: s.Lineage, TokenHosts: []string{u.Host}})
	if err != nil {
		return "", nil, err
	}
	// Inside the span of the request, so that lineage and trace agree.
	traced := otelhttp.NewTransport(lineage, otelhttp.WithTracerProvider(s.Tracing), otelhttp.WithPropagators(TraceContext))
	return base, &http.Client{
		Transport: traced,
		Timeout:   clientTimeout,
		// Lineage and requests are for this peer, and for nobody that it names.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}, nil
}

// Protect puts around a handler what every request has to pass: lineage, and
// inside it identity.
func (s *Service) Protect(handler http.Handler, authenticator bearer.Authenticator) http.Handler {
	handler = kesthttp.Identity(authenticator)(handler)
	handler = kesthttp.Lineage(s.Lineage)(handler)
	handler = kesthttp.Runtime(s.Runtime)(handler)
	return otelhttp.NewHandler(handler, s.Settings.Workload,
		otelhttp.WithTracerProvider(s.Tracing), otelhttp.WithPropagators(TraceContext))
}

// HealthPath answers when the service is up.
const HealthPath = "/healthz"

// Mux has what every service serves to everybody: its public keys, its health and
// its journal.
func (s *Service) Mux() *http.ServeMux {
	mux := http.NewServeMux()
	mux.Handle("GET "+kesthttp.KeysPath, kesthttp.KeysHandler(s.Identity))
	mux.HandleFunc("GET "+HealthPath, func(http.ResponseWriter, *http.Request) {})
	mux.Handle("GET /journal/{order}", s.Journal)
	return mux
}

// Serve serves until the context ends, and then lets requests finish for a while.
func (s *Service) Serve(ctx context.Context, handler http.Handler) error {
	server := &http.Server{
		Addr:              s.Settings.Listen,
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       clientTimeout,
		WriteTimeout:      2 * clientTimeout,
		IdleTimeout:       2 * time.Minute,
	}
	ended := make(chan error, 1)
	go func() { ended <- server.ListenAndServe() }()
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return errors.Join(server.Shutdown(stop), s.Tracing.Shutdown(stop))
}
