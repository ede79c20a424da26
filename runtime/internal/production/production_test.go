package production_test

import (
	"testing"

	"github.com/kestgo/kest/runtime/internal/production"
)

func TestIs(t *testing.T) {
	for value, want := range map[string]bool{
		"production": true, "PRODUCTION": true, " production\n": true,
		"": false, "prod": false, "development": false, "non-production": false,
	} {
		t.Setenv(production.Variable, value)
		if got := production.Is(); got != want {
			t.Errorf("%q: got %t", value, got)
		}
	}
}
