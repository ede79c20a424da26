package cache_test

import (
	"reflect"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
)

// variants are inputs that differ from input() in one thing each, by name. It
// finds the fields by reflection, so that a new one cannot be forgotten.
func variants(t *testing.T) map[string]*kest.PolicyInput {
	all := map[string]*kest.PolicyInput{}
	add := func(name string, change func(in *kest.PolicyInput)) {
		in := input()
		change(in)
		if reflect.DeepEqual(in, input()) {
			t.Fatalf("%s: nothing has changed", name)
		}
		all[name] = in
	}
	of := reflect.TypeFor[kest.PolicyInput]()
	for i := range of.NumField() {
		name := of.Field(i).Name
		set := func(what string, f func(v reflect.Value)) {
			add(name+what, func(in *kest.PolicyInput) { f(reflect.ValueOf(in).Elem().Field(i)) })
		}
		switch field := of.Field(i).Type; {
		case name == "Attributes":
			for _, text := range []string{`{}`, `{"amount":12}`, `{"amount":"12.5"}`, `{"amount":12.5,"x":null}`, `{"Amount":12.5}`} {
				set(" "+text, func(v reflect.Value) { v.SetBytes([]byte(text)) })
			}
		case field.Kind() == reflect.String:
			set(" longer", func(v reflect.Value) { v.SetString(v.String() + "x") })
			set(" empty", func(v reflect.Value) { v.SetString("") })
			set(" null", func(v reflect.Value) { v.SetString("null") })
			set(" quoted", func(v reflect.Value) { v.SetString(v.String() + `","x":"`) })
		case field.Kind() == reflect.Int:
			set(" more", func(v reflect.Value) { v.SetInt(v.Int() + 1) })
			set(" zero", func(v reflect.Value) { v.SetInt(0) })
		case field.Kind() == reflect.Bool:
			set(" not", func(v reflect.Value) { v.SetBool(!v.Bool()) })
		case field == reflect.TypeFor[[]string]():
			set(" none", func(v reflect.Value) { v.SetZero() })
			set(" one more", func(v reflect.Value) { v.Set(reflect.Append(v, reflect.ValueOf("x"))) })
			set(" another", func(v reflect.Value) { v.Index(0).SetString("x") })
			set(" two in one", func(v reflect.Value) { v.Index(0).SetString(v.Index(0).String() + `","x`) })
		case field == reflect.TypeFor[[]kest.Deviation]():
			set(" none", func(v reflect.Value) { v.SetZero() })
			set(" twice", func(v reflect.Value) { v.Set(reflect.AppendSlice(v, v)) })
			deviation := field.Elem()
			for j := range deviation.NumField() {
				set(" "+deviation.Field(j).Name, func(v reflect.Value) { v.Index(0).Field(j).SetString("x") })
			}
		default:
			t.Fatalf("%s is a %s: say here how it can differ", name, field)
		}
	}
	return all
}

// TestNoTwoInputsShareAnAnswer: one attribute, one taint, one user or one parent
// is enough, and so is everything else that a policy can see.
func TestNoTwoInputsShareAnAnswer(t *testing.T) {
	var want bool
	inner := &counting{answer: func(string, *kest.PolicyInput) (bool, error) { return want, nil }}
	c := newCache(t, inner, cache.Config{})
	all := variants(t)
	all["base"] = input()
	asked := int64(0)
	for name, in := range all {
		// Each input gets the answer that the one before it did not get.
		want = !want
		asked++
		if got := ask(t, c, in); got != want || inner.asked.Load() != asked {
			t.Errorf("%s: got %t, want %t; the engine was asked %d times for %d inputs", name, got, want, inner.asked.Load(), asked)
		}
	}
	for name, in := range all {
		ask(t, c, in)
		if inner.asked.Load() != asked {
			t.Fatalf("%s: asked again", name)
		}
	}
}

// TestInputIsKeptByContent: equal inputs share an answer, wherever they are in
// memory, and an input that changes later does not.
func TestInputIsKeptByContent(t *testing.T) {
	inner := &counting{answer: func(_ string, in *kest.PolicyInput) (bool, error) { return in.User == "alice", nil }}
	c := newCache(t, inner, cache.Config{})
	in := input()
	if !ask(t, c, in) || !ask(t, c, input()) || inner.asked.Load() != 1 {
		t.Errorf("the engine was asked %d times", inner.asked.Load())
	}
	in.User = "mallory"
	if ask(t, c, in) {
		t.Error("the answer of another input")
	}
}

func TestPoliciesDoNotShareAnAnswer(t *testing.T) {
	inner := &counting{answer: func(policy string, _ *kest.PolicyInput) (bool, error) { return policy == "p", nil }}
	c := newCache(t, inner, cache.Config{})
	for _, policy := range []string{"p", "", "pp", "p\x00", "P", "p{"} {
		for range 2 {
			if allowed, err := c.Evaluate(t.Context(), policy, input()); allowed != (policy == "p") || err != nil {
				t.Errorf("%q: got %t, %v", policy, allowed, err)
			}
		}
	}
	if asked := inner.asked.Load(); asked != 6 {
		t.Errorf("the engine was asked %d times", asked)
	}
}

// FuzzInputs looks for two inputs with one key and two documents.
func FuzzInputs(f *testing.F) {
	f.Add("alice", "", `{}`, `{"a":1}`)
	f.Add("alice", "alice", `{}`, `{},"id":null},"subject":{"x":{}`)
	f.Add("a", `a","x":"`, `{"a":1}`, `{"a":1.0}`)
	f.Fuzz(func(t *testing.T, user, otherUser, attributes, otherAttributes string) {
		inner := &counting{}
		c := newCache(t, inner, cache.Config{})
		one, two := input(), input()
		one.User, one.Attributes = user, []byte(attributes)
		two.User, two.Attributes = otherUser, []byte(otherAttributes)
		var refused int64
		for _, in := range []*kest.PolicyInput{one, two} {
			if _, err := c.Evaluate(t.Context(), "p", in); err != nil {
				refused++
			}
		}
		want := 2 - refused
		if refused == 0 && user == otherUser && attributes == otherAttributes {
			want = 1
		}
		if asked := inner.asked.Load(); asked != want {
			t.Errorf("asked %d times, want %d", asked, want)
		}
	})
}
