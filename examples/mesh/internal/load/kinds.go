package load

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/kestgo/kest/examples/mesh/internal/customer"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
)

// A kind is a request whose right answer is known.
type kind struct {
	name   string
	user   string // whose token is sent; "" for none
	path   string
	body   func(id string) any
	header http.Header

	// The right answer: a status with the type of a problem, or 200 with the result,
	// the trust scores of the entries, and the taints of the last one.
	status  int
	problem string
	result  string
	trusts  []int
	taints  []string
}

func order(amount float64, handling string) func(string) any {
	return func(id string) any { return shop.Order{ID: id, Amount: amount, Region: "eu", Handling: handling} }
}

func relay(hops int) func(string) any {
	return func(id string) any { return shop.Relay{ID: id, Hops: hops} }
}

var sanitized = []string{"sanitized"}

var kinds = []kind{
	{name: "order", user: launch.User, path: "/orders", body: order(20, ""),
		status: 200, result: "booked", trusts: []int{40, 40, 40, 40}, taints: sanitized},
	{name: "large order", user: launch.User, path: "/orders", body: order(5000, ""), status: 403, problem: denied},
	{name: "large order of an administrator", user: launch.Administrator, path: "/orders", body: order(5000, ""),
		status: 200, result: "booked", trusts: []int{40, 40, 40, 40}, taints: sanitized},
	{name: "order of the partner", user: launch.User, path: "/partner-orders", body: order(20, ""),
		status: 200, result: "booked", trusts: []int{70, 70, 70}},
	{name: "import", user: launch.User, path: "/imports", body: order(20, ""), status: 403, problem: denied},
	{name: "parked import", user: launch.User, path: "/imports", body: order(20, shop.HandlingPark),
		status: 200, result: "parked", trusts: []int{10, 6, 6}, taints: []string{"unvalidated"}},
	{name: "approval by an ordinary user", user: launch.User, path: "/imports", body: order(20, shop.HandlingApprove),
		status: 403, problem: denied},
	{name: "approval", user: launch.Administrator, path: "/imports", body: order(20, shop.HandlingApprove),
		status: 200, result: "booked", trusts: []int{10, 95, 95, 95}},
	{name: "relay", user: launch.User, path: "/relays", body: relay(5),
		status: 200, result: "relayed", trusts: slices.Repeat([]int{100}, 13)},
	{name: "order without a token", path: "/orders", body: order(20, ""), status: 401, problem: noToken},
	{name: "large order with a forged kest.user", user: launch.User, path: "/orders", body: order(5000, ""),
		header: http.Header{"Baggage": {"kest.user=" + launch.Administrator}}, status: 403, problem: denied},
	{name: "order with a forged passport", user: launch.User, path: "/orders", body: order(20, ""),
		header: http.Header{"Baggage": {"kest.passport=%5B%22e30.e30.AAAA%22%5D"}}, status: 403, problem: lineageInvalid},
}

// try sends one request and judges the answer.
func (r *runner) try(ctx context.Context, k kind, id string, tokens map[string]string) outcome {
	answer, err := customer.Send(ctx, customer.Request{
		URL: r.mesh.Gateway + k.path, Token: tokens[k.user], Header: k.header, Body: k.body(id),
	})
	if err != nil {
		if answer.Status != 0 {
			return wrong(err)
		}
		return failed("no answer")
	}
	if answer.Status != http.StatusOK {
		return k.judgeRefusal(answer)
	}
	if err := r.mesh.Verifier().Verify(ctx, answer.Receipt.Passport); err != nil {
		return outcome{kind: unverified, text: err.Error()}
	}
	if err := k.check(id, answer.Receipt); err != nil {
		return wrong(err)
	}
	return outcome{kind: right}
}

// passing are the problems of a mesh some of which is not there, or was not there
// before: a key is new, a claim check is gone.
var passing = []string{
	"urn:mesh:problem:upstream", "urn:mesh:problem:refused",
	"urn:kest:problem:policy-unavailable", "urn:kest:problem:lineage-unavailable", lineageInvalid,
	"urn:kest:problem:token-unavailable", "urn:kest:problem:timeout", "urn:kest:problem:canceled",
}

// Problems of right answers.
const (
	denied         = "urn:kest:problem:denied"
	noToken        = "urn:kest:problem:token"
	lineageInvalid = "urn:kest:problem:lineage-invalid"
)

func (k *kind) judgeRefusal(answer customer.Answer) outcome {
	told := fmt.Sprintf("%d %s", answer.Status, answer.Problem.Type)
	switch {
	case answer.Status == k.status && answer.Problem.Type == k.problem:
		return outcome{kind: right}
	case slices.Contains(passing, answer.Problem.Type):
		return failed(told)
	}
	return wrong(errors.New(told))
}

// check compares a receipt with the right one.
func (k *kind) check(id string, receipt shop.Receipt) error {
	if k.status != http.StatusOK {
		return fmt.Errorf("it was allowed, and must be refused with %d", k.status)
	}
	if receipt.Order != id || receipt.Result != k.result {
		return fmt.Errorf("the receipt says %s %s, and must say %s %s", receipt.Order, receipt.Result, id, k.result)
	}
	var trusts []int
	var last *kest.Entry
	for i, token := range receipt.Passport.Tokens() {
		entry, err := kest.DecodeEntry(token)
		if err != nil {
			return err
		}
		var identity struct{ User string }
		if err := json.Unmarshal([]byte(entry.Labels[kest.LabelIdentity]), &identity); err != nil || identity.User != k.user {
			return fmt.Errorf("entry %d is on behalf of %q, and must be of %q", i, identity.User, k.user)
		}
		if !strings.HasSuffix(entry.Labels[kest.LabelResourceID], "/"+id) {
			return fmt.Errorf("entry %d is about %q, and must be about %s", i, entry.Labels[kest.LabelResourceID], id)
		}
		trusts, last = append(trusts, entry.TrustScore), entry
	}
	if !slices.Equal(trusts, k.trusts) {
		return fmt.Errorf("the trust scores are %d, and must be %d", trusts, k.trusts)
	}
	if !slices.Equal(last.Taints, k.taints) {
		return fmt.Errorf("the taints are %q, and must be %q", last.Taints, k.taints)
	}
	return nil
}
