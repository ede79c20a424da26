package kestpropagation

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
)

// writers are kept because each has 800 KB of tables.
var writers = sync.Pool{New: func() any { return zlib.NewWriter(nil) }}

// compress is base64url without padding of zlib.
func compress(text []byte) (string, error) {
	var b bytes.Buffer
	w := writers.Get().(*zlib.Writer)
	defer writers.Put(w)
	w.Reset(&b)
	if _, err := w.Write(text); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.RawURLEncoding.EncodeToString(b.Bytes()), nil
}

// readers are kept because each has 40 KB of tables.
var readers sync.Pool // of io.Reader that are zlib.Resetter

func zlibReader(source io.Reader) (io.Reader, error) {
	kept, ok := readers.Get().(io.Reader)
	if !ok {
		return zlib.NewReader(source)
	}
	return kept, kept.(zlib.Resetter).Reset(source, nil)
}

// inflate reads what compress wrote, or another runtime with padding, up to limit
// bytes.
func inflate(text string, limit int) ([]byte, error) {
	compressed, err := base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, errors.New("it is not base64url")
	}
	source := bytes.NewReader(compressed)
	r, err := zlibReader(source)
	if err != nil {
		return nil, fmt.Errorf("it is not zlib: %w", err)
	}
	defer readers.Put(r)
	inflated, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("it is not zlib: %w", err)
	case len(inflated) > limit:
		return nil, fmt.Errorf("inflated it has more than %d bytes", limit)
	case source.Len() > 0:
		return nil, errors.New("something stands behind the compressed passport")
	}
	return inflated, nil
}
