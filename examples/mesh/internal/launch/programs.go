package launch

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// Find gives the path of a server's program: build/bin under the working directory,
// where `make servers` installs it, else the PATH. The error says how to get it.
func Find(name string) (path string, err error) {
	if own, err := filepath.Abs(filepath.Join("build", "bin", name)); err == nil {
		if info, err := os.Stat(own); err == nil && !info.IsDir() {
			return own, nil
		}
	}
	if path, err = exec.LookPath(name); err == nil {
		return filepath.Abs(path)
	}
	return "", fmt.Errorf("there is no program %s: `make servers` installs it", name)
}

// ourPrograms are built for the mesh.
var ourPrograms = []string{nameIDP, nameGateway, nameLedger, nameNotifier}

const packages = "github.com/kestgo/kest/examples/mesh/"

// build compiles our programs into a folder.
func build(ctx context.Context, dir string, race bool) error {
	arguments := []string{"build", "-o", dir + string(filepath.Separator), "-ldflags=-s -w"}
	if race {
		arguments = append(arguments, "-race")
	}
	for _, name := range ourPrograms {
		arguments = append(arguments, packages+name)
	}
	command := exec.CommandContext(ctx, "go", arguments...)
	// So that it ends its compilers, too.
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = stopLimit
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, output)
	}
	return nil
}
