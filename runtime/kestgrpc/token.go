package kestgrpc

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/resolver"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/internal/loopback"
)

// token is a raw bearer token as credentials of one call. gRPC fails a call with
// credentials that need a secure connection and do not have one.
type token struct {
	header string
	local  bool // the connection does not leave the machine
}

var _ credentials.PerRPCCredentials = token{}

// newToken checks that the text is a token: what cannot stand in a header would
// break the connection that other calls share.
func newToken(text string, connection *grpc.ClientConn) (token, error) {
	header := "Bearer " + text
	if _, err := bearer.FromHeader([]string{header}); err != nil {
		return token{}, fmt.Errorf("the token of the context cannot be sent: %w", err)
	}
	return token{header, connection != nil && isLocal(connection.CanonicalTarget())}, nil
}

func (t token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return map[string]string{"authorization": t.header}, nil
}

func (t token) RequireTransportSecurity() bool { return !t.local }

// String keeps the token out of logs.
func (t token) String() string { return "a bearer token" }

// GoString is String for %#v.
func (t token) GoString() string { return t.String() }

// hasCredentials says whether a call brings credentials itself.
func hasCredentials(options []grpc.CallOption) bool {
	for _, option := range options {
		if own, ok := option.(grpc.PerRPCCredsCallOption); ok && own.Creds != nil {
			return true
		}
	}
	return false
}

// isLocal says of a target, as gRPC names it, whether it is on the loopback
// interface or a Unix socket.
func isLocal(target string) bool {
	u, err := url.Parse(target)
	if err != nil {
		return false
	}
	switch u.Scheme {
	case "unix", "unix-abstract":
		return true
	case "dns", "passthrough":
		endpoint := resolver.Target{URL: *u}.Endpoint()
		host, _, err := net.SplitHostPort(endpoint)
		if err != nil {
			host = endpoint
		}
		if host == "localhost" {
			return u.Host == "" // where a name server is given, that says where it is
		}
		address := strings.Trim(host, "[]")
		return address != "localhost" && loopback.Is(address)
	}
	return false
}
