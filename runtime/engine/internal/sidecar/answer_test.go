package sidecar_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

func TestQuestionAndAnswer(t *testing.T) {
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		fmt.Fprintf(w, "%s %s %s %q %s", r.Method, r.RequestURI, r.Header.Get("Content-Type"), r.Header.Get("Authorization"), body)
	})
	for base, prefix := range map[string]string{url: "", url + "/": "", url + "/a%2Fb/": "/a%2Fb"} {
		answer, err := ask(t, newClient(t, sidecar.Config{URL: base}))
		check(t, err)
		if want := "POST " + prefix + "/v1/data/kest/allow application/json \"\" " + question; answer != want {
			t.Errorf("got %s, want %s", answer, want)
		}
	}
}

func TestAnswerIsBounded(t *testing.T) {
	const most = 1 << 20
	for size, want := range map[int]string{0: "", most: "", most + 1: "more than 1048576 bytes", 8 * most: "more than 1048576 bytes"} {
		answer, err := ask(t, newClient(t, sidecar.Config{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, strings.Repeat("x", size))
		})}))
		if want != "" {
			checkError(t, err, kest.ErrPolicyMalformed, want)
		} else if err != nil || len(answer) != size {
			t.Errorf("%d bytes: got %d, %v", size, len(answer), err)
		}
	}
}

// TestOtherStatus: whatever the body says. An answer without a body that is
// asked for, and one that points elsewhere, are all the same.
func TestOtherStatus(t *testing.T) {
	unreachable := map[int]bool{429: true, 502: true, 503: true, 504: true}
	hints := map[int]string{
		301: "redirects are not followed", 307: "redirects are not followed", 308: "redirects are not followed",
		401: "Config.Token", 403: "Config.Token", 404: "path of Config.URL", 405: "path of Config.URL", 413: "larger",
		500: "see its log", 503: "see its log",
	}
	for _, location := range []string{"/elsewhere", "", "http://%zz", "//evil.kest.invalid/"} {
		asked, made := 0, 0
		status := 0
		client := newClient(t, sidecar.Config{URL: serve(t, func(w http.ResponseWriter, _ *http.Request) {
			asked++
			w.Header().Set("Location", location)
			w.WriteHeader(status)
			if status != http.StatusNoContent && status != http.StatusNotModified {
				_, _ = io.WriteString(w, `{"result":{"allow":true}}`)
			}
		})})
		ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{ConnectStart: func(string, string) { made++ }})
		statuses := []int{201, 202, 204, 206, 299, 300, 301, 302, 303, 304, 307, 308, 400, 401, 403, 404, 405, 408, 413, 429, 500, 501, 502, 503, 504, 599}
		for _, status = range statuses {
			_, err := client.Ask(ctx, "kest/allow", "/", []byte(question))
			failure := kest.ErrPolicyMalformed
			if unreachable[status] {
				failure = kest.ErrPolicyUnreachable
			}
			checkError(t, err, failure, fmt.Sprintf("answered %d", status), http.StatusText(status), hints[status])
			checkPolicyError(t, err)
			if strings.Contains(err.Error(), "allow\":true") || location != "" && strings.Contains(err.Error(), location) {
				t.Errorf("status %d: the error quotes the server: %v", status, err)
			}
		}
		if asked != len(statuses) {
			t.Errorf("asked %d times for %d calls", asked, len(statuses))
		}
		if made != 1 {
			t.Errorf("%d connections: an answer that is refused costs its connection", made)
		}
	}
}

// TestClientIsCopied has a client that follows redirects, and must still do so
// for its owner.
func TestClientIsCopied(t *testing.T) {
	followed := false
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { followed = true; return nil }}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/elsewhere" {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		}
	})
	_, err := ask(t, newClient(t, sidecar.Config{URL: url, Client: client}))
	checkError(t, err, kest.ErrPolicyMalformed, "307")
	if followed {
		t.Error("the engine followed a redirect")
	}
	response, err := client.Get(url)
	check(t, err)
	check(t, response.Body.Close())
	if !followed || client.Transport != nil {
		t.Error("the caller's client was changed")
	}
}

func TestToken(t *testing.T) {
	missing := fmt.Errorf("no token mounted")
	var authorization string
	asked := 0
	url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		asked++
		authorization = r.Header.Get("Authorization")
	})
	tests := []struct {
		scheme, token string
		err           error
		want          string // "" for an error
		says          string
	}{
		{"Bearer ", "hunter2", nil, "Bearer hunter2", ""},
		{"", "hunter2", nil, "hunter2", ""},
		{"", "Basic aHVu dGVy", nil, "Basic aHVu dGVy", ""},
		{"Bearer ", "", nil, "", "empty"},
		{"Bearer ", "hunter2\n", nil, "", "printable ASCII"},
		{"Bearer ", " hunter2", nil, "", "space at an end"},
		{"Bearer ", "hunter2 ", nil, "", "space at an end"},
		{"", " ", nil, "", "space at an end"},
		{"Bearer ", "hunter2\r\nX-Evil: 1", nil, "", "printable ASCII"},
		{"Bearer ", "hünter2", nil, "", "printable ASCII"},
		{"Bearer ", "hunter2", missing, "", "no token mounted"},
	}
	for _, tt := range tests {
		asked, authorization = 0, ""
		client := newClient(t, sidecar.Config{URL: url, Scheme: tt.scheme, Token: func(context.Context) (string, error) { return tt.token, tt.err }})
		_, err := ask(t, client)
		if tt.want == "" {
			checkError(t, err, kest.ErrPolicyUnreachable, "token", tt.says)
			if tt.err != nil {
				checkError(t, err, tt.err)
			}
			if strings.Contains(err.Error(), "nter2") {
				t.Errorf("the error shows the token: %v", err)
			}
		} else if err != nil || authorization != tt.want {
			t.Errorf("token %q: authorization %q, error %v", tt.token, authorization, err)
		}
		if asked != 0 && tt.want == "" {
			t.Errorf("token %q: the server was asked nevertheless", tt.token)
		}
		if printed := fmt.Sprintf("%+v %#v", client, client); strings.Contains(printed, "nter2") {
			t.Errorf("the token is printed: %s", printed)
		}
	}
}

// TestTokenThatHangs: it has the time of the call.
func TestTokenThatHangs(t *testing.T) {
	client := newClient(t, sidecar.Config{URL: "http://127.0.0.1:1", Timeout: 1, Token: func(ctx context.Context) (string, error) {
		<-ctx.Done()
		return "", ctx.Err()
	}})
	_, err := ask(t, client)
	checkError(t, err, kest.ErrPolicyUnreachable, "no answer", "within 1ns")
}
