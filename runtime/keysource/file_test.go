package keysource_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/keysource"
)

// replace writes a file as its operator should: by renaming.
func replace(t testing.TB, path, content string) {
	t.Helper()
	check(t, os.WriteFile(path+".new", []byte(content), 0o600))
	check(t, os.Rename(path+".new", path))
}

func TestFileThatChanges(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.jwks")
	replace(t, path, jwks(t, key(payments, 1)))
	c := newClock()
	var log bytes.Buffer
	source, err := keysource.NewFileAt(path, keysource.FileConfig{Interval: time.Second, Logger: slog.New(slog.NewTextHandler(&log, nil))}, c.now)
	check(t, err)
	checkKeys(t, source, payments, "", 1)
	checkKeys(t, source, payments, key(payments, 1).ID(), 1)
	checkKeys(t, source, orders, "")

	// The same size: only the content tells.
	replace(t, path, jwks(t, key(payments, 2)))
	c.add(time.Second - 1)
	checkKeys(t, source, payments, "", 1)
	c.add(1)
	checkKeys(t, source, payments, "", 2)
	if !strings.Contains(log.String(), "has changed") {
		t.Errorf("the log lacks the change: %s", log.String())
	}

	for _, tt := range []struct {
		name  string
		spoil func()
		want  string
	}{
		{"garbage", func() { replace(t, path, "{") }, "keys.jwks"},
		{"half written", func() { replace(t, path, jwks(t, key(payments, 3))[:40]) }, "keys.jwks"},
		{"another kind of key", func() { replace(t, path, `{"keys":[{"kty":"RSA","sub":"a"}]}`) }, "RSA"},
		{"long garbage", func() { replace(t, path, `{"keys":[{"kty":"`+strings.Repeat("x", 1<<16)+`"}]}`) }, "key 0"},
		{"too large", func() { replace(t, path, strings.Repeat(" ", 1<<20+1)) }, "1048576"},
		{"gone", func() { check(t, os.Remove(path)) }, "no such file"},
		{"a directory", func() { check(t, os.Mkdir(path, 0o700)) }, "not a regular file"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			log.Reset()
			tt.spoil()
			for range 3 {
				c.add(time.Second)
				checkKeys(t, source, payments, "", 2)
			}
			checkError(t, source.Err(), keysource.ErrUnavailable, tt.want)
			if n := strings.Count(log.String(), "cannot be used"); n != 1 || log.Len() > 2000 {
				t.Errorf("%d warnings in %d bytes: %.1000s", n, log.Len(), log.String())
			}
		})
	}

	check(t, os.Remove(path))
	replace(t, path, jwks(t, key(payments, 2)))
	c.add(time.Second)
	checkKeys(t, source, payments, "", 2)
	check(t, source.Err())

	// No keys is a version like another: everybody's are taken away.
	replace(t, path, `{"keys":[]}`)
	c.add(time.Second)
	checkKeys(t, source, payments, "")
	check(t, source.Err())
}

func TestFileWhileOthersRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.jwks")
	replace(t, path, jwks(t, key(payments, 1)))
	source, err := keysource.NewFile(path, keysource.FileConfig{Interval: 1, Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			for range 200 {
				found, err := source.Keys(t.Context(), payments, "")
				if err != nil || len(found) != 1 {
					t.Errorf("%d keys, %v", len(found), err)
				}
			}
		})
	}
	for n := range byte(20) {
		replace(t, path, jwks(t, key(payments, n)))
	}
	running.Wait()
	checkKeys(t, source, payments, "", 19)
	check(t, source.Err())
}

func TestNewFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		check(t, os.WriteFile(path, []byte(content), 0o600))
		return path
	}
	good := write("good", jwks(t, key(payments, 1)))
	closed := write("closed", "x")
	for name, tt := range map[string]struct {
		path   string
		config keysource.FileConfig
		want   string
	}{
		"no path":           {"", keysource.FileConfig{}, "no such file"},
		"no file":           {filepath.Join(dir, "none"), keysource.FileConfig{}, "none"},
		"directory":         {dir, keysource.FileConfig{}, "not a regular file"},
		"device":            {os.DevNull, keysource.FileConfig{}, "not a regular file"},
		"garbage":           {closed, keysource.FileConfig{}, "closed"},
		"empty":             {write("empty", ""), keysource.FileConfig{}, "empty"},
		"private key":       {write("private", `{"keys":[{"d":"hunter2"}]}`), keysource.FileConfig{}, "private key"},
		"negative interval": {good, keysource.FileConfig{Interval: -1}, "negative"},
	} {
		source, err := keysource.NewFile(tt.path, tt.config)
		if source != nil {
			t.Errorf("%s: got a source", name)
		}
		checkError(t, err, kest.ErrConfig, tt.want)
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error holds the private key: %v", name, err)
		}
	}
	source, err := keysource.NewFile(good, keysource.FileConfig{})
	check(t, err)
	checkKeys(t, source, payments, "", 1)
}

func TestSourcesThatNobodyMade(t *testing.T) {
	var file *keysource.File
	var url *keysource.URL
	for _, source := range []kest.KeySource{file, &keysource.File{}, url, &keysource.URL{}} {
		checkUnavailable(t, source, "", "make the source with New")
	}
	checkError(t, file.Err(), keysource.ErrUnavailable, "NewFile")
	checkError(t, url.Load(t.Context()), keysource.ErrUnavailable, "NewURL")
}
