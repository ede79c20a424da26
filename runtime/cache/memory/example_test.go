package memory_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/memory"
)

func ExampleNew() {
	store, err := memory.New(memory.Config{MaxEntries: 1000})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := context.Background()
	const key = "kest.claim.0192d5a4-7c1e-7b6e-8f1d-3c5a9b2e4f60"
	if err := store.Put(ctx, key, []byte(`["…"]`), 300*time.Second); err != nil {
		fmt.Println(err)
		return
	}
	passport, err := store.Get(ctx, key)
	fmt.Println(string(passport), err)
	_, err = store.Get(ctx, "kest.claim.of-another")
	fmt.Println(errors.Is(err, cache.ErrMissing))
	// Output:
	// ["…"] <nil>
	// true
}
