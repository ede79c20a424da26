// Kest is the auditor's command: it shows and verifies Kest passports, offline
// and with nothing but the public keys that it is given. It is the approver's,
// too: it signs deviation files and checks their signatures. Run kest help for how
// to use it.
package main

import "os"

func main() {
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
