package kest

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"

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
// reported in one error, which matches ErrConfig.
func New(config Config) (*Runtime, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	origins, err := mergeOrigins(config.Origins)
	if err != nil {
		return nil, err
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

// nonDefault is nil for the default evaluator, which needs no label and has a
// quicker way.
func nonDefault(evaluator TrustEvaluator) TrustEvaluator {
	if _, ok := evaluator.(WeakestLink); ok {
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
	v := &Verifier{Keys: rt.keys, Origins: rt.origins}
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

// runtimeKey is the context key of a *Runtime.
type runtimeKey struct{}

// NewContext gives everything under the returned context a runtime of its own.
// Tests that run in parallel use it instead of SetDefault.
func NewContext(ctx context.Context, rt *Runtime) context.Context {
	return context.WithValue(ctx, runtimeKey{}, rt)
}

// FromContext is the runtime that calls under ctx run with, or an error that
// matches ErrConfig when there is none.
func FromContext(ctx context.Context) (*Runtime, error) {
	rt, own := ctx.Value(runtimeKey{}).(*Runtime)
	if !own {
		rt = defaultRuntime.Load()
	}
	if rt == nil {
		return nil, wrap(ErrConfig, "no runtime: make one with kest.New and give it to kest.SetDefault at start-up, or to kest.NewContext")
	}
	return rt, nil
}
