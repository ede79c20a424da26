// Package customer sends requests to the mesh, as those outside do: with a token and
// without any key.
package customer

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/runtime/kesthttp"
)

// timeout bounds one request, on a busy machine.
const timeout = 60 * time.Second

// maxAnswer is in bytes.
const maxAnswer = 4 << 20

// client uses no proxy.
var client = &http.Client{Timeout: timeout, Transport: &http.Transport{MaxIdleConnsPerHost: 16}}

// A Request is one to the mesh.
type Request struct {
	URL    string
	Token  string      // bearer token; "" for none
	Header http.Header // more headers, most often forged ones
	Body   any         // as JSON; nil is a GET
}

// An Answer is what came back: a receipt with status 200, else a problem.
type Answer struct {
	Status  int
	Receipt shop.Receipt
	Problem kesthttp.Problem
}

// Send sends a request. The error is that there was no answer, or one that is
// neither a receipt nor a problem.
func Send(ctx context.Context, r Request) (Answer, error) {
	method, body := http.MethodGet, io.Reader(nil)
	if r.Body != nil {
		text, err := json.Marshal(r.Body)
		if err != nil {
			return Answer{}, err
		}
		method, body = http.MethodPost, bytes.NewReader(text)
	}
	request, err := http.NewRequestWithContext(ctx, method, r.URL, body)
	if err != nil {
		return Answer{}, err
	}
	for name, values := range r.Header {
		request.Header[name] = values
	}
	if r.Token != "" {
		request.Header.Set("Authorization", "Bearer "+r.Token)
	}
	response, err := client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	if err != nil {
		return Answer{}, err
	}
	answer := Answer{Status: response.StatusCode}
	if answer.Status == http.StatusOK {
		err = json.Unmarshal(text, &answer.Receipt)
	} else {
		err = json.Unmarshal(text, &answer.Problem)
	}
	if err != nil {
		return answer, fmt.Errorf("status %d with something else than a receipt or a problem: %w", answer.Status, err)
	}
	return answer, nil
}
