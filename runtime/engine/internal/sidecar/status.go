package sidecar

import (
	"fmt"
	"net/http"
	"strings"

	kest "github.com/kestgo/kest/runtime"
)

// statusError is for every status but 200. It does not have the body: servers
// quote the input in their messages.
func (c *Client) statusError(status int) (failure, err error) {
	failure, hint := kest.ErrPolicyMalformed, "see its log"
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		// What stands before the policies answered, and may let the next one pass.
		failure = kest.ErrPolicyUnreachable
	case http.StatusUnauthorized, http.StatusForbidden:
		hint = "check Config.Token, or the certificate that it wants"
	case http.StatusNotFound, http.StatusMethodNotAllowed:
		hint = "check the path of Config.URL"
	case http.StatusRequestEntityTooLarge:
		hint = "the input is larger than it takes: raise its limit"
	}
	if status >= 300 && status < 400 {
		hint = "redirects are not followed: correct Config.URL"
	}
	text := strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
	return failure, fmt.Errorf("the server at %s answered %s: %s", c.server, text, hint)
}
