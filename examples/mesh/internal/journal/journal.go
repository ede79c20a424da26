// Package journal keeps which function bodies ran in a service, for whom wants to
// see that one did not: it takes the place of the database that a real service
// would write to.
package journal

import (
	"encoding/json"
	"net/http"
	"slices"
	"sync"
)

// maxOrders bounds what is kept; the oldest order is forgotten first.
const maxOrders = 1 << 12

// Journal is the operations that ran, by the id of the order. The zero value is
// empty. It is safe for concurrent use.
type Journal struct {
	mu     sync.Mutex
	ran    map[string][]string
	orders []string // the keys of ran, oldest first
}

// Note says that the body of an operation runs for an order.
func (j *Journal) Note(order, operation string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ran == nil {
		j.ran = make(map[string][]string)
	}
	if _, known := j.ran[order]; !known {
		if len(j.orders) == maxOrders {
			delete(j.ran, j.orders[0])
			j.orders = slices.Delete(j.orders, 0, 1)
		}
		j.orders = append(j.orders, order)
	}
	j.ran[order] = append(j.ran[order], operation)
}

// Of gives the operations that ran for an order, in order; empty for none.
func (j *Journal) Of(order string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]string{}, j.ran[order]...)
}

// ServeHTTP answers GET /journal/{order} with a JSON array.
func (j *Journal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(j.Of(r.PathValue("order"))) // the client may have gone
}
