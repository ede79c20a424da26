package redis_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/redis"
)

// Nothing listens on port 1: a cache that is not there has no answer, which is
// another error than that of a claim check that has expired.
func ExampleNew() {
	client := goredis.NewClient(&goredis.Options{Addr: "127.0.0.1:1", ContextTimeoutEnabled: true})
	defer client.Close()
	store, err := redis.New(client, redis.Config{Timeout: 200 * time.Millisecond, Prefix: "shop:"})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = store.Get(context.Background(), "kest.claim.0192d5a4-7c1e-7b6e-8f1d-3c5a9b2e4f60")
	fmt.Println(err != nil, errors.Is(err, cache.ErrMissing))
	// Output: true false
}
