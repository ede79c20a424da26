package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	goidc "github.com/coreos/go-oidc/v3/oidc"

	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/internal/keyurl"
	"github.com/kestgo/kest/runtime/internal/refreshed"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxAnswer bounds what a provider may answer, in bytes: keys with chains of
// certificates take some tens of kilobytes.
const maxAnswer = 1 << 20

// ownClient copies the client: keys are believed because they came from the URL
// that was configured, so that no answer may send the request elsewhere.
func ownClient(client *http.Client) (*http.Client, error) {
	if client == nil {
		client = new(http.Client)
	}
	base, err := keyurl.Transport("the Client", client)
	if err != nil {
		return nil, err
	}
	own := *client
	own.Transport = &strictTransport{base}
	own.Jar = nil
	return &own, nil
}

// strictTransport makes an error of every answer but a whole one of status 200,
// before a library reads it, or follows it elsewhere.
type strictTransport struct{ base http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t *strictTransport) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := t.base.RoundTrip(request)
	if err != nil {
		return nil, &shortError{err}
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return nil, statusError(response.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, &shortError{fmt.Errorf("the answer broke off: %w", err)}
	case len(body) > maxAnswer:
		return nil, fmt.Errorf("the answer has more than %d bytes", maxAnswer)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	return response, nil
}

// statusError is a status other than 200.
type statusError int

func (s statusError) Error() string {
	hint := "see its log"
	if s >= 300 && s < 400 {
		hint = "redirects are not followed: configure the URL where the answer is"
	}
	return fmt.Sprintf("it answered %d %s: %s", int(s), http.StatusText(int(s)), hint)
}

// discover asks the provider where its keys are.
func discover(ctx context.Context, client *http.Client, config *Config) (keysURL string, err error) {
	ctx, cancel := refreshed.WithTimeout(ctx, config.Timeout)
	defer cancel()
	provider, err := goidc.NewProvider(goidc.ClientContext(ctx, client), config.Issuer)
	if err != nil {
		var outer *url.Error // there is no answer, or none of status 200
		switch {
		case ctx.Err() != nil:
			return "", fmt.Errorf("%w: discovery: %w", bearer.ErrUnavailable, context.Cause(ctx))
		case errors.As(err, &outer):
			return "", fmt.Errorf("%w: discovery: %w", bearer.ErrUnavailable, outer.Err)
		}
		return "", errors.New("discovery: " + shorten(err))
	}
	var document json.RawMessage
	err = provider.Claims(&document)
	// go-oidc takes a member in whatever case for the issuer's, and the last of two.
	var issuer string
	if err == nil {
		err = strictjson.Members(document, func(name string, value []byte) (err error) {
			switch name {
			case "issuer":
				issuer, err = strictjson.Unquote(value)
			case "jwks_uri":
				keysURL, err = strictjson.Unquote(value)
			}
			return err
		})
	}
	switch {
	case err != nil:
		return "", fmt.Errorf("discovery: the document is not one JSON object without doubt: %w", err)
	case issuer != config.Issuer:
		return "", errors.New("discovery: the document has no issuer that is the configured one")
	}
	if err := checkURL("jwks_uri", keysURL, "https://login.example.org/keys", config.InsecureHTTP); err != nil {
		return "", fmt.Errorf("discovery: %w", err)
	}
	return keysURL, nil
}

// maxShown bounds what an error quotes of an answer, in bytes.
const maxShown = 300

// shorten makes one short line of an error with a text of somebody else's in it.
func shorten(err error) string {
	text := err.Error()
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	quoted := strconv.Quote(text)
	return quoted[1 : len(quoted)-1]
}

// shortError is an error of net/http, which may quote what the other side sent.
type shortError struct{ error }

func (e *shortError) Error() string { return shorten(e.error) }
func (e *shortError) Unwrap() error { return e.error }
