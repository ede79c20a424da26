package kestpropagation

import (
	"context"
	"log/slog"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
)

// Propagator sends the passport of a context, and verifies the one that arrives.
// It is immutable and safe for concurrent use.
type Propagator struct {
	config   Config
	verifier kest.Verifier
}

var _ propagation.TextMapPropagator = (*Propagator)(nil)

// New checks the configuration. All that is wrong is in one error, which matches
// [kest.ErrConfig].
func New(config Config) (*Propagator, error) {
	if err := config.check(); err != nil {
		return nil, err
	}
	p := &Propagator{config: config}
	if config.SendOnly {
		return p, nil
	}
	p.verifier = *config.Verifier
	p.verifier.SameTrace = !config.AnyTrace
	p.verifier.Tips, p.verifier.Count, p.verifier.TraceID = nil, 0, ""
	if p.verifier.Verified == nil {
		verified, err := kest.NewVerifiedEntries(rememberEntries, rememberFor)
		if err != nil {
			return nil, err
		}
		p.verifier.Verified = verified
	}
	return p, nil
}

// Inject is [Propagator.Send] for OpenTelemetry, which takes no error. What
// cannot be sent is logged, and marked so that the receiver refuses the request.
func (p *Propagator) Inject(ctx context.Context, carrier propagation.TextMapCarrier) {
	if err := p.Send(ctx, carrier); err != nil {
		carrier.Set(lineageHeader, lineageFailed)
		p.log(ctx, "kest: the lineage cannot be sent, so the receiver will refuse the request", err)
	}
}

// Extract is [Propagator.Receive] for OpenTelemetry, which takes no error. Under
// the context of a lineage that is refused no call runs.
func (p *Propagator) Extract(ctx context.Context, carrier propagation.TextMapCarrier) context.Context {
	received, err := p.Receive(ctx, carrier)
	if err != nil {
		p.log(ctx, "kest: the lineage of a request is refused", err)
		return kest.Refuse(ctx, err)
	}
	return received
}

// Fields are the headers that Inject sets.
func (p *Propagator) Fields() []string { return []string{baggageHeader, lineageHeader} }

func (p *Propagator) log(ctx context.Context, message string, err error) {
	logger := slog.Default()
	if p != nil && p.config.Logger != nil {
		logger = p.config.Logger
	}
	logger.LogAttrs(ctx, slog.LevelWarn, message, slog.String("error", err.Error()))
}
