package rego

import (
	"fmt"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"

	kest "github.com/kestgo/kest/runtime"
)

// The member names of the input document, made once: every document shares
// them, and a policy's reference to one is compared with it first by pointer.
var (
	keyActiveDeviations = ast.InternedTerm("active_deviations")
	keyAgent            = ast.InternedTerm("agent")
	keyApprover         = ast.InternedTerm("approver")
	keyAttributes       = ast.InternedTerm("attributes")
	keyClassification   = ast.InternedTerm("classification")
	keyEnvironment      = ast.InternedTerm("environment")
	keyID               = ast.InternedTerm("id")
	keyIdentity         = ast.InternedTerm("identity")
	keyIsRoot           = ast.InternedTerm("is_root")
	keyObject           = ast.InternedTerm("object")
	keyOperation        = ast.InternedTerm("operation")
	keyParentHash       = ast.InternedTerm("parent_hash")
	keyPolicy           = ast.InternedTerm("policy")
	keyPolicyNames      = ast.InternedTerm("policy_names")
	keyPolicyTier       = ast.InternedTerm("policy_tier")
	keyReason           = ast.InternedTerm("reason")
	keySourceType       = ast.InternedTerm("source_type")
	keySubject          = ast.InternedTerm("subject")
	keyTaints           = ast.InternedTerm("taints")
	keyTask             = ast.InternedTerm("task")
	keyTier             = ast.InternedTerm("tier")
	keyTrustScore       = ast.InternedTerm("trust_score")
	keyUser             = ast.InternedTerm("user")
	keyWorkload         = ast.InternedTerm("workload")
)

// inputValue makes the input document, member for member what
// [kest.PolicyInput.AppendJSON] writes, without the JSON in between. Text that
// is not UTF-8 and attributes that are no JSON object are errors.
func inputValue(in *kest.PolicyInput) (ast.Value, error) {
	if in == nil {
		return nil, fmt.Errorf("there is none")
	}
	attributes, err := objectTerm(in.Attributes)
	if err != nil {
		return nil, fmt.Errorf("attributes: %w", err)
	}
	var t terms
	workload := t.text(in.Workload)
	trustScore := ast.IntNumberTerm(in.TrustScore)
	document := ast.NewObject(
		item(keySubject, ast.ObjectTerm(
			item(keyWorkload, workload),
			item(keyUser, t.textOrNull(in.User)),
			item(keyAgent, t.textOrNull(in.Agent)),
			item(keyTask, t.textOrNull(in.Task)),
			item(keyTrustScore, trustScore),
			item(keyTaints, t.texts(in.Taints)),
		)),
		item(keyObject, ast.ObjectTerm(
			item(keyID, t.textOrNull(in.ResourceID)),
			item(keyAttributes, attributes),
		)),
		item(keyEnvironment, ast.ObjectTerm(
			item(keyIsRoot, ast.InternedTerm(in.IsRoot)),
			item(keySourceType, t.text(in.SourceType)),
			item(keyParentHash, t.text(in.ParentHash)),
			item(keyPolicyNames, t.texts(in.PolicyNames)),
			item(keyPolicyTier, t.text(string(in.PolicyTier))),
			item(keyActiveDeviations, t.deviations(in.Deviations)),
			item(keyOperation, t.text(in.Operation)),
			item(keyClassification, t.text(in.Classification)),
		)),
		item(keyIdentity, workload),
		item(keyTrustScore, trustScore),
	)
	return document, t.err
}

func item(key, value *ast.Term) [2]*ast.Term { return [2]*ast.Term{key, value} }

// terms makes terms of text and keeps the first error, so that a document
// reads as one list of members.
type terms struct{ err error }

func (t *terms) text(s string) *ast.Term {
	if !utf8.ValidString(s) && t.err == nil {
		t.err = fmt.Errorf("%.40q is not UTF-8", s)
	}
	return ast.InternedTerm(s)
}

func (t *terms) textOrNull(s string) *ast.Term {
	if s == "" {
		return ast.InternedNullTerm
	}
	return t.text(s)
}

func (t *terms) texts(list []string) *ast.Term {
	if len(list) == 0 {
		return ast.InternedEmptyArray
	}
	elements := make([]*ast.Term, len(list))
	for i, s := range list {
		elements[i] = t.text(s)
	}
	return ast.ArrayTerm(elements...)
}

func (t *terms) deviations(list []kest.Deviation) *ast.Term {
	if len(list) == 0 {
		return ast.InternedEmptyArray
	}
	elements := make([]*ast.Term, len(list))
	for i := range list {
		d := &list[i]
		elements[i] = ast.ObjectTerm(
			item(keyPolicy, t.text(d.Policy)),
			item(keyTier, t.text(string(d.Tier))),
			item(keyReason, t.text(d.Reason)),
			item(keyApprover, t.text(d.Approver)),
		)
	}
	return ast.ArrayTerm(elements...)
}
