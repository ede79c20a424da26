// Command mesh runs three services as local processes and sends requests through
// them: gateway → ledger → notifier, over HTTP and gRPC, each service with a key of
// its own, with Redis for claim checks, an OpenID provider, and OPA as a sidecar of
// the ledger. It prints the passport that arrived at the end of each request, and
// stops everything.
//
//	go run ./examples/mesh              # from the root of the module
//	go run ./examples/mesh -load 40s    # requests all the time, while processes are killed
//
// docs/mesh.md says what there is to see.
package main

import (
	"context"
	"embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/load"
)

//go:embed kest.yaml policies
var files embed.FS

func main() {
	duration := flag.Duration("load", 0, "send requests for so long, while processes are killed and started again")
	every := flag.Duration("every", 20*time.Second, "with -load: how often a process is killed")
	workers := flag.Int("workers", 4, "with -load: how many requests are on their way at once")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	act := demonstrate
	if *duration != 0 {
		act = func(ctx context.Context, w io.Writer, m *launch.Mesh) error {
			return loadTest(ctx, w, m, load.Config{Duration: *duration, Every: *every, Workers: *workers})
		}
	}
	if err := run(ctx, os.Stdout, act); err != nil {
		fmt.Fprintln(os.Stderr, "mesh:", err)
		os.Exit(1)
	}
}

// run starts the mesh, has something done with it, and stops it whatever happens.
func run(ctx context.Context, w io.Writer, act func(context.Context, io.Writer, *launch.Mesh) error) (err error) {
	redis, redisErr := launch.Find("redis-server")
	opa, opaErr := launch.Find("opa")
	if err := errors.Join(redisErr, opaErr); err != nil {
		return err
	}
	fmt.Fprintln(w, "Building and starting the mesh …")
	m, err := launch.Start(ctx, launch.Config{Files: files, Redis: redis, OPA: opa})
	if err != nil {
		return err
	}
	defer func() {
		err = errors.Join(err, m.Stop())
		fmt.Fprintln(w, "\nAll processes are stopped.")
	}()
	return act(ctx, w, m)
}

// loadTest prints what became of the requests. Wrong answers are an error.
func loadTest(ctx context.Context, w io.Writer, m *launch.Mesh, config load.Config) error {
	config.Log = w
	report, err := load.Run(ctx, m, config)
	if err != nil {
		return err
	}
	fmt.Fprint(w, report)
	return report.Err()
}
