package wire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/examples/mesh/internal/wire"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kesthttp"
)

// TestWriteError: what a service further on says is passed on, what happens here
// is said in Kest's way, and nothing of the error itself gets out.
func TestWriteError(t *testing.T) {
	const secret = "secret"
	upstream := &wire.RefusalError{Status: 403, Problem: kesthttp.Problem{Type: "urn:kest:problem:denied", Status: 403, EntryID: "7"}}
	for _, test := range []struct {
		name   string
		err    error
		status int
		kind   string
	}{
		{"a refusal", upstream, 403, "urn:kest:problem:denied"},
		{"a refusal, wrapped", fmt.Errorf("ledger: %w", upstream), 403, "urn:kest:problem:denied"},
		{"an order", fmt.Errorf("%w: %s", shop.ErrInvalid, secret), 422, "urn:mesh:problem:order"},
		{"a denial", &kest.DeniedError{Policy: secret}, 403, "urn:kest:problem:denied"},
		{"a lineage that cannot be sent", &url.Error{Err: fmt.Errorf("%w: %s", kest.ErrLineageUnavailable, secret)}, 503, "urn:kest:problem:lineage-unavailable"},
		{"a time-out", &url.Error{Err: context.DeadlineExceeded}, 503, "urn:kest:problem:timeout"},
		{"nobody there", &url.Error{Err: &net.OpError{Err: errors.New(secret)}}, 502, "urn:mesh:problem:upstream"},
		{"an answer that broke off", fmt.Errorf("the body: %w", io.ErrUnexpectedEOF), 502, "urn:mesh:problem:upstream"},
		{"gRPC refuses", status.Error(codes.PermissionDenied, secret), 403, "urn:mesh:problem:refused"},
		{"gRPC cannot read it", status.Error(codes.InvalidArgument, secret), 400, "urn:mesh:problem:malformed"},
		{"gRPC is away", status.Error(codes.Unavailable, secret), 502, "urn:mesh:problem:upstream"},
		{"gRPC fails", status.Error(codes.Internal, secret), 502, "urn:mesh:problem:upstream"},
		{"something else", errors.New(secret), 500, "urn:kest:problem:error"},
	} {
		t.Run(test.name, func(t *testing.T) {
			answer := httptest.NewRecorder()
			wire.WriteError(answer, httptest.NewRequest(http.MethodPost, "/", nil), test.err)
			var problem kesthttp.Problem
			if err := json.Unmarshal(answer.Body.Bytes(), &problem); err != nil {
				t.Fatal(err)
			}
			if answer.Code != test.status || problem.Status != test.status || problem.Type != test.kind {
				t.Errorf("got %d %+v, want %d %s", answer.Code, problem, test.status, test.kind)
			}
			if strings.Contains(answer.Body.String(), secret) {
				t.Errorf("the answer shows the error: %s", answer.Body)
			}
		})
	}
}

func TestHandle(t *testing.T) {
	ran := 0
	handler := wire.Handle(func(_ context.Context, order shop.Order) (shop.Receipt, error) {
		ran++
		return shop.Receipt{Order: order.ID}, nil
	})
	for _, test := range []struct {
		name, body string
		status     int
	}{
		{"an order", `{"id":"A","amount":1,"region":"eu"}`, 200},
		{"an unknown member", `{"id":"A","discount":1}`, 400},
		{"another type", `{"id":1}`, 400},
		{"no JSON", `id=A`, 400},
		{"nothing", ``, 400},
		{"two values", `{"id":"A"} {"id":"B"}`, 400},
		{"too much", `{"id":"` + strings.Repeat("A", 1<<17) + `"}`, 400},
	} {
		before := ran
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(test.body)))
		if answer.Code != test.status || (ran > before) != (test.status == 200) {
			t.Errorf("%s: got %d, ran %d times", test.name, answer.Code, ran-before)
		}
	}
}

// TestPost: only a receipt is one.
func TestPost(t *testing.T) {
	for _, test := range []struct {
		name   string
		status int
		body   string
		want   int // of the refusal; 0 for none, -1 for another error
	}{
		{"a receipt", 200, `{"order":"A","result":"booked","passport":null}`, 0},
		{"a problem", 403, `{"type":"urn:kest:problem:denied","status":403}`, 403},
		{"a problem of another status", 403, `{"type":"urn:kest:problem:denied","status":200}`, 502},
		{"a page", 503, `<html>`, 502},
		{"a redirect", 302, ``, 502},
		{"something else than a receipt", 200, `{"paid":true}`, -1},
		{"nothing", 200, ``, -1},
	} {
		t.Run(test.name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			receipt, err := wire.LedgerClient{URL: server.URL, Client: server.Client()}.Book(t.Context(), shop.Order{ID: "A"})
			refusal, refused := errors.AsType[*wire.RefusalError](err)
			switch {
			case test.want == 0 && (err != nil || receipt.Order != "A"):
				t.Errorf("got %+v, %v", receipt, err)
			case test.want > 0 && (!refused || refusal.Status != test.want):
				t.Errorf("got %v, want a refusal with %d", err, test.want)
			case test.want < 0 && (err == nil || refused):
				t.Errorf("got %v, want an error", err)
			}
		})
	}
}
