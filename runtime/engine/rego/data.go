package rego

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/bundle"
	"github.com/open-policy-agent/opa/v1/loader/filter"
	"go.yaml.in/yaml/v3"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// documents reads the data documents, and the manifest if there is one, into one
// object. OPA's own reader of bundles puts each at the path of its directory,
// merges them and holds them against the manifest's roots, so that data means here
// what it means to a server; but it takes documents that can be read in two ways,
// and these are refused first.
func (src *sources) documents() (*bundle.Manifest, ast.Object, error) {
	if err := errors.Join(src.checkDocuments()...); err != nil {
		return nil, nil, err
	}
	b, err := bundle.NewCustomReader(&loader{append(src.manifest[:len(src.manifest):len(src.manifest)], src.data...)}).
		WithSkipBundleVerification(true). // see verify, which has looked at the whole archive
		WithLazyLoadingMode(false).       // which an extension of OPA can turn on for the whole program
		WithSizeLimitBytes(MaxDataSize).
		Read()
	if err != nil {
		return nil, nil, err
	}
	data, err := ast.InterfaceToValue(b.Data)
	if err != nil {
		return nil, nil, err
	}
	object, ok := data.(ast.Object)
	if !ok {
		return nil, nil, errors.New("the data is not an object")
	}
	return &b.Manifest, object, nil
}

// checkDocuments returns an error for every file that checkDocument refuses.
func (src *sources) checkDocuments() []error {
	var failed []error
	for _, list := range [][]file{src.data, src.manifest} {
		for _, f := range list {
			if err := checkDocument(f); err != nil {
				failed = append(failed, &documentError{f.path, err})
			}
		}
	}
	return failed
}

// documentError is about one data document or manifest.
type documentError struct {
	path string
	err  error
}

func (e *documentError) Error() string { return e.path + ": " + e.err.Error() }
func (e *documentError) Unwrap() error { return e.err }

// checkDocument refuses JSON in which a member is there twice or that is otherwise
// not strict, YAML to the same effect, and what is nested too deep to evaluate. A
// manifest as protocol buffers is left to OPA's reader, which takes it in one way.
func checkDocument(f file) error {
	switch {
	case bundle.IsYAMLDataFile(f.path):
		return checkYAML(f.text)
	case isData(f.path) || f.path == manifestFile:
		return checkJSON(f.text)
	}
	return nil
}

func checkJSON(text string) error {
	r := valueReader{[]byte(text)}
	_, end, err := r.value(strictjson.SkipSpace(r.b, 0), maxDepth)
	if err != nil {
		return err
	}
	if end = strictjson.SkipSpace(r.b, end); end != len(r.b) {
		return r.fail(end, strictjson.ErrSyntax)
	}
	return nil
}

// checkYAML parses with the library that OPA has, which does not follow aliases
// while it only makes nodes.
func checkYAML(text string) error {
	if len(text) > MaxModuleSize {
		return fmt.Errorf("it has more than %d bytes: write it as JSON, or split it", MaxModuleSize)
	}
	if strings.HasPrefix(text, "\ufeff") {
		return errors.New("it starts with a byte order mark: remove it")
	}
	if json.Valid([]byte(text)) { // OPA reads it as JSON, whatever its name
		return checkJSON(text)
	}
	decoder := yaml.NewDecoder(strings.NewReader(text))
	var document, second yaml.Node
	switch err := decoder.Decode(&document); {
	case errors.Is(err, io.EOF), err == nil && len(document.Content) != 1:
		return errors.New("it has no YAML document")
	case err != nil:
		return err
	}
	if err := decoder.Decode(&second); !errors.Is(err, io.EOF) {
		return errors.New("it has more than one YAML document: write one, and no second ---")
	}
	return checkNode(document.Content[0], maxDepth)
}

// checkNode lets through what JSON can say in one way. An alias can make a document
// of kilobytes grow to gigabytes, and of keys that are equal OPA takes the last.
func checkNode(n *yaml.Node, depth int) error {
	switch {
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return fmt.Errorf("line %d: anchors and aliases are not allowed: write the value where it is used", n.Line)
	case n.Kind == yaml.ScalarNode:
		return checkScalar(n)
	case depth == 0:
		return fmt.Errorf("line %d: %w", n.Line, strictjson.ErrDepth)
	case n.Tag != "!!map" && n.Tag != "!!seq":
		return fmt.Errorf("line %d: the tag %s is not allowed", n.Line, n.Tag)
	}
	seen := map[string]bool{}
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			if child.Kind != yaml.ScalarNode || child.Tag != "!!str" {
				return fmt.Errorf("line %d: a key must be a string: put it in quotation marks", child.Line)
			}
			if seen[child.Value] {
				return fmt.Errorf("line %d: %w", child.Line, strictjson.ErrDuplicate)
			}
			seen[child.Value] = true
		}
		if err := checkNode(child, depth-1); err != nil {
			return err
		}
	}
	return nil
}

func checkScalar(n *yaml.Node) error {
	switch n.Tag {
	case "!!str", "!!int", "!!float", "!!bool", "!!null", "!!timestamp": // OPA reads a time as text
		return nil
	}
	return fmt.Errorf("line %d: the tag %s is not allowed", n.Line, n.Tag)
}

// loader gives files in memory to OPA's reader of bundles.
type loader struct{ files []file }

var _ bundle.DirectoryLoader = (*loader)(nil)

func (l *loader) NextFile() (*bundle.Descriptor, error) {
	if len(l.files) == 0 {
		return nil, io.EOF
	}
	f := l.files[0]
	l.files = l.files[1:]
	return bundle.NewDescriptor(f.path, f.path, strings.NewReader(f.text)), nil
}

// The rest of the interface is for loaders that look for files.

func (l *loader) WithFilter(filter.LoaderFilter) bundle.DirectoryLoader         { return l }
func (l *loader) WithPathFormat(bundle.PathFormat) bundle.DirectoryLoader       { return l }
func (l *loader) WithSizeLimitBytes(int64) bundle.DirectoryLoader               { return l }
func (l *loader) WithFollowSymlinks(followSymlinks bool) bundle.DirectoryLoader { return l }
