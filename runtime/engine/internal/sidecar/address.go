package sidecar

import (
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"syscall"
)

// baseURL checks a URL and returns it without a slash at its end.
func baseURL(text, example string) (base, scheme string, err error) {
	if text == "" {
		return "", "", fmt.Errorf("no URL: write one like %s", example)
	}
	u, err := url.Parse(text)
	if err != nil {
		// The cause, and not the *url.Error around it, which prints the URL: it
		// may hold a password.
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return "", "", fmt.Errorf("the URL cannot be parsed: %w: write one like %s", err, example)
	}
	switch {
	case u.User != nil:
		return "", "", errors.New("the URL has a user or password: use Config.Token or a TLS certificate")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", "", fmt.Errorf("the URL %q is neither http nor https: write one like %s", text, example)
	case u.Hostname() == "":
		return "", "", fmt.Errorf("the URL %q has no host: write one like %s", text, example)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "", "", fmt.Errorf("the URL %q has a query or fragment: write one like %s", text, example)
	}
	return strings.TrimRight(u.Scheme+"://"+u.Host+u.EscapedPath(), "/"), u.Scheme, nil
}

// maxSocket is the length in bytes of a socket's path at most, which the system
// ends with a zero byte.
const maxSocket = len(syscall.RawSockaddrUnix{}.Path) - 1

// checkSocket wants a path that means one file wherever the program is started.
// That also refuses Linux's abstract names, which any user may listen on.
func checkSocket(path string) error {
	switch {
	case path == "":
		return nil
	case !filepath.IsAbs(path) || strings.ContainsRune(path, 0):
		return fmt.Errorf("the socket %q is not an absolute path: write one like /run/kest/policy.sock, without unix://", path)
	case len(path) > maxSocket:
		return fmt.Errorf("the socket's path has %d bytes, and this system takes %d: choose a shorter one", len(path), maxSocket)
	}
	return nil
}
