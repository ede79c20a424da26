package avp_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdkcredentials "github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/cedar-policy/cedar-go"

	"github.com/kestgo/kest/runtime/engine/avp"
)

const (
	region = "eu-central-1"
	store  = "PSEXAMPLEabcdefg111111"
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// double stands for Amazon Verified Permissions, which cannot be had here. It
// checks what the service checks of a request, the signature included, and
// decides with cedar-go.
type double struct {
	policies  *cedar.PolicySet
	namespace string          // of the schema, with :: at its end
	actions   cedar.EntityMap // and their groups, of the schema
	asked     atomic.Int32
}

func startDouble(t testing.TB, policies *cedar.PolicySet, namespace string) (*double, string) {
	t.Helper()
	return startDoubleWith(t, policies, namespace, cedar.EntityMap{})
}

func startDoubleWith(t testing.TB, policies *cedar.PolicySet, namespace string, actions cedar.EntityMap) (*double, string) {
	t.Helper()
	t.Log("double: a local endpoint with cedar-go stands for Amazon Verified Permissions")
	d := &double{policies: policies, namespace: namespace, actions: actions}
	server := httptest.NewServer(d)
	t.Cleanup(server.Close)
	return d, server.URL
}

func (d *double) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.asked.Add(1)
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	switch target, contentType := r.Header.Get("X-Amz-Target"), r.Header.Get("Content-Type"); {
	case r.Method != http.MethodPost || r.RequestURI != "/":
		fail(w, http.StatusNotFound, "UnknownOperationException", r.Method+" "+r.RequestURI)
		return
	case target != "VerifiedPermissions.IsAuthorized":
		fail(w, http.StatusBadRequest, "UnknownOperationException", target)
		return
	case contentType != "application/x-amz-json-1.0":
		fail(w, http.StatusBadRequest, "SerializationException", contentType)
		return
	}
	if err := signedBy(secret, keyID, region, r, body); err != nil {
		fail(w, http.StatusBadRequest, "InvalidSignatureException", err.Error())
		return
	}
	question, err := readQuestion(body)
	switch {
	case err != nil:
		fail(w, http.StatusBadRequest, "SerializationException", err.Error())
		return
	case question.PolicyStoreID != store:
		fail(w, http.StatusBadRequest, "ResourceNotFoundException", question.PolicyStoreID)
		return
	}
	request, err := d.request(question)
	if err != nil {
		fail(w, http.StatusBadRequest, "ValidationException", err.Error())
		return
	}
	entities, err := d.entities(question)
	if err != nil {
		fail(w, http.StatusBadRequest, "ValidationException", err.Error())
		return
	}
	decision, diagnostic := cedar.Authorize(d.policies, entities, request)
	writeDecision(w, bool(decision), diagnostic)
}

// question has the members of a request; any other is an error.
type question struct {
	PolicyStoreID string `json:"policyStoreId"`
	Principal     struct {
		Type string `json:"entityType"`
		ID   string `json:"entityId"`
	} `json:"principal"`
	Action struct {
		Type string `json:"actionType"`
		ID   string `json:"actionId"`
	} `json:"action"`
	Resource struct {
		Type string `json:"entityType"`
		ID   string `json:"entityId"`
	} `json:"resource"`
	Context struct {
		CedarJSON string `json:"cedarJson"`
	} `json:"context"`
	Entities *struct {
		CedarJSON string `json:"cedarJson"`
	} `json:"entities"`
}

func readQuestion(body []byte) (q question, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.DisallowUnknownFields()
	return q, decoder.Decode(&q)
}

func (d *double) request(q question) (cedar.Request, error) {
	types := [3]*string{&q.Principal.Type, &q.Action.Type, &q.Resource.Type}
	for i, want := range [3]string{"Workload", "Action", "Resource"} {
		if *types[i] != d.namespace+want {
			return cedar.Request{}, fmt.Errorf("UnrecognizedEntityType: %s", *types[i])
		}
		*types[i] = want // the policies under test have no namespace
	}
	request := cedar.Request{
		Principal: cedar.NewEntityUID(cedar.EntityType(q.Principal.Type), cedar.String(q.Principal.ID)),
		Action:    cedar.NewEntityUID(cedar.EntityType(q.Action.Type), cedar.String(q.Action.ID)),
		Resource:  cedar.NewEntityUID(cedar.EntityType(q.Resource.Type), cedar.String(q.Resource.ID)),
	}
	return request, json.Unmarshal([]byte(q.Context.CedarJSON), &request.Context)
}

// entities are those of the request and the schema's actions.
func (d *double) entities(q question) (cedar.EntityMap, error) {
	all := maps.Clone(d.actions)
	if q.Entities == nil {
		return all, nil
	}
	var sent []cedar.Entity
	if err := json.Unmarshal([]byte(q.Entities.CedarJSON), &sent); err != nil {
		return nil, err
	}
	for _, entity := range sent {
		if strings.HasSuffix(string(entity.UID.Type), "Action") {
			return nil, errors.New("an action among the entities")
		}
		all[entity.UID] = entity
	}
	return all, nil
}

func writeDecision(w http.ResponseWriter, allow bool, diagnostic cedar.Diagnostic) {
	type policy struct {
		ID string `json:"policyId"`
	}
	type problem struct {
		Description string `json:"errorDescription"`
	}
	answer := struct {
		Decision string    `json:"decision"`
		Policies []policy  `json:"determiningPolicies"`
		Errors   []problem `json:"errors"`
	}{"DENY", []policy{}, []problem{}}
	if allow {
		answer.Decision = "ALLOW"
	}
	for _, reason := range diagnostic.Reasons {
		answer.Policies = append(answer.Policies, policy{string(reason.PolicyID)})
	}
	for _, err := range diagnostic.Errors {
		answer.Errors = append(answer.Errors, problem{err.String()})
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	_ = json.NewEncoder(w).Encode(answer) // a client that went away is not the service's problem
}

// fail answers as the service does for an error; its message can quote the input.
func fail(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.Header().Set("X-Amzn-RequestId", "0a1b2c3d-request")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"__type":  "com.amazonaws.verifiedpermissions#" + code,
		"message": message,
	})
}

// newClient is a client of the AWS SDK as users make it, with its retries.
func newClient(endpoint string, change ...func(*verifiedpermissions.Options)) *verifiedpermissions.Client {
	config := aws.Config{
		Region:       region,
		Credentials:  sdkcredentials.NewStaticCredentialsProvider(keyID, secret, ""),
		BaseEndpoint: aws.String(endpoint),
	}
	return verifiedpermissions.NewFromConfig(config, change...)
}

func newEngine(t testing.TB, config avp.Config) *avp.Engine {
	t.Helper()
	if config.PolicyStoreID == "" {
		config.PolicyStoreID = store
	}
	engine, err := avp.New(config)
	check(t, err)
	return engine
}

func parse(t testing.TB, policies ...string) *cedar.PolicySet {
	t.Helper()
	set, err := cedar.NewPolicySetFromBytes("test.cedar", []byte(strings.Join(policies, "\n")))
	check(t, err)
	return set
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
