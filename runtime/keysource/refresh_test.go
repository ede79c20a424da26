package keysource_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/keysource"
)

// The durations of these tests, on a clock of their own.
const (
	maxAge      = 5 * time.Minute
	minInterval = 10 * time.Second
	maxStale    = time.Hour
)

func TestRotation(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	url, client := start(t, p)
	c := newClock()
	source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
	if p.count() != 0 {
		t.Error("the constructor asked the server")
	}
	first, second := key(payments, 1).ID(), key(payments, 2).ID()
	for range 5 {
		checkKeys(t, source, payments, first, 1)
		checkKeys(t, source, payments, "", 1)
	}
	if n := p.count(); n != 1 {
		t.Errorf("asked %d times for a set that is fresh", n)
	}

	// A new key is found as soon as it is asked for, and the old one stays.
	p.publish(200, jwks(t, key(payments, 1), key(payments, 2)))
	c.add(minInterval)
	checkKeys(t, source, payments, first, 1)
	checkKeys(t, source, payments, second, 2)
	checkKeys(t, source, payments, "", 1, 2)
	if n := p.count(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}

	// One that is taken away is believed until the set is too old, and not after.
	p.publish(200, jwks(t, key(payments, 2)))
	c.add(maxAge - 1)
	checkKeys(t, source, payments, first, 1)
	c.add(1)
	checkKeys(t, source, payments, first)
	checkKeys(t, source, payments, "", 2)
	p.publish(200, `{"keys":[]}`)
	c.add(maxAge)
	checkKeys(t, source, payments, "")
}

// TestForgedKeyIDs: whoever can send entries cannot have the server asked more
// often than every MinInterval.
func TestForgedKeyIDs(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	url, client := start(t, p)
	c := newClock()
	source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
	for range 100 {
		checkKeys(t, source, payments, "forged")
		c.add(minInterval / 10)
	}
	if n := p.count(); n != 10 {
		t.Errorf("asked %d times in ten intervals", n)
	}
	checkKeys(t, source, payments, "", 1)
}

func TestServerThatIsDown(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	url, client := start(t, p)
	c := newClock()
	var log bytes.Buffer
	source := newURL(t, c, keysource.URLConfig{URL: url + "?token=hunter2", Client: client, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	check(t, source.Load(t.Context()))
	p.publish(503, "hunter2")

	// A key that is there stays; of one that is not, nobody knows.
	c.add(minInterval)
	checkKeys(t, source, payments, key(payments, 1).ID(), 1)
	checkUnavailable(t, source, key(payments, 2).ID(), "503", "keys of https://")
	checkUnavailable(t, source, key(payments, 2).ID(), "503") // within the back-off
	if n := p.count(); n != 2 {
		t.Errorf("asked %d times, want 2", n)
	}
	c.add(maxStale - minInterval - 1)
	checkKeys(t, source, payments, "", 1)
	check(t, source.Load(t.Context()))
	c.add(1)
	checkUnavailable(t, source, "", "503")
	checkUnavailable(t, source, key(payments, 1).ID(), "503")
	checkError(t, source.Load(t.Context()), keysource.ErrUnavailable, "503")

	// Then it is asked less and less often.
	before := p.count()
	for range 1000 {
		c.add(time.Second)
		checkUnavailable(t, source, "")
	}
	if n := p.count() - before; n < 2 || n > 8 {
		t.Errorf("asked %d times in 1000 s", n)
	}

	p.publish(200, jwks(t, key(payments, 2)))
	c.add(2 * maxAge)
	checkKeys(t, source, payments, "", 2)
	checkKeys(t, source, payments, key(payments, 1).ID())
	c.add(maxAge)
	checkKeys(t, source, payments, "", 2)
	if text := log.String(); strings.Contains(text, "hunter2") || !strings.Contains(text, "old_keys_stay=true") || !strings.Contains(text, "old_keys_stay=false") {
		t.Errorf("the log: %.2000s", text)
	}
}

// TestTooOldWithoutAFailure: the source was not asked anything for a while.
func TestTooOldWithoutAFailure(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	url, client := start(t, p)
	c := newClock()
	source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
	check(t, source.Load(t.Context()))
	p.publish(200, jwks(t, key(payments, 2)))
	c.add(10 * maxStale)
	checkKeys(t, source, payments, key(payments, 1).ID())
	checkKeys(t, source, payments, "", 2)
}

// TestSetThatIsOldWhenItArrives: its age counts from when it was asked for.
func TestSetThatIsOldWhenItArrives(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	c := newClock()
	url, client := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.add(minInterval / 2)
		p.ServeHTTP(w, r)
	}))
	source := newURL(t, c, keysource.URLConfig{URL: url, Client: client, MaxAge: minInterval, MinInterval: minInterval, MaxStale: minInterval})
	checkKeys(t, source, payments, "", 1)
	c.add(minInterval / 2)
	checkUnavailable(t, source, "", "not asked again yet")
	if n := p.count(); n != 1 {
		t.Errorf("asked %d times", n)
	}
	c.add(minInterval / 2)
	checkKeys(t, source, payments, "", 1)
}

func TestBackOff(t *testing.T) {
	source := newURL(t, newClock(), keysource.URLConfig{URL: "https://example.org"})
	for failures, least := range []time.Duration{10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, maxAge, maxAge} {
		for range 50 {
			if wait := source.BackOff(failures); wait < least || wait > least+least/2 {
				t.Errorf("after %d failures it waits %s, want %s and up to half as much again", failures, wait, least)
			}
		}
	}
	if wait := source.BackOff(1 << 30); wait < maxAge || wait > maxAge+maxAge/2 {
		t.Errorf("after many failures it waits %s", wait)
	}
}

// TestOneRequestForAll: many callers wait for one request, and one of them that
// goes away takes nothing from the others.
func TestOneRequestForAll(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	reached, release := make(chan struct{}), make(chan struct{})
	url, client := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		close(reached)
		<-release
		p.ServeHTTP(w, r)
	}))
	source := newURL(t, newClock(), keysource.URLConfig{URL: url, Client: client})

	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("client went away")
	gone := make(chan error)
	go func() {
		_, err := source.Keys(ctx, payments, "")
		gone <- err
	}()
	<-reached // on behalf of the first caller
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() { checkKeys(t, source, payments, key(payments, 1).ID(), 1) })
	}
	cancel(reason)
	err := <-gone
	checkError(t, err, reason)
	checkError(t, err, keysource.ErrUnavailable)
	close(release)
	running.Wait()
	if n := p.count(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

// TestRefreshKeepsNobodyWaiting whose key is in a set that is fresh, while the
// server hangs over an unknown one.
func TestRefreshKeepsNobodyWaiting(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	reached, release := make(chan struct{}, 1), make(chan struct{})
	close(release)
	var mu sync.Mutex
	url, client := start(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		wait := release
		mu.Unlock()
		reached <- struct{}{}
		<-wait
		p.ServeHTTP(w, r)
	}))
	c := newClock()
	source := newURL(t, c, keysource.URLConfig{URL: url, Client: client})
	check(t, source.Load(t.Context()))
	<-reached

	hang := make(chan struct{})
	mu.Lock()
	release = hang
	mu.Unlock()
	c.add(minInterval)
	p.publish(200, jwks(t, key(payments, 1), key(payments, 2)))
	var running sync.WaitGroup
	running.Go(func() { checkKeys(t, source, payments, key(payments, 2).ID(), 2) })
	<-reached
	checkKeys(t, source, payments, key(payments, 1).ID(), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	found, err := source.Keys(ctx, payments, key(payments, 2).ID())
	checkError(t, err, context.Canceled)
	checkError(t, err, keysource.ErrUnavailable)
	if len(found) > 0 {
		t.Errorf("got %d keys", len(found))
	}
	close(hang)
	running.Wait()
}

// TestManyAtOnce is for the race detector, on the real clock.
func TestManyAtOnce(t *testing.T) {
	p := &publisher{status: 200, answer: jwks(t, key(payments, 1))}
	url, client := start(t, p)
	source, err := keysource.NewURL(keysource.URLConfig{URL: url, Client: client, Subjects: []string{payments}, MaxAge: 2, MinInterval: 1, Timeout: limit, Logger: slog.New(slog.DiscardHandler)})
	check(t, err)
	var running sync.WaitGroup
	for range 8 {
		running.Go(func() {
			for range 20 {
				checkKeys(t, source, payments, key(payments, 1).ID(), 1)
			}
		})
	}
	running.Wait()
}
