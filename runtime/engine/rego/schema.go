package rego

import (
	"context"
	_ "embed"
	"encoding/json"
	"slices"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/storage"
)

//go:embed input.schema.json
var inputSchema []byte

// InputSchema returns the JSON Schema (draft 7) of the input document, for
// editors and for opa check --schema. It is closed but for the attributes of the
// object, which are the application's own.
func InputSchema() []byte { return slices.Clone(inputSchema) }

// WithTypeCheck type-checks the modules against [InputSchema], so that a
// misspelt member of the input is an error when they are loaded and not a denial
// of every call. It is an option because policies that several systems share may
// read what the others give them.
//
// OPA's checker follows input through variables and rules and into imported
// packages, not through the arguments of functions.
func WithTypeCheck() Option {
	return func(s *settings) { s.typeCheck = true }
}

// compiler is one that knows what policies can reach. A rule whose place a data
// document has, or a part of one, is an error, since the two would hide each other.
func (s *settings) compiler(store documents) (*ast.Compiler, error) {
	compiler := ast.NewCompiler().
		WithCapabilities(s.capabilities()).
		WithPathConflictsCheck(storage.NonEmpty(context.Background(), store, nil))
	if !s.typeCheck {
		return compiler, nil
	}
	var schema any
	if err := json.Unmarshal(inputSchema, &schema); err != nil {
		return nil, err
	}
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, schema)
	return compiler.WithSchemas(schemas), nil
}
