package launch

import (
	"encoding/json"
	"os"
	"path/filepath"

	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
)

// Names of the programs.
const (
	nameRedis    = "redis-server"
	nameOPA      = "opa"
	nameIDP      = "idp"
	nameGateway  = "gateway"
	nameLedger   = "ledger"
	nameNotifier = "notifier"
)

// What the provider of tokens knows.
const (
	Audience      = "https://mesh.example"    // of this mesh
	OtherAudience = "https://payroll.example" // of another system with the same provider
	Client        = "web-shop"                // who asks for tokens, on behalf of users
	User          = "alice"                   // an ordinary user
	Administrator = "root"                    // see policies/mesh/data.json
	Scope         = "orders"                  // of the tokens
	secret        = "for this example only"   // of everybody
)

// addresses are the host:port of all that listens.
type addresses struct {
	redis, opa, idp, gateway, ledger, notifier, notifierGRPC string
}

func newAddresses() (a addresses, err error) {
	taken := make(map[string]bool)
	for _, address := range []*string{&a.redis, &a.opa, &a.idp, &a.gateway, &a.ledger, &a.notifier, &a.notifierGRPC} {
		if *address, err = freeAddress(taken); err != nil {
			return a, err
		}
	}
	return a, nil
}

// workloads are the services' ids, by name.
var workloads = map[string]string{nameGateway: shop.Gateway, nameLedger: shop.Ledger, nameNotifier: shop.Notifier}

// services are the names, in the order in which a request meets them.
var services = []string{nameGateway, nameLedger, nameNotifier}

// writeSettings writes a file for each of our programs.
func (m *Mesh) writeSettings() error {
	ca, err := newAuthority(m.dir)
	if err != nil {
		return err
	}
	peers := map[string]string{shop.Gateway: m.Gateway, shop.Ledger: m.Ledger, shop.Notifier: m.Notifier}
	for i, name := range services {
		s := service.Settings{
			Workload: workloads[name],
			Config:   filepath.Join(m.dir, "kest.yaml"),
			Redis:    m.addresses.redis,
			Issuer:   m.Issuer,
			Audience: Audience,
			Peers:    make(map[string]string),
		}
		for workload, url := range peers {
			if workload != s.Workload {
				s.Peers[workload] = url
			}
		}
		if s.Certificate, s.Key, err = ca.issue(m.dir, name, s.Workload, int64(i)+2); err != nil {
			return err
		}
		s.Authority = ca.path
		switch name {
		case nameGateway:
			s.Listen = m.addresses.gateway
		case nameLedger:
			s.Listen, s.OPA, s.Notifier = m.addresses.ledger, "http://"+m.addresses.opa, m.addresses.notifierGRPC
		case nameNotifier:
			s.Listen, s.ListenGRPC = m.addresses.notifier, m.addresses.notifierGRPC
		}
		if err := m.writeJSON(name, s); err != nil {
			return err
		}
	}
	return m.writeJSON(nameIDP, map[string]any{
		"issuer":    m.Issuer,
		"listen":    m.addresses.idp,
		"audiences": []string{Audience, OtherAudience},
		"clients":   map[string]string{Client: secret},
		"users":     map[string]string{User: secret, Administrator: secret},
	})
}

func (m *Mesh) settingsPath(name string) string { return filepath.Join(m.dir, name+".json") }

func (m *Mesh) writeJSON(name string, settings any) error {
	text, err := json.MarshalIndent(settings, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(m.settingsPath(name), text, 0o600)
}
