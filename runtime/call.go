package kest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/google/uuid"
	"go.opentelemetry.io/otel/baggage"
	"go.opentelemetry.io/otel/trace"

	"github.com/kestgo/kest/runtime/canon"
	"github.com/kestgo/kest/runtime/jws"
)

// A Call is one run through the lifecycle of a Hook. Generated code makes it
// with Hook.Begin, calls its methods in the order that Hook shows, and ends it
// with End. It is for one goroutine and must not be kept after End.
//
// Errors of the setters are kept and come out of Enter, so that the function
// body cannot run after one.
type Call struct {
	hook    *Hook
	runtime *Runtime
	plan    *plan
	signer  *Signer

	engine, functionEngine Engine // of the configured tiers, and of the function's own

	ctx       context.Context // the caller's, with the span
	span      trace.Span
	recording bool
	stage     stage
	err       error // the first one of a setter

	outer state // of the caller's context

	// What the entry says, and what is handed on. Engines get copies in
	// policyInput, so that one that writes there changes neither.
	principal
	trust       int
	taints      []string // may be a parent's own list
	policyInput PolicyInput

	policyDigest, functionDigest string // of the engines; the second only if it differs
	entryID                      string
	inputHash                    [2 * sha256.Size]byte // hex
	hasInput                     bool

	// Kept from call to call.
	attributes []byte
	buffer     []byte
	payload    []byte
	signed     []byte
	scratch    []byte
}

// stage is how far a call has come.
type stage int

const (
	begun     stage = iota
	inherited       // trust and taints are known
	entered         // the entry is signed and the function may run
	left            // the function has returned
)

var calls = sync.Pool{New: func() any { return new(Call) }}

// Begin starts a call: it finds the runtime, the identity and the engine, and
// the passport in ctx (steps 1 and 2). The error matches ErrConfig or
// ErrIdentity; the caller must return it and run nothing.
func (h *Hook) Begin(ctx context.Context) (*Call, error) {
	outer := stateFromContext(ctx)
	if outer.refused != nil {
		return nil, fmt.Errorf("operation %q: %w", h.config.Operation, outer.refused)
	}
	rt, err := outer.runtimeOrDefault()
	if err != nil {
		return nil, fmt.Errorf("operation %q: %w", h.config.Operation, err)
	}
	p, err := rt.planFor(h)
	if err != nil {
		return nil, err
	}
	ctx, span := rt.tracer.Start(ctx, p.spanName)

	c := calls.Get().(*Call)
	c.hook, c.runtime, c.plan = h, rt, p
	c.ctx, c.span, c.recording = ctx, span, span.IsRecording()
	if err := c.resolveParties(); err != nil {
		c.End(&err)
		return nil, err
	}
	c.outer, c.principal = outer, outer.principal
	c.policyInput = PolicyInput{
		Workload:       c.signer.workload,
		Attributes:     noAttributes,
		IsRoot:         len(c.outer.tips) == 0,
		SourceType:     h.config.Source,
		ParentHash:     rootParent,
		Deviations:     slices.Clone(p.deviations), // a directive's engine gets them, and they are for all calls
		Operation:      h.config.Operation,
		Classification: h.config.Classification,
	}
	if len(c.outer.tips) > 0 {
		c.policyInput.ParentHash = c.outer.tips[0].hash
	}
	return c, nil
}

// noAttributes is the canonical JSON of no attributes.
var noAttributes = []byte("{}")

func (c *Call) hasAttributes() bool { return len(c.policyInput.Attributes) > len(noAttributes) }

// resolveParties finds who signs and who decides: those of the function, else
// those of the runtime (step 1).
func (c *Call) resolveParties() error {
	config := &c.hook.config
	var err error
	if c.engine, c.policyDigest, err = snapshotOf(c.runtime.engine); err != nil {
		return wrap(ErrConfig, "operation %q: the engine cannot be used: %w", config.Operation, err)
	}
	c.functionEngine = c.engine
	if config.Engine != nil {
		engine := config.Engine()
		if engine == nil {
			return wrap(ErrConfig, "operation %q: the engine that its directive names is nil: set the variable at start-up", config.Operation)
		}
		if !sameEngine(engine, c.runtime.engine) { // else a second snapshot could be of other policies
			if c.functionEngine, c.functionDigest, err = snapshotOf(engine); err != nil {
				return wrap(ErrConfig, "operation %q: the engine that its directive names cannot be used: %w", config.Operation, err)
			}
		}
	}
	identity := c.runtime.identity
	if config.Identity != nil {
		identity = config.Identity()
	}
	if identity == nil {
		return wrap(ErrConfig, "operation %q: the identity that its directive names is nil: set the variable at start-up", config.Operation)
	}
	signer, err := signerOf(c.ctx, identity)
	if err != nil {
		return wrap(ErrIdentity, "operation %q: %w", config.Operation, err)
	}
	c.signer = signer
	return nil
}

// Buffer is an empty buffer to append canonical JSON to, for the setter that
// takes it next.
func (c *Call) Buffer() []byte { return c.buffer[:0] }

// SetUser, SetAgent, SetTask and SetResource give what the directive resolved
// (step 3). An empty text leaves what the context says.
func (c *Call) SetUser(user string) { override(&c.user, user) }

// SetAgent is described at SetUser.
func (c *Call) SetAgent(agent string) { override(&c.agent, agent) }

// SetTask is described at SetUser.
func (c *Call) SetTask(task string) { override(&c.task, task) }

// SetResource gives the object's id.
func (c *Call) SetResource(id string) { override(&c.policyInput.ResourceID, id) }

func override(field *string, text string) {
	if text != "" {
		*field = text
	}
}

// SetAttributes gives the object's attributes: one object as canonical JSON.
func (c *Call) SetAttributes(object []byte, err error) {
	if err == nil {
		c.buffer = object
		if err = canon.Check(object, canon.MaxDepth); err == nil && object[0] != '{' {
			err = errors.New("not a JSON object")
		}
	}
	if err != nil {
		c.Fail(fmt.Errorf("resource attributes: %w", err))
		return
	}
	c.attributes = append(c.attributes[:0], object...)
	c.policyInput.Attributes = c.attributes
}

// Fail denies the call because a value could not be resolved. The first error
// counts; nil is none.
func (c *Call) Fail(err error) {
	if err == nil || c.err != nil {
		return
	}
	if !errors.Is(err, ErrInput) {
		err = wrap(ErrInput, "operation %q: %w", c.hook.config.Operation, err)
	}
	c.err = err
}

// Inherit computes the trust score and the taints of this call from those of
// the entries it extends (steps 4 and 5).
func (c *Call) Inherit() {
	if c.stage != begun {
		return
	}
	c.stage = inherited
	config := &c.hook.config
	trust, err := trustOf(c.runtime.origins, config.Source, config.TrustOverride, c.plan.evaluator, c.outer.tips)
	if err != nil && c.err == nil {
		c.err = wrap(ErrConfig, "operation %q: %w", config.Operation, err)
	}
	c.trust = trust
	c.taints = nextTaints(c.outer.tips, c.plan.added, config.RemoveTaints)
}

// SetInput hashes the arguments, written as one canonical JSON object of
// parameter name to value (step 6, F-AE-06).
func (c *Call) SetInput(object []byte, err error) {
	if err != nil {
		c.Fail(fmt.Errorf("argument %w", err))
		return
	}
	c.buffer = object
	sum := sha256.Sum256(object)
	hex.Encode(c.inputHash[:], sum[:])
	c.hasInput = true
}

// Enter builds the entry, evaluates the policies, signs, and returns the context
// that the function has to be called with (steps 7 to 10). On an error the
// function must not be called.
func (c *Call) Enter() (context.Context, error) {
	ctx, err := c.enter()
	if err != nil {
		return nil, err
	}
	c.stage = entered
	return ctx, nil
}

func (c *Call) enter() (context.Context, error) {
	config := &c.hook.config
	switch {
	case c.err != nil:
		return nil, c.err
	case c.stage != inherited || c.hasInput == config.OmitsInput:
		return nil, wrap(ErrConfig, "operation %q: the wrapper does not follow the lifecycle: run kestgen", config.Operation)
	}
	if err := c.buildEntry(); err != nil {
		return nil, err
	}
	if err := c.authorize(); err != nil {
		return nil, err
	}
	tip := c.sign()
	ctx, err := c.functionContext(tip)
	if err != nil {
		return nil, err
	}
	c.outer.collector.add(tip)
	c.recordAllowed(tip)
	return ctx, nil
}

// buildEntry writes the unsigned entry (step 7).
func (c *Call) buildEntry() error {
	id, err := uuid.NewV7()
	if err != nil {
		return wrap(ErrIdentity, "operation %q: entry id: %w", c.hook.config.Operation, err)
	}
	c.entryID = id.String()
	payload, err := c.appendEntry(c.payload[:0])
	if err != nil {
		return wrap(ErrInput, "operation %q: the entry cannot be written: %w", c.hook.config.Operation, err)
	}
	c.payload = payload
	// Before the policies are asked: a refusal must not cost an evaluation.
	if size := len(c.signer.header) + base64.RawURLEncoding.EncodedLen(len(payload)) + len("..") + encodedSignature; size > jws.MaxSize {
		return wrap(ErrInput, "operation %q: the signed entry would have %d bytes and the limit is %d: leave large attributes out of the directive", c.hook.config.Operation, size, jws.MaxSize)
	}
	return nil
}

// encodedSignature is the length of an Ed25519 signature in base64url.
const encodedSignature = 86

// sign makes the compact JWS of the entry and the node that stands for it in
// memory (steps 9 and 10).
func (c *Call) sign() *node {
	c.signed = jws.AppendSigningInput(c.signed[:0], c.signer.header, c.payload)
	signature := c.signer.sign(c.signed)
	c.signed = jws.AppendSignature(c.signed, signature)
	return newNode(string(c.signed), hexHash(c.signed), c.trust, c.taints, c.outer.tips)
}

// functionContext is what the function sees: this entry as the only tip, and on
// whose behalf it runs (step 10).
func (c *Call) functionContext(tip *node) (context.Context, error) {
	ctx := c.ctx
	// The first hook of a request, too: a propagator may have put there what the
	// client sent.
	if c.principal != c.outer.principal || !c.outer.hooked {
		all, changed, err := c.principal.baggage(ctx)
		if err != nil {
			return nil, fmt.Errorf("operation %q: %w", c.hook.config.Operation, err)
		}
		if changed {
			ctx = baggage.ContextWithBaggage(ctx, all)
		}
	}
	inner := c.outer
	inner.principal, inner.hooked = c.principal, true
	return inner.contextWithTip(ctx, tip), nil
}

// Leave notes that the function has returned. A call that ends without it was
// ended by a panic or runtime.Goexit.
func (c *Call) Leave() { c.stage = left }

// Recording says whether anybody sees the output hash, which stands on the span
// only.
func (c *Call) Recording() bool { return c.recording }

// End ends the call and its span (step 12). It is deferred with the address of
// the wrapper's error. A panic goes on as it was: End does not recover.
func (c *Call) End(err *error) {
	c.recordEnd(*err)
	c.span.End()
	*c = Call{attributes: c.attributes, buffer: c.buffer, payload: c.payload, signed: c.signed, scratch: c.scratch}
	if cap(c.attributes)+cap(c.buffer)+cap(c.payload)+cap(c.signed)+cap(c.scratch) <= maxPooledBytes {
		calls.Put(c)
	}
}

// maxPooledBytes keeps the buffers of one huge call from staying in memory.
const maxPooledBytes = 256 << 10
