package avp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
	"github.com/kestgo/kest/runtime/internal/loopback"
)

// checkClient reports what would fail at each call alike.
func checkClient(client *verifiedpermissions.Client) error {
	if client == nil {
		return errors.New("no client: set Config.Client to verifiedpermissions.NewFromConfig of your AWS configuration")
	}
	options := client.Options()
	var errs []error
	if options.Region == "" {
		errs = append(errs, errors.New("the client has no region: set AWS_REGION, or Region in the AWS configuration"))
	}
	if options.Credentials == nil {
		errs = append(errs, errors.New("the client has no credentials: load the AWS configuration with those of the workload"))
	}
	if options.BaseEndpoint != nil {
		u, err := url.Parse(*options.BaseEndpoint)
		if err == nil {
			err = checkEndpoint(u)
		} else {
			err = errors.New("the client's endpoint cannot be parsed") // what it is may hold a password
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// checkEndpoint refuses a place whose answers anybody on the way could write.
func checkEndpoint(u *url.URL) error {
	switch {
	case u.User != nil:
		return errors.New("the client's endpoint has a user or password: requests are signed with the client's credentials")
	case u.Hostname() == "":
		return errors.New("the client's endpoint has no host: write one like https://verifiedpermissions.eu-central-1.amazonaws.com")
	case u.Scheme == "https", u.Scheme == "http" && loopback.Is(u.Hostname()):
		return nil
	}
	return fmt.Errorf("the client's endpoint at %q is not https: answers are not signed, so only TLS can vouch for them, and http is for loopback alone", u.Host)
}

// guarded is a client that asks once and believes no other answer than the
// endpoint's own.
func guarded(options verifiedpermissions.Options) *verifiedpermissions.Client {
	options.Retryer = aws.NopRetryer{}
	options.RetryMaxAttempts = 0 // or it would wrap the Retryer
	options.HTTPClient = &guard{ownHTTP(options.HTTPClient)}
	options.Credentials = &credentials{cached(options.Credentials)}
	// The modes that print requests print session tokens and the input. The
	// signer and the scheme around it have the mode they were made with.
	options.ClientLogMode = 0
	options.AuthSchemes = nil
	if _, ok := options.HTTPSignerV4.(*v4.Signer); ok {
		options.HTTPSignerV4 = nil
	}
	return verifiedpermissions.New(options)
}

// ownHTTP is a client that hands a redirect over instead of following it: the
// SDK's own sends the input on for 307 and 308. A client of another kind than
// the SDK's and net/http's is taken as it is; guard looks at where its answers
// come from.
func ownHTTP(client verifiedpermissions.HTTPClient) verifiedpermissions.HTTPClient {
	if buildable, ok := client.(*awshttp.BuildableClient); ok {
		client = buildable.WithTransportOptions(forDecisions).Freeze()
	}
	plain, ok := client.(*http.Client)
	if !ok {
		return client
	}
	own := *plain
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = sidecar.WithoutLocation(own.Transport)
	return &own
}

const (
	// minIdle is how many connections are kept: calls come at once, and a TLS
	// handshake for each is a good part of the time-out.
	minIdle = 64
	// maxHeader is the size in bytes of an answer's header at most.
	maxHeader = 64 << 10
)

// forDecisions changes the SDK's transport. HTTP/1.1 gives a connection up
// together with the call that ran out of time on it; one of HTTP/2 would be kept,
// and the next calls would hang on it, too.
func forDecisions(transport *http.Transport) {
	transport.MaxIdleConnsPerHost = max(transport.MaxIdleConnsPerHost, minIdle)
	transport.MaxResponseHeaderBytes = maxHeader
	transport.Protocols = new(http.Protocols)
	transport.Protocols.SetHTTP1(true)
	// What Transport.Clone, which the SDK calls, has filled in by itself.
	transport.ForceAttemptHTTP2 = false
	transport.TLSNextProto = nil
	if transport.TLSClientConfig != nil {
		transport.TLSClientConfig.NextProtos = nil
	}
}

// cached has the SDK's cache in front of a provider that is without: it fetches
// once for calls that come together, and a call whose time is up does not wait
// for a provider that ignores its context.
func cached(provider aws.CredentialsProvider) aws.CredentialsProvider {
	if _, ok := provider.(*aws.CredentialsCache); ok {
		return provider
	}
	return aws.NewCredentialsCache(provider)
}

// credentials tells the failures of a provider from those of the service.
type credentials struct{ next aws.CredentialsProvider }

func (c *credentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	keys, err := c.next.Retrieve(ctx)
	if err == nil && !keys.HasKeys() {
		err = errors.New("the provider gave none")
	}
	if err != nil {
		return aws.Credentials{}, &credentialsError{err}
	}
	return keys, nil
}

type credentialsError struct{ err error }

func (e *credentialsError) Error() string { return "no AWS credentials: " + e.err.Error() }

func (e *credentialsError) Unwrap() error { return e.err }
