package kesttest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesttest"
)

// refund stands for a function with a directive; its body is what kestgen
// writes around it.
func refund(ctx context.Context, body func(context.Context)) (err error) {
	call, err := refundHook.Begin(ctx)
	if err != nil {
		return err
	}
	defer call.End(&err)
	call.Inherit()
	call.SetInput([]byte(`{"order":"o-17"}`), nil)
	ctx, err = call.Enter()
	if err != nil {
		return err
	}
	body(ctx)
	call.Leave()
	return nil
}

var refundHook = kest.MustHook(kest.HookConfig{
	Operation: "refund",
	Policies:  []string{"shop/trusted"},
	Source:    "internal",
})

func newContext(engine kest.Engine) context.Context {
	rt, err := kest.New(kest.Config{
		Engine:   engine,
		Identity: kesttest.Identity("spiffe://test/shop"),
		Logger:   slog.New(slog.DiscardHandler),
	})
	if err != nil {
		panic(err)
	}
	return kest.NewContext(context.Background(), rt)
}

// A test of what happens when a policy denies.
func ExampleDeny() {
	err := refund(newContext(kesttest.Deny()), func(context.Context) {
		fmt.Println("never printed")
	})
	fmt.Println("denied:", errors.Is(err, kest.ErrDenied))
	// Output: denied: true
}

// Policies written in Go, for a test that is about neither.
func ExamplePolicies() {
	ctx := newContext(kesttest.Policies(map[string]func(*kest.PolicyInput) (bool, error){
		"shop/trusted": func(in *kest.PolicyInput) (bool, error) { return in.TrustScore >= 40, nil },
	}))
	err := refund(ctx, func(context.Context) { fmt.Println("refunded") })
	fmt.Println("error:", err)
	// Output:
	// refunded
	// error: <nil>
}

// A test of what happens when the policy server is down.
func ExampleFunc() {
	err := refund(newContext(kesttest.Func(func(_ context.Context, policy string, _ *kest.PolicyInput) (bool, error) {
		return false, &kest.PolicyError{Policy: policy, Failure: kest.ErrPolicyUnreachable}
	})), func(context.Context) {
		fmt.Println("never printed")
	})
	switch {
	case errors.Is(err, kest.ErrPolicyUnreachable):
		fmt.Println("no answer: to try again may help")
	case errors.Is(err, kest.ErrPolicy):
		fmt.Println("the policies have to be mended")
	case errors.Is(err, kest.ErrDenied):
		fmt.Println("denied")
	}
	// Output: no answer: to try again may help
}

// What the policies were asked.
func ExampleRecord() {
	recorder := kesttest.Record(kesttest.Allow())
	if err := refund(newContext(recorder), func(context.Context) {}); err != nil {
		fmt.Println(err)
		return
	}
	for _, call := range recorder.Calls() {
		fmt.Println(call.Policy, call.Input.Operation, call.Input.TrustScore, call.Allowed)
	}
	// Output: shop/trusted refund 100 true
}

// A verifier that believes two services of a test.
func ExampleKey() {
	keys, err := kest.NewKeySet(kesttest.Key("spiffe://test/shop"), kesttest.Key("spiffe://test/orders"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(keys.Len(), "keys")
	// Output: 2 keys
}
