package faults

import (
	"runtime"
	"runtime/debug"
	"testing"
	"time"
)

// engines are the rows of the matrix.
var engines = []struct {
	name  string
	world func(*testing.T, fault) *world
}{
	{"rego", regoWorld},
	{"cedar", cedarWorld},
	{"kesttest", funcWorld},
	{"opa", opaWorld},
	{"cedaragent", cedarAgentWorld},
	{"avp", avpWorld},
	{"router", routerWorld},
	{"cache", cacheWorld},
	{"reload", reloadWorld},
}

// TestFaults is every engine under every fault. For each call of it, the
// function ran exactly when every policy said true, and a call that was denied
// was told why (F-PE-02, F-PE-04, TC-07, TC-09). At the end nothing is left
// running.
func TestFaults(t *testing.T) {
	// A quarter of the time of this test goes into collecting garbage.
	defer debug.SetGCPercent(debug.SetGCPercent(800))
	before := runtime.NumGoroutine()
	for _, engine := range engines {
		for _, f := range faults {
			t.Run(engine.name+"/"+string(f), func(t *testing.T) {
				w := engine.world(t, f)
				w.check(t, w.run(t))
			})
		}
	}
	waitFor(t, "no goroutine is left over", func() bool { return runtime.NumGoroutine() <= before })
}

// check judges every call, and that the fault happened at all.
func (w *world) check(t *testing.T, outcomes []outcome) {
	t.Helper()
	const shown = 5
	for call, out := range outcomes {
		w.turns[w.key(call)] = w.turns[w.key(call)] || out.turn
	}
	wrong := 0
	for call, out := range outcomes {
		if complaint := w.judge(call, out); complaint != "" {
			if wrong++; wrong <= shown {
				t.Errorf("call %d: %s", call, complaint)
			}
		}
	}
	if wrong > shown {
		t.Errorf("and %d calls more", wrong-shown)
	}
	ran, told := tally(outcomes)
	t.Logf("ran %d of %d; denied because the policy said %v", ran, len(outcomes), told)
	if ran < calls/8 {
		t.Errorf("the function ran %d times: a healthy call has to pass", ran)
	}
	if w.fault == allow && ran != calls {
		t.Errorf("the function ran %d times, and every policy allows", ran)
	}
	if expected, few := w.mostly(), calls/50; w.fault != allow && told[expected] < few {
		t.Errorf("%d calls were told %q: the fault did not happen", told[expected], expected)
	}
}

// waitFor waits until something that has to come has come. Any goroutine of the
// test may call it.
func waitFor(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); !done(); <-tick.C {
		if time.Now().After(deadline) {
			stacks := make([]byte, 64<<10)
			t.Errorf("not so after %s: %s\n%s", patience, what, stacks[:runtime.Stack(stacks, true)])
			return
		}
	}
}
