package keysource

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// DefaultInterval is that of FileConfig.
const DefaultInterval = 2 * time.Second

// maxSize is the size in bytes of a JWK Set at most: that of kest.ParseKeySet.
const maxSize = 1 << 20

// FileConfig says how a file is watched.
type FileConfig struct {
	// Interval is how long what was read is used before the file is looked at
	// again, by the next call of Keys. 0 is DefaultInterval.
	Interval time.Duration
	// Logger gets a warning when the file becomes unusable, and a line when it
	// changes; nil is slog.Default().
	Logger *slog.Logger
}

// File is the keys in a file. It starts no goroutine, and is safe for concurrent
// use. It implements [kest.KeySource].
type File struct {
	path     string
	interval time.Duration
	logger   *slog.Logger
	now      func() time.Time

	keys    atomic.Pointer[kest.KeySet]
	problem atomic.Pointer[error] // why the file is not what keys has

	mu     sync.Mutex // of who looks at the file
	data   []byte     // what was read last, good or bad
	looked time.Time
}

var _ kest.KeySource = (*File)(nil)

// NewFile reads a JWK Set. The file must be there, and be right; a later version
// that is not leaves the keys of the last one that was, with a warning in the log
// and in Err. So does a file that is gone: a set without keys is {"keys":[]}.
// Replace the file by renaming another onto it. Errors match [kest.ErrConfig].
func NewFile(path string, config FileConfig) (*File, error) {
	return newFile(path, config, time.Now)
}

func newFile(path string, config FileConfig, now func() time.Time) (*File, error) {
	if config.Interval < 0 {
		return nil, fmt.Errorf("%w: keysource: the interval %s is negative: give a positive one, or 0 for %s", kest.ErrConfig, config.Interval, DefaultInterval)
	}
	if config.Interval == 0 {
		config.Interval = DefaultInterval
	}
	if config.Logger == nil {
		config.Logger = slog.Default()
	}
	f := &File{path: path, interval: config.Interval, logger: config.Logger, now: now}
	data, err := read(path)
	if err != nil {
		return nil, fmt.Errorf("%w: keysource: %w", kest.ErrConfig, err)
	}
	keys, err := kest.ParseKeySet(data)
	if err != nil {
		return nil, fmt.Errorf("keysource: %s: %w", path, err) // which is ErrConfig
	}
	f.data, f.looked = data, now()
	f.keys.Store(keys)
	return f, nil
}

// Keys implements [kest.KeySource]. While one caller looks at the file, others
// get the keys that are there. It fails only for a File that NewFile did not make.
func (f *File) Keys(ctx context.Context, workload, kid string) ([]kest.Key, error) {
	if f == nil || f.keys.Load() == nil {
		return nil, fmt.Errorf("%w: there is no file: make the source with NewFile", ErrUnavailable)
	}
	if f.mu.TryLock() {
		if f.now().Sub(f.looked) >= f.interval {
			f.look(ctx)
		}
		f.mu.Unlock()
	}
	return f.keys.Load().Keys(ctx, workload, kid)
}

// Err is why the file as it is now cannot be used, as of the last look at it; nil
// while its keys are those that Keys gives. It is for health checks.
func (f *File) Err() error {
	if f == nil || f.keys.Load() == nil {
		return fmt.Errorf("%w: there is no file: make the source with NewFile", ErrUnavailable)
	}
	if problem := f.problem.Load(); problem != nil {
		return *problem
	}
	return nil
}

// look reads the file and takes its keys if they are right. The whole of it is
// compared: times of files are too coarse to tell two versions apart.
func (f *File) look(ctx context.Context) {
	data, err := read(f.path)
	f.looked = f.now()
	if err != nil {
		f.data = nil // what comes after it is new, even if it is what was before
		f.report(ctx, err)
		return
	}
	if f.data != nil && bytes.Equal(data, f.data) {
		return
	}
	f.data = data
	keys, err := kest.ParseKeySet(data)
	if err != nil {
		f.report(ctx, fmt.Errorf("%s: %s", f.path, shorten(err)))
		return
	}
	f.keys.Store(keys)
	f.problem.Store(nil)
	f.logger.LogAttrs(ctx, slog.LevelInfo, "kest: the key file has changed",
		slog.String("path", f.path), slog.Int("keys", keys.Len()))
}

// report warns once of each problem, not at every look.
func (f *File) report(ctx context.Context, err error) {
	err = fmt.Errorf("%w: %w", ErrUnavailable, err)
	old := f.problem.Swap(&err)
	if old != nil && (*old).Error() == err.Error() {
		return
	}
	f.logger.LogAttrs(ctx, slog.LevelWarn, "kest: the key file cannot be used: the keys of its last version stay",
		slog.String("path", f.path), slog.String("error", err.Error()))
}

// read reads one regular file. Another kind could keep the reader waiting.
func read(path string) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, maxSize+1))
	if err == nil && len(data) > maxSize {
		err = errors.New(path + " is larger than a key set may be: " + fmt.Sprint(maxSize) + " bytes")
	}
	return data, err
}

// maxShown bounds what is shown of an error that quotes what was read, in bytes.
const maxShown = 512

// shorten is the text of an error of ParseKeySet. Only the text: that the error is
// one of configuration is true when a program starts, and not later.
func shorten(err error) string { return fmt.Sprintf("%.*s", maxShown, err) }
