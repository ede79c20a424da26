package main

import (
	"testing"
	"time"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/load"
)

// TestLoad kills each process once while requests are on their way, and waits until
// the mesh is well again. docs/mesh.md says how to do so for longer.
func TestLoad(t *testing.T) {
	m := start(t)
	report, err := load.Run(t.Context(), m.Mesh, load.Config{Duration: 12 * time.Second, Every: 2 * time.Second, Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Log(report)
	if err := report.Err(); err != nil {
		t.Error(err)
	}
	// A machine so busy that it takes long to start one may leave some out.
	for _, name := range launch.Victims()[:1] {
		if report.Killed[name] == 0 {
			t.Errorf("%s was not killed", name)
		}
	}
}
