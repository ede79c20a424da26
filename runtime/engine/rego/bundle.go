package rego

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"strings"

	"github.com/open-policy-agent/opa/v1/bundle"
)

// The files of a bundle that are neither policies nor data.
const (
	manifestFile      = bundle.ManifestExt
	manifestProtoFile = bundle.ManifestProtoExt
	signaturesFile    = ".signatures.json"
)

// LoadBundle compiles the policies of an OPA bundle, a .tar.gz such as opa build
// makes, with its data documents. Every module in it counts, tests too, as it does
// on a server. The roots of its manifest hold, and a module is of the Rego version
// that the manifest says, v0 or v1; one of which it says nothing may be of either.
//
// A signature is verified with [WithBundleVerification]. Without it a signed bundle
// loads like any other: a signature that nobody asked for proves nothing.
//
// All errors match [kest.ErrConfig]: those of [Load]; a file that is not a whole
// .tar.gz, as when somebody is still writing it; one larger than [MaxBundleSize],
// [MaxBundleInflated] or [MaxBundleFiles]; a delta bundle; one that is compiled to
// WebAssembly or a plan; a hidden file, a link, or a file that is there twice; and
// a signature that is missing or wrong.
func LoadBundle(path string, options ...Option) (*Engine, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, configError(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, configError(err)
	}
	if info.IsDir() {
		return nil, configError(fmt.Errorf("%s is a directory: use LoadDir, or make a bundle of it with opa build -b", path))
	}
	return readBundle(path, f, options)
}

// ReadBundle is [LoadBundle] for a bundle that is not a file. It reads to the end.
func ReadBundle(r io.Reader, options ...Option) (*Engine, error) {
	return readBundle("the bundle", r, options)
}

func readBundle(name string, r io.Reader, options []Option) (*Engine, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, configError(err)
	}
	e, err := buildBundle(r, s)
	if err != nil {
		return nil, configError(fmt.Errorf("%s: %w", name, err))
	}
	return e, nil
}

func buildBundle(r io.Reader, s *settings) (*Engine, error) {
	files, err := unpack(r)
	if err != nil {
		return nil, err
	}
	src, err := bundleSources(files, s.keys)
	if err != nil {
		return nil, err
	}
	return build(src, s)
}

// bundleSources sorts the files of a bundle into those that an engine is made of,
// after the signature has been verified if there are keys.
func bundleSources(files []file, keys *bundleKeys) (*sources, error) {
	src := new(sources)
	var signatures *file
	var failed []error
	for i, f := range files {
		switch err := unsupported(f.path); {
		case err != nil:
			failed = append(failed, err)
		case f.path == signaturesFile:
			signatures = &files[i]
		case f.path == manifestFile || f.path == manifestProtoFile:
			src.manifest = append(src.manifest, f)
		case isModule(f.path):
			src.modules = append(src.modules, f)
		case isData(f.path):
			src.data = append(src.data, f)
		}
	}
	if len(src.manifest) > 1 {
		failed = append(failed, fmt.Errorf("it has %s and %s: it may have one", manifestFile, manifestProtoFile))
	}
	if err := errors.Join(failed...); err != nil {
		return nil, err
	}
	if err := src.check(); err != nil {
		return nil, err
	}
	return src, keys.verify(files, signatures)
}

// unsupported refuses the files that change what a bundle means, and that nothing
// here would read; and those that OPA reads and people do not see.
func unsupported(name string) error {
	base := path.Base(name)
	switch {
	case name == signaturesFile || name == manifestFile || name == manifestProtoFile:
		return nil
	case base == "patch.json":
		return fmt.Errorf("%s: it is a delta bundle, which changes another one: give the whole bundle", name)
	case base == bundle.WasmFile:
		return fmt.Errorf("%s: it is compiled to WebAssembly: make it with opa build -t rego", name)
	case base == bundle.PlanFile || base == bundle.PlanProtoFile:
		return fmt.Errorf("%s: it is compiled to a plan: make it with opa build -t rego", name)
	case strings.HasPrefix(name, ".") || strings.Contains(name, "/."):
		return fmt.Errorf("%s: it is hidden: remove it from the bundle, since OPA would read what is in it", name)
	case strings.HasSuffix(name, bundle.ManifestExt) || strings.HasSuffix(name, bundle.ManifestProtoExt):
		return fmt.Errorf("%s: OPA would read it as the manifest: rename or remove it", name)
	}
	return nil
}
