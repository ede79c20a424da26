package generate

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// BenchmarkCheck is the whole command kestgen check, its start included, with
// the peak of its resident set. The go command that it runs is not in it.
func BenchmarkCheck(b *testing.B) {
	kestgen := filepath.Join(b.TempDir(), "kestgen")
	if output, err := exec.Command("go", "build", "-o", kestgen, "github.com/kestgo/kest/cmd/kestgen").CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, output)
	}
	for _, module := range modules {
		b.Run(module.name, func(b *testing.B) {
			s := module.make(b)
			var peak int64
			s.check(b, kestgen) // fills the go command's cache
			for b.Loop() {
				peak = max(peak, s.check(b, kestgen))
			}
			b.ReportMetric(float64(peak)/1e6, "MB")
		})
	}
}

// check runs kestgen check and gives the peak of its resident set in bytes. What
// the system says of an ended process will not do: it counts the moment between
// fork and exec, when the process was this one.
func (s subject) check(b *testing.B, kestgen string) (peak int64) {
	b.Helper()
	var output bytes.Buffer
	cmd := exec.CommandContext(b.Context(), kestgen, append([]string{"check"}, s.patterns...)...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = s.dir, s.env, &output, &output
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	sample := time.NewTicker(5 * time.Millisecond)
	defer sample.Stop()
	for {
		select {
		case err := <-done:
			if err != nil {
				b.Fatalf("%v\n%s", err, output.Bytes())
			}
			return peak
		case <-sample.C:
			peak = max(peak, highWater(cmd.Process.Pid))
		}
	}
}

// highWater is the peak of one process so far, in bytes, where the system says
// it (Linux), else 0.
func highWater(pid int) int64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	var kilobytes int64
	if _, rest, ok := bytes.Cut(text, []byte("VmHWM:")); ok {
		if _, err := fmt.Sscan(string(rest), &kilobytes); err != nil {
			return 0
		}
	}
	return kilobytes * 1024
}
