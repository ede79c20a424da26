package kest_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"testing"

	kest "github.com/kestgo/kest/runtime"
)

func hashes(p *kest.Passport) []string {
	var list []string
	for _, token := range p.Tokens() {
		list = append(list, kest.Hash(token))
	}
	return list
}

func tip(t *testing.T, ctx context.Context) string {
	t.Helper()
	tips := kest.PassportFromContext(ctx).Tips()
	if len(tips) != 1 {
		t.Fatalf("%d tips, want one", len(tips))
	}
	return tips[0]
}

// TestTopologies: linear, fan-out, fan-in, diamond, skip connection, mixed; all
// of them verify, in memory and from bytes.
func TestTopologies(t *testing.T) {
	step := hook(kest.HookConfig{Source: "internal"})
	for name, build := range map[string]func(t *testing.T, ctx context.Context) (last context.Context, entries int, parents []string){
		"linear": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a := enter(t, ctx, step)
			b := enter(t, a, step)
			return enter(t, b, step), 3, []string{tip(t, b)}
		},
		"fan-out": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a := enter(t, ctx, step)
			enter(t, a, step)
			return enter(t, a, step), 2, []string{tip(t, a)}
		},
		"fan-in": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a, b, c := enter(t, ctx, step), enter(t, ctx, step), enter(t, ctx, step)
			return enter(t, kest.Join(ctx, c, a, b, a), step), 4, []string{tip(t, c), tip(t, a), tip(t, b)}
		},
		"diamond": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a := enter(t, ctx, step)
			b, c := enter(t, a, step), enter(t, a, step)
			return enter(t, kest.Join(ctx, b, c), step), 4, []string{tip(t, b), tip(t, c)}
		},
		"skip connection": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a := enter(t, ctx, step)
			b := enter(t, a, step)
			return enter(t, kest.Join(ctx, a, b), step), 3, []string{tip(t, a), tip(t, b)}
		},
		"mixed": func(t *testing.T, ctx context.Context) (context.Context, int, []string) {
			a := enter(t, ctx, step)
			b, c := enter(t, a, step), enter(t, a, step)
			d := enter(t, kest.Join(ctx, b, c), step)
			other := enter(t, ctx, step)
			return enter(t, kest.Join(ctx, a, d, other), step), 6, []string{tip(t, a), tip(t, d), tip(t, other)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			last, entries, parents := build(t, testContext(t, kest.Config{}))
			p := kest.PassportFromContext(last)
			if p.Len() != entries {
				t.Errorf("%d entries, want %d", p.Len(), entries)
			}
			if got := lastEntry(t, last).ParentIDs; !slices.Equal(got, parents) {
				t.Errorf("parents %q, want %q", got, parents)
			}
			v := verifier(t)
			v.Count, v.Tips = entries, p.Tips()
			if err := v.Verify(t.Context(), p); err != nil {
				t.Error(err)
			}
			text, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := kest.ParsePassport(text)
			if err != nil {
				t.Fatal(err)
			}
			accepted, err := v.Accept(t.Context(), parsed)
			if err != nil {
				t.Fatal(err)
			}
			if got := kest.PassportFromContext(accepted); !slices.Equal(hashes(got), hashes(p)) {
				t.Error("accepting a passport changes its entries or their order")
			}
		})
	}
}

func TestJoinPassports(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	a, b := enter(t, ctx, hook(kest.HookConfig{})), enter(t, ctx, hook(kest.HookConfig{}))
	joined, err := kest.JoinPassports(ctx, kest.PassportFromContext(a), kest.PassportFromContext(ctx), kest.PassportFromContext(b))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := lastEntry(t, enter(t, joined, hook(kest.HookConfig{}))).ParentIDs, []string{tip(t, a), tip(t, b)}; !slices.Equal(got, want) {
		t.Errorf("parents %q, want %q", got, want)
	}
	if _, err := kest.JoinPassports(ctx, nil); err == nil {
		t.Error("a nil passport is joined")
	}
	if got := kest.Join(a, ctx); tip(t, got) != tip(t, a) {
		t.Error("joining branches without entries makes a root")
	}
	for name, same := range map[string]func() context.Context{
		"Join": func() context.Context { return kest.Join(a) },
		"JoinPassports": func() context.Context {
			ctx, err := kest.JoinPassports(a)
			if err != nil {
				t.Fatal(err)
			}
			return ctx
		},
	} {
		if got := same(); tip(t, got) != tip(t, a) {
			t.Errorf("%s without branches loses the lineage", name)
		}
	}
}

func TestEmptyPassport(t *testing.T) {
	p := kest.PassportFromContext(t.Context())
	if text, err := json.Marshal(p); err != nil || string(text) != "[]" {
		t.Errorf("an empty passport is %s, %v; want []", text, err)
	}
}

func TestLongChainDoesNotRecurse(t *testing.T) {
	ctx := testContext(t, kest.Config{})
	const depth = 3000
	for range depth {
		ctx = enter(t, ctx, hook(kest.HookConfig{}))
	}
	if n := kest.PassportFromContext(ctx).Len(); n != depth {
		t.Errorf("%d entries, want %d", n, depth)
	}
}

// TestConcurrentBranches: 64 goroutines, each with nested hooks, a fan-out of its
// own and a join; every passport verifies, and so does the one that joins all.
func TestConcurrentBranches(t *testing.T) {
	const goroutines, width, depth = 64, 4, 3
	ctx := testContext(t, kest.Config{})
	root := enter(t, ctx, hook(kest.HookConfig{Operation: "root", Source: "internal", AddTaints: []string{"root"}}))
	nested := hook(kest.HookConfig{Operation: "nested", Source: "third_party_api", AddTaints: []string{"nested"}})
	join := hook(kest.HookConfig{Operation: "join", Classification: kest.ClassSanitizer, RemoveTaints: []string{"nested"}})

	descend := func(ctx context.Context) context.Context {
		for range depth {
			_ = run(ctx, nested, `{"a":1}`, func(inside context.Context) error {
				ctx = inside
				return nil
			})
		}
		return ctx
	}
	ends := make([]context.Context, goroutines)
	var all sync.WaitGroup
	for g := range goroutines {
		all.Go(func() {
			own := descend(root)
			branches := make([]context.Context, width)
			var fan sync.WaitGroup
			for b := range width {
				fan.Go(func() { branches[b] = descend(own) })
			}
			fan.Wait()
			_ = run(kest.Join(own, branches...), join, `{}`, func(inside context.Context) error {
				ends[g] = inside
				return nil
			})
		})
	}
	all.Wait()

	var verifying sync.WaitGroup
	v := verifier(t)
	v.SingleRoot, v.SameTrace = true, true
	v.Count = 1 + depth + width*depth + 1
	for g, end := range ends {
		if end == nil {
			t.Fatalf("goroutine %d did not come to its end", g)
		}
		verifying.Go(func() {
			if err := v.Verify(context.Background(), kest.PassportFromContext(end)); err != nil {
				t.Errorf("goroutine %d: %v", g, err)
			}
		})
	}
	verifying.Wait()

	last := enter(t, kest.Join(ctx, ends...), join)
	whole := verifier(t)
	whole.SingleRoot, whole.Count = true, 1+goroutines*(v.Count-1)+1
	if err := whole.Verify(ctx, kest.PassportFromContext(last)); err != nil {
		t.Error(err)
	}
	if got := lastEntry(t, last); len(got.ParentIDs) != goroutines {
		t.Errorf("the last entry has %d parents, want %d", len(got.ParentIDs), goroutines)
	}
}
