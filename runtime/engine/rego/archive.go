package rego

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
)

// Limits on a bundle. A gzip of kilobytes can inflate to gigabytes.
const (
	MaxBundleSize     = 16 << 20 // bytes of the .tar.gz
	MaxBundleInflated = 64 << 20 // bytes of the archive in it, and of all files together
	MaxBundleFiles    = 10_000   // entries of the archive, directories too
)

// unpack returns the files of a .tar.gz, in its order.
func unpack(r io.Reader) ([]file, error) {
	archive, err := inflate(r)
	if err != nil {
		return nil, err
	}
	return untar(archive)
}

// inflate reads to the end of the file, where the checksum is, so that a half of a
// bundle that somebody is still writing is an error.
func inflate(r io.Reader) ([]byte, error) {
	if r == nil {
		return nil, errors.New("there is no reader")
	}
	zr, err := gzip.NewReader(&limitedReader{r, MaxBundleSize, fmt.Errorf("%w: more than %d bytes", errTooLarge, MaxBundleSize)})
	if err != nil {
		return nil, notWhole("gzip", err)
	}
	archive, err := io.ReadAll(&limitedReader{zr, MaxBundleInflated, fmt.Errorf("%w: it inflates to more than %d bytes", errTooLarge, MaxBundleInflated)})
	if err != nil {
		return nil, notWhole("gzip", err)
	}
	// Two blocks of zeros end an archive. archive/tar takes one without them, as
	// it is when the program that wrote it was stopped between two files.
	if !bytes.HasSuffix(archive, make([]byte, 2*blockSize)) {
		return nil, notWhole("tar", io.ErrUnexpectedEOF)
	}
	return archive, nil
}

const blockSize = 512 // of tar

// errTooLarge is for what is over a limit.
var errTooLarge = errors.New("it is too large")

func notWhole(format string, err error) error {
	if errors.Is(err, errTooLarge) {
		return err
	}
	return fmt.Errorf("it is not a whole .tar.gz, as opa build makes it: %s: %w", format, err)
}

func untar(archive []byte) ([]file, error) {
	source := bytes.NewReader(archive)
	var files []file
	seen := map[string]bool{}
	left := int64(MaxBundleInflated)
	tr := tar.NewReader(source)
	for range MaxBundleFiles + 1 { // with the end
		header, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files, onlyZeros(archive[len(archive)-source.Len():])
		}
		if err != nil {
			return nil, notWhole("tar", err)
		}
		switch header.Typeflag {
		case tar.TypeDir, tar.TypeXGlobalHeader:
			continue
		case tar.TypeReg:
		default:
			return nil, fmt.Errorf("%.100q is a link or a device: put the file itself into the bundle", header.Name)
		}
		path, err := entryPath(header.Name)
		if err != nil {
			return nil, err
		}
		if seen[path] {
			return nil, fmt.Errorf("%s is there twice", path)
		}
		seen[path] = true
		// A sparse file is larger than its part of the archive.
		text, err := io.ReadAll(&limitedReader{tr, left, fmt.Errorf("%w: its files have more than %d bytes", errTooLarge, MaxBundleInflated)})
		if err != nil {
			return nil, notWhole("tar", err)
		}
		left -= int64(len(text))
		files = append(files, file{path: path, text: string(text), name: header.Name})
	}
	return nil, fmt.Errorf("%w: it has more than %d files", errTooLarge, MaxBundleFiles)
}

func onlyZeros(rest []byte) error {
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return errors.New("there is something behind the end of the archive, which nothing reads: build the bundle again")
	}
	return nil
}

const maxPath = 1024 // bytes: errors show paths

// entryPath is the path of a file from the root of the bundle, which archives
// write in three ways: a/b, /a/b and ./a/b.
func entryPath(name string) (string, error) {
	path, found := strings.CutPrefix(name, "./")
	if !found {
		path = strings.TrimPrefix(name, "/")
	}
	if len(path) > maxPath || !fs.ValidPath(path) || path == "." || strings.ContainsAny(path, "\\\x00") {
		return "", fmt.Errorf("%.100q is no path from the root of the bundle", name)
	}
	return path, nil
}

// limitedReader gives err for what is longer than left, and not an end as
// [io.LimitReader] does.
type limitedReader struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limitedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if int64(n) > l.left {
		return 0, l.err
	}
	l.left -= int64(n)
	return n, err
}
