package cedarinput

import (
	"errors"
	"fmt"
	"strconv"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/canon"
)

var errNoInput = errors.New("there is no input document: the caller gave nil")

// AppendContext appends the context of the question as Cedar JSON: the input
// document of [kest.PolicyInput.AppendJSON] as records, and beside its members,
// for short policies, agent, is_root, source_type, taints, task and user.
//
//	{"agent","environment": {"active_deviations","classification","is_root","operation",
//	                         "parent_hash","policy_names","policy_tier","source_type"},
//	 "identity","is_root","object": {"attributes","id"},"source_type",
//	 "subject": {"agent","taints","task","trust_score","user","workload"},
//	 "taints","task","trust_score","user"}
//
// Members that are null in the document (agent, task, user, id) are left out.
// Arrays are Cedar sets: their order and repetition are lost to a policy.
//
// An error names a field and never a value. It is for text that is not UTF-8
// and for attributes that [AppendAttributes] refuses; dst comes back unchanged.
func AppendContext(dst []byte, in *kest.PolicyInput) ([]byte, error) {
	if in == nil {
		return dst, errNoInput
	}
	w := writer{b: dst}
	w.known(`{`, "agent", in.Agent)
	w.raw(`"environment":{"active_deviations":`)
	w.deviations(in.Deviations)
	w.text(`,"classification":`, "classification", in.Classification)
	w.flag(`,"is_root":`, in.IsRoot)
	w.text(`,"operation":`, "operation", in.Operation)
	w.text(`,"parent_hash":`, "parent hash", in.ParentHash)
	w.texts(`,"policy_names":`, "policy names", in.PolicyNames)
	w.text(`,"policy_tier":`, "policy tier", string(in.PolicyTier))
	w.text(`,"source_type":`, "source type", in.SourceType)
	w.text(`},"identity":`, "workload id", in.Workload)
	w.flag(`,"is_root":`, in.IsRoot)
	w.attributes(`,"object":{"attributes":`, in.Attributes)
	w.raw(`,`)
	w.known(``, "id", in.ResourceID)
	w.close()
	w.text(`,"source_type":`, "source type", in.SourceType)
	w.raw(`,"subject":{`)
	w.known(``, "agent", in.Agent)
	w.texts(`"taints":`, "taints", in.Taints)
	w.raw(`,`)
	w.known(``, "task", in.Task)
	w.integer(`"trust_score":`, in.TrustScore)
	w.raw(`,`)
	w.known(``, "user", in.User)
	w.text(`"workload":`, "workload id", in.Workload)
	w.texts(`},"taints":`, "taints", in.Taints)
	w.raw(`,`)
	w.known(``, "task", in.Task)
	w.integer(`"trust_score":`, in.TrustScore)
	w.raw(`,`)
	w.known(``, "user", in.User)
	w.close()
	if w.err != nil {
		return dst, w.err
	}
	return w.b, nil
}

// writer writes JSON piece by piece and keeps the first error, so that the
// context reads as one list of members. Each method writes what stands before
// its value, too.
type writer struct {
	b   []byte
	err error
}

func (w *writer) raw(s string) { w.b = append(w.b, s...) }

// close ends an object, after a member or after the comma behind one.
func (w *writer) close() {
	if w.b[len(w.b)-1] == ',' {
		w.b = w.b[:len(w.b)-1]
	}
	w.raw(`}`)
}

func (w *writer) flag(before string, v bool) {
	w.raw(before)
	w.b = strconv.AppendBool(w.b, v)
}

func (w *writer) integer(before string, v int) {
	w.raw(before)
	w.b = strconv.AppendInt(w.b, int64(v), 10)
}

// text writes a string. field is what an error calls it.
func (w *writer) text(before, field, s string) {
	w.raw(before)
	if w.err != nil {
		return
	}
	b, err := canon.AppendString(w.b, s)
	if err != nil {
		// Not err: it could quote the text.
		w.err = notUTF8(field)
		return
	}
	w.b = b
}

func notUTF8(field string) error { return fmt.Errorf("the %s is not valid UTF-8", field) }

// known writes a member and a comma, or nothing if the value is unknown.
func (w *writer) known(before, name, s string) {
	w.raw(before)
	if s == "" {
		return
	}
	w.raw(`"`)
	w.raw(name)
	w.text(`":`, name, s)
	w.raw(`,`)
}

func (w *writer) texts(before, field string, list []string) {
	w.raw(before)
	w.raw(`[`)
	for i, s := range list {
		if i > 0 {
			w.raw(`,`)
		}
		w.text(``, field, s)
	}
	w.raw(`]`)
}

func (w *writer) deviations(list []kest.Deviation) {
	w.raw(`[`)
	for i := range list {
		if i > 0 {
			w.raw(`,`)
		}
		d := &list[i]
		w.text(`{"approver":`, "deviation's approver", d.Approver)
		w.text(`,"policy":`, "deviation's policy", d.Policy)
		w.text(`,"reason":`, "deviation's reason", d.Reason)
		w.text(`,"tier":`, "deviation's tier", string(d.Tier))
		w.raw(`}`)
	}
	w.raw(`]`)
}

func (w *writer) attributes(before string, attributes []byte) {
	w.raw(before)
	if w.err != nil {
		return
	}
	b, err := AppendAttributes(w.b, attributes)
	if err != nil {
		w.err = err
		return
	}
	w.b = b
}
