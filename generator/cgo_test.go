package generator_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kestgo/kest/generator"
)

const cgoModule = `
-- go.mod --
module example.com/main
kest
-- a.go --
package a

// typedef struct { int x; } point;
import "C"

type Go struct{ N int }

type Mixed struct{ N C.int }

//kest:verified policy=p
func takesGo(g Go) error { return nil }
`

// TestNoCCompiler: what needs one says so, and the rest works without.
func TestNoCCompiler(t *testing.T) {
	dir := extract(t, cgoModule)
	diagnostics := func(env ...string) []string {
		t.Helper()
		output, err := generator.Generate(t.Context(), generator.Options{Dir: dir,
			Env: append(append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off"), env...)})
		if err != nil {
			t.Fatal(err)
		}
		var texts []string
		for _, d := range output.Diagnostics {
			texts = append(texts, d.Error())
		}
		return texts
	}
	if got := diagnostics("CGO_ENABLED=1", "CC=/nonexistent/cc"); len(got) > 0 {
		t.Errorf("no C type is mentioned: %q", got)
	}
	off := diagnostics("CGO_ENABLED=0")
	if len(off) != 1 || !strings.HasPrefix(off[0], "a.go:1:1: ") || !strings.Contains(off[0], "cgo is off") || !strings.Contains(off[0], "install a C compiler") {
		t.Errorf("got %q", off)
	}
	source := strings.Replace(cgoModule, "takesGo(g Go)", "takesMixed(m Mixed)", 1)
	_, source, _ = strings.Cut(source, "-- a.go --\n")
	write(t, dir+"/a.go", source)
	mixed := diagnostics("CGO_ENABLED=1", "CC=/nonexistent/cc")
	if len(mixed) != 1 || !strings.HasPrefix(mixed[0], "a.go:11:17: parameter m, at m.N") || !strings.Contains(mixed[0], "install a C compiler") {
		t.Errorf("got %q", mixed)
	}
}
