package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
)

// registry is the keys that each service has had since the mesh was started. A
// service has its key in memory, and another one after a restart; an auditor has
// to know both, or what was signed before the restart would not verify any more.
type registry struct {
	mu   sync.RWMutex
	keys []kest.Key
}

// Keys implements kest.KeySource. While a service starts it waits for its key.
func (r *registry) Keys(_ context.Context, workload, kid string) (found []kest.Key, err error) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	for _, key := range r.keys {
		if key.Subject == workload && (kid == "" || key.ID() == kid) {
			found = append(found, key)
		}
	}
	return found, nil
}

// learn runs start, and then adds the key that a service publishes. Until then
// nobody is told that there is no such key.
func (r *registry) learn(ctx context.Context, workload, base string, start func() error) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := start(); err != nil {
		return err
	}
	body, err := get(ctx, base+kesthttp.KeysPath)
	if err != nil {
		return err
	}
	set, err := kest.ParseKeySet(body)
	if err != nil {
		return err
	}
	keys, err := set.Keys(ctx, workload, "")
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		return fmt.Errorf("%s publishes no key of its own", workload)
	}
	for _, key := range keys {
		known := func(k kest.Key) bool { return k.Subject == key.Subject && k.ID() == key.ID() }
		if !slices.ContainsFunc(r.keys, known) {
			r.keys = append(r.keys, key)
		}
	}
	return nil
}

// get asks a server of the mesh for a small document.
func get(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err == nil && response.StatusCode != http.StatusOK {
		err = errors.New(response.Status)
	}
	return body, err
}
