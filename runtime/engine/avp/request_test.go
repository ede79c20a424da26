package avp_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

const trusted = `permit(principal, action == Action::"kest/allow_trusted", resource) when { context.trust_score >= 40 };`

// TestRequest holds the members of the request, with and without a namespace.
func TestRequest(t *testing.T) {
	var body []byte
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ = io.ReadAll(r.Body)
		_, _ = io.WriteString(w, allowed)
	}))
	defer server.Close()
	context, err := cedarinput.AppendContext(nil, input())
	check(t, err)
	for namespace, prefix := range map[string]string{"": "", "Shop::Kest": "Shop::Kest::"} {
		engine := newEngine(t, avp.Config{Client: newClient(server.URL), Namespace: namespace})
		ok, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input())
		if !ok || err != nil {
			t.Fatal(ok, err)
		}
		want := map[string]any{
			"policyStoreId": store,
			"principal":     map[string]any{"entityType": prefix + "Workload", "entityId": "spiffe://example.org/payments"},
			"action":        map[string]any{"actionType": prefix + "Action", "actionId": "kest/allow_trusted"},
			"resource":      map[string]any{"entityType": prefix + "Resource", "entityId": "orders/o-17"},
			"context":       map[string]any{"cedarJson": string(context)},
		}
		var got map[string]any
		check(t, json.Unmarshal(body, &got))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %v\nwant %v", got, want)
		}
	}
}

// TestDecisions asks the double, which checks the signature and the shape.
func TestDecisions(t *testing.T) {
	for _, namespace := range []string{"", "Kest"} {
		prefix := ""
		if namespace != "" {
			prefix = namespace + "::"
		}
		d, url := startDouble(t, parse(t, trusted,
			`permit(principal == Workload::"spiffe://example.org/payments", action == Action::"kest/star", resource == Resource::"*");`,
			`permit(principal, action == Action::"kest/skipped", resource);`,
			`forbid(principal, action == Action::"kest/skipped", resource) when { context.nothing == 1 };`,
		), prefix)
		engine := newEngine(t, avp.Config{Client: newClient(url), Namespace: namespace})
		for _, tt := range []struct {
			policy string
			change func(*kest.PolicyInput)
			want   bool
			err    string // "" for none
		}{
			{"kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 40 }, true, ""},
			{"kest/allow_trusted", func(in *kest.PolicyInput) { in.TrustScore = 39 }, false, ""},
			{"kest/star", func(in *kest.PolicyInput) { in.ResourceID = "" }, true, ""},
			{"kest/star", func(*kest.PolicyInput) {}, false, ""},
			{"kest/nobody_has_this", func(*kest.PolicyInput) {}, false, ""},
			{"kest/skipped", func(*kest.PolicyInput) {}, false, "could not be evaluated"},
		} {
			in := input()
			tt.change(in)
			got, err := engine.Evaluate(t.Context(), tt.policy, in)
			if got != tt.want || (err != nil) != (tt.err != "") {
				t.Errorf("%s: got %t, %v", tt.policy, got, err)
			}
			if err != nil {
				checkError(t, err, kest.ErrPolicyMalformed, tt.err)
			}
		}
		if n := d.asked.Load(); n != 6 {
			t.Errorf("asked %d times", n)
		}
	}
}

// TestTheServiceRefuses is what a wrong configuration looks like, and shows that
// the double refuses what it should.
func TestTheServiceRefuses(t *testing.T) {
	d, url := startDouble(t, parse(t, `permit(principal, action, resource);`), "Kest::")
	for name, tt := range map[string]struct {
		config avp.Config
		want   []string
	}{
		"another store":     {avp.Config{Client: newClient(url), Namespace: "Kest", PolicyStoreID: "PSother"}, []string{"ResourceNotFoundException", `"PSother"`}},
		"another namespace": {avp.Config{Client: newClient(url)}, []string{"ValidationException", "Config.Namespace"}},
		"another region": {avp.Config{Namespace: "Kest", Client: newClient(url, func(o *verifiedpermissions.Options) { o.Region = "us-east-1" })},
			[]string{"InvalidSignatureException", "credentials are wrong"}},
		"another secret": {avp.Config{Namespace: "Kest", Client: newClient(url, func(o *verifiedpermissions.Options) {
			o.Credentials = provider(func(context.Context) (aws.Credentials, error) {
				return aws.Credentials{AccessKeyID: keyID, SecretAccessKey: "guessed"}, nil
			})
		})}, []string{"InvalidSignatureException", "0a1b2c3d-request"}},
	} {
		before := d.asked.Load()
		allowed, err := newEngine(t, tt.config).Evaluate(t.Context(), "kest/allow_trusted", input())
		if allowed {
			t.Errorf("%s: allowed", name)
		}
		checkError(t, err, kest.ErrPolicyMalformed, tt.want...)
		if n := d.asked.Load() - before; n != 1 {
			t.Errorf("%s: asked %d times", name, n)
		}
	}
}

// TestInputThatIsNotSent has what the service has no room for.
func TestInputThatIsNotSent(t *testing.T) {
	d, url := startDouble(t, parse(t, `permit(principal, action, resource);`), "")
	engine := newEngine(t, avp.Config{Client: newClient(url)})
	for want, change := range map[string]func(*kest.PolicyInput){
		"the workload id is empty":           func(in *kest.PolicyInput) { in.Workload = "" },
		"the workload id has 613 characters": func(in *kest.PolicyInput) { in.Workload = strings.Repeat("ж", 613) },
		"the resource id has 613 characters": func(in *kest.PolicyInput) { in.ResourceID = strings.Repeat("s", 613) },
		"amount":                             func(in *kest.PolicyInput) { in.Attributes = []byte(`{"amount":12.5}`) },
		"not valid UTF-8":                    func(in *kest.PolicyInput) { in.ResourceID = "s\xff" },
		"the service takes 1000000":          func(in *kest.PolicyInput) { in.Attributes = fmt.Appendf(nil, `{"s":"%0999999d"}`, 0) },
	} {
		in := input()
		change(in)
		allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", in)
		if allowed {
			t.Errorf("%s: allowed", want)
		}
		checkError(t, err, kest.ErrPolicyMalformed, want)
		for _, secret := range []string{"жжж", "sss", "12.5", "0000000000"} {
			if strings.Contains(err.Error(), secret) {
				t.Errorf("the error has a value of the input: %v", err)
			}
		}
	}
	_, err := engine.Evaluate(t.Context(), "kest/allow_trusted", nil)
	checkError(t, err, kest.ErrPolicyMalformed, "input")
	if n := d.asked.Load(); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
	for _, change := range []func(*kest.PolicyInput){
		func(in *kest.PolicyInput) { in.Workload = strings.Repeat("ж", 612) },
		func(in *kest.PolicyInput) { in.Attributes = fmt.Appendf(nil, `{"s":"%0900000d"}`, 0) },
	} {
		in := input()
		change(in)
		if allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", in); !allowed || err != nil {
			t.Errorf("within the limits: got %t, %v", allowed, err)
		}
	}
}

type provider func(context.Context) (aws.Credentials, error)

func (p provider) Retrieve(ctx context.Context) (aws.Credentials, error) { return p(ctx) }

// TestCredentials: without them there is no request, so no answer.
func TestCredentials(t *testing.T) {
	d, url := startDouble(t, parse(t, `permit(principal, action, resource);`), "")
	expired := errors.New("the role is gone")
	forever := make(chan struct{})
	t.Cleanup(func() { close(forever) })
	for name, tt := range map[string]struct {
		credentials aws.CredentialsProvider
		want        error
		text        string
	}{
		"provider fails": {provider(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, expired }), expired, "no AWS credentials"},
		"provider gives none": {provider(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, nil }),
			kest.ErrPolicyUnreachable, "gave none"},
		"cached provider fails": {aws.NewCredentialsCache(provider(func(context.Context) (aws.Credentials, error) { return aws.Credentials{}, expired })), expired, "no AWS credentials"},
		"provider that hangs and ignores its context": {provider(func(context.Context) (aws.Credentials, error) {
			<-forever
			return aws.Credentials{}, expired
		}), context.DeadlineExceeded, "within 50ms"},
	} {
		engine := newEngine(t, avp.Config{Timeout: 50 * time.Millisecond,
			Client: newClient(url, func(o *verifiedpermissions.Options) { o.Credentials = tt.credentials })})
		start := time.Now()
		allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input())
		if allowed {
			t.Errorf("%s: allowed", name)
		}
		checkError(t, err, kest.ErrPolicyUnreachable, tt.text)
		checkError(t, err, tt.want)
		if took := time.Since(start); took > limit {
			t.Errorf("%s: took %s", name, took)
		}
	}
	if n := d.asked.Load(); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
}

// TestSecretsAreNotPrinted: the log modes of the SDK print tokens and bodies.
func TestSecretsAreNotPrinted(t *testing.T) {
	_, url := startDouble(t, parse(t, trusted), "")
	logger := new(logs)
	engine := newEngine(t, avp.Config{Client: newClient(url, func(o *verifiedpermissions.Options) {
		o.ClientLogMode = aws.LogSigning | aws.LogRequestWithBody | aws.LogResponseWithBody
		o.Logger = logger
	})})
	_, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input())
	check(t, err)
	if logger.lines > 0 || strings.Contains(fmt.Sprintf("%+v", engine), secret) {
		t.Errorf("printed %d lines and %+v", logger.lines, engine)
	}
}
