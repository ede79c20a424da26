// Package service is what the three services of the mesh have in common: settings,
// the runtime of Kest with its key, whom they believe, and their HTTP server.
package service

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"

	kest "github.com/kestgo/kest/runtime"
)

// Settings is what a service has to be told. It stands in a JSON file.
type Settings struct {
	Workload string            `json:"workload"` // its own id, with which it signs
	Listen   string            `json:"listen"`   // host:port of its HTTP server
	Config   string            `json:"config"`   // path of kest.yaml
	Redis    string            `json:"redis"`    // host:port of the cache for claim checks
	Issuer   string            `json:"issuer"`   // of bearer tokens
	Audience string            `json:"audience"` // of bearer tokens: what this mesh is called
	Peers    map[string]string `json:"peers"`    // workload ids and the URLs of their HTTP servers

	OPA        string `json:"opa,omitempty"`         // URL of the OPA server, for the ledger
	ListenGRPC string `json:"listen_grpc,omitempty"` // host:port, for the notifier
	Notifier   string `json:"notifier,omitempty"`    // host:port of the notifier, for the ledger

	// Files in PEM, for gRPC with mutual TLS: the own certificate, its key, and the
	// authority that signed those of all.
	Certificate string `json:"certificate,omitempty"`
	Key         string `json:"key,omitempty"`
	Authority   string `json:"authority,omitempty"`
}

// Read reads the settings that the flag -settings names, and the kest.yaml that
// they name.
func Read() (Settings, kest.Config, error) {
	path := flag.String("settings", "", "JSON file with the settings")
	flag.Parse()
	settings, err := readSettings(*path)
	if err != nil {
		return Settings{}, kest.Config{}, err
	}
	config, err := kest.LoadConfig(settings.Config)
	return settings, config, err
}

func readSettings(path string) (settings Settings, err error) {
	file, err := os.Open(path)
	if err != nil {
		return settings, fmt.Errorf("-settings: %w", err)
	}
	defer file.Close()
	decoder := json.NewDecoder(file)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&settings); err != nil {
		return settings, fmt.Errorf("%s: %w", path, err)
	}
	return settings, nil
}

// ServerTLS is for a server that takes connections of the mesh only.
func (s *Settings) ServerTLS() (*tls.Config, error) {
	config, pool, err := s.tls()
	if err != nil {
		return nil, err
	}
	config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	return config, nil
}

// ClientTLS is for connections to one workload. That the host is right is not
// enough: on this one there are other workloads with certificates.
func (s *Settings) ClientTLS(workload string) (*tls.Config, error) {
	config, pool, err := s.tls()
	if err != nil {
		return nil, err
	}
	config.RootCAs = pool
	config.VerifyConnection = func(state tls.ConnectionState) error {
		if uris := state.PeerCertificates[0].URIs; len(uris) != 1 || uris[0].String() != workload {
			return fmt.Errorf("the server is not %s: its certificate is for %v", workload, uris)
		}
		return nil
	}
	return config, nil
}

func (s *Settings) tls() (*tls.Config, *x509.CertPool, error) {
	certificate, err := tls.LoadX509KeyPair(s.Certificate, s.Key)
	if err != nil {
		return nil, nil, err
	}
	authority, err := os.ReadFile(s.Authority)
	if err != nil {
		return nil, nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authority) {
		return nil, nil, errors.New(s.Authority + " has no certificate")
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{certificate}}, pool, nil
}
