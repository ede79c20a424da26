//go:build unix

package cedaragent_test

import (
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar/sidecartest"
)

func TestTC09ServerKilledInTheMiddle(t *testing.T) {
	address, f := testserver.Address(t), conformanceFiles(t)
	engine := newEngine(t, cedaragent.Config{URL: "http://" + address + "/v1", Timeout: time.Minute})
	sidecartest.Killed(t, engine, "kest/allow_trusted", func() *testserver.Process { return testserver.StartCedarAgent(t, address, f) })
}

func TestTC09ServerThatNeverAnswers(t *testing.T) {
	address, f := testserver.Address(t), conformanceFiles(t)
	engine := newEngine(t, cedaragent.Config{URL: "http://" + address + "/v1", Timeout: 300 * time.Millisecond})
	sidecartest.Stopped(t, engine, "kest/allow_trusted", func() *testserver.Process { return testserver.StartCedarAgent(t, address, f) })
}

func TestConnectionsAreKept(t *testing.T) {
	engine := newEngine(t, cedaragent.Config{URL: newAgent(t, conformanceFiles(t)), Timeout: time.Minute})
	sidecartest.Kept(t, engine, "kest/allow_trusted", cedarconformance.Input())
}
