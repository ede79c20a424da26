// Kest is the auditor's command: it shows and verifies Kest passports, offline
// and with nothing but the public keys that it is given. Run kest help for how
// to use it.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
