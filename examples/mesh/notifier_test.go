package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/kestgo/kest/examples/mesh/internal/launch"
	"github.com/kestgo/kest/examples/mesh/internal/service"
	"github.com/kestgo/kest/examples/mesh/internal/shop"
	"github.com/kestgo/kest/examples/mesh/internal/wire"
)

// testNotifier calls the notifier with a passport that is valid and a forged
// kest.user. It believes the ledger's certificate, and no other one's word.
func (m *mesh) testNotifier() {
	tokens, trace := m.stolen(m.id("H-notifier"))
	ownTLS := func(name string) *tls.Config {
		config, err := m.certificates(name).ClientTLS(shop.Notifier)
		if err != nil {
			m.t.Fatal(err)
		}
		return config
	}
	without := ownTLS("ledger")
	without.Certificates = nil
	for i, test := range []struct {
		name string
		tls  *tls.Config
		want codes.Code
	}{
		{"the ledger", ownTLS("ledger"), codes.OK},
		{"the gateway", ownTLS("gateway"), codes.PermissionDenied},
		{"nobody", without, codes.Unavailable},
	} {
		id := m.id(fmt.Sprintf("H-notifier-%d", i))
		m.t.Run(test.name, func(t *testing.T) {
			m := m.with(t)
			receipt, err := m.notify(credentials.NewTLS(test.tls), trace, passport(t, tokens[:2]...), id)
			if got := status.Code(err); got != test.want {
				t.Fatalf("got %s (%v), want %s", got, err, test.want)
			}
			if test.want != codes.OK {
				m.ran(id, nil, nil, nil)
				return
			}
			entries := m.decode(receipt.Passport.Tokens())
			if got, err := identityOf(entries[2]); err != nil || got.User != launch.Administrator {
				t.Errorf("the ledger's word on who the user is counts for nothing: %+v, %v", got, err)
			}
			m.ran(id, nil, nil, []string{"notify"})
		})
	}
	m.t.Run("a tampered passport", func(t *testing.T) {
		m := m.with(t)
		forged := alter(t, tokens[1], `"trust_score":70`, `"trust_score":71`)
		_, err := m.notify(credentials.NewTLS(ownTLS("ledger")), trace, passport(t, tokens[0], forged), m.id("H-notifier-tampered"))
		if got := status.Code(err); got != codes.PermissionDenied {
			t.Errorf("got %s (%v), want %s", got, err, codes.PermissionDenied)
		}
		m.ran(m.id("H-notifier-tampered"), nil, nil, nil)
	})
}

// certificates are the settings of a service, as far as TLS needs them.
func (m *mesh) certificates(name string) *service.Settings {
	certificate, key, authority := m.CertificateFiles(name)
	return &service.Settings{Certificate: certificate, Key: key, Authority: authority}
}

// testImpostor has the ledger's side of TLS meet a server with the certificate of
// another workload, on the notifier's host.
func (m *mesh) testImpostor() {
	for _, test := range []struct {
		name  string
		valid bool
	}{{"notifier", true}, {"gateway", false}} {
		m.t.Run(test.name, func(t *testing.T) {
			m := m.with(t)
			serverTLS, err := m.certificates(test.name).ServerTLS()
			if err != nil {
				t.Fatal(err)
			}
			clientTLS, err := m.certificates("ledger").ClientTLS(shop.Notifier)
			if err != nil {
				t.Fatal(err)
			}
			listener, err := tls.Listen("tcp", "127.0.0.1:0", serverTLS)
			if err != nil {
				t.Fatal(err)
			}
			defer listener.Close()
			go func() {
				conn, err := listener.Accept()
				if err != nil {
					return // the client is the one that is tested
				}
				_, _ = io.Copy(io.Discard, conn) // shakes hands
				conn.Close()
			}()
			conn, err := tls.Dial("tcp", listener.Addr().String(), clientTLS)
			if err == nil {
				conn.Close()
			}
			if (err == nil) != test.valid {
				t.Errorf("got %v", err)
			}
		})
	}
}

// notify calls the notifier by hand.
func (m *mesh) notify(own credentials.TransportCredentials, trace, members, id string) (shop.Receipt, error) {
	m.t.Helper()
	connection, err := grpc.NewClient(m.NotifierGRPC, grpc.WithTransportCredentials(own))
	if err != nil {
		m.t.Fatal(err)
	}
	defer connection.Close()
	h := header(trace, "kest.user="+launch.Administrator, members)
	ctx := metadata.AppendToOutgoingContext(m.t.Context(),
		"baggage", h.Get("Baggage"), "traceparent", h.Get("Traceparent"), "kest-lineage", h.Get("Kest-Lineage"))
	return wire.NotifierClient{Connection: connection}.Notify(ctx, shop.Message{Order: id, Text: "hello"})
}

// TestOnlyLoopback: nothing of the mesh can be reached from elsewhere.
func TestOnlyLoopback(t *testing.T) {
	m := start(t)
	addresses, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, address := range addresses {
		ip, ok := address.(*net.IPNet)
		if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
			continue
		}
		for _, listener := range m.Addresses() {
			_, port, err := net.SplitHostPort(listener)
			if err != nil {
				t.Fatal(err)
			}
			if conn, err := new(net.Dialer).DialContext(context.Background(), "tcp", net.JoinHostPort(ip.IP.String(), port)); err == nil {
				conn.Close()
				t.Errorf("%s can be reached at %s", listener, ip.IP)
			}
		}
	}
}
