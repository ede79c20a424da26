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
	workload := t.value(keyWorkload, in.Workload)
	trustScore := ast.IntNumberTerm(in.TrustScore)
	document := ast.NewObject(
		member(keySubject, ast.ObjectTerm(
			member(keyWorkload, workload),
			t.textOrNull(keyUser, in.User),
			t.textOrNull(keyAgent, in.Agent),
			t.textOrNull(keyTask, in.Task),
			member(keyTrustScore, trustScore),
			t.texts(keyTaints, in.Taints),
		)),
		member(keyObject, ast.ObjectTerm(
			t.textOrNull(keyID, in.ResourceID),
			member(keyAttributes, attributes),
		)),
		member(keyEnvironment, ast.ObjectTerm(
			member(keyIsRoot, ast.InternedTerm(in.IsRoot)),
			t.text(keySourceType, in.SourceType),
			t.text(keyParentHash, in.ParentHash),
			t.texts(keyPolicyNames, in.PolicyNames),
			t.text(keyPolicyTier, string(in.PolicyTier)),
			t.deviations(keyActiveDeviations, in.Deviations),
			t.text(keyOperation, in.Operation),
			t.text(keyClassification, in.Classification),
		)),
		member(keyIdentity, workload),
		member(keyTrustScore, trustScore),
	)
	return document, t.err
}

func member(key, value *ast.Term) [2]*ast.Term { return [2]*ast.Term{key, value} }

// terms makes members of text and keeps the first error, so that a document reads
// as one list. An error says which member it is, not what is in it.
type terms struct {
	err  error
	free []ast.Term // made together, since most documents need about as many
}

// usualTerms is how many texts a document has that is without deviations.
const usualTerms = 12

func (t *terms) value(key *ast.Term, s string) *ast.Term {
	if !utf8.ValidString(s) && t.err == nil {
		t.err = fmt.Errorf("%s is not UTF-8", key)
	}
	if len(t.free) == 0 {
		t.free = make([]ast.Term, usualTerms)
	}
	term := &t.free[0]
	t.free = t.free[1:]
	term.Value = ast.String(s)
	return term
}

func (t *terms) text(key *ast.Term, s string) [2]*ast.Term {
	return member(key, t.value(key, s))
}

func (t *terms) textOrNull(key *ast.Term, s string) [2]*ast.Term {
	if s == "" {
		return member(key, ast.InternedNullTerm)
	}
	return t.text(key, s)
}

func (t *terms) texts(key *ast.Term, list []string) [2]*ast.Term {
	if len(list) == 0 {
		return member(key, ast.InternedEmptyArray)
	}
	elements := make([]*ast.Term, len(list))
	for i, s := range list {
		elements[i] = t.value(key, s)
	}
	return member(key, ast.ArrayTerm(elements...))
}

func (t *terms) deviations(key *ast.Term, list []kest.Deviation) [2]*ast.Term {
	if len(list) == 0 {
		return member(key, ast.InternedEmptyArray)
	}
	elements := make([]*ast.Term, len(list))
	for i := range list {
		d := &list[i]
		elements[i] = ast.ObjectTerm(
			t.text(keyPolicy, d.Policy),
			t.text(keyTier, string(d.Tier)),
			t.text(keyReason, d.Reason),
			t.text(keyApprover, d.Approver),
		)
	}
	return member(key, ast.ArrayTerm(elements...))
}
