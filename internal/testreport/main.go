// Command testreport turns the output of go test -json into what a person wants
// to read: a line for each package, the whole output of what failed, and every
// skipped test with its reason. With CI=true a skipped test is a failure.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
)

// event is a line of go test -json, see go doc test2json.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

func main() {
	status := flag.Int("status", 0, "exit status of go test")
	log := flag.String("log", "", "file with the output of go test -json")
	flag.Parse()
	file, err := os.Open(*log)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(2)
	}
	defer file.Close()
	os.Exit(report(os.Stdout, file, *status, os.Getenv("CI") == "true"))
}

type counts struct{ passed, failed, skipped int }

// report prints the summary and gives the exit status.
func report(w io.Writer, log io.Reader, status int, strict bool) int {
	var n counts
	output := make(map[string]*strings.Builder)
	lines := bufio.NewScanner(log)
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var e event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			fmt.Fprintln(w, lines.Text())
			continue
		}
		n.add(w, e, output)
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(w, "testreport:", err)
		return 2
	}
	if n.skipped > 0 && strict {
		fmt.Fprintln(w, "in CI a skipped test is a failure: install what it needs")
		status = max(status, 1)
	}
	if n.passed == 0 {
		fmt.Fprintln(w, "no test passed")
		status = max(status, 1)
	}
	fmt.Fprintf(w, "%d passed, %d failed, %d skipped\n", n.passed, n.failed, n.skipped)
	return status
}

func (n *counts) add(w io.Writer, e event, output map[string]*strings.Builder) {
	key := e.Package + e.ImportPath + "\x00" + e.Test
	switch e.Action {
	case "output", "build-output":
		if output[key] == nil {
			output[key] = new(strings.Builder)
		}
		output[key].WriteString(e.Output)
		return
	case "build-fail":
		fmt.Fprint(w, output[key])
	case "pass", "fail", "skip":
	default:
		return
	}
	switch {
	case e.Test == "" && e.Action != "build-fail":
		fmt.Fprintf(w, "%-4s %s (%.1fs)\n", e.Action, e.Package, e.Elapsed)
		if e.Action == "fail" && output[key] != nil {
			fmt.Fprint(w, output[key])
		}
	case e.Action == "pass":
		n.passed++
	case e.Action == "fail":
		n.failed++
		fmt.Fprint(w, output[key])
	case e.Action == "skip":
		n.skipped++
		fmt.Fprintf(w, "SKIPPED %s %s\n%s", e.Package, e.Test, output[key])
	}
	delete(output, key)
}
