package cache_test

import (
	"context"
	"fmt"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cache"
	"github.com/kestgo/kest/runtime/kesttest"
)

// In a program the engine is that of a server, such as runtime/engine/opa.
func ExampleNew() {
	server := kesttest.Func(func(_ context.Context, policy string, in *kest.PolicyInput) (bool, error) {
		fmt.Println("the server is asked about", in.User)
		return in.User == "alice", nil
	})
	engine, err := cache.New(server, cache.Config{TTL: 5 * time.Second, MaxEntries: 10_000})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, user := range []string{"alice", "alice", "bob"} {
		input := &kest.PolicyInput{User: user, Attributes: []byte("{}")}
		allowed, err := engine.Evaluate(context.Background(), "shop/allow", input)
		fmt.Println(user, allowed, err)
	}
	// Output:
	// the server is asked about alice
	// alice true <nil>
	// alice true <nil>
	// the server is asked about bob
	// bob false <nil>
}
