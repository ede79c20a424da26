package kest

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/trace"
)

// instrumentationScope is the name of the tracer (PROTOCOL §12).
const instrumentationScope = "kest.core"

// A Runtime is a checked configuration that hooks run with. It is immutable and
// safe for concurrent use.
type Runtime struct {
	engine     Engine
	identity   Identity
	tiers      Tiers
	deviations []scopedDeviation
	origins    map[string]int
	classTaint map[string]string
	evaluator  TrustEvaluator // nil for the default one
	keys       KeySource
	tracer     trace.Tracer
	logger     *slog.Logger

	plans sync.Map // *Hook to *plan: what a hook's calls share under this runtime
}

// New checks a configuration and makes a runtime of it. All that is wrong is
// reported in one error, which matches ErrConfig. The identity is asked for its
// signer once, so that one without a key is an error here and not at the first
// call.
func New(config Config) (*Runtime, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	if err := tryIdentity(config.Identity); err != nil {
		return nil, err
	}
	if _, _, err := snapshotOf(config.Engine); err != nil {
		return nil, wrap(ErrConfig, "the engine cannot be used: %w", err)
	}
	if err := tryEvaluator(config.Evaluator); err != nil {
		return nil, wrap(ErrConfig, "the trust evaluator cannot be used: %w", err)
	}
	origins, err := mergeOrigins(config.Origins)
	if err != nil {
		return nil, wrap(ErrConfig, "%w", err)
	}
	classTaint := defaultClassificationTaints()
	maps.Copy(classTaint, config.ClassificationTaints)

	rt := &Runtime{
		engine:     config.Engine,
		identity:   config.Identity,
		tiers:      config.Tiers.clone(),
		deviations: slices.Clone(config.deviations),
		origins:    origins,
		classTaint: classTaint,
		evaluator:  nonDefault(config.Evaluator),
		keys:       config.Keys,
		logger:     config.Logger,
	}
	provider := config.TracerProvider
	if provider == nil {
		provider = otel.GetTracerProvider()
	}
	rt.tracer = provider.Tracer(instrumentationScope, trace.WithInstrumentationVersion(Version))
	return rt, nil
}

// identityTimeout is how long New waits for an identity that has to fetch its
// key first.
const identityTimeout = 10 * time.Second

func tryIdentity(identity Identity) error {
	ctx, cancel := context.WithTimeout(context.Background(), identityTimeout)
	defer cancel()
	if _, err := signerOf(ctx, identity); err != nil {
		return wrap(ErrConfig, "the identity cannot sign: %w", err)
	}
	return nil
}

// signerOf asks an identity for its signer, and for nothing that a call could
// not use.
func signerOf(ctx context.Context, identity Identity) (signer *Signer, err error) {
	defer recoverAs(&err)
	signer, err = identity.Signer(ctx)
	switch {
	case err != nil:
		return nil, err
	case signer == nil || signer.sign == nil:
		return nil, errNoSigner
	}
	return signer, nil
}

// recoverAs turns a panic, most often of a method called on a nil pointer, into
// an error: parts that a program plugs in must not take a server down.
func recoverAs(err *error) {
	if r := recover(); r != nil {
		*err = fmt.Errorf("it panicked: %v: is it a nil pointer, or a zero value that has to be made by its constructor?", r)
	}
}

// snapshotOf is an engine as it is now, with the digest of its policies, "" if it
// does not know it.
func snapshotOf(engine Engine) (snapshot Engine, digest string, err error) {
	defer recoverAs(&err)
	if s, ok := engine.(PolicySnapshotter); ok {
		if engine = s.PolicySnapshot(); engine == nil {
			return nil, "", errors.New("its PolicySnapshot is nil: it must be an engine")
		}
	}
	if digester, ok := engine.(PolicyDigester); ok {
		digest = digester.PolicyDigest()
	}
	return engine, digest, nil
}

// sameEngine tells whether two engines are one value. Those of types that Go
// cannot compare, such as functions, are never the same.
func sameEngine(a, b Engine) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return a == b
}

// tryEvaluator asks for a name that an entry can carry and for scores at the
// corners of what there is.
func tryEvaluator(evaluator TrustEvaluator) (err error) {
	defer recoverAs(&err)
	evaluator = nonDefault(evaluator)
	if evaluator == nil {
		return nil
	}
	if name := evaluator.Name(); name == "" || name == (WeakestLink{}).Name() || !utf8.ValidString(name) {
		return fmt.Errorf("its name is %q: it must be UTF-8, not empty, and not that of the default evaluator", name)
	}
	for _, self := range []int{minTrust, maxTrust} {
		for _, parent := range []int{minTrust, maxTrust} {
			if score := evaluator.Evaluate(self, []int{parent}); score < minTrust || score > maxTrust {
				return fmt.Errorf("%q gives %d for the origin %d and the parent %d: it must give 0 to 100", evaluator.Name(), score, self, parent)
			}
		}
	}
	return nil
}

// nonDefault is nil for the default evaluator, which needs no label and has a
// quicker way.
func nonDefault(evaluator TrustEvaluator) TrustEvaluator {
	switch evaluator.(type) {
	case WeakestLink, *WeakestLink:
		return nil
	}
	return evaluator
}

func (t *Tiers) clone() Tiers {
	return Tiers{
		Enterprise:  slices.Clone(t.Enterprise),
		Platform:    slices.Clone(t.Platform),
		Application: slices.Clone(t.Application),
	}
}

// Verifier is a verifier with this runtime's origins, evaluator and keys. It
// fails with ErrConfig when the configuration has no key source.
func (rt *Runtime) Verifier() (*Verifier, error) {
	if rt.keys == nil {
		return nil, wrap(ErrConfig, "no key source: set Config.Keys, or keys in kest.yaml, to the keys of the workloads to believe")
	}
	v := &Verifier{Keys: rt.keys, Origins: maps.Clone(rt.origins)}
	if rt.evaluator != nil {
		v.Evaluators = []TrustEvaluator{rt.evaluator}
	}
	return v, nil
}

// log is looked up at each denial, so that slog.SetDefault works at any time.
func (rt *Runtime) log() *slog.Logger {
	if rt.logger != nil {
		return rt.logger
	}
	return slog.Default()
}

var defaultRuntime atomic.Pointer[Runtime]

// SetDefault makes rt the runtime of all calls whose context has none of its
// own, and returns the one that was, nil at first. nil takes it away again, so
// that a test can put back what it found.
func SetDefault(rt *Runtime) (previous *Runtime) { return defaultRuntime.Swap(rt) }
