package behind_test

import (
	"context"
	"errors"
	"reflect"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Engines of every kind of type. None can do more than evaluate.
type (
	pointer  struct{ _ int }
	value    struct{ n int }
	function func()
	table    map[string]bool
)

func (*pointer) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) { return true, nil }
func (value) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error)    { return true, nil }
func (function) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error) { return true, nil }
func (table) Evaluate(context.Context, string, *kest.PolicyInput) (bool, error)    { return true, nil }

// able can do all that an engine can.
type able struct{ pointer }

var errTier, errPolicy = errors.New("tier"), errors.New("policy")

func (*able) PolicyDigest() string                    { return "digest" }
func (*able) PolicySnapshot() kest.Engine             { return value{1} }
func (*able) CheckPolicy(string) error                { return errPolicy }
func (*able) CheckTierPolicy(kest.Tier, string) error { return errTier }

func TestIsNil(t *testing.T) {
	tests := []struct {
		name   string
		engine kest.Engine
		want   bool
	}{
		{"nil", nil, true},
		{"nil pointer", (*pointer)(nil), true},
		{"nil function", function(nil), true},
		{"nil map", table(nil), true},
		{"pointer", new(pointer), false},
		{"function", function(func() {}), false},
		{"map", table{}, false},
		{"struct", value{}, false},
	}
	for _, tt := range tests {
		if got := behind.IsNil(tt.engine); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}

func TestSame(t *testing.T) {
	p, f := new(pointer), function(func() {})
	tests := []struct {
		name string
		a, b kest.Engine
		want bool
	}{
		{"one pointer", p, p, true},
		{"two pointers", p, new(pointer), false},
		{"equal values", value{1}, value{1}, true},
		{"values", value{1}, value{2}, false},
		{"other types", p, value{}, false},
		{"one function", f, f, false},
		{"nil", nil, nil, true},
		{"nil and pointer", nil, p, false},
	}
	for _, tt := range tests {
		if got := behind.Same(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: got %t", tt.name, got)
		}
	}
}

func TestWhatAnEngineCanDo(t *testing.T) {
	plain, able := new(pointer), new(able)
	if got := behind.Snapshot(plain); got != plain {
		t.Errorf("snapshot of a plain engine: %v", got)
	}
	if got := behind.Snapshot(able); got != (value{1}) {
		t.Errorf("snapshot: %v", got)
	}
	if behind.Digest(plain) != "" || behind.Digest(able) != "digest" {
		t.Errorf("digests %q and %q", behind.Digest(plain), behind.Digest(able))
	}
	if behind.CanCheck(plain) || !behind.CanCheck(able) {
		t.Error("CanCheck is wrong")
	}
	if err := behind.Check(plain, "p"); err != nil {
		t.Error(err)
	}
	if err := behind.CheckTier(plain, kest.TierPlatform, "p"); err != nil {
		t.Error(err)
	}
	if err := behind.Check(able, "p"); err != errPolicy {
		t.Error(err)
	}
	if err := behind.CheckTier(able, kest.TierPlatform, "p"); err != errTier {
		t.Error(err)
	}
}

// TestCloneSharesNothing looks at every field, those that come later too.
func TestCloneSharesNothing(t *testing.T) {
	input := &kest.PolicyInput{
		User: "alice", Taints: []string{"a"}, Attributes: []byte(`{"n":1}`),
		PolicyNames: []string{"p"}, Deviations: []kest.Deviation{{Policy: "q"}},
	}
	c := behind.Clone(input)
	if !reflect.DeepEqual(c, input) {
		t.Fatalf("got %+v, want %+v", c, input)
	}
	of, kept := reflect.ValueOf(input).Elem(), reflect.ValueOf(c).Elem()
	for i := range of.NumField() {
		name := of.Type().Field(i).Name
		switch field := of.Field(i); field.Kind() {
		case reflect.String, reflect.Int, reflect.Bool:
		case reflect.Slice:
			if field.Len() == 0 {
				t.Errorf("%s is empty in this test: fill it in", name)
			} else if field.Pointer() == kept.Field(i).Pointer() {
				t.Errorf("%s is shared", name)
			}
		default:
			t.Errorf("%s is a %s: say in this test how it is copied", name, field.Kind())
		}
	}
	if behind.Clone(nil) != nil {
		t.Error("the clone of nil is not nil")
	}
}
