package kest_test

import (
	"crypto/ed25519"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

// An approver signs a file of deviations, and a service believes it because its
// configuration has the approver's public key. On the command line this is kest
// approve and kest keys.
func ExampleDeviationFile_Approve() {
	dir, err := os.MkdirTemp("", "kest")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	write := func(name string, data []byte) {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			fmt.Println(err)
		}
	}

	// The approver, who has the private key.
	key := ed25519.NewKeyFromSeed([]byte(strings.Repeat("k", ed25519.SeedSize)))
	data := []byte(`deviations:
  - scope: refund
    policy: corp/residency
    tier: enterprise
    reason: "ticket 4711: migration until March"
`)
	file, err := kest.ParseDeviationFile(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	signature, err := file.Approve(key)
	if err != nil {
		fmt.Println(err)
		return
	}
	write("q3.yaml", data)
	write("q3.yaml"+kest.ApprovalSuffix, signature)

	// The service, which has the public one, under a name.
	keys, err := kest.NewKeySet(kest.Key{Subject: "ciso@example.com", Public: key.Public().(ed25519.PublicKey)})
	if err != nil {
		fmt.Println(err)
		return
	}
	jwks, err := keys.MarshalJSON()
	if err != nil {
		fmt.Println(err)
		return
	}
	write("approvers.jwks", jwks)
	write("kest.yaml", []byte(`
tiers: {enterprise: [corp/residency]}
deviation_files: [q3.yaml]
deviation_keys: [approvers.jwks]
`))
	config, err := kest.LoadConfig(filepath.Join(dir, "kest.yaml"))
	if err != nil {
		fmt.Println(err)
		return
	}
	for scope, d := range config.Deviations() {
		fmt.Printf("%s: %s, %q, approved by %s\n", scope, d.Policy, d.Reason, d.Approver)
	}
	// Output: refund: corp/residency, "ticket 4711: migration until March", approved by ciso@example.com
}
