package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/cache"
	"github.com/kestgo/kest/runtime/cache/redis"
)

func TestConfig(t *testing.T) {
	const address = "127.0.0.1:1"
	good := newClient(t, options(address))
	forgetful := newClient(t, &goredis.Options{Addr: address})
	cluster := func(change func(*goredis.ClusterOptions)) goredis.UniversalClient {
		options := &goredis.ClusterOptions{Addrs: []string{address}, ContextTimeoutEnabled: true}
		change(options)
		client := goredis.NewClusterClient(options)
		t.Cleanup(func() { client.Close() })
		return client
	}
	ring := goredis.NewRing(&goredis.RingOptions{Addrs: map[string]string{"a": address}})
	t.Cleanup(func() { ring.Close() })
	sentinel := goredis.NewFailoverClient(&goredis.FailoverOptions{MasterName: "m", SentinelAddrs: []string{address}})
	t.Cleanup(func() { sentinel.Close() })

	for name, tt := range map[string]struct {
		client goredis.UniversalClient
		config redis.Config
		want   []string
	}{
		"no client":                {nil, redis.Config{}, []string{"there is no client"}},
		"nil client":               {(*goredis.Client)(nil), redis.Config{}, []string{"there is no client"}},
		"nil cluster client":       {(*goredis.ClusterClient)(nil), redis.Config{}, []string{"there is no client"}},
		"nil ring":                 {(*goredis.Ring)(nil), redis.Config{}, []string{"there is no client"}},
		"client without time-outs": {forgetful, redis.Config{}, []string{"ContextTimeoutEnabled"}},
		"cluster without":          {cluster(func(o *goredis.ClusterOptions) { o.ContextTimeoutEnabled = false }), redis.Config{}, []string{"ContextTimeoutEnabled"}},
		"ring without":             {ring, redis.Config{}, []string{"ContextTimeoutEnabled"}},
		"sentinel without":         {sentinel, redis.Config{}, []string{"ContextTimeoutEnabled"}},
		"reads from replicas":      {cluster(func(o *goredis.ClusterOptions) { o.ReadOnly = true }), redis.Config{}, []string{"replicas"}},
		"reads from the nearest":   {cluster(func(o *goredis.ClusterOptions) { o.RouteByLatency = true }), redis.Config{}, []string{"replicas"}},
		"reads from any":           {cluster(func(o *goredis.ClusterOptions) { o.RouteRandomly = true }), redis.Config{}, []string{"replicas"}},
		"negative time-out":        {good, redis.Config{Timeout: -time.Second}, []string{"-1s is negative"}},
		"long prefix":              {good, redis.Config{Prefix: strings.Repeat("p", 129)}, []string{"129 bytes", "128"}},
		"prefix with a space":      {good, redis.Config{Prefix: "a b"}, []string{"prefix", "0x20"}},
		"everything":               {nil, redis.Config{Timeout: -1, Prefix: "\n"}, []string{"there is no client", "negative", "prefix"}},
	} {
		t.Run(name, func(t *testing.T) {
			store, err := redis.New(tt.client, tt.config)
			if store != nil || !errors.Is(err, kest.ErrConfig) {
				t.Fatalf("got %v, %v", store, err)
			}
			for _, want := range tt.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("error lacks %q: %v", want, err)
				}
			}
		})
	}
	if _, err := redis.New(good, redis.Config{Prefix: strings.Repeat("p", 128)}); err != nil {
		t.Error(err)
	}
}

func TestStoreThatNewDidNotMake(t *testing.T) {
	for name, store := range map[string]*redis.Store{"nil": nil, "zero": {}} {
		if err := store.Put(t.Context(), "k", []byte("v"), time.Minute); err == nil || !strings.Contains(err.Error(), "New") {
			t.Errorf("%s: Put: %v", name, err)
		}
		if _, err := store.Get(t.Context(), "k"); err == nil || errors.Is(err, cache.ErrMissing) {
			t.Errorf("%s: Get: %v", name, err)
		}
	}
}

// TestNothingIsPrinted: a store in a log shows no password.
func TestNothingIsPrinted(t *testing.T) {
	config := options("127.0.0.1:1")
	config.Password = "s3cret"
	store := newStore(t, newClient(t, config), redis.Config{})
	for _, format := range []string{"%v", "%+v", "%#v", "%s"} {
		if text := fmt.Sprintf(format, store); strings.Contains(text, "s3cret") {
			t.Errorf("%s shows the password: %s", format, text)
		}
	}
}
