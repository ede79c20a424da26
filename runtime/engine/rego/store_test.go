package rego

import (
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

// TestDocumentsAreReadOnly: nothing that OPA does with other stores changes this one.
func TestDocumentsAreReadOnly(t *testing.T) {
	store := documents{root: ast.MustParseTerm(`{"a": [{"b": 1}]}`).Value.(ast.Object)}
	if _, err := store.NewTransaction(t.Context(), storage.WriteParams); err == nil {
		t.Error("there is a transaction")
	}
	if err := store.Write(t.Context(), nil, storage.AddOp, storage.MustParsePath("/a"), 1); err == nil {
		t.Error("the store takes a write")
	}
	if err := store.UpsertPolicy(t.Context(), nil, "a", nil); err == nil {
		t.Error("the store takes a policy")
	}
	if err := store.Truncate(t.Context(), nil, storage.WriteParams, nil); err == nil {
		t.Error("the store can be emptied")
	}
	store.Put(ast.MustParseRef("data.a"), ast.Null{})
	for path, want := range map[string]string{"/": `{"a": [{"b": 1}]}`, "/a/0/b": "1"} {
		got, err := store.Read(t.Context(), nil, storage.MustParsePath(path))
		if err != nil || ast.Compare(got, ast.MustParseTerm(want).Value) != 0 {
			t.Errorf("Read(%s) = %v, %v", path, got, err)
		}
	}
	if _, err := store.Read(t.Context(), nil, storage.MustParsePath("/a/1")); !storage.IsNotFound(err) {
		t.Errorf("error = %v, want one that the evaluator takes as undefined", err)
	}
	if store.Get(ast.MustParseRef("data.a[0].b")) == nil || store.Get(ast.MustParseRef("data.b")) != nil || store.Get(ast.MustParseRef("data")) != nil {
		t.Error("Get has what is not there, or not what is")
	}
}
