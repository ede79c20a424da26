package opa_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/kestgo/kest/internal/testserver"
	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/conformance"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// TestConformanceOverSocket asks a real OPA server that listens on a Unix socket.
func TestConformanceOverSocket(t *testing.T) {
	// Not t.TempDir, whose path may be longer than a socket's may be.
	dir, err := os.MkdirTemp("", "kest")
	check(t, err)
	t.Cleanup(func() { check(t, os.RemoveAll(dir)) })
	path := filepath.Join(dir, "s")
	startOPAAt(t, "unix:"+path, policyBundle(t))
	conformance.Run(t, newEngine(t, opa.Config{Socket: path, Timeout: limit}))
}

// TestConformanceOverTLS asks a real OPA server that wants a client certificate.
func TestConformanceOverTLS(t *testing.T) {
	ca := newAuthority(t)
	dir := t.TempDir()
	file := func(name string, blocks ...*pem.Block) string {
		path := filepath.Join(dir, name)
		var text []byte
		for _, block := range blocks {
			text = append(text, pem.EncodeToMemory(block)...)
		}
		check(t, os.WriteFile(path, text, 0o600))
		return path
	}
	certificate, key := ca.issue(t, "opa", x509.ExtKeyUsageServerAuth)
	address := testserver.Address(t)
	startOPAAt(t, address, policyBundle(t), "--authentication", "tls",
		"--tls-cert-file", file("server.pem", certificate), "--tls-private-key-file", file("server.key", key),
		"--tls-ca-cert-file", file("ca.pem", &pem.Block{Type: "CERTIFICATE", Bytes: ca.certificate.Raw}))
	config := opa.Config{URL: "https://" + address, Timeout: limit, TLS: &tls.Config{
		RootCAs:      ca.pool(),
		Certificates: []tls.Certificate{ca.client(t)},
	}}
	conformance.Run(t, newEngine(t, config))

	for name, theirs := range map[string]*tls.Config{
		"no certificate":       {RootCAs: ca.pool()},
		"another's CA":         {RootCAs: ca.pool(), Certificates: []tls.Certificate{newAuthority(t).client(t)}},
		"server of another CA": {RootCAs: newAuthority(t).pool(), Certificates: []tls.Certificate{ca.client(t)}},
	} {
		config.TLS = theirs
		allowed, err := newEngine(t, config).Evaluate(t.Context(), "kest/allow_trusted", conformance.Input())
		checkError(t, err, kest.ErrPolicyUnreachable)
		if allowed {
			t.Errorf("%s: allowed together with an error", name)
		}
	}
}

// authority is a CA of one test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "kest test CA"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	check(t, err)
	certificate, err := x509.ParseCertificate(der)
	check(t, err)
	return &authority{certificate, key}
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

// issue makes a certificate for the loopback address.
func (a *authority) issue(t *testing.T, name string, usage x509.ExtKeyUsage) (certificate, private *pem.Block) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: name},
		NotBefore: a.certificate.NotBefore, NotAfter: a.certificate.NotAfter,
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{usage},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	check(t, err)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	return &pem.Block{Type: "CERTIFICATE", Bytes: der}, &pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}
}

func (a *authority) client(t *testing.T) tls.Certificate {
	t.Helper()
	certificate, key := a.issue(t, "kest", x509.ExtKeyUsageClientAuth)
	pair, err := tls.X509KeyPair(pem.EncodeToMemory(certificate), pem.EncodeToMemory(key))
	check(t, err)
	return pair
}
