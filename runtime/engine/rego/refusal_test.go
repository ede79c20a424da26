package rego_test

import (
	"archive/tar"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
)

func TestBundleRefusals(t *testing.T) {
	many := make([]entry, rego.MaxBundleFiles)
	for i := range many {
		many[i] = entry{name: fmt.Sprintf("%d/", i), typ: tar.TypeDir}
	}
	bomb := tarGz(t, files("a.rego", yes, "zeros.txt", strings.Repeat("\x00", rego.MaxBundleInflated)))
	whole := tarOf(t, files("a.rego", yes))
	for name, test := range map[string]struct {
		content []byte
		want    string
	}{
		"nothing":               {nil, "not a whole .tar.gz"},
		"no gzip":               {whole, "not a whole .tar.gz"},
		"no tar":                {gzipped(t, []byte(strings.Repeat("x", 2048))), "not a whole .tar.gz"},
		"bad header":            {gzipped(t, append([]byte(strings.Repeat("x", 512)), make([]byte, 1024)...)), "tar: "},
		"half of it":            {tarGz(t, files("a.rego", yes))[:100], "unexpected EOF"},
		"without checksum":      {cut(tarGz(t, files("a.rego", yes)), 8), "unexpected EOF"},
		"tar without its end":   {gzipped(t, cut(whole, 1024)), "unexpected EOF"},
		"something behind":      {gzipped(t, slices.Concat(whole, []byte("more"), make([]byte, 1024))), "behind the end"},
		"gzip with junk":        {append(tarGz(t, files("a.rego", yes)), "junk"...), "not a whole .tar.gz"},
		"zip bomb":              {bomb, "it is too large: it inflates to more than 67108864 bytes"},
		"sparse bomb":           {gzipped(t, sparse(t)), "it is too large: its files have more than 67108864 bytes"},
		"large":                 {randomBundle(t), "it is too large: more than 16777216 bytes"},
		"many files":            {tarGz(t, append(many, entry{name: "a.rego", text: yes})), "it is too large: it has more than 10000 files"},
		"no module":             {tarGz(t, files("data.json", "{}")), "no .rego file"},
		"no policy":             {tarGz(t, files("a.rego", "package a\n\nx := 1\n")), "no package has a rule named allow"},
		"module too large":      {tarGz(t, files("a.rego", yes+strings.Repeat("#", rego.MaxModuleSize))), "a.rego has more than 1048576 bytes"},
		"data too large":        {tarGz(t, files("a.rego", yes, "data.json", `"`+strings.Repeat("x", rego.MaxDataSize)+`"`)), "data documents have more than 16777216 bytes"},
		"twice":                 {tarGz(t, files("a.rego", yes, "/a.rego", yes)), "a.rego is there twice"},
		"out of the root":       {tarGz(t, files("../a.rego", yes)), `"../a.rego" is no path from the root`},
		"out of the root later": {tarGz(t, files("a/../../a.rego", yes)), "is no path from the root"},
		"two slashes":           {tarGz(t, files("//a.rego", yes)), "is no path from the root"},
		"a long path":           {tarGz(t, files(strings.Repeat("a", 1025), yes)), "is no path from the root"},
		"backslash":             {tarGz(t, files(`a\a.rego`, yes)), "is no path from the root"},
		"the root itself":       {tarGz(t, files(".", yes)), "is no path from the root"},
		"symbolic link":         {tarGz(t, []entry{{"a.rego", "/etc/passwd", tar.TypeSymlink}}), `"a.rego" is a link`},
		"hard link":             {tarGz(t, []entry{{"a.rego", yes, 0}, {"b.rego", "a.rego", tar.TypeLink}}), `"b.rego" is a link`},
		"device":                {tarGz(t, []entry{{"a.rego", "", tar.TypeChar}}), "a device"},
		"hidden module":         {tarGz(t, files("a.rego", yes, ".b.rego", yes)), ".b.rego: it is hidden"},
		"hidden directory":      {tarGz(t, files("a.rego", yes, "x/.git/b.rego", yes)), "x/.git/b.rego: it is hidden"},
		"manifest below":        {tarGz(t, files("a.rego", yes, "x/.manifest", "{}")), "x/.manifest: it is hidden"},
		"another manifest":      {tarGz(t, files("a.rego", yes, "x/my.manifest", "{}")), "x/my.manifest: OPA would read it as the manifest"},
		"two manifests":         {tarGz(t, files("a.rego", yes, ".manifest", "{}", ".manifest.pb", "")), "it has .manifest and .manifest.pb"},
		"manifest no JSON":      {tarGz(t, files("a.rego", yes, ".manifest", "{")), ".manifest: not valid JSON (RFC 8259), at byte 1"},
		"manifest with junk":    {tarGz(t, files("a.rego", yes, ".manifest", "{} {}")), ".manifest: not valid JSON (RFC 8259), at byte 3"},
		"manifest, twice":       {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":["x"],"roots":[""]}`)), ".manifest: duplicate member name"},
		"manifest no object":    {tarGz(t, files("a.rego", yes, ".manifest", `[]`)), "manifest"},
		"manifest no protobuf":  {tarGz(t, files("a.rego", yes, ".manifest.pb", `xxx`)), "manifest"},
		"roots overlap":         {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":["kest","kest/yes"]}`)), "overlapped roots"},
		"module out of roots":   {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":["kest/no"]}`)), `a.rego: the manifest's roots ["kest/no"] do not permit package kest.yes`},
		"module above roots":    {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":["kest/yes/deep"]}`)), "do not permit package kest.yes"},
		"no roots at all":       {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":[]}`)), "roots [] do not permit"},
		"data out of roots":     {tarGz(t, files("a.rego", yes, ".manifest", `{"roots":["kest"]}`, "data.json", `{"x":1}`)), "do not permit data at path '/x'"},
		"wasm":                  {tarGz(t, files("policy.wasm", "", "a.rego", yes)), "policy.wasm: it is compiled to WebAssembly: make it with opa build -t rego"},
		"wasm in the manifest":  {tarGz(t, files("a.rego", yes, ".manifest", `{"wasm":[{"entrypoint":"kest/yes/allow","module":"/policy.wasm"}]}`)), "wasm"},
		"plan":                  {tarGz(t, files("a.rego", yes, "plan.json", "{}")), "plan.json: it is compiled to a plan"},
		"plan, protobuf":        {tarGz(t, files("a.rego", yes, "plan.pb", "")), "plan.pb: it is compiled to a plan"},
		"delta":                 {tarGz(t, files("patch.json", `{"data":[{"op":"upsert","path":"/x","value":1}]}`)), "patch.json: it is a delta bundle"},
		"delta below":           {tarGz(t, files("a.rego", yes, "x/patch.json", `{}`)), "x/patch.json: it is a delta bundle"},
		"neither version":       {tarGz(t, files("a.rego", "package a\n\n}")), "a.rego is neither Rego v1 nor Rego v0"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := rego.ReadBundle(bytes.NewReader(test.content))
			checkError(t, err, kest.ErrConfig, "the bundle: ", test.want)
			path := writeBundle(t, test.content)
			_, err = rego.LoadBundle(path)
			checkError(t, err, kest.ErrConfig, path, test.want)
		})
	}
}

// cut is content without its last n bytes.
func cut(content []byte, n int) []byte { return content[:len(content)-n] }

// sparse is a small archive of a file that has a terabyte of holes.
func sparse(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	// The map of PAX format 1.0 stands before the data, of which there is none.
	content := append([]byte("0\n"), make([]byte, 510)...)
	must(t, w.WriteHeader(&tar.Header{Name: "a.rego", Mode: 0o644, Size: int64(len(content)), Typeflag: tar.TypeReg, PAXRecords: map[string]string{
		"KES.sparse.major": "1", "KES.sparse.minor": "0", "KES.sparse.name": "a.rego", "KES.sparse.realsize": "1099511627776",
	}}))
	_, err := w.Write(content)
	must(t, err)
	must(t, w.Close())
	// The writer of archive/tar does not make such files; its reader reads them.
	return bytes.ReplaceAll(b.Bytes(), []byte("KES.sparse."), []byte("GNU.sparse."))
}

// randomBundle does not compress: its .tar.gz is over the limit.
func randomBundle(t *testing.T) []byte {
	t.Helper()
	noise := make([]byte, rego.MaxBundleSize+1<<20)
	state := uint64(1)
	for i := range noise {
		state = state*6364136223846793005 + 1442695040888963407
		noise[i] = byte(state >> 56)
	}
	return tarGz(t, files("a.rego", yes, "noise", string(noise)))
}
