package launch

import (
	"context"
	"errors"
	"net"
	"os/exec"
	"strings"
	"testing"
)

// shell is a process that runs a script.
func shell(t *testing.T, script string) *process {
	t.Helper()
	program, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	p := &process{name: "script", program: program, arguments: []string{"-c", script}, dir: t.TempDir()}
	p.ready = func(context.Context) error { return errors.New("not yet") }
	t.Cleanup(p.kill)
	return p
}

func TestProcessThatEnds(t *testing.T) {
	p := shell(t, "echo port is taken; exit 1")
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	if err := p.await(t.Context()); err == nil || !strings.Contains(err.Error(), "ended before it answered") || !strings.Contains(err.Error(), "port is taken") {
		t.Errorf("got %v", err)
	}
}

func TestProcessThatNeverAnswers(t *testing.T) {
	p := shell(t, "exec sleep 600")
	if err := p.start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	given := errors.New("given up")
	p.ready = func(context.Context) error {
		cancel(given)
		return errors.New("not yet")
	}
	if err := p.await(ctx); !errors.Is(err, given) {
		t.Errorf("got %v, want %v", err, given)
	}
}

func TestProcessThatIsNotThere(t *testing.T) {
	p := &process{name: "missing", program: "/does/not/exist", dir: t.TempDir()}
	if err := p.start(); err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %v", err)
	}
	p.stop() // neither waits
	p.kill()
}

// TestStop ends a process that does as it is told, and one that does not.
func TestStop(t *testing.T) {
	for name, script := range map[string]string{
		"obedient":  "echo ready; exec sleep 600",
		"obstinate": "trap '' TERM; echo ready; while :; do sleep 1; done",
	} {
		t.Run(name, func(t *testing.T) {
			p := shell(t, script)
			if err := p.start(); err != nil {
				t.Fatal(err)
			}
			p.ready = func(context.Context) error {
				if !strings.Contains(p.withLog(errors.New("")).Error(), "ready") {
					return errors.New("not yet")
				}
				return nil
			}
			if err := p.await(t.Context()); err != nil {
				t.Fatal(err)
			}
			p.stop()
			if p.command.ProcessState == nil {
				t.Error("it still runs")
			}
			p.stop() // once more
		})
	}
}

func TestFind(t *testing.T) {
	if path, err := Find("sh"); err != nil || path == "" {
		t.Errorf("sh: %q, %v", path, err)
	}
	if _, err := Find("no-such-program"); err == nil || !strings.Contains(err.Error(), "make servers") {
		t.Errorf("got %v, which does not say what to do", err)
	}
}

func TestFreeAddress(t *testing.T) {
	taken := make(map[string]bool)
	for range 20 {
		address, err := freeAddress(taken)
		if err != nil {
			t.Fatal(err)
		}
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatalf("%s is not free: %v", address, err)
		}
		defer listener.Close()
	}
	if len(taken) != 20 {
		t.Errorf("%d addresses, want 20 that differ", len(taken))
	}
}
