package kest

import (
	"strconv"

	"github.com/kestgo/kest/runtime/canon"
)

// PolicyInput is what a policy sees of a call: the input document of the
// protocol, given alike to every engine.
type PolicyInput struct {
	Workload string // workload id of the signer
	User     string // on whose behalf; "" when unknown, null in the document
	Agent    string // which agent; "" when unknown, null in the document
	Task     string // which task or scope; "" when unknown, null in the document

	TrustScore int      // 0–100, of this call
	Taints     []string // of this call, sorted

	ResourceID string // "" when unknown, null in the document
	Attributes []byte // canonical JSON object, never empty: "{}" when there are none

	IsRoot     bool   // the call has no parents
	SourceType string // the directive's source; "" if none
	ParentHash string // the first tip, 64 hex digits, or "0" for a root

	PolicyNames []string    // the policies evaluated in this tier
	PolicyTier  Tier        // the tier that is being evaluated
	Deviations  []Deviation // those active for this operation

	Operation      string // the entry's operation
	Classification string // the entry's classification
}

// AppendJSON appends the input document as canonical JSON (RFC 8785):
//
//	{"subject": {"workload","user","agent","task","trust_score","taints"},
//	 "object": {"id","attributes"},
//	 "environment": {"is_root","source_type","parent_hash","policy_names","policy_tier",
//	                 "active_deviations","operation","classification"},
//	 "identity": "<workload id>", "trust_score": <int>}
//
// with its members in canonical order. The error is one of canon's, for text
// that is not UTF-8.
func (in *PolicyInput) AppendJSON(dst []byte) ([]byte, error) {
	w := textWriter{b: dst}
	w.raw(`{"environment":{"active_deviations":`)
	w.deviations(in.Deviations)
	w.raw(`,"classification":`)
	w.text(in.Classification)
	w.raw(`,"is_root":`)
	w.b = strconv.AppendBool(w.b, in.IsRoot)
	w.raw(`,"operation":`)
	w.text(in.Operation)
	w.raw(`,"parent_hash":`)
	w.text(in.ParentHash)
	w.raw(`,"policy_names":`)
	w.texts(in.PolicyNames)
	w.raw(`,"policy_tier":`)
	w.text(string(in.PolicyTier))
	w.raw(`,"source_type":`)
	w.text(in.SourceType)
	w.raw(`},"identity":`)
	w.text(in.Workload)
	w.raw(`,"object":{"attributes":`)
	w.b = append(w.b, in.Attributes...)
	w.raw(`,"id":`)
	w.textOrNull(in.ResourceID)
	w.raw(`},"subject":{"agent":`)
	w.textOrNull(in.Agent)
	w.raw(`,"taints":`)
	w.texts(in.Taints)
	w.raw(`,"task":`)
	w.textOrNull(in.Task)
	w.raw(`,"trust_score":`)
	w.integer(int64(in.TrustScore))
	w.raw(`,"user":`)
	w.textOrNull(in.User)
	w.raw(`,"workload":`)
	w.text(in.Workload)
	w.raw(`},"trust_score":`)
	w.integer(int64(in.TrustScore))
	w.raw(`}`)
	return w.b, w.err
}

// textWriter writes canonical JSON piece by piece and keeps the first error, so
// that a document reads as one list of members.
type textWriter struct {
	b   []byte
	err error
}

func (w *textWriter) raw(s string) { w.b = append(w.b, s...) }

func (w *textWriter) integer(v int64) { w.b = strconv.AppendInt(w.b, v, 10) }

func (w *textWriter) text(s string) {
	if w.err != nil {
		return
	}
	b, err := canon.AppendString(w.b, s)
	if err != nil {
		w.err = err
		return
	}
	w.b = b
}

func (w *textWriter) textOrNull(s string) {
	if s == "" {
		w.raw("null")
		return
	}
	w.text(s)
}

func (w *textWriter) texts(list []string) {
	w.b = append(w.b, '[')
	for i, s := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.text(s)
	}
	w.b = append(w.b, ']')
}

func (w *textWriter) deviations(list []Deviation) {
	w.b = append(w.b, '[')
	for i := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		d := &list[i]
		w.raw(`{"approver":`)
		w.text(d.Approver)
		w.raw(`,"policy":`)
		w.text(d.Policy)
		w.raw(`,"reason":`)
		w.text(d.Reason)
		w.raw(`,"tier":`)
		w.text(string(d.Tier))
		w.raw(`}`)
	}
	w.b = append(w.b, ']')
}
