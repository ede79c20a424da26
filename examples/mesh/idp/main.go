// Command idp is the OpenID provider of the mesh: that of internal/testidp, with
// passwords in plain text. It is for this example only.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/kestgo/kest/internal/testidp"
)

// settings stand in a JSON file.
type settings struct {
	Issuer    string            `json:"issuer"`
	Listen    string            `json:"listen"` // host:port
	Audiences []string          `json:"audiences"`
	Clients   map[string]string `json:"clients"` // ids and secrets
	Users     map[string]string `json:"users"`   // names and passwords
}

func main() {
	path := flag.String("settings", "", "JSON file with the settings")
	flag.Parse()
	if err := run(*path); err != nil {
		fmt.Fprintln(os.Stderr, "idp:", err)
		os.Exit(1)
	}
}

func run(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("-settings: %w", err)
	}
	var s settings
	if err := json.Unmarshal(text, &s); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	provider, err := testidp.New(s.Issuer, testidp.Config{Clients: s.Clients, Users: s.Users, Audience: s.Audiences})
	if err != nil {
		return err
	}
	server := &http.Server{Addr: s.Listen, Handler: provider, ReadHeaderTimeout: 10 * time.Second}
	return server.ListenAndServe()
}
