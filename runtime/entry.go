package kest

import (
	"time"

	"github.com/kestgo/kest/runtime/jws"
)

// An Entry is the signed record of one call (KestEntry, schema 0.3.0), as an
// auditor reads it.
type Entry struct {
	SchemaVersion  string
	Runtime        RuntimeInfo
	EntryID        string // UUID v7
	Operation      string
	Classification string
	TrustScore     int      // 0–100
	ParentIDs      []string // ["0"] for a root, else hashes of the parent entries

	AddedTaints   []string
	RemovedTaints []string
	Taints        []string

	Labels        map[string]string
	PolicyContext PolicyContext
	Environment   map[string]string
	OTelContext   map[string]string
	Metadata      string // JSON text, "null" by default

	InputHash   string // lower-case hex SHA-256, or "" when every argument is omitted
	ContentHash string // always ""
	TimestampMS int64  // epoch milliseconds; information only (NF-SEC-05)
}

// RuntimeInfo says which implementation made an entry.
type RuntimeInfo struct {
	Name    string
	Version string
}

// PolicyContext is what was evaluated before an entry was signed (F-AE-13).
type PolicyContext struct {
	EnterprisePolicies []string
	PlatformPolicies   []string
	AppPolicies        []string
	FunctionPolicies   []string
	Deviations         []Deviation
}

// Labels of an entry.
const (
	LabelPrincipal      = "principal"
	LabelTraceID        = "trace_id"
	LabelIdentity       = "kest.identity"
	LabelResourceAttr   = "kest.resource_attr"
	LabelResourceID     = "kest.resource_id"
	LabelSourceType     = "kest.source_type"
	LabelTrustOverride  = "kest.trust_override"
	LabelTrustEvaluator = "kest.trust_evaluator"
	LabelPolicyDigest   = "kest.policy_digest"
	// LabelFunctionPolicyDigest is of the engine that the directive names.
	LabelFunctionPolicyDigest = "kest.function_policy_digest"
)

// Principal is the workload id of the signer.
func (e *Entry) Principal() string { return e.Labels[LabelPrincipal] }

// IsRoot says whether the entry follows no other.
func (e *Entry) IsRoot() bool { return len(e.ParentIDs) == 1 && e.ParentIDs[0] == rootParent }

// Time is the entry's time stamp. It is information only: nothing is ordered by
// it, and of the checks only the validity of a key looks at it.
func (e *Entry) Time() time.Time { return time.UnixMilli(e.TimestampMS) }

// rootParent stands in parent_ids of a root (TC-01).
const rootParent = "0"

// DecodeEntry reads one compact JWS strictly (PROTOCOL §5), all but its
// signature: use it to show entries, and a Verifier to believe them. The error
// matches ErrLineage.
func DecodeEntry(token string) (*Entry, error) {
	_, entry, err := parseToken(token)
	if err != nil {
		return nil, wrap(ErrLineage, "%w", err)
	}
	return entry, nil
}

// parseToken splits a token and decodes its entry.
func parseToken(token string) (*jws.Token, *Entry, error) {
	parsed, err := jws.Parse(token)
	if err != nil {
		return nil, nil, err
	}
	entry, err := decodeEntry(string(parsed.Payload))
	if err != nil {
		return nil, nil, err
	}
	return parsed, entry, nil
}
