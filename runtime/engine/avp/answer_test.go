package avp_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/smithy-go/logging"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
)

const allowed = `{"decision":"ALLOW","determiningPolicies":[{"policyId":"p"}],"errors":[]}`

// logs counts what the SDK logs.
type logs struct{ lines int }

func (l *logs) Logf(logging.Classification, string, ...any) { l.lines++ }

// answer has one handler decide.
func answer(t *testing.T, handler http.HandlerFunc) (bool, error) {
	t.Helper()
	server := httptest.NewServer(handler)
	defer server.Close()
	return newEngine(t, avp.Config{Client: newClient(server.URL), Timeout: limit}).
		Evaluate(t.Context(), "kest/allow_trusted", input())
}

func TestAnswersThatAreDecisions(t *testing.T) {
	for body, want := range map[string]bool{
		allowed: true,
		" {\n\"new\":{\"a\":[1]}, \"errors\" : [], \"decision\" : \"ALLOW\"}\n": true,
		`{"decision":"DENY","determiningPolicies":[],"errors":[]}`:              false,
	} {
		got, err := answer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if got != want || err != nil {
			t.Errorf("%s: got %t, %v", body, got, err)
		}
	}
}

func TestAnswersThatAreErrors(t *testing.T) {
	for body, want := range map[string]string{
		``:                                   "not one JSON object",
		`true`:                               "not one JSON object",
		`null`:                               "not one JSON object",
		`"ALLOW"`:                            "not one JSON object",
		`[` + allowed + `]`:                  "not one JSON object",
		`<html>ALLOW</html>`:                 "not one JSON object",
		allowed[:len(allowed)-1]:             "not one JSON object",
		allowed + `{}`:                       "not one JSON object",
		allowed + `x`:                        "not one JSON object",
		"\ufeff" + allowed:                   "not one JSON object",
		`{}`:                                 "no list of errors",
		`{"decision":"ALLOW"}`:               "no list of errors",
		`{"Decision":"ALLOW"}`:               "no list of errors",
		`{"decision":"ALLOW","errors":null}`: "no list of errors",
		`{"decision":"ALLOW","errors":[],"decision":"DENY"}`:                 "duplicate",
		`{"decision":"DENY","errors":[],"decision":"ALLOW"}`:                 "duplicate",
		`{"decision":"DENY","errors":[],"\u0064ecision":"ALLOW"}`:            "duplicate",
		`{"decision":"ALLOW","errors":[{"errorDescription":"alice"}]}`:       "1 policies of the store could not be evaluated",
		`{"decision":"DENY","errors":[{"errorDescription":"alice"},{}]}`:     "2 policies of the store could not be evaluated",
		`{"decision":"ALLOW","errors":[{}],"errors":[]}`:                     "duplicate",
		`{"decision":"allow","errors":[]}`:                                   `"allow"`,
		`{"decision":"ALLOW ","errors":[]}`:                                  `"ALLOW "`,
		`{"decision":"NOT_APPLICABLE","errors":[]}`:                          "must be ALLOW or DENY",
		`{"decision":null,"errors":[]}`:                                      `""`,
		`{"Decision":"ALLOW","errors":[]}`:                                   `""`,
		`{"decision":true,"errors":[]}`:                                      "not of the types",
		`{"decision":["ALLOW"],"errors":[]}`:                                 "not of the types",
		`{"decision":"ALLOW","errors":"alice"}`:                              "not of the types",
		`{"decision":"ALLOW","errors":["alice"]}`:                            "not of the types",
		`{"decision":"ALLOW","errors":[],"determiningPolicies":"alice"}`:     "not of the types",
		"{\"decision\":\"ALLOW\",\"errors\":[],\"x\":\"\xff\"}":              "UTF-8",
		`{"decision":"ALLOW","errors":[],"x":` + strings.Repeat("[", 20_000): "nested too deep",
		`{"x":"` + strings.Repeat("x", 1<<20) + `",` + allowed[1:]:           "more than 1048576 bytes",
	} {
		got, err := answer(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if got || err == nil {
			t.Errorf("%.60s: got %t, %v", body, got, err)
			continue
		}
		checkError(t, err, kest.ErrPolicyMalformed, want)
		if strings.Contains(err.Error(), "alice") {
			t.Errorf("the error has what the service wrote: %v", err)
		}
	}
}

// TestOtherStatusIsAnErrorWhateverTheBodySays: the SDK takes every 2xx for
// success and follows 307 and 308.
func TestOtherStatusIsAnErrorWhateverTheBodySays(t *testing.T) {
	for status, want := range map[int]error{
		201: kest.ErrPolicyMalformed, 202: kest.ErrPolicyMalformed, 204: kest.ErrPolicyMalformed, 206: kest.ErrPolicyMalformed,
		300: kest.ErrPolicyMalformed, 301: kest.ErrPolicyMalformed, 302: kest.ErrPolicyMalformed, 303: kest.ErrPolicyMalformed,
		307: kest.ErrPolicyMalformed, 308: kest.ErrPolicyMalformed,
		400: kest.ErrPolicyMalformed, 401: kest.ErrPolicyMalformed, 403: kest.ErrPolicyMalformed, 404: kest.ErrPolicyMalformed,
		408: kest.ErrPolicyUnreachable, 429: kest.ErrPolicyUnreachable,
		500: kest.ErrPolicyUnreachable, 502: kest.ErrPolicyUnreachable, 503: kest.ErrPolicyUnreachable, 504: kest.ErrPolicyUnreachable,
	} {
		for _, body := range []string{allowed, "", "<html>alice</html>"} {
			asked := 0
			got, err := answer(t, func(w http.ResponseWriter, _ *http.Request) {
				asked++
				w.Header().Set("Location", "/allow")
				w.WriteHeader(status)
				if status != http.StatusNoContent {
					_, _ = io.WriteString(w, body)
				}
			})
			if got {
				t.Errorf("status %d: allowed", status)
			}
			checkError(t, err, want, http.StatusText(status))
			if asked != 1 {
				t.Errorf("status %d: asked %d times", status, asked)
			}
			if strings.Contains(err.Error(), "alice") {
				t.Errorf("the error has what the service wrote: %v", err)
			}
		}
	}
}

// TestErrorCodes: the service's own errors have status 400, or 500.
func TestErrorCodes(t *testing.T) {
	for code, want := range map[string]struct {
		status  int
		failure error
		text    string
	}{
		"AccessDeniedException":       {400, kest.ErrPolicyMalformed, "verifiedpermissions:IsAuthorized"},
		"ResourceNotFoundException":   {400, kest.ErrPolicyMalformed, store},
		"ValidationException":         {400, kest.ErrPolicyMalformed, "Config.Namespace"},
		"UnrecognizedClientException": {400, kest.ErrPolicyMalformed, "credentials are wrong"},
		"ExpiredTokenException":       {403, kest.ErrPolicyMalformed, "have expired"},
		"SomethingNew":                {400, kest.ErrPolicyMalformed, "CloudTrail"},
		"ThrottlingException":         {400, kest.ErrPolicyUnreachable, "raise the quota"},
		"TooManyRequestsException":    {400, kest.ErrPolicyUnreachable, "raise the quota"},
		"RequestTimeoutException":     {400, kest.ErrPolicyUnreachable, "outage"},
		"InternalServerException":     {500, kest.ErrPolicyUnreachable, "outage"},
	} {
		asked := 0
		got, err := answer(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			fail(w, want.status, code, "the principal alice has hunter2")
		})
		if got || asked != 1 {
			t.Errorf("%s: got %t after %d questions", code, got, asked)
		}
		checkError(t, err, want.failure, code, want.text, "0a1b2c3d-request", "kest/allow_trusted")
		if strings.Contains(err.Error(), "alice") {
			t.Errorf("%s: the error has what the service wrote: %v", code, err)
		}
	}
}

// TestNoRedirectIsFollowed has each kind of HTTP client that the SDK takes, and
// a place that allows everything.
func TestNoRedirectIsFollowed(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		for name, client := range map[string]verifiedpermissions.HTTPClient{
			"the SDK's": nil, "net/http's": &http.Client{}, "another": wrapped{http.DefaultClient},
		} {
			elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, allowed) }))
			server := httptest.NewServer(http.RedirectHandler(elsewhere.URL, status))
			sdk := newClient(server.URL, func(o *verifiedpermissions.Options) {
				if client != nil {
					o.HTTPClient = client
				}
			})
			got, err := newEngine(t, avp.Config{Client: sdk, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
			if got {
				t.Errorf("%s, %d: allowed", name, status)
			}
			checkError(t, err, kest.ErrPolicyMalformed)
			server.Close()
			elsewhere.Close()
		}
	}
}

// wrapped is an HTTP client of another type than the SDK knows.
type wrapped struct{ client *http.Client }

func (w wrapped) Do(r *http.Request) (*http.Response, error) { return w.client.Do(r) }

// FuzzAnswer: no body other than a decision without errors allows.
func FuzzAnswer(f *testing.F) {
	f.Add(200, []byte(allowed))
	f.Add(200, []byte(`{"decision":"DENY","errors":[],"decision":"ALLOW"}`))
	f.Add(400, []byte(`{"__type":"ThrottlingException"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		client := newClient("https://avp.example.org", func(o *verifiedpermissions.Options) { o.HTTPClient = canned{status, body} })
		got, err := newEngine(t, avp.Config{Client: client, Timeout: limit}).Evaluate(t.Context(), "kest/allow_trusted", input())
		if got && (err != nil || !isAllow(status, body)) {
			t.Errorf("status %d allows with %v: %q", status, err, body)
		}
	})
}
