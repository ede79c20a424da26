package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// protocol is how a server of one kind is asked and answers.
type protocol struct {
	// read finds the policy and the object's id.
	read       func(r *http.Request, body []byte) (policy, resource string, err error)
	yes, no    string
	wrongTypes []string
}

// double is a server that does to each question what its plan says, and keeps a
// ledger of it.
type double struct {
	t        *testing.T
	world    *world
	protocol protocol
	address  string
	version  atomic.Int32 // of the policies
	asked    atomic.Int32
	mu       sync.Mutex
	server   *http.Server
	conns    map[net.Conn]http.ConnState // those that are open
	opened   int                         // connections ever
	running  sync.WaitGroup
}

// startDouble starts one whose policies have version 1. The test's end stops it.
func startDouble(t *testing.T, w *world, p protocol) *double {
	t.Helper()
	d := &double{t: t, world: w, protocol: p, address: "127.0.0.1:0", conns: map[net.Conn]http.ConnState{}}
	d.version.Store(1)
	d.start()
	t.Cleanup(d.kill)
	return d
}

func (d *double) url() string { return "http://" + d.address }

// start listens, the second time on the same address, which somebody else's
// connection may have taken for a moment.
func (d *double) start() {
	var listener net.Listener
	waitFor(d.t, "the double listens on "+d.address, func() bool {
		var err error
		listener, err = net.Listen("tcp", d.address)
		return err == nil
	})
	if listener == nil {
		return
	}
	d.address = listener.Addr().String()
	server := &http.Server{Handler: d, ConnState: d.state, ErrorLog: log.New(io.Discard, "", 0)}
	d.mu.Lock()
	d.server = server
	d.mu.Unlock()
	d.running.Go(func() { _ = server.Serve(listener) })
}

// kill ends the server as a crash does: with it go all connections.
func (d *double) kill() {
	d.mu.Lock()
	server := d.server
	d.mu.Unlock()
	_ = server.Close() // that nothing listens is what is wanted
	d.running.Wait()
}

func (d *double) state(c net.Conn, s http.ConnState) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch s {
	case http.StateNew:
		d.opened++
		d.conns[c] = s
	case http.StateClosed, http.StateHijacked: // a hijacked one is closed by half
		delete(d.conns, c)
	default:
		d.conns[c] = s
	}
}

// connections are how many were ever opened, and how many are busy now.
func (d *double) connections() (opened, busy int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, s := range d.conns {
		if s == http.StateActive {
			busy++
		}
	}
	return d.opened, busy
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.running.Add(1)
	defer d.running.Done()
	n := int(d.asked.Add(1))
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // it broke off: no question
	}
	policy, call, word, err := d.read(r, body)
	if err != nil {
		d.t.Errorf("a question that cannot be read: %v: %s %s", err, r.RequestURI, body)
		return
	}
	// Before the answer is written: who hears it may look at once.
	d.world.ledger.note(call, policy, meaning(word))
	switch word {
	case wordAllow:
		_, _ = io.WriteString(w, d.protocol.yes)
	case wordDeny:
		_, _ = io.WriteString(w, d.protocol.no)
	case wordWrong:
		_, _ = io.WriteString(w, d.protocol.wrongTypes[n%len(d.protocol.wrongTypes)])
	case wordGarbage:
		d.garbage(w, n)
	case wordHalf:
		d.half(w, n)
	case wordSlow:
		d.untilGone(r.Context(), func() {})
	case wordCancel:
		d.untilGone(r.Context(), func() { d.world.cancel(call) })
	}
}

func (d *double) read(r *http.Request, body []byte) (policy string, call int, word string, err error) {
	policy, resource, err := d.protocol.read(r, body)
	if err != nil {
		return "", 0, "", err
	}
	word, call, err = wordOf(d.world.fault, int(d.version.Load()), policy, resource)
	return policy, call, word, err
}

// untilGone does not answer. It ends when the client has gone away, again and
// again doing what makes it: of clients that share a question, one may come
// when another has gone.
func (d *double) untilGone(gone context.Context, act func()) {
	act()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		select {
		case <-gone.Done():
			return
		case <-again.C:
			act()
		}
	}
}

// garbage answers what is not one JSON object with status 200.
func (d *double) garbage(w http.ResponseWriter, n int) {
	yes := d.protocol.yes
	bodies := []string{
		"", "true", "null", `"allow"`, "[" + yes + "]", "<html>allow</html>", "\xff\xfe\x00",
		yes + "x", yes + yes, yes[:len(yes)-1], "\ufeff" + yes,
		`{"x":1,"x":1,` + yes[1:], `{"x":"` + "\xff" + `",` + yes[1:],
	}
	if n%50 == 0 { // it is dear
		bodies[0] = `{"x":"` + strings.Repeat("x", 1<<20) + `",` + yes[1:]
		n = 0
	}
	switch n %= len(bodies) + 3; n {
	case len(bodies):
		w.WriteHeader(http.StatusTeapot)
	case len(bodies) + 1:
		w.Header().Set("Location", "/")
		w.WriteHeader(http.StatusTemporaryRedirect)
	case len(bodies) + 2:
		w.WriteHeader(http.StatusCreated)
	default:
		yes = bodies[n]
	}
	_, _ = io.WriteString(w, yes)
}

// half writes a part of an answer, says that there will be no more, and waits
// until the client has closed its side, too. Each part that has a body has the
// whole of one that allows.
func (d *double) half(w http.ResponseWriter, n int) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		d.t.Error(err)
		return
	}
	defer conn.Close()
	yes := d.protocol.yes
	parts := []string{
		"",
		"HTTP/1.1 200 O",
		"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le",
		"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n" + yes,
		fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n", len(yes), yes),
		fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s", 2*len(yes), yes),
	}
	_, _ = buffered.WriteString(parts[n%len(parts)])
	_ = buffered.Flush()
	if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
		return // the client was quicker
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		d.t.Error(err)
	}
	if _, err := io.Copy(io.Discard, conn); errors.Is(err, context.DeadlineExceeded) || isTimeout(err) {
		d.t.Error("a client keeps a connection that the server has closed its side of")
	}
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}
