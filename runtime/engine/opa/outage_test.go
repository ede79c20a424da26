//go:build unix

package opa_test

import (
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar/sidecartest"
	"github.com/kestgo/kest/runtime/engine/opa"
)

func TestTC09ServerKilledInTheMiddle(t *testing.T) {
	address, bundle := testserver.Address(t), policyBundle(t)
	engine := newEngine(t, opa.Config{URL: "http://" + address, Timeout: time.Minute})
	sidecartest.Killed(t, engine, "kest/allow_trusted", func() *testserver.Process { return startOPAAt(t, address, bundle) })
}

func TestTC09ServerThatNeverAnswers(t *testing.T) {
	address, bundle := testserver.Address(t), policyBundle(t)
	engine := newEngine(t, opa.Config{URL: "http://" + address, Timeout: 300 * time.Millisecond})
	sidecartest.Stopped(t, engine, "kest/allow_trusted", func() *testserver.Process { return startOPAAt(t, address, bundle) })
}

func TestConnectionsAreKept(t *testing.T) {
	engine := newEngine(t, opa.Config{URL: startOPA(t), Timeout: time.Minute})
	sidecartest.Kept(t, engine, "kest/allow_trusted", conformance.Input())
}
