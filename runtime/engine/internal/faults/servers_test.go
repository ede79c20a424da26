package faults

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/opa"
)

// Engines that ask a server. In their worlds
//
//   - slow is a server that takes the question and does not answer,
//   - dead is one that is killed in the middle and does not come back,
//   - reload is one that is killed, gets other policies, and comes back on the
//     same address,
//   - canceled is a caller that goes away while the server has its question.
func serverWorld(t *testing.T, f fault, p protocol, engine func(url string, f fault) (kest.Engine, error)) *world {
	t.Helper()
	w := newWorld(f)
	d := startDouble(t, w, p)
	var err error
	if w.engine, err = engine(d.url(), f); err != nil {
		t.Fatal(err)
	}
	w.underServer(d)
	return w
}

// underServer has the server do what is to happen, and looks for connections
// that are left over.
func (w *world) underServer(d *double) {
	switch w.fault {
	case dead:
		w.halfway, w.lossy = d.kill, true
	case reload:
		w.lossy = true
		w.halfway = func() {
			d.kill()
			d.version.Store(2)
			d.start()
		}
	}
	w.finish = func() {
		waitFor(d.t, "no call is left on a connection", func() bool {
			_, busy := d.connections()
			return busy == 0
		})
		// Two for each worker: a call that finds none free dials one, and may take
		// another that comes free meanwhile.
		if opened, _ := d.connections(); keepsConnections(w.fault) && opened > 2*workers {
			d.t.Errorf("%d connections were opened for %d calls at once", opened, workers)
		}
		d.kill() // waits for what is still being written to the ledger
	}
}

// keepsConnections says that no answer of the fault costs its connection.
func keepsConnections(f fault) bool { return f == allow || f == deny || f == wrongType }

var opaProtocol = protocol{
	read: func(r *http.Request, body []byte) (policy, resource string, err error) {
		var question struct {
			Input struct {
				Object struct{ ID string }
			}
		}
		err = json.Unmarshal(body, &question)
		return strings.TrimPrefix(r.URL.Path, "/v1/data/"), question.Input.Object.ID, err
	},
	yes: `{"result":{"allow":true}}`,
	no:  `{"result":{"allow":false}}`,
	wrongTypes: []string{
		`{"result":{"allow":"true"}}`, `{"result":{"allow":1}}`, `{"result":{"allow":null}}`, `{"result":{"allow":[true]}}`,
		`{"result":{"allow":{"allow":true}}}`, `{"result":true}`, `{"result":[{"allow":true}]}`, `{"result":null}`,
	},
}

func newOPA(url string, f fault) (kest.Engine, error) {
	return opa.New(opa.Config{URL: url, Timeout: f.timeout()})
}

func opaWorld(t *testing.T, f fault) *world { return serverWorld(t, f, opaProtocol, newOPA) }

var cedarAgentProtocol = protocol{
	read: func(_ *http.Request, body []byte) (policy, resource string, err error) {
		var question struct{ Action, Resource string }
		err = json.Unmarshal(body, &question)
		return unquoted(question.Action, "Action"), unquoted(question.Resource, "Resource"), err
	},
	yes: `{"decision":"Allow","diagnostics":{"reason":["p"],"errors":[]}}`,
	no:  `{"decision":"Deny","diagnostics":{"reason":[],"errors":[]}}`,
	wrongTypes: []string{
		`{"decision":true}`, `{"decision":null}`, `{"decision":["Allow"]}`, `{"decision":"allow"}`, `{"decision":"ALLOW"}`, `{"decision":""}`,
		`{"decision":"Allow","diagnostics":{"reason":["p"],"errors":["p errs"]}}`, `{"decision":"Allow","diagnostics":[]}`, `{"allow":true}`, `{}`,
	},
}

// unquoted is the id of an entity in Cedar's syntax; those of this test have
// nothing to escape.
func unquoted(entity, kind string) string {
	return strings.TrimSuffix(strings.TrimPrefix(entity, kind+`::"`), `"`)
}

func newCedarAgent(url string, f fault) (kest.Engine, error) {
	return cedaragent.New(cedaragent.Config{URL: url + "/v1", Timeout: f.timeout()})
}

func cedarAgentWorld(t *testing.T, f fault) *world {
	return serverWorld(t, f, cedarAgentProtocol, newCedarAgent)
}

var avpProtocol = protocol{
	read: func(_ *http.Request, body []byte) (policy, resource string, err error) {
		var question struct {
			Action   struct{ ActionID string }
			Resource struct{ EntityID string }
		}
		err = json.Unmarshal(body, &question)
		return question.Action.ActionID, question.Resource.EntityID, err
	},
	yes: `{"decision":"ALLOW","determiningPolicies":[{"policyId":"p"}],"errors":[]}`,
	no:  `{"decision":"DENY","determiningPolicies":[],"errors":[]}`,
	wrongTypes: []string{
		`{"decision":true,"errors":[]}`, `{"decision":null,"errors":[]}`, `{"decision":["ALLOW"],"errors":[]}`, `{"decision":"Allow","errors":[]}`,
		`{"decision":"ALLOW","errors":[{"errorDescription":"p errs"}]}`, `{"decision":"ALLOW","errors":{}}`, `{"decision":"ALLOW"}`, `{}`,
	},
}

func newAVP(url string, f fault) (kest.Engine, error) {
	client := verifiedpermissions.New(verifiedpermissions.Options{
		Region:       "eu-central-1",
		Credentials:  credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
		BaseEndpoint: aws.String(url),
	})
	engine, err := avp.New(avp.Config{Client: client, PolicyStoreID: "PSfaults", Timeout: f.timeout()})
	if err != nil {
		return nil, fmt.Errorf("avp: %w", err)
	}
	return engine, nil
}

func avpWorld(t *testing.T, f fault) *world { return serverWorld(t, f, avpProtocol, newAVP) }
