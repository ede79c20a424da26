package reload

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// LoadTimeout is how long the engine waits for Load when it looks by itself. It
// is there so that a loader that hangs is reported.
const LoadTimeout = time.Minute

const (
	// maxRestless is after how many looks in a row that saw something new each
	// time it is reported that there is no end to it.
	maxRestless = 30
	// maxDelay is how many looks are left out at most before content that was
	// refused is loaded again. It is loaded again at all because a loader may
	// fail for lack of memory or of file handles.
	maxDelay = 32
)

var (
	errTimeout  = fmt.Errorf("no result within %s", LoadTimeout)
	errRestless = fmt.Errorf("the files were others at each of the last %d looks: write them elsewhere and rename the directory", maxRestless)
)

// watch is what the looks before this one saw.
type watch struct {
	seen        fingerprint // by the last one, unless it is in use
	restless    int         // looks in a row that saw something new
	wait, delay int         // looks to leave out, and how many it were the last time
}

// poll looks at each tick until the engine is closed.
func (e *Engine) poll(ticks <-chan time.Time) {
	defer close(e.ended)
	for {
		select {
		case <-e.closing:
			return
		case <-ticks:
			e.tick()
		}
	}
}

// tick is one look.
func (e *Engine) tick() {
	ctx, cancel := context.WithTimeoutCause(context.Background(), LoadTimeout, errTimeout)
	defer cancel()
	err := e.run(ctx, e.step)
	if !errors.Is(err, errTimeout) {
		return // settled
	}
	e.mu.Lock()
	event, report := e.apply(outcome{err: errTimeout})
	e.mu.Unlock()
	if report {
		e.report(event)
	}
}

// step looks, and loads what two looks saw alike.
func (e *Engine) step() outcome {
	w := &e.watch
	print, err := look(e.config.Path)
	switch {
	case err != nil:
		*w = watch{}
		return outcome{err: err}
	case print == e.current.Load().print:
		*w = watch{}
		return outcome{inUse: true}
	case print != w.seen:
		return w.changed(print)
	case w.wait > 0:
		w.wait--
		return outcome{}
	}
	v, err := e.build()
	var r *refusal
	switch {
	case errors.Is(err, errChanged),
		errors.As(err, &r) && r.print != print,
		err == nil && v.print != print:
		return w.changed(fingerprint{})
	case err != nil:
		w.restless = 0
		w.delay = min(max(1, 2*w.delay), maxDelay)
		w.wait = w.delay
		return outcome{err: err}
	}
	return outcome{version: v}
}

// changed is for a look that saw something new.
func (w *watch) changed(seen fingerprint) outcome {
	*w = watch{seen: seen, restless: w.restless + 1}
	if w.restless > maxRestless {
		return outcome{err: errRestless}
	}
	return outcome{}
}
