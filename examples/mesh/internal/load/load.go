// Package load sends requests through the mesh while its processes are killed, and
// counts what comes back. Every answer has to be right or an error, and every
// passport has to verify.
package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
)

// Config says how much to do.
type Config struct {
	Duration time.Duration // for how long requests are sent
	Every    time.Duration // how often a process is killed and started again
	Workers  int           // how many requests are on their way at once
	Log      io.Writer     // gets a line for each process that is killed; nil for nowhere
}

// tokenLife is how long a token is used: less than it is valid.
const tokenLife = time.Minute

// Run sends requests until the time is over or the context ends. The error is that
// it could not do so; what the mesh does wrong is in the report.
func Run(ctx context.Context, m *launch.Mesh, config Config) (*Report, error) {
	if config.Duration <= 0 || config.Every <= 0 || config.Workers <= 0 {
		return nil, errors.New("load: duration, every and workers must be positive")
	}
	if config.Log == nil {
		config.Log = io.Discard
	}
	// Only what starts new requests ends with the time: those on their way finish.
	running, stop := context.WithTimeout(ctx, config.Duration)
	defer stop()
	r := &runner{mesh: m, report: newReport()}
	started := time.Now()
	var workers sync.WaitGroup
	for worker := range config.Workers {
		workers.Go(func() {
			if err := r.work(ctx, running, worker); err != nil {
				r.report.fail(err)
				stop()
			}
		})
	}
	if err := r.kill(ctx, running, config); err != nil {
		r.report.fail(err)
		stop()
	}
	workers.Wait()
	r.report.took = time.Since(started)
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if r.report.failure != nil {
		return nil, r.report.failure
	}
	return r.report, r.recover(ctx)
}

// recoverLimit is how long the mesh may take until all is well again: until
// connections are made anew, and keys known.
const recoverLimit = time.Minute

// recover waits until each kind of request gets the right answer again, with all
// processes there.
func (r *runner) recover(ctx context.Context) error {
	tokens, err := r.tokens(ctx)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, recoverLimit)
	defer cancel()
	for number, k := range kinds {
		for try := 0; ; try++ {
			o := r.try(ctx, k, fmt.Sprintf("L-after-%d-%d", number, try), tokens)
			if o.kind == right {
				break
			}
			if o.kind != refused || ctx.Err() != nil {
				return fmt.Errorf("load: the mesh does not recover: %s: %s", k.name, o.text)
			}
			pause(ctx, retry)
		}
	}
	return nil
}

type runner struct {
	mesh   *launch.Mesh
	report *Report
}

// kill ends one process after the other, in turn. Each is away for a tenth of the
// time until the next.
func (r *runner) kill(ctx, running context.Context, config Config) error {
	tick := time.NewTicker(config.Every)
	defer tick.Stop()
	victims := launch.Victims()
	for turn := 0; ; turn++ {
		select {
		case <-running.Done():
			return nil
		case <-tick.C:
		}
		name := victims[turn%len(victims)]
		began := time.Now()
		if err := r.mesh.Kill(name); err != nil {
			return err
		}
		pause(running, config.Every/10)
		if err := r.mesh.Revive(ctx, name); err != nil {
			return err
		}
		r.report.killed(name)
		fmt.Fprintf(config.Log, "killed %s; it is back after %s\n", name, time.Since(began).Round(time.Millisecond))
	}
}

// retry is how long a worker waits after an error, as a client should.
const retry = 20 * time.Millisecond

// pause waits, unless the context ends first.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// work sends one request after the other, of kinds that are the same in every run.
func (r *runner) work(ctx, running context.Context, worker int) error {
	dice := rand.New(rand.NewPCG(uint64(worker), 0))
	var tokens map[string]string
	var got time.Time
	for number := 0; running.Err() == nil; number++ {
		if tokens == nil || time.Since(got) > tokenLife {
			var err error
			if tokens, err = r.tokens(ctx); err != nil {
				return err
			}
			got = time.Now()
		}
		k := kinds[dice.IntN(len(kinds))]
		outcome := r.try(ctx, k, fmt.Sprintf("L-%d-%d", worker, number), tokens)
		r.report.add(k.name, outcome)
		if outcome.kind == refused {
			pause(running, retry)
		}
	}
	return nil
}

func (r *runner) tokens(ctx context.Context) (map[string]string, error) {
	tokens := make(map[string]string)
	for _, user := range []string{launch.User, launch.Administrator} {
		token, err := r.mesh.Token(ctx, user)
		if err != nil {
			return nil, err
		}
		tokens[user] = token
	}
	return tokens, nil
}
