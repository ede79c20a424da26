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

// principal is on whose behalf a call runs. It is kept beside the baggage, which
// it is written to for others to read: baggage that a propagator took from a
// request is whatever the client sent, and who reads it cannot tell.
type principal struct{ user, agent, task string }

// User is on whose behalf ctx runs, "" if nobody said. Inside a hooked function
// it is the user that the entry names, and the W3C baggage member kest.user is
// the same (TC-12). Baggage that came with a request is not believed: WithUser
// says who the user is, after somebody has checked it.
func User(ctx context.Context) string { return stateFromContext(ctx).principal.user }

// Agent is User for the acting agent (kest.agent).
func Agent(ctx context.Context) string { return stateFromContext(ctx).principal.agent }

// Task is User for the task or scope (kest.task).
func Task(ctx context.Context) string { return stateFromContext(ctx).principal.task }

// WithUser says on whose behalf everything under the returned context runs. The
// value travels on in W3C baggage, so pass it only what has been authenticated.
// The empty text takes it away. The error matches ErrInput: the value is not
// valid UTF-8.
func WithUser(ctx context.Context, user string) (context.Context, error) {
	p := stateFromContext(ctx).principal
	p.user = user
	return p.context(ctx)
}

// WithAgent is WithUser for the acting agent.
func WithAgent(ctx context.Context, agent string) (context.Context, error) {
	p := stateFromContext(ctx).principal
	p.agent = agent
	return p.context(ctx)
}

// WithTask is WithUser for the task.
func WithTask(ctx context.Context, task string) (context.Context, error) {
	p := stateFromContext(ctx).principal
	p.task = task
	return p.context(ctx)
}

// context puts the principal into a context and its baggage.
func (p principal) context(ctx context.Context) (context.Context, error) {
	all, _, err := p.baggage(ctx)
	if err != nil {
		return nil, err
	}
	s := stateFromContext(ctx)
	s.principal = p
	return contextWithState(baggage.ContextWithBaggage(ctx, all), s), nil
}

// baggage is that of ctx with the three members as they are here, and whether
// they were not.
func (p principal) baggage(ctx context.Context) (all baggage.Baggage, changed bool, err error) {
	all = baggage.FromContext(ctx)
	for _, member := range [...]struct{ key, value string }{
		{baggageUser, p.user},
		{baggageAgent, p.agent},
		{baggageTask, p.task},
	} {
		if all.Member(member.key).Value() == member.value {
			continue
		}
		changed = true
		if member.value == "" {
			all = all.DeleteMember(member.key)
			continue
		}
		m, err := baggage.NewMemberRaw(member.key, member.value)
		if err == nil {
			all, err = all.SetMember(m)
		}
		if err != nil {
			return baggage.Baggage{}, false, wrap(ErrInput, "%s: %w", member.key, err)
		}
	}
	return all, changed, nil
}

// tokenKey is the context key of the raw bearer token.
type tokenKey struct{}

// rawToken is a bearer token. Printing a context prints the values in it that are
// strings or can say what they are, and so not this.
type rawToken struct{ text string }

// String implements fmt.Stringer.
func (rawToken) String() string { return "bearer token" }

// Token is the raw bearer token that ctx carries, "" if there is none. Unlike
// User, Agent and Task it is kept out of baggage, which OpenTelemetry's
// propagators would send to every host that is called (PROTOCOL §10).
func Token(ctx context.Context) string {
	token, _ := ctx.Value(tokenKey{}).(rawToken)
	return token.text
}

// WithToken keeps the raw token of an authenticated request for Token. It never
// leaves the process by itself, and is in no entry, span or log.
func WithToken(ctx context.Context, token string) context.Context {
	return context.WithValue(ctx, tokenKey{}, rawToken{token})
}
