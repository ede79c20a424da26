package cedar_test

import (
	"io/fs"
	"slices"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedar"
)

// TestInspect: each mistake with its place, and the policies that there would be.
func TestInspect(t *testing.T) {
	in, err := cedar.Inspect(folder(map[string]string{
		"good.cedar":    permit("kest/good"),
		"bad/bad.cedar": "permit(principal, action in [Action::\"kest/bad\", Action::\"kest/worse\"],\n  resourc);\n" + permit("kest/bad"),
		"z.cedar":       "// none",
		"entities.json": "{",
	}))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"bad/bad.cedar", "good.cedar", "z.cedar"}; !slices.Equal(in.Files, want) {
		t.Errorf("Files = %q, want %q", in.Files, want)
	}
	if got, want := in.Policies(), []string{"kest/bad", "kest/good", "kest/worse"}; !slices.Equal(got, want) {
		t.Errorf("Policies() = %q, want %q", got, want)
	}
	var got []string
	for _, p := range in.Problems {
		got = append(got, p.Error())
	}
	if want := []string{
		`bad/bad.cedar:2:10: this is no Cedar: ")": exact got resourc want resource`,
		"entities.json:1:2: not valid JSON (RFC 8259)",
	}; !slices.Equal(got, want) {
		t.Errorf("Problems = %q, want %q", got, want)
	}
	if got, want := in.Near("kest/god"), `near are "kest/good" and "kest/bad"`; got != want {
		t.Errorf("Near = %q, want %q", got, want)
	}
}

func TestInspectNothing(t *testing.T) {
	in, err := cedar.Inspect(folder(map[string]string{"a.rego": "package a"}))
	if err != nil || len(in.Files) > 0 || len(in.Problems) > 0 || len(in.Policies()) > 0 {
		t.Errorf("got %+v, %v", in, err)
	}
	_, err = cedar.Inspect(nil)
	checkError(t, err, kest.ErrConfig, "no file system")
	_, err = cedar.Inspect(fs.FS(broken{folder(map[string]string{"a.cedar": yes})}))
	checkError(t, err, kest.ErrConfig, "disk on fire")
}
