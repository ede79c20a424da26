// Package wire has how the services of the mesh call each other: JSON over HTTP
// between gateway and ledger, and gRPC from the ledger to the notifier. Lineage and
// identity are not its business: they are in the clients and servers around it.
package wire

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Limits, in bytes.
const (
	maxRequest = 64 << 10
	maxAnswer  = 4 << 20 // a passport among it
)

// Handle answers requests with what a function makes of their body, and errors
// with a problem document.
func Handle[In, Out any](call func(context.Context, In) (Out, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		in, err := decode[In](http.MaxBytesReader(w, r.Body, maxRequest))
		if err != nil {
			WriteError(w, r, refusal("request", "The request is not the JSON that is expected", http.StatusBadRequest))
			return
		}
		out, err := call(r.Context(), in)
		if err != nil {
			WriteError(w, r, err)
			return
		}
		WriteJSON(w, out)
	})
}

// WriteJSON answers a request with a value.
func WriteJSON(w http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // the client may have gone
}

// Post sends a value and reads the answer. What the server refuses is a
// *RefusalError.
func Post[Out any](ctx context.Context, client *http.Client, url string, in any) (out Out, err error) {
	body, err := json.Marshal(in)
	if err != nil {
		return out, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return out, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return out, err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return out, readRefusal(response)
	}
	return decode[Out](io.LimitReader(response.Body, maxAnswer))
}

// decode reads one JSON value and nothing behind it.
func decode[T any](r io.Reader) (value T, err error) {
	decoder := json.NewDecoder(r)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&value); err != nil {
		return value, fmt.Errorf("the body: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return value, errors.New("the body: something stands behind the JSON value")
	}
	return value, nil
}
