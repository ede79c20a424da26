package oidc_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/baggage"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/bearer/oidc"
)

type changes = map[string]any

func TestPrincipals(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	long := strings.Repeat("x", 256)
	now := i.clock.now().Unix()
	for name, tt := range map[string]struct {
		claims            oidc.Claims
		changes           changes
		user, agent, task string
	}{
		"as it is":                {oidc.Claims{}, nil, "alice", "gateway", "read write"},
		"several audiences":       {oidc.Claims{}, changes{"aud": []string{"x", audience}}, "alice", "gateway", "read write"},
		"azp":                     {oidc.Claims{}, changes{"client_id": nil, "azp": "app"}, "alice", "app", "read write"},
		"client_id and azp agree": {oidc.Claims{}, changes{"azp": "gateway"}, "alice", "gateway", "read write"},
		"no client, no scope":     {oidc.Claims{}, changes{"client_id": nil, "scope": nil}, "alice", "", ""},
		"an empty scope":          {oidc.Claims{}, changes{"scope": ""}, "alice", "gateway", ""},
		"no scopes":               {oidc.Claims{}, changes{"scope": []string{}}, "alice", "gateway", ""},
		"scopes":                  {oidc.Claims{}, changes{"scope": []string{"a", "b"}}, "alice", "gateway", "a b"},
		"other names":             {oidc.Claims{User: "uid", Agent: []string{"app", "cid"}, Task: "scp"}, changes{"uid": "u", "cid": "c", "scp": []string{"t"}}, "u", "c", "t"},
		"the first of agents":     {oidc.Claims{Agent: []string{"app", "cid"}}, changes{"app": "a", "cid": "c"}, "alice", "a", "read write"},
		"another user, no sub":    {oidc.Claims{User: "uid"}, changes{"uid": "u", "sub": nil}, "u", "gateway", "read write"},
		"an actor":                {oidc.Claims{}, changes{"act": changes{"sub": "broker"}}, "alice", "broker", "read write"},
		"an actor of the issuer":  {oidc.Claims{}, changes{"act": changes{"sub": "broker", "iss": i.url}}, "alice", "broker", "read write"},
		"actors before it":        {oidc.Claims{}, changes{"act": changes{"sub": "b", "act": changes{"sub": "c", "iss": "x"}}}, "alice", "b", "read write"},
		"as long as it may be":    {oidc.Claims{}, changes{"sub": long, "client_id": long, "scope": strings.Repeat("s", 1024)}, long, long, strings.Repeat("s", 1024)},
		"other letters":           {oidc.Claims{}, changes{"sub": "Zoë 王\U0001f600"}, "Zoë 王\U0001f600", "gateway", "read write"},
		"no nbf and no iat":       {oidc.Claims{}, changes{"nbf": nil, "iat": nil}, "alice", "gateway", "read write"},
		"fractions of a second":   {oidc.Claims{}, changes{"exp": float64(now) + 0.5}, "alice", "gateway", "read write"},
		"within the leeway":       {oidc.Claims{}, changes{"exp": now - 29, "nbf": now - 60, "iat": now - 60}, "alice", "gateway", "read write"},
		"begins in the leeway":    {oidc.Claims{}, changes{"nbf": now + 30, "iat": now + 30}, "alice", "gateway", "read write"},
		"claims of others":        {oidc.Claims{}, changes{"ISS": "x", "groups": []string{"a"}, "may_act": changes{"sub": "x"}}, "alice", "gateway", "read write"},
	} {
		t.Run(name, func(t *testing.T) {
			a := i.authenticator(t, oidc.Config{Claims: tt.claims})
			checkPrincipal(t, a, key.token(t, i.claims(tt.changes)), tt.user, tt.agent, tt.task)
		})
	}
}

func TestRefusedClaims(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{Claims: oidc.Claims{Agent: []string{"client_id", "azp", "app"}}})
	now := i.clock.now().Unix()
	deep := changes{"sub": "x"}
	for range 8 {
		deep = changes{"sub": "x", "act": deep}
	}
	for name, tt := range map[string]struct {
		changes changes
		want    string
	}{
		"no issuer":               {changes{"iss": nil}, "another issuer"},
		"another issuer":          {changes{"iss": "https://evil.example"}, "another issuer"},
		"the issuer and a slash":  {changes{"iss": i.url + "/"}, "another issuer"},
		"issuers":                 {changes{"iss": []string{i.url}}, "another issuer"},
		"no audience":             {changes{"aud": nil}, "no audience"},
		"another audience":        {changes{"aud": "https://other.example"}, "another audience"},
		"a part of the audience":  {changes{"aud": audience + "/x"}, "another audience"},
		"no audiences":            {changes{"aud": []string{}}, "another audience"},
		"an audience and a 1":     {changes{"aud": []any{audience, 1}}, "neither a text"},
		"an audience as object":   {changes{"aud": changes{audience: 1}}, "neither a text"},
		"null for an audience":    {changes{"aud": json.RawMessage("null")}, "neither a text"},
		"no end":                  {changes{"exp": nil}, "no claim exp"},
		"an end as text":          {changes{"exp": "1900000000"}, "claim exp is not a date"},
		"no number as end":        {changes{"exp": json.RawMessage("null")}, "claim exp is not a date"},
		"an end after all":        {changes{"exp": 1e300}, "claim exp is not a date"},
		"an end beyond doubles":   {changes{"exp": json.RawMessage("1e999")}, "claim exp is not a date"},
		"an end before all":       {changes{"exp": -1}, "claim exp is not a date"},
		"expired":                 {changes{"exp": now - 30}, "expired"},
		"expired long ago":        {changes{"exp": 0}, "expired"},
		"not yet":                 {changes{"nbf": now + 31}, "not valid yet (nbf)"},
		"made in the future":      {changes{"iat": now + 31}, "not valid yet (iat)"},
		"nbf as text":             {changes{"nbf": "0"}, "claim nbf is not a date"},
		"iat as text":             {changes{"iat": true}, "claim iat is not a date"},
		"ends before it begins":   {changes{"exp": now + 5, "nbf": now + 20}, "before it begins (nbf)"},
		"bound to a key":          {changes{"cnf": changes{"jkt": "x"}}, "bound to a key"},
		"a logout":                {changes{"events": changes{}}, "event"},
		"no subject":              {changes{"sub": nil}, "names no user"},
		"an empty subject":        {changes{"sub": ""}, "claim sub is empty"},
		"a number as subject":     {changes{"sub": 42}, "claim sub is not a text"},
		"null as subject":         {changes{"sub": json.RawMessage("null")}, "claim sub is not a text"},
		"subjects":                {changes{"sub": []string{"alice"}}, "claim sub is not a text"},
		"a long subject":          {changes{"sub": strings.Repeat("x", 257)}, "more than 256 bytes"},
		"a line break":            {changes{"sub": "alice\nroot"}, "cannot be printed"},
		"a zero byte":             {changes{"sub": "alice\x00"}, "cannot be printed"},
		"text turned round":       {changes{"sub": "alice\u202e"}, "cannot be printed"},
		"a space of no width":     {changes{"sub": "ali\u200bce"}, "cannot be printed"},
		"a number as client":      {changes{"client_id": 1}, "claim client_id is not a text"},
		"an empty azp":            {changes{"azp": ""}, "claim azp is empty"},
		"two clients":             {changes{"azp": "other-client"}, "two clients"},
		"an object as app":        {changes{"app": changes{}}, "claim app is not a text"},
		"a number as scope":       {changes{"scope": 1}, "claim scope is not a text"},
		"scopes with a number":    {changes{"scope": []any{"a", 1}}, "array of words"},
		"a scope of two words":    {changes{"scope": []string{"a admin"}}, "array of words"},
		"an empty scope of two":   {changes{"scope": []string{"a", ""}}, "array of words"},
		"a long scope":            {changes{"scope": strings.Repeat("x", 1025)}, "more than 1024 bytes"},
		"long scopes":             {changes{"scope": []string{strings.Repeat("x", 1000), strings.Repeat("y", 1000)}}, "more than 1024 bytes"},
		"an actor as text":        {changes{"act": "broker"}, "(act) is not an object"},
		"an actor without sub":    {changes{"act": changes{"client_id": "x"}}, "no claim sub"},
		"an actor with a number":  {changes{"act": changes{"sub": 1}}, "actor (act): its claim sub is not a text"},
		"an actor from elsewhere": {changes{"act": changes{"sub": "broker", "iss": "https://evil.example"}}, "another issuer"},
		"an actor before, broken": {changes{"act": changes{"sub": "b", "act": 1}}, "(act) is not an object"},
		"too many actors":         {changes{"act": deep}, "more than 8 times"},
		"nested too deep":         {changes{"x": json.RawMessage(strings.Repeat("[", 16) + strings.Repeat("]", 16))}, "JSON without doubt"},
		"what go-oidc refuses":    {changes{"nonce": 1}, "not those of an ID token"},
		"another case's issuer":   {changes{"iss": nil, "Iss": i.url}, "another issuer"},
		"another case's subject":  {changes{"sub": nil, "Sub": "alice"}, "names no user"},
	} {
		t.Run(name, func(t *testing.T) {
			checkRefused(t, a, key.token(t, i.claims(tt.changes)), bearer.ErrInvalidToken, tt.want)
		})
	}
	good, err := json.Marshal(i.claims(nil))
	check(t, err)
	for name, tt := range map[string]struct{ payload, want string }{
		"a claim twice":           {`{"sub":"root",` + string(good[1:]), "JSON without doubt"},
		"a claim twice, escaped":  {`{"\u0073ub":"root",` + string(good[1:]), "JSON without doubt"},
		"a claim twice inside":    {`{"act":{"sub":"a","sub":"b"},` + string(good[1:]), "JSON without doubt"},
		"not UTF-8":               {"{\"x\":\"\xff\"," + string(good[1:]), "JSON without doubt"},
		"half a surrogate pair":   {`{"x":"\ud800",` + string(good[1:]), "JSON without doubt"},
		"something after it":      {string(good) + "{}", "JSON without doubt"},
		"an array":                {`[]`, "not an object"},
		"nothing":                 {``, "JSON without doubt"},
		"another token inside it": {key.sign(t, key.header(), string(good)), "JSON without doubt"},
	} {
		t.Run(name, func(t *testing.T) {
			checkRefused(t, a, key.sign(t, key.header(), tt.payload), bearer.ErrInvalidToken, tt.want)
		})
	}
}

// TestAnotherUserClaim: the subject must be right also where another claim names
// the user.
func TestAnotherUserClaim(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{Claims: oidc.Claims{User: "uid"}})
	checkPrincipal(t, a, key.token(t, i.claims(changes{"uid": "u"})), "u", "gateway", "read write")
	checkRefused(t, a, key.token(t, i.claims(nil)), bearer.ErrInvalidToken, "no claim uid")
	checkRefused(t, a, key.token(t, i.claims(changes{"uid": "u", "sub": ""})), bearer.ErrInvalidToken, "claim sub is empty")
	checkRefused(t, a, key.token(t, i.claims(changes{"uid": 1000})), bearer.ErrInvalidToken, "claim uid is not a text")
}

// TestReplacesAllThree: nothing of whoever was there before stays.
func TestReplacesAllThree(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{})
	ctx, err := kest.WithUser(t.Context(), "root")
	check(t, err)
	ctx, err = kest.WithAgent(ctx, "admin")
	check(t, err)
	ctx, err = kest.WithTask(ctx, "everything")
	check(t, err)
	ctx = kest.WithToken(ctx, "older")
	token := key.token(t, i.claims(changes{"client_id": nil, "scope": nil}))
	got, err := a.Authenticate(ctx, token)
	check(t, err)
	if kest.User(got) != "alice" || kest.Agent(got) != "" || kest.Task(got) != "" || kest.Token(got) != token {
		t.Errorf("got %q, %q, %q", kest.User(got), kest.Agent(got), kest.Task(got))
	}
	bag := baggage.FromContext(got)
	if bag.Member("kest.user").Value() != "alice" || bag.Member("kest.agent").Key() != "" || bag.Member("kest.task").Key() != "" {
		t.Errorf("baggage: %s", bag)
	}
	if _, err := a.Authenticate(ctx, token+"x"); err == nil || kest.User(ctx) != "root" {
		t.Errorf("a refused token: %v, user %q", err, kest.User(ctx))
	}
}

// TestClock: a token that was valid ends.
func TestClock(t *testing.T) {
	key := pairs()["ES256"]
	i := newIssuer(t, key.public())
	a := i.authenticator(t, oidc.Config{Leeway: time.Second})
	token := key.token(t, i.claims(nil))
	checkPrincipal(t, a, token, "alice", "gateway", "read write")
	i.clock.add(300*time.Second + time.Second - 1)
	checkPrincipal(t, a, token, "alice", "gateway", "read write")
	i.clock.add(1)
	checkRefused(t, a, token, bearer.ErrInvalidToken, "expired")
}
