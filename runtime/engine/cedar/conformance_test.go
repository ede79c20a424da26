package cedar_test

import (
	"slices"
	"testing"

	"github.com/kestgo/kest/runtime/engine/cedar"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
)

func TestConformance(t *testing.T) {
	engine, err := cedar.Load(cedarconformance.Policies())
	if err != nil {
		t.Fatal(err)
	}
	if got, want := engine.Policies(), cedarconformance.Names(); !slices.Equal(got, want) {
		t.Errorf("Policies() = %q, want %q", got, want)
	}
	cedarconformance.RunExact(t, engine)
	cedarconformance.Run(t, engine)
}
