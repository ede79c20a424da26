package kest

import (
	"errors"
	"log/slog"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

// maxPassportAttribute bounds the passport on a span, in bytes. A longer one is
// left out: each entry stands on a span of its own (kest.signature), from which
// passports are put together by their hash links, and a call must not cost more
// the deeper it is.
const maxPassportAttribute = 16 << 10

// recordCall puts on the span what is known of every call that reached its
// policies.
func (c *Call) recordCall() {
	in := &c.policyInput
	c.span.SetAttributes(
		attribute.String("kest.operation", c.hook.config.Operation),
		attribute.String("kest.entry_id", c.entryID),
		attribute.String("kest.workload_id", c.signer.workload),
		attribute.Int("kest.trust_score", c.trust),
		attribute.String("kest.parent_hash", in.ParentHash),
		attribute.String("kest.policy_ids", c.plan.policyIDs),
		attribute.String("kest.input_hash", c.inputHashText()),
	)
}

func (c *Call) inputHashText() string {
	if !c.hasInput {
		return ""
	}
	return string(c.inputHash[:])
}

func (c *Call) recordAllowed(tip *node) {
	if !c.recording {
		return
	}
	c.recordCall()
	c.span.SetAttributes(
		attribute.Bool("kest.allowed", true),
		attribute.String("kest.signature", tip.token),
		attribute.String("kest.chain_tip", tip.hash),
	)
	// Every entry is longer than 512 bytes.
	if tip.ancestry > maxPassportAttribute/512 {
		return
	}
	if passport, err := passportOf([]*node{tip}).MarshalJSON(); err == nil && len(passport) <= maxPassportAttribute {
		c.span.SetAttributes(attribute.String("kest.passport", string(passport)))
	}
}

// recordDenied writes the denial to the span and the log (NF-OBS-01). What the
// engine said stays in the error: it may quote the input.
func (c *Call) recordDenied(denied *DeniedError) {
	reason := "the policy does not allow it"
	if denied.Err != nil {
		reason = "the engine could not decide"
	}
	c.runtime.log().LogAttrs(c.ctx, slog.LevelWarn, "kest: call denied",
		slog.String("operation", denied.Operation),
		slog.String("entry_id", denied.EntryID),
		slog.String("policy", denied.Policy),
		slog.String("tier", string(denied.Tier)),
		slog.String("workload_id", denied.Workload),
		slog.String("reason", reason),
	)
	if !c.recording {
		return
	}
	c.recordCall()
	c.span.SetAttributes(
		attribute.Bool("kest.allowed", false),
		attribute.String("kest.denied_by", denied.Policy),
		attribute.String("kest.denied_tier", string(denied.Tier)),
	)
}

// recordEnd sets the status of the span. The texts are constant: an error's own
// text may hold values of arguments.
func (c *Call) recordEnd(err error) {
	if !c.recording {
		return
	}
	switch {
	case c.stage == entered:
		c.span.SetStatus(codes.Error, "the function panicked or ended its goroutine")
	case c.stage == left && err != nil:
		c.span.SetStatus(codes.Error, "the function returned an error")
	case c.stage == left:
		c.span.SetStatus(codes.Ok, "")
	default:
		c.span.SetStatus(codes.Error, notEntered(err))
	}
}

// notEntered names the kind of error that kept the function from running.
func notEntered(err error) string {
	for _, kind := range []error{ErrDenied, ErrConfig, ErrIdentity, ErrPolicy, ErrLineage, ErrInput} {
		if errors.Is(err, kind) {
			return kind.Error()
		}
	}
	return "kest: the call panicked before the function ran"
}

// SetOutput hashes the results, written as canonical JSON, for the span (step
// 12). The function has run by then, so results that cannot be hashed are noted
// on the span and do not turn what was done into an error.
func (c *Call) SetOutput(value []byte, err error) {
	if err != nil {
		c.span.AddEvent("kest.output_not_hashed")
		return
	}
	c.buffer = value
	c.span.SetAttributes(attribute.String("kest.content_hash", hexHash(value)))
}
