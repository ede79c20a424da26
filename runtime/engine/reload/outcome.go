package reload

import (
	"context"
	"errors"
	"log/slog"
)

// outcome is how an attempt ended. The zero value is that there is nothing to do
// yet.
type outcome struct {
	version *version // to be used from now on
	inUse   bool     // what is at Path is in use already
	err     error
}

// failure is what makes a failure another one than the last: the content that
// cannot be used, whatever words it is refused with, or the words if there is no
// content.
type failure struct {
	print fingerprint
	text  string
}

func failureOf(err error) failure {
	var r *refusal
	if errors.As(err, &r) {
		return failure{print: r.print}
	}
	return failure{text: err.Error()}
}

// settle makes an outcome that of an attempt, unless that has one, and reports
// it.
func (e *Engine) settle(a *attempt, o outcome) {
	e.mu.Lock()
	for o.version != nil && !a.over && o.version.checked != len(e.accepted) {
		// Somebody asked for another policy meanwhile.
		e.mu.Unlock()
		if err := e.approve(o.version); err != nil {
			o = outcome{err: &refusal{o.version.print, err}}
		}
		e.mu.Lock()
	}
	if a.over {
		e.mu.Unlock()
		return
	}
	a.over = true
	if o.err != nil {
		a.err = configError(o.err)
	}
	event, report := e.apply(o)
	e.mu.Unlock()
	if report {
		e.report(event)
	}
}

// apply changes the state of the engine, and says what is to be reported. The
// caller holds mu.
func (e *Engine) apply(o outcome) (event Event, report bool) {
	switch {
	case o.version != nil:
		e.current.Store(o.version)
		e.err, e.reported, report = nil, failure{}, true
	case o.inUse:
		report = e.err != nil
		e.err, e.reported = nil, failure{}
	case o.err != nil && !errors.Is(o.err, errChanged):
		e.err = configError(o.err)
		report = failureOf(o.err) != e.reported
		e.reported = failureOf(o.err)
	}
	return Event{Digest: e.current.Load().digest, Err: e.err}, report
}

// report tells the log and the program.
func (e *Engine) report(event Event) {
	e.reporting.Lock()
	defer e.reporting.Unlock()
	attributes := []slog.Attr{
		slog.String("path", e.config.Path),
		slog.String("policy_digest", event.Digest),
	}
	if event.Err == nil {
		e.log(slog.LevelInfo, "kest: policies reloaded", attributes...)
	} else {
		e.log(slog.LevelError, "kest: policies not reloaded, those from before stay in use",
			append(attributes, slog.String("error", event.Err.Error()))...)
	}
	if e.config.OnReload == nil {
		return
	}
	var err error
	func() {
		defer recoverAs(&err)
		e.config.OnReload(event)
	}()
	if err != nil {
		e.log(slog.LevelError, "kest: OnReload failed", slog.String("error", err.Error()))
	}
}

// log looks the logger up at each record, so that slog.SetDefault works at any
// time.
func (e *Engine) log(level slog.Level, message string, attributes ...slog.Attr) {
	logger := e.config.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.LogAttrs(context.Background(), level, message, attributes...)
}
