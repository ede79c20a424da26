package rego_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"testing"
)

// entry is one entry of an archive; without a type it is a file.
type entry struct {
	name, text string
	typ        byte
}

// files are entries that are files, in pairs of name and text.
func files(pairs ...string) []entry {
	var list []entry
	for i := 0; i < len(pairs); i += 2 {
		list = append(list, entry{name: pairs[i], text: pairs[i+1]})
	}
	return list
}

// tarGz is an archive as anybody can make it, with or without OPA.
func tarGz(t testing.TB, entries []entry) []byte {
	t.Helper()
	return gzipped(t, tarOf(t, entries))
}

func tarOf(t testing.TB, entries []entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		header := &tar.Header{Name: e.name, Mode: 0o644, Size: int64(len(e.text)), Typeflag: e.typ}
		if e.typ == tar.TypeSymlink || e.typ == tar.TypeLink {
			header.Size, header.Linkname, e.text = 0, e.text, ""
		}
		if err := w.WriteHeader(header); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(e.text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func gzipped(t testing.TB, content []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
