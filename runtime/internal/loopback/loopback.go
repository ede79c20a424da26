// Package loopback says which hosts are this one, where what is not encrypted is
// not on its way anywhere.
package loopback

import "net/netip"

// Is says whether a host, as url.URL.Hostname gives it, is of the loopback
// interface: localhost, 127.0.0.0/8 or ::1. No other name is, whatever a name
// server says of it.
func Is(host string) bool {
	address, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && address.IsLoopback()
}
