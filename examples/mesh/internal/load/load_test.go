package load

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/kestgo/kest/examples/mesh/internal/journal"
	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/orders"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
	"github.com/kestgo/kest/runtime/kesttest"
)

// unsigned is a passport that nobody signed.
const unsigned = `["e30.e30.AAAA"]`

// TestJudgement: what is not right is noticed, or the counts of a run say nothing.
func TestJudgement(t *testing.T) {
	order, largeOrder := kinds[0], kinds[1]
	if order.name != "order" || largeOrder.name != "large order" {
		t.Fatalf("the kinds are %s and %s", order.name, largeOrder.name)
	}
	problem := func(status int, kind string) (int, any) {
		return status, kesthttp.Problem{Type: kind, Status: status}
	}
	receipt := func(order, result, passport string) (int, any) {
		return http.StatusOK, map[string]any{"order": order, "result": result, "passport": json.RawMessage(passport)}
	}
	answer := func(status int, body any) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_ = json.NewEncoder(w).Encode(body)
		}
	}
	for _, test := range []struct {
		name   string
		kind   kind
		answer func(http.ResponseWriter)
		want   outcomeKind
	}{
		{"the denial that is right", largeOrder, answer(problem(403, denied)), right},
		{"a denial that is not", order, answer(problem(403, denied)), mistaken},
		{"a policy engine that is away", order, answer(problem(503, "urn:kest:problem:policy-unavailable")), refused},
		{"a service that is away", order, answer(problem(502, "urn:mesh:problem:upstream")), refused},
		{"a key that is new", order, answer(problem(403, lineageInvalid)), refused},
		{"that in place of a denial", largeOrder, answer(problem(403, lineageInvalid)), refused},
		{"the right kind with a wrong status", largeOrder, answer(problem(500, denied)), mistaken},
		{"a failure", order, answer(problem(500, "urn:kest:problem:error")), mistaken},
		{"a token that is good", order, answer(problem(401, noToken)), mistaken},
		{"no JSON", order, func(w http.ResponseWriter) { _, _ = w.Write([]byte("<html>")) }, mistaken},
		{"an empty passport", order, answer(receipt("L-1", "booked", `[]`)), unverified},
		{"no passport", order, answer(receipt("L-1", "booked", `null`)), unverified},
		{"a forged passport", order, answer(receipt("L-1", "booked", unsigned)), unverified},
		{"no answer", order, func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, refused},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { test.answer(w) }))
			defer server.Close()
			r := &runner{mesh: &launch.Mesh{Gateway: server.URL}, report: newReport()}
			got := r.try(t.Context(), test.kind, "L-1", map[string]string{launch.User: "token"})
			if got.kind != test.want {
				t.Errorf("got %d (%s), want %d", got.kind, got.text, test.want)
			}
		})
	}
}

// noLedger has what the gateway called it with, and calls nobody.
type noLedger struct{ orders.Ledger }

func (noLedger) Book(ctx context.Context, order shop.Order) (shop.Receipt, error) {
	return shop.Receipt{Order: order.ID, Result: "booked", Passport: kest.PassportFromContext(ctx)}, nil
}

// TestCheck compares a receipt with answers that would be right if it were another
// one.
func TestCheck(t *testing.T) {
	rt, err := kest.New(kest.Config{Engine: kesttest.Allow(), Identity: kesttest.Identity(shop.Gateway)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, err := kest.WithUser(kest.NewContext(t.Context(), rt), launch.User)
	if err != nil {
		t.Fatal(err)
	}
	desk := &orders.Desk{Ledger: noLedger{}, Journal: new(journal.Journal)}
	receipt, err := desk.PlaceOrder(ctx, shop.Order{ID: "L-1", Amount: 20, Region: "eu"})
	if err != nil {
		t.Fatal(err)
	}
	good := kind{user: launch.User, status: 200, result: "booked", trusts: []int{40, 40}, taints: sanitized}
	if err := good.check("L-1", receipt); err != nil {
		t.Fatal(err)
	}
	other := receipt
	other.Order = "L-2" // the passport is of L-1
	for name, test := range map[string]struct {
		change  func(*kind)
		id      string
		receipt shop.Receipt
	}{
		"it should be denied": {func(k *kind) { k.status = 403 }, "L-1", receipt},
		"another order":       {func(*kind) {}, "L-2", receipt},
		"another's passport":  {func(*kind) {}, "L-2", other},
		"another result":      {func(k *kind) { k.result = "parked" }, "L-1", receipt},
		"another user":        {func(k *kind) { k.user = launch.Administrator }, "L-1", receipt},
		"less trust":          {func(k *kind) { k.trusts = []int{40, 10} }, "L-1", receipt},
		"more entries":        {func(k *kind) { k.trusts = []int{40, 40, 40} }, "L-1", receipt},
		"other taints":        {func(k *kind) { k.taints = nil }, "L-1", receipt},
	} {
		k := good
		test.change(&k)
		if err := k.check(test.id, test.receipt); err == nil {
			t.Errorf("%s: it is taken for right", name)
		}
	}
}

func TestReport(t *testing.T) {
	r := newReport()
	if r.Err() == nil {
		t.Error("a run without a right answer is good")
	}
	r.add("order", outcome{kind: right})
	r.add("order", failed("502 upstream"))
	r.killed("ledger")
	if err := r.Err(); err != nil {
		t.Error(err)
	}
	for _, line := range []string{"2 requests", "1 right", "1 error: 502 upstream", "1 times killed: ledger"} {
		if !strings.Contains(r.String(), line) {
			t.Errorf("%q does not say %q", r, line)
		}
	}
	for name, o := range map[string]outcome{"wrong": {mistaken, "x"}, "unverified": {unverified, "y"}} {
		bad := newReport()
		bad.add("order", outcome{kind: right})
		bad.add("order", o)
		if bad.Err() == nil || !strings.Contains(bad.String(), "wrong: order: "+o.text) {
			t.Errorf("%s: %v, %q", name, bad.Err(), bad)
		}
	}
}

func TestRunRefusesNonsense(t *testing.T) {
	for _, config := range []Config{{}, {Duration: -1, Every: 1, Workers: 1}, {Duration: 1, Workers: 1}, {Duration: 1, Every: 1}} {
		if _, err := Run(t.Context(), new(launch.Mesh), config); err == nil {
			t.Errorf("%+v runs", config)
		}
	}
}

// TestRunWithoutProvider: a run that cannot get tokens is an error, and no report
// of a mesh that does everything right.
func TestRunWithoutProvider(t *testing.T) {
	m := &launch.Mesh{Issuer: "http://127.0.0.1:1"}
	report, err := Run(t.Context(), m, Config{Duration: time.Hour, Every: time.Hour, Workers: 2})
	if err == nil || report != nil {
		t.Errorf("got %v, %v", report, err)
	}
}
