package redis_test

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

	goredis "github.com/redis/go-redis/v9"

	"github.com/kestgo/kest/internal/testserver"
	"github.com/kestgo/kest/runtime/cache/redis"
)

// authority issues certificates for one test.
type authority struct {
	dir         string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{dir: t.TempDir()}
	a.certificate, a.key = a.issue(t, "ca", &x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// issue writes NAME.crt and NAME.key, signed by the authority, or by itself while
// there is none.
func (a *authority) issue(t *testing.T, name string, template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(t, err)
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: name}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := template, key
	if a.key != nil {
		parent, signer = a.certificate, a.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	check(t, err)
	private, err := x509.MarshalPKCS8PrivateKey(key)
	check(t, err)
	check(t, os.WriteFile(a.path(name+".crt"), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	check(t, os.WriteFile(a.path(name+".key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}), 0o600))
	certificate, err := x509.ParseCertificate(der)
	check(t, err)
	return certificate, key
}

func (a *authority) path(name string) string { return filepath.Join(a.dir, name) }

// TestTLS has a server that speaks nothing but mutual TLS.
func TestTLS(t *testing.T) {
	ca := newAuthority(t)
	ca.issue(t, "server", &x509.Certificate{IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	ca.issue(t, "client", &x509.Certificate{ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	address := testserver.Address(t)
	_, port, err := net.SplitHostPort(address)
	check(t, err)
	testserver.Start(t, address, testserver.Find(t, "redis-server"),
		"--bind", "127.0.0.1", "--port", "0", "--tls-port", port, "--save", "",
		"--tls-cert-file", ca.path("server.crt"), "--tls-key-file", ca.path("server.key"), "--tls-ca-cert-file", ca.path("ca.crt"))

	pair, err := tls.LoadX509KeyPair(ca.path("client.crt"), ca.path("client.key"))
	check(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(ca.certificate)
	client := func(config *tls.Config) *goredis.Client {
		options := options(address)
		options.TLSConfig, options.DialerRetries = config, 1
		return newClient(t, options)
	}
	roundTrip(t, newStore(t, client(&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}), redis.Config{}))

	for name, tt := range map[string]struct {
		config *tls.Config
		want   string
	}{
		"a server that nobody vouches for": {&tls.Config{RootCAs: x509.NewCertPool(), Certificates: []tls.Certificate{pair}}, "certificate"},
		"a server of another name":         {&tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}, ServerName: "cache.internal"}, "cache.internal"},
		"a client without a certificate":   {&tls.Config{RootCAs: roots}, ""},
		"a client without TLS":             {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, newStore(t, client(tt.config), redis.Config{}), tt.want)
		})
	}
}

// TestTLSWithAServerWithoutIt: the client does not fall back.
func TestTLSWithAServerWithoutIt(t *testing.T) {
	address := testserver.Address(t)
	startServer(t, address)
	config := options(address)
	config.TLSConfig, config.DialerRetries = &tls.Config{}, 1
	both(t, newStore(t, newClient(t, config), redis.Config{Timeout: time.Second}))
}
