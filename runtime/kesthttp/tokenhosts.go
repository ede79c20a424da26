package kesthttp

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"github.com/kestgo/kest/runtime/internal/loopback"
)

// tokenHosts are the hosts that may have the raw token: "name" for the default
// port of the scheme, or "name:port"; lower-case, IPv6 addresses without brackets
// but for those with a port.
type tokenHosts map[string]bool

func (hosts tokenHosts) add(host string) error {
	u, err := url.Parse("//" + host)
	if err != nil || u.Host != host || u.Hostname() == "" || strings.ContainsAny(host, "*@ ") || strings.HasSuffix(host, ":") || !isASCII(host) {
		return fmt.Errorf("TokenHosts: %q is no host: write one like ledger.example.com or 127.0.0.1:8080", host)
	}
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" {
		hosts[name] = true
		return nil
	}
	if number, err := strconv.ParseUint(port, 10, 16); err != nil || number == 0 {
		return fmt.Errorf("TokenHosts: the port of %q is none: it must be 1 to 65535", host)
	}
	hosts[net.JoinHostPort(name, port)] = true
	return nil
}

var defaultPorts = map[string]string{"https": "443", "http": "80"}

// allow says whether a request to u may have the token.
func (hosts tokenHosts) allow(u *url.URL) bool {
	if u == nil || !isASCII(u.Host) {
		return false // lower case is not that of names then
	}
	name, port := strings.ToLower(u.Hostname()), u.Port()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback.Is(name)) {
		return false
	}
	standard := defaultPorts[u.Scheme]
	if port == "" {
		port = standard
	}
	return hosts[net.JoinHostPort(name, port)] || port == standard && hosts[name]
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}
