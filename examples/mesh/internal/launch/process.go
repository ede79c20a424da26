package launch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// Limits that a busy machine keeps.
const (
	startLimit = 60 * time.Second // until a program answers
	stopLimit  = 5 * time.Second  // until one that was asked to end is killed
)

// A process is a program that runs, or ran, or is to run again.
type process struct {
	name      string
	program   string // path
	arguments []string
	dir       string // where it runs, and its log is
	ready     func(context.Context) error

	command *exec.Cmd
	ended   chan struct{}
}

func (p *process) logPath() string { return filepath.Join(p.dir, p.name+".log") }

// start runs the program. What it writes is added to its log.
func (p *process) start() error {
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close() // the program has its own
	command := exec.Command(p.program, p.arguments...)
	command.Dir, command.Stdout, command.Stderr = p.dir, log, log
	command.SysProcAttr = ownGroup()
	if err := command.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = command.Wait() // it is stopped, as a rule
	}()
	p.command, p.ended = command, ended
	return nil
}

// await waits until the program answers.
func (p *process) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, startLimit, fmt.Errorf("%s does not answer after %s", p.name, startLimit))
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		if p.ready(ctx) == nil {
			return nil
		}
		select {
		case <-p.ended:
			return p.withLog(fmt.Errorf("%s ended before it answered", p.name))
		case <-ctx.Done():
			return p.withLog(context.Cause(ctx))
		case <-tick.C:
		}
	}
}

// maxTail is how much of a log an error shows, in bytes.
const maxTail = 2 << 10

func (p *process) withLog(err error) error {
	log, readErr := os.ReadFile(p.logPath())
	if readErr != nil {
		return errors.Join(err, readErr)
	}
	if len(log) > maxTail {
		log = log[len(log)-maxTail:]
	}
	return fmt.Errorf("%w; it wrote:\n%s", err, log)
}

// kill ends the program as a crash does, and waits until it has ended. It may be
// called for one that never started, or twice.
func (p *process) kill() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Kill() // it may have ended by itself
	<-p.ended
}

// stop asks the program to end, and kills it if it does not.
func (p *process) stop() {
	if p.command == nil {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	timer := time.NewTimer(stopLimit)
	defer timer.Stop()
	select {
	case <-p.ended:
	case <-timer.C:
		p.kill()
	}
}
