package policies_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
	"github.com/kestgo/kest/runtime/engine/rego"

	"github.com/kestgo/kest/policies"
)

// A testCase is a row of a model's table, which both languages have to agree
// with. A denial may be an error; what allows must not be one.
type testCase struct {
	name       string
	attributes string
	want       outcome
	changes    []change // to input()
}

type outcome bool

const (
	allow outcome = true
	deny  outcome = false
)

type change func(*kest.PolicyInput)

func row(name, attributes string, want outcome, changes ...change) testCase {
	return testCase{name, attributes, want, changes}
}

func trust(score int) change { return func(in *kest.PolicyInput) { in.TrustScore = score } }

func taints(list ...string) change { return func(in *kest.PolicyInput) { in.Taints = list } }

func user(name string) change { return func(in *kest.PolicyInput) { in.User = name } }

func operation(name string) change { return func(in *kest.PolicyInput) { in.Operation = name } }

func source(name string) change { return func(in *kest.PolicyInput) { in.SourceType = name } }

func classification(name string) change {
	return func(in *kest.PolicyInput) { in.Classification = name }
}

func root(in *kest.PolicyInput) { in.IsRoot, in.ParentHash = true, "0" }

// input is what the rows start from.
func input() *kest.PolicyInput {
	return &kest.PolicyInput{
		Workload:       "spiffe://example.org/bank",
		User:           "alice",
		TrustScore:     60,
		Taints:         []string{},
		ResourceID:     "accounts/17",
		Attributes:     []byte("{}"),
		SourceType:     "internal",
		ParentHash:     "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
		PolicyTier:     kest.TierFunction,
		Operation:      "transfer",
		Classification: kest.ClassSystem,
	}
}

func (c testCase) input() *kest.PolicyInput {
	in := input()
	in.Attributes = []byte(c.attributes)
	for _, change := range c.changes {
		change(in)
	}
	return in
}

var tables = map[string][]testCase{
	policies.BellLaPadula:   bellLaPadula,
	policies.Biba:           biba,
	policies.BrewerNash:     brewerNash,
	policies.ClarkWilson:    clarkWilson,
	policies.GoguenMeseguer: goguenMeseguer,
	policies.TaintDenyList:  taintDenyList,
	policies.TrustThreshold: trustThreshold,
}

// engines are those that run in the process. The type check makes a module that
// reads what no input has an error.
func engines(t testing.TB) map[string]kest.Engine {
	t.Helper()
	inRego, err := rego.Load(policies.Rego(), rego.WithTypeCheck())
	if err != nil {
		t.Fatal(err)
	}
	inCedar, err := cedar.Load(policies.Cedar())
	if err != nil {
		t.Fatal(err)
	}
	return map[string]kest.Engine{"rego": inRego, "cedar": inCedar}
}

func TestTables(t *testing.T) {
	for language, engine := range engines(t) {
		for policy, table := range tables {
			for _, c := range table {
				t.Run(language+"/"+strings.TrimPrefix(policy, "kest/")+"/"+c.name, func(t *testing.T) {
					allowed, err := engine.Evaluate(t.Context(), policy, c.input())
					if allowed != bool(c.want) || allowed && err != nil {
						t.Errorf("got %t, %v, want %t", allowed, err, c.want)
					}
					if err != nil && !errors.Is(err, kest.ErrPolicy) {
						t.Errorf("error %v does not match ErrPolicy", err)
					}
				})
			}
		}
	}
}

func TestConstantsAreTheNames(t *testing.T) {
	want := make([]string, 0, len(tables))
	for policy := range tables {
		want = append(want, policy)
	}
	slices.Sort(want)
	for language, engine := range engines(t) {
		listed := engine.(interface{ Policies() []string }).Policies()
		if !slices.Equal(listed, want) {
			t.Errorf("%s has %q, want %q", language, listed, want)
		}
	}
}

// TestEmbedded compares what is embedded with what is in the directories.
func TestEmbedded(t *testing.T) {
	for dir, fsys := range map[string]fs.FS{"rego": policies.Rego(), "cedar": policies.Cedar()} {
		files, err := filepath.Glob(filepath.Join(dir, "*."+dir))
		if err != nil {
			t.Fatal(err)
		}
		files = slices.DeleteFunc(files, func(name string) bool { return strings.HasSuffix(name, "_test.rego") })
		embedded, err := fs.Glob(fsys, "*")
		if err != nil {
			t.Fatal(err)
		}
		if len(embedded) != len(tables) || len(files) != len(tables) {
			t.Errorf("%s: %d files, %d of them embedded, want %d: name them in policies.go", dir, len(files), len(embedded), len(tables))
		}
		for _, name := range embedded {
			got, err := fs.ReadFile(fsys, name)
			if err != nil {
				t.Fatal(err)
			}
			want, err := os.ReadFile(filepath.Join(dir, name))
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != string(want) {
				t.Errorf("%s/%s is not what was embedded", dir, name)
			}
		}
	}
}
