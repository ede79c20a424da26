package keysource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	kest "github.com/kestgo/kest/runtime"
)

// ownClient copies the client: keys are believed because they came from the URL
// that was configured, so that no answer may send the request elsewhere.
func ownClient(client *http.Client) (*http.Client, error) {
	if client == nil {
		client = new(http.Client)
	}
	own := *client
	if own.Transport == nil {
		// Not http.DefaultTransport, which takes proxies from the environment.
		own.Transport = &http.Transport{
			ForceAttemptHTTP2:      true,
			IdleConnTimeout:        90 * time.Second,
			DisableCompression:     true,
			MaxResponseHeaderBytes: 64 << 10,
		}
	}
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	if transport, ok := own.Transport.(*http.Transport); ok {
		// SPIFFE's configuration has its own check in place of the usual one.
		tls := transport.TLSClientConfig
		if tls != nil && tls.InsecureSkipVerify && tls.VerifyPeerCertificate == nil && tls.VerifyConnection == nil {
			return nil, errors.New("the client takes any certificate (InsecureSkipVerify), so that anybody could give out keys: set RootCAs")
		}
	}
	return &own, nil
}

// fetch asks for the set. age is how long the server says that it is good for,
// maxAge if it does not say.
func (s *URL) fetch(ctx context.Context) (keys *kest.KeySet, age time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.location, nil)
	if err != nil {
		return nil, 0, withoutURL(err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, 0, fmt.Errorf("the server cannot be reached: %w", withoutURL(err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		hint := "see its log"
		if response.StatusCode >= 300 && response.StatusCode < 400 {
			hint = "redirects are not followed: configure the URL where the keys are"
		}
		return nil, 0, fmt.Errorf("the server answered %d %s: %s", response.StatusCode, http.StatusText(response.StatusCode), hint)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxSize+1))
	switch {
	case err != nil && ctx.Err() != nil:
		return nil, 0, context.Cause(ctx)
	case err != nil:
		return nil, 0, fmt.Errorf("the answer broke off: %w", err)
	case len(body) > maxSize:
		return nil, 0, fmt.Errorf("the answer has more than %d bytes", maxSize)
	}
	keys, err = kest.ParseKeySet(body)
	if err != nil {
		return nil, 0, errors.New("the answer is not a set of keys: " + shorten(err))
	}
	return keys, s.age(response.Header), nil
}

// withoutURL takes the *url.Error away, which prints the query.
func withoutURL(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		return outer.Err
	}
	return err
}

// age reads Cache-Control (RFC 9111) and Age, within minInterval and maxAge.
func (s *URL) age(header http.Header) time.Duration {
	age := s.maxAge
	for _, line := range header.Values("Cache-Control") {
		for directive := range strings.SplitSeq(line, ",") {
			name, value, _ := strings.Cut(strings.TrimSpace(directive), "=")
			switch strings.ToLower(name) {
			case "no-store", "no-cache":
				age = 0
			case "max-age":
				seconds, err := strconv.ParseUint(strings.Trim(value, `"`), 10, 31)
				if err != nil {
					continue // what says nothing changes nothing
				}
				age = min(age, time.Duration(seconds)*time.Second)
			}
		}
	}
	if spent, err := strconv.ParseUint(header.Get("Age"), 10, 31); err == nil {
		age -= time.Duration(spent) * time.Second
	}
	return min(max(age, s.minInterval), s.maxAge)
}
