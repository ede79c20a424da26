package kest

import (
	"context"

	"go.opentelemetry.io/otel/baggage"
)

// Baggage members that say on whose behalf a request runs (F-IC-01..04).
const (
	baggageUser  = "kest.user"
	baggageAgent = "kest.agent"
	baggageTask  = "kest.task"
)

// User is on whose behalf ctx runs: the W3C baggage member kest.user, "" if
// there is none. Inside a hooked function it is the user that the entry names
// (TC-12).
func User(ctx context.Context) string { return baggageValue(ctx, baggageUser) }

// Agent is which agent acts: the baggage member kest.agent, "" if there is none.
func Agent(ctx context.Context) string { return baggageValue(ctx, baggageAgent) }

// Task is the task or scope: the baggage member kest.task, "" if there is none.
func Task(ctx context.Context) string { return baggageValue(ctx, baggageTask) }

// WithUser says on whose behalf everything under the returned context runs. The
// value travels in W3C baggage, so pass it only what has been authenticated.
// The error matches ErrInput: the value is not valid UTF-8.
func WithUser(ctx context.Context, user string) (context.Context, error) {
	return withBaggage(ctx, baggageUser, user)
}

// WithAgent is WithUser for the acting agent.
func WithAgent(ctx context.Context, agent string) (context.Context, error) {
	return withBaggage(ctx, baggageAgent, agent)
}

// WithTask is WithUser for the task.
func WithTask(ctx context.Context, task string) (context.Context, error) {
	return withBaggage(ctx, baggageTask, task)
}

// tokenKey is the context key of the raw bearer token.
type tokenKey struct{}

// Token is the raw bearer token that ctx carries, "" if there is none. Unlike
// User, Agent and Task it is kept out of baggage, which OpenTelemetry's
// propagators would send to every host that is called (PROTOCOL §10).
func Token(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(string)
	return token
}

// WithToken keeps the raw token of an authenticated request for Token. It never
// leaves the process, and is in no entry, span or log.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, token)
}

func baggageValue(ctx context.Context, key string) string {
	return baggage.FromContext(ctx).Member(key).Value()
}

func withBaggage(ctx context.Context, key, value string) (context.Context, error) {
	all, err := setMember(baggage.FromContext(ctx), key, value)
	if err != nil {
		return nil, err
	}
	return baggage.ContextWithBaggage(ctx, all), nil
}

func setMember(all baggage.Baggage, key, value string) (baggage.Baggage, error) {
	member, err := baggage.NewMemberRaw(key, value)
	if err == nil {
		all, err = all.SetMember(member)
	}
	if err != nil {
		return baggage.Baggage{}, wrap(ErrInput, "%s: %w", key, err)
	}
	return all, nil
}
