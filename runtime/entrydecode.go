package kest

import (
	"fmt"
	"slices"

	"github.com/kestgo/kest/runtime/canon"
)

// maxEntryNesting is the depth that an entry's JSON may have, the entry itself
// counted (PROTOCOL §5).
const maxEntryNesting = 16

// decodeEntry reads the payload of an entry. The payload must be its own
// canonical form (RFC 8785), so there is exactly one text for each entry: this
// decoder walks along that text and accepts nothing else. Order, spacing,
// escapes, duplicates and unknown members need no checks of their own.
func decodeEntry(payload string) (*Entry, error) {
	d := canonicalReader{s: payload}
	e := &Entry{}
	m := d.object(entryMembers)

	m.next("added_taints")
	e.AddedTaints = d.texts()
	m.next("classification")
	e.Classification = d.text()
	m.next("content_hash")
	e.ContentHash = d.text()
	m.next("entry_id")
	e.EntryID = d.text()
	m.next("environment")
	e.Environment = d.textMap()
	m.next("input_hash")
	e.InputHash = d.text()
	m.next("labels")
	e.Labels = d.textMap()
	m.next("metadata")
	e.Metadata = d.value(maxEntryNesting - 1)
	m.next("operation")
	e.Operation = d.text()
	m.next("otel_context")
	e.OTelContext = d.textMap()
	m.next("parent_ids")
	e.ParentIDs = d.texts()
	m.next("policy_context")
	e.PolicyContext = d.policyContext()
	m.next("removed_taints")
	e.RemovedTaints = d.texts()
	m.next("runtime")
	e.Runtime = d.runtimeInfo()
	m.next("schema_version")
	e.SchemaVersion = d.text()
	m.next("taints")
	e.Taints = d.texts()
	m.next("timestamp_ms")
	e.TimestampMS = d.integer()
	m.next("trust_score")
	e.TrustScore = int(d.integer())
	m.end()

	d.end()
	if d.err != nil {
		return nil, d.err
	}
	if err := e.checkForm(); err != nil {
		return nil, err
	}
	return e, nil
}

var (
	entryMembers = []string{
		"added_taints", "classification", "content_hash", "entry_id", "environment", "input_hash",
		"labels", "metadata", "operation", "otel_context", "parent_ids", "policy_context",
		"removed_taints", "runtime", "schema_version", "taints", "timestamp_ms", "trust_score",
	}
	policyContextMembers = []string{
		"app_policies", "deviations", "enterprise_policies", "function_policies", "platform_policies",
	}
	deviationMembers = []string{"approver", "policy", "reason", "tier"}
	runtimeMembers   = []string{"name", "version"}
)

func (d *canonicalReader) policyContext() (c PolicyContext) {
	m := d.object(policyContextMembers)
	m.next("app_policies")
	c.AppPolicies = d.texts()
	m.next("deviations")
	d.array(func() {
		m := d.object(deviationMembers)
		var dev Deviation
		m.next("approver")
		dev.Approver = d.text()
		m.next("policy")
		dev.Policy = d.text()
		m.next("reason")
		dev.Reason = d.text()
		m.next("tier")
		dev.Tier = Tier(d.text())
		m.end()
		c.Deviations = append(c.Deviations, dev)
	})
	m.next("enterprise_policies")
	c.EnterprisePolicies = d.texts()
	m.next("function_policies")
	c.FunctionPolicies = d.texts()
	m.next("platform_policies")
	c.PlatformPolicies = d.texts()
	m.end()
	return c
}

func (d *canonicalReader) runtimeInfo() (r RuntimeInfo) {
	m := d.object(runtimeMembers)
	m.next("name")
	r.Name = d.text()
	m.next("version")
	r.Version = d.text()
	m.end()
	return r
}

// checkForm holds the rules of PROTOCOL §3 that one entry can be checked for by
// itself, whoever made it.
func (e *Entry) checkForm() error {
	switch {
	case e.SchemaVersion != SchemaVersion:
		return fmt.Errorf("schema_version is %q: only %q is known", e.SchemaVersion, SchemaVersion)
	case !isUUIDv7(e.EntryID):
		return fmt.Errorf("entry_id %q is not a UUID of version 7 in lower case", e.EntryID)
	case e.Operation == "":
		return fmt.Errorf("operation is empty")
	case !knownClassification(e.Classification):
		return fmt.Errorf("classification %q is not known", e.Classification)
	case e.TrustScore < minTrust || e.TrustScore > maxTrust:
		return fmt.Errorf("trust_score %d is not from 0 to 100", e.TrustScore)
	case e.InputHash != "" && !isHash(e.InputHash):
		return fmt.Errorf("input_hash %q is not 64 lower-case hex digits", e.InputHash)
	case e.ContentHash != "":
		return fmt.Errorf("content_hash is %q: an entry is signed before the function runs, so it is empty", e.ContentHash)
	case e.Principal() == "":
		return fmt.Errorf("labels have no principal")
	case e.Runtime.Name == "":
		return fmt.Errorf("runtime has no name")
	case e.TimestampMS < 0:
		return fmt.Errorf("timestamp_ms %d is negative", e.TimestampMS)
	}
	for _, list := range [][]string{e.AddedTaints, e.RemovedTaints, e.Taints} {
		if slices.Contains(list, "") {
			return fmt.Errorf("a taint is empty")
		}
	}
	if trace, ok := e.Labels[LabelTraceID]; ok && !isHex(trace, 32) {
		return fmt.Errorf("trace_id %q is not 32 lower-case hex digits", trace)
	}
	for _, dev := range e.PolicyContext.Deviations {
		if !dev.Tier.configurable() {
			return fmt.Errorf("deviation from %q names the tier %q: deviations are of enterprise, platform or application", dev.Policy, dev.Tier)
		}
	}
	return e.checkParentForm()
}

func (e *Entry) checkParentForm() error {
	if len(e.ParentIDs) == 0 {
		return fmt.Errorf("parent_ids is empty: a root has [\"0\"]")
	}
	if e.IsRoot() {
		return nil
	}
	for _, id := range e.ParentIDs {
		if !isHash(id) {
			return fmt.Errorf("parent_ids holds %q: parents are 64 lower-case hex digits, and \"0\" stands alone", id)
		}
	}
	seen := make(map[string]bool, len(e.ParentIDs))
	for _, id := range e.ParentIDs {
		if seen[id] {
			return fmt.Errorf("parent_ids holds %s twice", id)
		}
		seen[id] = true
	}
	return nil
}

func isHash(s string) bool { return isHex(s, 64) }

func isHex(s string, digits int) bool {
	if len(s) != digits {
		return false
	}
	for i := range len(s) {
		if !isHexDigit(s[i]) {
			return false
		}
	}
	return true
}

func isHexDigit(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' }

// isUUIDv7 accepts the lower-case text form of RFC 9562, version 7, variant 10.
func isUUIDv7(s string) bool {
	if len(s) != 36 || s[14] != '7' || (s[19] != '8' && s[19] != '9' && s[19] != 'a' && s[19] != 'b') {
		return false
	}
	for i := range len(s) {
		switch i {
		case 8, 13, 18, 23:
			if s[i] != '-' {
				return false
			}
		default:
			if !isHexDigit(s[i]) {
				return false
			}
		}
	}
	return true
}

// value reads one JSON value of any kind, at most depth levels deep, and
// returns its text.
func (d *canonicalReader) value(depth int) string {
	text := d.skipValue()
	if d.err != nil || text == "null" {
		return text
	}
	if err := canon.Check([]byte(text), depth); err != nil {
		d.fail(fmt.Errorf("metadata: %w", err))
		return ""
	}
	return text
}
