package kest

import (
	"encoding/hex"
	"strconv"
	"time"
)

// appendEntry appends the canonical JSON of the unsigned entry (PROTOCOL §3).
// Members stand in the order of RFC 8785, so nothing has to be sorted here.
func (c *Call) appendEntry(dst []byte) ([]byte, error) {
	w := textWriter{b: dst}
	t := &c.plan.text
	w.raw(t.toEntryID)
	w.raw(c.entryID)
	w.raw(t.toInputHash)
	if c.hasInput {
		w.b = append(w.b, c.inputHash[:]...)
	}
	w.raw(t.toLabels)
	c.writeLabels(&w)
	w.raw(t.toParents)
	c.writeParents(&w)
	w.raw(t.toTaints)
	w.texts(c.taints)
	w.raw(t.toTimestamp)
	w.integer(time.Now().UnixMilli())
	w.raw(t.toTrust)
	w.integer(int64(c.trust))
	w.raw("}")
	return w.b, w.err
}

func (c *Call) writeLabels(w *textWriter) {
	in := &c.policyInput
	if c.functionDigest != "" {
		w.raw(`"kest.function_policy_digest":`)
		w.text(c.functionDigest)
		w.raw(",")
	}
	if c.user != "" || c.agent != "" || c.task != "" {
		identity := textWriter{b: c.scratch[:0]}
		identity.raw(`{"agent":`)
		identity.textOrNull(c.agent)
		identity.raw(`,"task":`)
		identity.textOrNull(c.task)
		identity.raw(`,"user":`)
		identity.textOrNull(c.user)
		identity.raw(`}`)
		c.scratch = identity.b
		if identity.err != nil && w.err == nil {
			w.err = identity.err
		}
		w.raw(`"kest.identity":`)
		w.text(string(identity.b))
		w.raw(",")
	}
	if c.policyDigest != "" {
		w.raw(`"kest.policy_digest":`)
		w.text(c.policyDigest)
		w.raw(",")
	}
	if c.hasAttributes() {
		w.raw(`"kest.resource_attr":`)
		w.text(string(in.Attributes))
		w.raw(",")
	}
	if in.ResourceID != "" {
		w.raw(`"kest.resource_id":`)
		w.text(in.ResourceID)
		w.raw(",")
	}
	w.raw(c.plan.text.sourceLabel)
	w.raw(c.signer.principal)
	w.raw(c.plan.text.toTraceID)
	traceID := c.span.SpanContext().TraceID()
	w.b = hex.AppendEncode(w.b, traceID[:])
}

func (c *Call) writeParents(w *textWriter) {
	if len(c.outer.tips) == 0 {
		w.raw(strconv.Quote(rootParent))
		return
	}
	for i, tip := range c.outer.tips {
		if i > 0 {
			w.raw(",")
		}
		w.raw(`"`)
		w.raw(tip.hash)
		w.raw(`"`)
	}
}
