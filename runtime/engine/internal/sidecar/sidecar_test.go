package sidecar_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/sidecar"
)

// The servers of these tests are fault doubles: they do what a real policy
// server does only when it is broken, overloaded or something else. The real
// ones are asked in engine/opa and engine/cedaragent.

// limit is a time-out that no call of a test should need: far more than an
// answer takes on a busy machine, far less than for ever.
const limit = 30 * time.Second

const question = `{"input":{}}`

// newClient fills in what every engine sets.
func newClient(t *testing.T, config sidecar.Config) *sidecar.Client {
	t.Helper()
	client, err := sidecar.New(complete(config))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

func complete(config sidecar.Config) sidecar.Config {
	config.Engine, config.Example, config.SocketURL = "opa", "http://127.0.0.1:8181", "http://localhost"
	if config.Timeout == 0 {
		config.Timeout = limit
	}
	return config
}

// ask asks a client once and checks that an error is a whole PolicyError.
func ask(t *testing.T, client *sidecar.Client) (string, error) {
	t.Helper()
	answer, err := client.Ask(t.Context(), "kest/allow", "/v1/data/kest/allow", []byte(question))
	if err != nil {
		checkPolicyError(t, err)
		if answer != nil {
			t.Errorf("an answer together with the error %v", err)
		}
	}
	return string(answer), err
}

func checkPolicyError(t *testing.T, err error) {
	t.Helper()
	var failure *kest.PolicyError
	if !errors.As(err, &failure) || failure.Engine != "opa" || failure.Policy != "kest/allow" || failure.Failure == nil {
		t.Errorf("not a whole PolicyError: %#v", err)
	}
}

func checkError(t *testing.T, err, target error, parts ...string) {
	t.Helper()
	if !errors.Is(err, target) {
		t.Fatalf("error %v does not match %v", err, target)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error lacks %q:\n%v", part, err)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve runs a server on the loopback interface until the test ends.
func serve(t *testing.T, handle http.HandlerFunc) (url string) {
	t.Helper()
	server := httptest.NewServer(handle)
	t.Cleanup(server.Close)
	return server.URL
}
