// Package shop has what the services of the mesh say to each other.
package shop

import (
	"errors"

	kest "github.com/kestgo/kest/runtime"
)

// ErrInvalid is for an order that makes no sense, whoever sends it.
var ErrInvalid = errors.New("the order is not valid")

// Workloads of the mesh: who signs which entries.
const (
	Gateway  = "spiffe://mesh.example/gateway"
	Ledger   = "spiffe://mesh.example/ledger"
	Notifier = "spiffe://mesh.example/notifier"
)

// An Order is what a customer wants to pay.
type Order struct {
	ID     string  `json:"id"`
	Amount float64 `json:"amount"` // in euros
	Region string  `json:"region"` // where the customer's data may be processed: "eu", "us"
	// Handling is what becomes of an import: HandlingPark, HandlingApprove, or ""
	// to book it as it is.
	Handling string `json:"handling,omitempty"`
}

// Values of Order.Handling.
const (
	HandlingPark    = "park"    // on an account where somebody looks at it
	HandlingApprove = "approve" // by who sends it: an administrator
)

// A Relay goes back and forth between gateway and ledger.
type Relay struct {
	ID   string `json:"id"`
	Hops int    `json:"hops"` // how many are left: 0 to MaxHops
}

// MaxHops bounds how many requests one relay makes.
const MaxHops = 64

// A Message tells a customer what became of an order.
type Message struct {
	Order string `json:"order"`
	Text  string `json:"text"`
}

// A Receipt says what became of an order, with the passport that arrived where
// the request ended.
type Receipt struct {
	Order    string         `json:"order"`
	Result   string         `json:"result"` // "booked", "parked", "quoted", "found", "relayed"
	Passport *kest.Passport `json:"passport"`
}
