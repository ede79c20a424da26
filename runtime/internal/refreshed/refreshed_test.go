package refreshed_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kestgo/kest/runtime/internal/refreshed"
)

const (
	maxAge      = 5 * time.Minute
	minInterval = 10 * time.Second
	maxStale    = time.Hour
	timeout     = 5 * time.Second
)

var settings = refreshed.Settings{MaxAge: maxAge, MinInterval: minInterval, MaxStale: maxStale, Timeout: timeout}

var (
	errDown = errors.New("the server is down")
	errGone = errors.New("the caller has gone")
)

// server counts the requests, and gives each its number or an error. The tests run
// in a bubble of synctest: its clock goes on only when all wait.
type server struct {
	mu       sync.Mutex
	asked    int
	age      time.Duration
	takes    time.Duration // how long an answer takes
	err      error
	failures []refreshed.Failure
}

func newServer() *server { return &server{age: maxAge} }

func (s *server) value(settings refreshed.Settings) *refreshed.Value[int] {
	return refreshed.New(settings, s.fetch, s.report)
}

func (s *server) fetch(ctx context.Context) (int, time.Duration, error) {
	s.mu.Lock()
	s.asked++
	value, age, takes, err := s.asked, s.age, s.takes, s.err
	s.mu.Unlock()
	select {
	case <-time.After(takes):
		return value, age, err
	case <-ctx.Done():
		return 0, 0, context.Cause(ctx)
	}
}

func (s *server) report(_ context.Context, failure refreshed.Failure) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failures = append(s.failures, failure)
}

func (s *server) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// checkAsked wants so many requests since the start.
func (s *server) checkAsked(t *testing.T, want int) {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked != want {
		t.Errorf("asked %d times, want %d", s.asked, want)
	}
}

// checkUse looks for a number that is at least least, and wants these to be tried.
func checkUse(t *testing.T, v *refreshed.Value[int], least int, match error, want ...int) {
	t.Helper()
	var tried []int
	err := v.Use(t.Context(), func(n int) bool {
		tried = append(tried, n)
		return n >= least
	})
	if !errors.Is(err, match) {
		t.Errorf("got the error %v, want %v", err, match)
	}
	if !slices.Equal(tried, want) {
		t.Errorf("tried %d, want %d", tried, want)
	}
}

func checkLoad(t *testing.T, v *refreshed.Value[int], match error) {
	t.Helper()
	if err := v.Load(t.Context()); !errors.Is(err, match) {
		t.Errorf("Load: got %v, want %v", err, match)
	}
}

func TestAge(t *testing.T) {
	for _, tt := range []struct{ age, want time.Duration }{
		{maxAge, maxAge},
		{time.Minute, time.Minute},
		{maxAge + 1, maxAge},
		{minInterval - 1, minInterval},
		{0, minInterval},
		{-time.Hour, minInterval},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := newServer()
			s.age = tt.age
			v := s.value(settings)
			s.checkAsked(t, 0)
			checkUse(t, v, 1, nil, 1)
			time.Sleep(tt.want - 1)
			checkUse(t, v, 1, nil, 1)
			checkLoad(t, v, nil)
			s.checkAsked(t, 1)
			time.Sleep(time.Nanosecond)
			checkUse(t, v, 1, nil, 2)
			s.checkAsked(t, 2)
		})
	}
}

// TestWhatIsLookedForMayBeNew: it is asked for at once, but not more often than
// every MinInterval, and that a good answer lacks it is no error.
func TestWhatIsLookedForMayBeNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		v := s.value(settings)
		checkUse(t, v, 2, nil, 1)
		for range 5 {
			checkUse(t, v, 2, nil, 1)
		}
		time.Sleep(minInterval - 1)
		checkUse(t, v, 2, nil, 1)
		s.checkAsked(t, 1)
		time.Sleep(time.Nanosecond)
		checkUse(t, v, 2, nil, 1, 2)
		time.Sleep(minInterval)
		checkUse(t, v, 9, nil, 2, 3)
		s.checkAsked(t, 3)
		if len(s.failures) > 0 {
			t.Errorf("reported: %v", s.failures)
		}
	})
}

// TestFailures: the last value stays, for as long as MaxStale, and what it lacks
// nobody knows.
func TestFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		v := s.value(settings)
		checkLoad(t, v, nil)
		s.set(func() { s.err = errDown })
		time.Sleep(minInterval)
		checkUse(t, v, 1, nil, 1)
		checkUse(t, v, 2, errDown, 1)
		checkUse(t, v, 2, errDown, 1) // within the back-off
		s.checkAsked(t, 2)
		time.Sleep(maxStale - minInterval - 1)
		checkUse(t, v, 1, nil, 1)
		checkLoad(t, v, nil)
		s.checkAsked(t, 3)
		time.Sleep(time.Nanosecond)
		checkUse(t, v, 1, errDown)
		checkLoad(t, v, errDown)
		s.checkAsked(t, 3)
		time.Sleep(2 * maxAge)
		checkUse(t, v, 1, errDown)
		s.checkAsked(t, 4)
		want := []refreshed.Failure{{Err: errDown, Failures: 1, Usable: true}, {Err: errDown, Failures: 2, Usable: true}, {Err: errDown, Failures: 3, Usable: false}}
		if !slices.Equal(s.failures, want) {
			t.Errorf("reported %v, want %v", s.failures, want)
		}

		// It comes back, and its failures are forgotten.
		s.set(func() { s.err = nil })
		time.Sleep(2 * maxAge)
		checkUse(t, v, 1, nil, 5)
		s.set(func() { s.err = errDown })
		time.Sleep(maxAge)
		checkUse(t, v, 1, nil, 5)
		if last := s.failures[len(s.failures)-1]; last.Failures != 1 || !last.Usable {
			t.Errorf("reported %v", last)
		}
	})
}

// TestNoValueYet: before the first answer nothing is tried.
func TestNoValueYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, now := range map[string]func() time.Time{"now": nil, "a clock without a time": func() time.Time { return time.Time{} }} {
			s := newServer()
			s.err = errDown
			own := settings
			own.Now = now
			v := s.value(own)
			checkUse(t, v, 0, errDown)
			checkLoad(t, v, errDown)
			s.checkAsked(t, 1)
			if len(s.failures) != 1 || s.failures[0].Usable {
				t.Errorf("%s: reported %v", name, s.failures)
			}
		}
	})
}

// TestBackOffOfRequests: a server that is down is asked less and less often.
func TestBackOffOfRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.err = errDown
		v := s.value(settings)
		var waits []time.Duration
		for last, asked := time.Now(), 1; asked < 9; time.Sleep(time.Second) {
			checkLoad(t, v, errDown)
			if s.asked > asked {
				waits = append(waits, time.Since(last))
				last, asked = time.Now(), s.asked
			}
		}
		for i, wait := range waits {
			least := min(minInterval<<i, maxAge)
			if wait < least || wait > least+least/2+time.Second {
				t.Errorf("wait %d is %s, want %s and up to half as much again", i, wait, least)
			}
		}
	})
}

func TestBackOff(t *testing.T) {
	for failures, least := range []time.Duration{minInterval, 2 * minInterval, 4 * minInterval, 8 * minInterval, 16 * minInterval, maxAge, maxAge} {
		seen := make(map[time.Duration]bool)
		for range 100 {
			wait := settings.BackOff(failures)
			if wait < least || wait > least+least/2 {
				t.Errorf("after %d failures it waits %s, want %s and up to half as much again", failures, wait, least)
			}
			seen[wait] = true
		}
		if len(seen) == 1 {
			t.Errorf("after %d failures it always waits as long", failures)
		}
	}
	if wait := settings.BackOff(1 << 30); wait < maxAge || wait > maxAge+maxAge/2 {
		t.Errorf("after many failures it waits %s", wait)
	}
	least := refreshed.Settings{MaxAge: 1, MinInterval: 1}
	if wait := least.BackOff(3); wait != 1 {
		t.Errorf("of the shortest interval it makes %s", wait)
	}
}

// TestValueThatIsOldWhenItArrives: its age counts from when it was asked for.
func TestValueThatIsOldWhenItArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.takes = 3 * time.Second
		short := refreshed.Settings{MaxAge: 3 * time.Second, MinInterval: 3 * time.Second, MaxStale: 3 * time.Second, Timeout: timeout}
		v := s.value(short)
		checkUse(t, v, 1, refreshed.ErrTooEarly)
		checkLoad(t, v, refreshed.ErrTooEarly)
		time.Sleep(3*time.Second - 1)
		checkLoad(t, v, refreshed.ErrTooEarly) // the interval counts from the answer
		s.checkAsked(t, 1)
		s.set(func() { s.takes = time.Second })
		time.Sleep(time.Nanosecond)
		checkUse(t, v, 1, nil, 2)
	})
}

// TestAgeCountsFromTheRequest, whatever the answer takes.
func TestAgeCountsFromTheRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.takes = time.Second
		v := s.value(settings)
		checkLoad(t, v, nil)
		time.Sleep(maxAge - time.Second - time.Nanosecond)
		checkLoad(t, v, nil)
		s.checkAsked(t, 1)
		time.Sleep(time.Nanosecond)
		checkLoad(t, v, nil)
		s.checkAsked(t, 2)
	})
}

func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.takes = time.Hour
		v := s.value(settings)
		start := time.Now()
		err := v.Load(t.Context())
		if !errors.Is(err, context.DeadlineExceeded) || err.Error() != "no answer within 5s" {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != timeout {
			t.Errorf("took %s", took)
		}
		if len(s.failures) != 1 || s.failures[0].Err != err {
			t.Errorf("reported %v", s.failures)
		}
	})
}

// TestOneRequestForAll that wait, and a caller that goes away takes nothing from
// the others.
func TestOneRequestForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.takes = time.Second
		v := s.value(settings)
		ctx, cancel := context.WithCancelCause(t.Context())
		var running sync.WaitGroup
		running.Go(func() {
			err := v.Use(ctx, func(int) bool { t.Error("tried a value that came too late"); return true })
			if err != errGone {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait() // the request is on behalf of the first caller
		for range 20 {
			running.Go(func() { checkUse(t, v, 1, nil, 1) })
		}
		cancel(errGone)
		running.Wait()
		s.checkAsked(t, 1)
	})
}

// TestRefreshKeepsNobodyWaiting who is content with a fresh value, while another
// one waits for a newer; who comes with an older one shares that request.
func TestRefreshKeepsNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		v := s.value(settings)
		checkLoad(t, v, nil)
		s.set(func() { s.takes = time.Second })
		time.Sleep(minInterval)
		var running sync.WaitGroup
		for range 5 {
			running.Go(func() { checkUse(t, v, 2, nil, 1, 2) })
		}
		synctest.Wait()
		start := time.Now()
		checkUse(t, v, 1, nil, 1)
		gone, cancel := context.WithCancelCause(t.Context())
		cancel(errGone)
		if err := v.Use(gone, func(n int) bool { return n == 2 }); err != errGone {
			t.Errorf("got %v", err)
		}
		if waited := time.Since(start); waited != 0 {
			t.Errorf("waited for %s", waited)
		}
		running.Wait()
		s.checkAsked(t, 2)
	})
}

// TestRequestOnItsWay is waited for also by a caller that looked at the clock before
// it might ask.
func TestRequestOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		var ahead time.Duration // set only while all others wait
		own := settings
		own.Now = func() time.Time { return time.Now().Add(ahead) }
		v := s.value(own)
		checkLoad(t, v, nil)
		s.set(func() { s.takes = time.Second })
		ahead = minInterval
		var running sync.WaitGroup
		running.Go(func() { checkUse(t, v, 2, nil, 1, 2) })
		synctest.Wait()
		ahead = minInterval - time.Nanosecond
		checkUse(t, v, 2, nil, 1, 2)
		running.Wait()
		s.checkAsked(t, 2)
	})
}

// TestAnotherCallersValueIsNewEnough: one that was fetched while try looked at an
// older is taken instead of a request.
func TestAnotherCallersValueIsNewEnough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		v := s.value(settings)
		checkLoad(t, v, nil)
		time.Sleep(minInterval)
		var tried []int
		err := v.Use(t.Context(), func(n int) bool {
			if tried = append(tried, n); n == 1 {
				checkUse(t, v, 2, nil, 1, 2)
				time.Sleep(minInterval)
			}
			return false
		})
		if err != nil || !slices.Equal(tried, []int{1, 2}) {
			t.Errorf("tried %d, %v", tried, err)
		}
		s.checkAsked(t, 2)
	})
}

// TestReportComesFirst: who waited for a request that failed finds the reason in
// the log.
func TestReportComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer()
		s.err = errDown
		reported := false
		v := refreshed.New(settings, s.fetch, func(context.Context, refreshed.Failure) {
			time.Sleep(time.Second)
			reported = true
		})
		checkLoad(t, v, errDown)
		if !reported {
			t.Error("the caller did not wait for the report")
		}
	})
}

func TestClock(t *testing.T) {
	s := newServer()
	now := time.Unix(1_800_000_000, 0)
	own := settings
	own.Now = func() time.Time { return now } // set only while nobody asks
	v := s.value(own)
	checkUse(t, v, 1, nil, 1)
	now = now.Add(maxAge - 1)
	checkUse(t, v, 1, nil, 1)
	now = now.Add(1)
	checkUse(t, v, 1, nil, 2)
}
