package keysource

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/keyurl"
)

// ownClient copies the client: keys are believed because they came from the URL
// that was configured, so that no answer may send the request elsewhere.
func ownClient(client *http.Client) (*http.Client, error) {
	if client == nil {
		client = new(http.Client)
	}
	transport, err := keyurl.Transport("the client", client)
	if err != nil {
		return nil, err
	}
	own := *client
	own.Transport = transport
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own, nil
}

// fetch asks for the set. age is how long the server says that it is good for,
// MaxAge if it does not say.
func (s *URL) fetch(ctx context.Context) (keys *kest.KeySet, age time.Duration, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, s.location, nil)
	if err != nil {
		return nil, 0, keyurl.WithoutURL(err)
	}
	request.Header.Set("Accept", "application/jwk-set+json, application/json")
	response, err := s.client.Do(request)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, 0, fmt.Errorf("the server cannot be reached: %w", keyurl.WithoutURL(err))
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

// age reads Cache-Control (RFC 9111) and Age.
func (s *URL) age(header http.Header) time.Duration {
	age := s.settings.MaxAge
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
	return age
}
