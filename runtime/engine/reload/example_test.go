package reload_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/rego"
	"github.com/kestgo/kest/runtime/engine/reload"
)

// A program that loads new policies on SIGHUP, too.
func ExampleEngine_Reload() {
	serve := func(ctx context.Context) error {
		engine, err := reload.New(reload.Config{
			Path: "/etc/kest/policies",
			Load: func(path string) (kest.Engine, error) { return rego.LoadDir(path) },
		})
		if err != nil {
			return err
		}
		defer engine.Close()
		hangup := make(chan os.Signal, 1)
		signal.Notify(hangup, syscall.SIGHUP)
		defer signal.Stop(hangup)
		for {
			select {
			case <-hangup:
				if err := engine.Reload(ctx); err != nil {
					slog.Error("policies", "error", err)
				}
			case <-ctx.Done():
				return nil
			}
		}
	}
	_ = serve
}

func ExampleNew() {
	dir, err := os.MkdirTemp("", "policies")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	deploy := func(source string) {
		if err := os.WriteFile(filepath.Join(dir, "allow.rego"), []byte(source), 0o644); err != nil {
			fmt.Println(err)
		}
	}
	deploy("package shop.allow\n\nallow := true\n")

	engine, err := reload.New(reload.Config{
		Path:   dir,
		Load:   func(path string) (kest.Engine, error) { return rego.LoadDir(path) },
		Logger: slog.New(slog.DiscardHandler),
		OnReload: func(event reload.Event) {
			fmt.Println("new policies are in use:", event.Err == nil)
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer engine.Close()
	decide := func() {
		input := &kest.PolicyInput{Attributes: []byte("{}")}
		allowed, err := engine.Evaluate(context.Background(), "shop/allow", input)
		fmt.Println(allowed, err)
	}
	decide()

	// The engine sees a change by itself. Reload does not wait for that: a
	// program may call it on SIGHUP.
	deploy("package shop.allow\n\nallow := false\n")
	if err := engine.Reload(context.Background()); err != nil {
		fmt.Println(err)
	}
	decide()

	deploy("package shop.allow\n\nallow if {\n")
	if err := engine.Reload(context.Background()); err != nil {
		fmt.Println("the policies from before stay in use")
	}
	decide()
	// Output:
	// true <nil>
	// new policies are in use: true
	// false <nil>
	// new policies are in use: false
	// the policies from before stay in use
	// false <nil>
}
