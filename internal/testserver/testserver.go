// Package testserver runs the servers that a user of this module would have, for
// tests: OPA, cedar-agent, Redis, nginx. `make servers` installs them.
package testserver

import (
	"bytes"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Find gives the path of a server's program: build/bin of this repository, else
// the PATH. Without one the test is skipped, which is a failure in CI.
func Find(t testing.TB, name string) string {
	t.Helper()
	own := filepath.Join(root(t), "build", "bin", name)
	if info, err := os.Stat(own); err == nil && !info.IsDir() {
		return own
	}
	for _, dir := range append(filepath.SplitList(os.Getenv("PATH")), "/usr/sbin") {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	t.Skipf("there is no program %s: `make servers` installs it", name)
	return ""
}

// root is the directory of go.mod.
func root(t testing.TB) string {
	t.Helper()
	dir, err := os.Getwd()
	for err == nil {
		if _, statErr := os.Stat(filepath.Join(dir, "go.mod")); statErr == nil {
			return dir
		}
		if filepath.Dir(dir) == dir {
			break
		}
		dir = filepath.Dir(dir)
	}
	t.Fatalf("no go.mod above the working directory (%v)", err)
	return ""
}

// Address is a loopback address that nobody listens on now.
func Address(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Port is the port of an address as a number.
func Port(t testing.TB, address string) int {
	t.Helper()
	_, text, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	port, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// Process is a server that runs.
type Process struct {
	command *exec.Cmd
	ended   chan struct{}
	output  output
}

// startLimit is how long a server may take until it listens, on a busy machine.
const startLimit = 60 * time.Second

// Start runs a program and waits until it accepts connections on address
// ("host:port", or "unix:" and a path). The test's end kills it.
func Start(t testing.TB, address, program string, arguments ...string) *Process {
	t.Helper()
	p := &Process{command: exec.Command(program, arguments...), ended: make(chan struct{})}
	p.command.Dir = t.TempDir()
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		t.Fatalf("%s: %v", program, err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // it is killed, as a rule
	}()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			t.Logf("%s wrote:\n%s", filepath.Base(program), p.Output())
		}
	})
	network, at := "tcp", address
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		network, at = "unix", path
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(startLimit); time.Now().Before(deadline); {
		conn, err := net.DialTimeout(network, at, time.Second)
		if err == nil {
			conn.Close()
			return p
		}
		select {
		case <-p.ended:
			t.Fatalf("%s ended before it listened on %s:\n%s", program, address, p.Output())
		case <-tick.C:
		}
	}
	t.Fatalf("%s does not listen on %s after %s:\n%s", program, address, startLimit, p.Output())
	return nil
}

// Kill ends the server as a crash does, and waits until it has ended. It may be
// called twice.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended by itself
	<-p.ended
}

// Signal sends a signal: a server that is stopped (SIGSTOP) never answers.
func (p *Process) Signal(s os.Signal) error { return p.command.Process.Signal(s) }

// Output is what the server wrote so far.
func (p *Process) Output() string { return p.output.String() }

type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}
