package reload

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// Bounds of Config.Interval.
const (
	DefaultInterval = 2 * time.Second
	MinInterval     = 100 * time.Millisecond
	MaxInterval     = time.Hour
)

// Config says what to load and when. Path and Load are required.
type Config struct {
	// Path is a directory or a file. It is made absolute.
	Path string
	// Load makes an engine of what is at path, which is Path. It is called by one
	// goroutine at a time. The engine must keep nothing of the files and need no
	// closing: calls go on using it after the next one has taken its place.
	Load func(path string) (kest.Engine, error)
	// Interval is the time between two looks: 0 for [DefaultInterval], else
	// [MinInterval] to [MaxInterval]. A change is in use after one to two of
	// them.
	Interval time.Duration
	// Logger gets a record for each [Event]; nil is slog.Default().
	Logger *slog.Logger
	// OnReload is called for each [Event], one after the other; nil for none. It
	// must return soon, since nothing is loaded until it does, and must not call
	// Reload or Close.
	OnReload func(Event)
}

// Event says that other policies are in use, or why they are not.
type Event struct {
	// Digest is of the policies that are in use now, "" if their engine has none.
	Digest string
	// Err is nil when what is at Path is in use, for the first time or again.
	// Else it says why not, and those from before stay in use. It matches
	// [kest.ErrConfig].
	Err error
}

// check fills in the defaults and finds all that is wrong.
func (c *Config) check() error {
	var problems []error
	if c.Path == "" {
		problems = append(problems, errors.New("no path: set Path to the directory or file that holds the policies"))
	} else if path, err := filepath.Abs(c.Path); err != nil {
		problems = append(problems, err)
	} else {
		c.Path = path
	}
	if c.Load == nil {
		problems = append(problems, errors.New("no loader: set Load to a function such as one that calls rego.LoadDir"))
	}
	if c.Interval == 0 {
		c.Interval = DefaultInterval
	}
	if c.Interval < MinInterval || c.Interval > MaxInterval {
		problems = append(problems, fmt.Errorf("the interval is %s: it must be %s to %s, or 0 for %s", c.Interval, MinInterval, MaxInterval, DefaultInterval))
	}
	return errors.Join(problems...)
}

func configError(err error) error { return fmt.Errorf("%w: reload: %w", kest.ErrConfig, err) }
