package kesthttp

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"

	"go.opentelemetry.io/otel/propagation"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// SendBack writes the lineage of each answer into its headers Kest-Tip and
// Kest-Passport: the entries of all hooks that ran under the handler before it
// wrote the first byte. It belongs inside Lineage. If the lineage cannot be sent,
// the answer, with all headers that were set under SendBack, is replaced by a
// problem document, and the handler's writes fail. A handler cannot take the
// connection over (http.Hijacker): what it writes there would have no lineage.
//
// Whoever reads the answer sees the entries: operations, principals, attributes.
// Use it between services that may.
func SendBack(propagator *kestpropagation.Propagator) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, collector := kest.Collect(r.Context())
			r = r.WithContext(ctx)
			answer := &answerWriter{
				ResponseWriter: w, request: r, propagator: propagator, collector: collector,
				header: w.Header().Clone(),
			}
			defer answer.close()
			next.ServeHTTP(answer, r)
			_ = answer.sendBack() // it has answered
		})
	}
}

// errUnsent: the lineage of an answer of this server could not be sent, which is
// not the fault of who asked.
var errUnsent = errors.New("kesthttp: the answer was not sent, as its lineage cannot be")

// answerWriter puts the lineage into the headers just before they are written.
type answerWriter struct {
	http.ResponseWriter
	request    *http.Request
	propagator *kestpropagation.Propagator
	collector  *kest.Collector
	header     http.Header // what was set outside, and of a refused answer all there is
	sent       bool
	refused    error // why the answer was replaced
}

// sendBack writes the headers once. On an error the answer must not be sent: the
// problem document was.
func (w *answerWriter) sendBack() error {
	if w.sent {
		return w.refused
	}
	w.sent = true
	defer w.collector.Stop() // a stream may live long
	err := w.propagator.SendBack(w.request.Context(), w.collector.Passport(), propagation.HeaderCarrier(w.Header()))
	if err != nil {
		w.refused = fmt.Errorf("%w: %w", errUnsent, err)
		w.restoreHeader()
		WriteError(w.ResponseWriter, w.request, w.refused)
		w.header = w.Header().Clone()
	}
	return w.refused
}

func (w *answerWriter) restoreHeader() {
	header := w.Header()
	clear(header)
	maps.Copy(header, w.header)
}

// close takes away what was set after the answer was refused: trailers.
func (w *answerWriter) close() {
	if w.refused != nil {
		w.restoreHeader()
	}
}

func (w *answerWriter) WriteHeader(status int) {
	informational := status < 200 && status != http.StatusSwitchingProtocols
	if informational && w.refused == nil || !informational && w.sendBack() == nil {
		w.ResponseWriter.WriteHeader(status)
	}
}

func (w *answerWriter) Write(b []byte) (int, error) {
	if err := w.sendBack(); err != nil {
		return 0, err
	}
	return w.ResponseWriter.Write(b)
}

// Flush implements http.Flusher.
func (w *answerWriter) Flush() { _ = w.FlushError() } // http.Flusher cannot say

// FlushError is for http.ResponseController.
func (w *answerWriter) FlushError() error {
	if err := w.sendBack(); err != nil {
		return err
	}
	return http.NewResponseController(w.ResponseWriter).Flush()
}

// Hijack implements http.Hijacker, so that http.ResponseController does not find
// the one behind.
func (w *answerWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return nil, nil, fmt.Errorf("%w: what is written to a connection that a handler took over cannot bring its lineage: leave SendBack out there", http.ErrNotSupported)
}

// Unwrap is for http.ResponseController.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
