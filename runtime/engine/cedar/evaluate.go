package cedar

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// statements is a [cedar.PolicyIterator] in the order of the files, so that the
// same call fails with the same words.
type statements []statement

func (s statements) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for i := range s {
			if !yield(s[i].id, s[i].policy) {
				return
			}
		}
	}
}

// Evaluate decides one policy (F-PE-04). It returns true only if Cedar allows
// and no policy has failed, and false without an error if it denies. All errors
// match [kest.ErrPolicy]: [kest.ErrPolicyUnknown] for a name that no scope has,
// [kest.ErrPolicyUnreachable] for the end of ctx, whose cause it wraps, and
// [kest.ErrPolicyMalformed] for an input that Cedar cannot take or that does not
// fit the schema, and for a policy that fails: an attribute that is not there,
// a wrong type, an overflow.
func (e *Engine) Evaluate(ctx context.Context, policy string, input *kest.PolicyInput) (bool, error) {
	if err := e.CheckPolicy(policy); err != nil {
		return false, err
	}
	if ctx.Err() != nil {
		return false, policyError(policy, kest.ErrPolicyUnreachable, context.Cause(ctx))
	}
	allowed, err := e.decide(e.policies[policy], input)
	switch {
	case ctx.Err() != nil:
		// Even when the evaluation came to an end: whoever gave up on the call
		// must not have it run.
		return false, policyError(policy, kest.ErrPolicyUnreachable, context.Cause(ctx))
	case err != nil:
		return false, policyError(policy, kest.ErrPolicyMalformed, err)
	}
	return allowed, nil
}

func (e *Engine) decide(p *policy, input *kest.PolicyInput) (allowed bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			allowed, err = false, panicked(r)
		}
	}()
	request, err := p.request(input)
	if err != nil {
		return false, fmt.Errorf("input: %w", err)
	}
	if e.schema != nil {
		if err := e.schema.request(request); err != nil {
			return false, fmt.Errorf("input: %w", err)
		}
	}
	decision, diagnostic := cedar.Authorize(p.statements, e.entities, request)
	if len(diagnostic.Errors) > 0 {
		return false, failed(diagnostic.Errors)
	}
	return decision == cedar.Allow, nil
}

// buffers are for contexts, whose text is not needed once it is read.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// maxBuffer is the size in bytes of a buffer that is kept at most.
const maxBuffer = 128 << 10

// request is the question. What a context has of the input, and what is
// refused, is cedarinput's alone.
func (p *policy) request(input *kest.PolicyInput) (types.Request, error) {
	if input != nil && len(input.Attributes) > maxAttributes {
		return types.Request{}, errAttributes
	}
	buffer := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxBuffer {
			buffers.Put(buffer)
		}
	}()
	text, err := cedarinput.AppendContext((*buffer)[:0], input)
	if err != nil {
		return types.Request{}, err
	}
	*buffer = text
	context, err := contextRecord(text, &p.needs)
	if err != nil {
		return types.Request{}, err
	}
	return types.Request{
		Principal: uid(cedarinput.Principal(input)),
		Action:    p.action,
		Resource:  uid(cedarinput.Resource(input)),
		Context:   context,
	}, nil
}

func uid(e cedarinput.Entity) types.EntityUID {
	return types.NewEntityUID(types.EntityType(e.Type), types.String(e.ID))
}

// failed says which policy failed and where, and not in which way: Cedar's
// words quote the values of the call.
func failed(list []cedar.DiagnosticError) error {
	first := list[0]
	others := ""
	if len(list) > 1 {
		others = fmt.Sprintf(", and %d more", len(list)-1)
	}
	return fmt.Errorf("%s:%d:%d: the policy %s failed on this call%s: ask with has before you read a member, and mind types and overflow",
		first.Position.Filename, first.Position.Line, first.Position.Column, first.PolicyID, others)
}

// panicked has the words of the runtime, which hold no values.
func panicked(r any) error {
	var err runtime.Error
	if e, ok := r.(error); ok && errors.As(e, &err) {
		return fmt.Errorf("the evaluation panicked: %w", err)
	}
	return errors.New("the evaluation panicked")
}
