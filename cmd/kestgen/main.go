// Kestgen writes the wrappers of functions with a //kest:verified directive.
// Run kestgen -h for how to use it.
package main

import (
	"os"
)

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}
