package avp_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
)

func TestConfigurationThatIsRefused(t *testing.T) {
	const local = "http://127.0.0.1:1"
	endpoint := func(url string) func(*avp.Config) {
		return func(c *avp.Config) { c.Client = newClient(url) }
	}
	options := func(change func(*verifiedpermissions.Options)) func(*avp.Config) {
		return func(c *avp.Config) { c.Client = newClient(local, change) }
	}
	entities := func(text string) func(*avp.Config) {
		return func(c *avp.Config) { c.Entities = []byte(text) }
	}
	for name, tt := range map[string]struct {
		change func(*avp.Config)
		want   string
	}{
		"no client":                {func(c *avp.Config) { c.Client = nil }, "no client"},
		"zero client":              {func(c *avp.Config) { c.Client = new(verifiedpermissions.Client) }, "no region"},
		"no region":                {options(func(o *verifiedpermissions.Options) { o.Region = "" }), "no region"},
		"no credentials":           {options(func(o *verifiedpermissions.Options) { o.Credentials = nil }), "no credentials"},
		"anonymous credentials":    {options(func(o *verifiedpermissions.Options) { o.Credentials = aws.AnonymousCredentials{} }), "no credentials"},
		"plain http":               {endpoint("http://avp.example.org"), "is not https"},
		"plain http, address":      {endpoint("http://10.0.0.7:8080"), "is not https"},
		"other scheme":             {endpoint("ftp://127.0.0.1"), "is not https"},
		"no scheme":                {endpoint("127.0.0.1"), "no host"},
		"empty endpoint":           {endpoint(""), "no host"},
		"unreadable endpoint":      {endpoint("https://hunter2\x7f"), "cannot be parsed"},
		"password":                 {endpoint("https://a:hunter2@avp.example.org"), "has a user or password"},
		"no store":                 {func(c *avp.Config) { c.PolicyStoreID = "" }, "no policy store"},
		"store with a space":       {func(c *avp.Config) { c.PolicyStoreID = "PS EXAMPLE" }, "a character at 2"},
		"store not ASCII":          {func(c *avp.Config) { c.PolicyStoreID = "PSé" }, "a character at 2"},
		"store too long":           {func(c *avp.Config) { c.PolicyStoreID = strings.Repeat("P", 201) }, "more than 200"},
		"negative time-out":        {func(c *avp.Config) { c.Timeout = -time.Second }, "negative"},
		"namespace, colon":         {func(c *avp.Config) { c.Namespace = "Kest:" }, "no identifier"},
		"namespace, open":          {func(c *avp.Config) { c.Namespace = "Kest::" }, `the part ""`},
		"namespace, space":         {func(c *avp.Config) { c.Namespace = " Kest" }, "no identifier"},
		"namespace, digit":         {func(c *avp.Config) { c.Namespace = "Shop::1Kest" }, "no identifier"},
		"namespace, reserved":      {func(c *avp.Config) { c.Namespace = "Shop::in" }, `the part "in"`},
		"namespace too long":       {func(c *avp.Config) { c.Namespace = strings.Repeat("K", 191) }, "has 191 characters"},
		"entities, no JSON":        {entities(`[`), "not Cedar's JSON"},
		"entities, no array":       {entities(`{"uid":{"type":"Group","id":"a"}}`), "not Cedar's JSON array"},
		"entities, no uid":         {entities(`[{"attrs":{},"parents":[]}]`), "missing"},
		"entities, empty uid":      {entities(`[{"uid":{"type":"","id":""},"attrs":{},"parents":[]}]`), "invalid entity type"},
		"entities, a member twice": {entities(`[{"uid":{"type":"Group","id":"a","id":"b"},"attrs":{},"parents":[]}]`), "duplicate"},
		"entities, twice": {entities(`[{"uid":{"type":"Group","id":"a"},"attrs":{},"parents":[]},{"uid":{"__entity":{"type":"Group","id":"a"}},"attrs":{},"parents":[]}]`),
			`Group::"a" is there twice`},
		"entities, an action": {entities(`[{"uid":{"type":"Action","id":"kest/read"},"attrs":{},"parents":[]}]`), "is an action"},
		"entities, too many":  {entities(`[` + strings.Repeat(" ", 500_000) + `]`), "have 500002 bytes"},
		"entities, the namespace's action": {func(c *avp.Config) {
			c.Namespace, c.Entities = "Kest", []byte(`[{"uid":{"type":"Kest::Action","id":"kest/read"},"attrs":{},"parents":[]}]`)
		}, "is an action"},
	} {
		config := avp.Config{Client: newClient(local), PolicyStoreID: store}
		tt.change(&config)
		engine, err := avp.New(config)
		if engine != nil || !errors.Is(err, kest.ErrConfig) {
			t.Errorf("%s: got %v, %v", name, engine, err)
			continue
		}
		if !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error lacks %q: %v", name, tt.want, err)
		}
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error has the password: %v", name, err)
		}
	}
}

func TestConfigurationThatIsTaken(t *testing.T) {
	for _, config := range []avp.Config{
		{Client: newClient("https://verifiedpermissions.eu-central-1.amazonaws.com"), PolicyStoreID: store},
		{Client: newClient("http://localhost:8080/avp"), PolicyStoreID: "policy-store-alias/shop_prod", Timeout: time.Minute},
		{Client: newClient("http://[::1]:8080"), PolicyStoreID: strings.Repeat("P", 200), Namespace: "_Shop1::Kest", Entities: []byte(`[]`)},
		{Client: newClient("http://127.0.0.1:1"), PolicyStoreID: store, Namespace: strings.Repeat("K", 190),
			Entities: []byte(`[{"uid":{"type":"Group","id":"a"},"attrs":{},"parents":[]},{"uid":{"type":"Group","id":"b"},"attrs":{"n":1},"parents":[{"type":"Group","id":"a"}]}]`)},
	} {
		if _, err := avp.New(config); err != nil {
			t.Errorf("%+v: %v", config, err)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	_, err := avp.New(avp.Config{Namespace: "1", Timeout: -1, Client: new(verifiedpermissions.Client)})
	checkError(t, err, kest.ErrConfig, "no policy store", "namespace", "negative", "no region", "no credentials")
}

// TestDefaultEndpoint has a client without an endpoint: the SDK finds it.
func TestDefaultEndpoint(t *testing.T) {
	client := newClient("", func(o *verifiedpermissions.Options) { o.BaseEndpoint = nil })
	_, err := avp.New(avp.Config{Client: client, PolicyStoreID: store})
	check(t, err)
}

func TestEngineThatNewDidNotMakeDenies(t *testing.T) {
	for _, engine := range []*avp.Engine{nil, {}} {
		allowed, err := engine.Evaluate(t.Context(), "kest/allow_trusted", input())
		if allowed {
			t.Error("allowed")
		}
		checkError(t, err, kest.ErrPolicyMalformed, "avp.New")
		checkError(t, engine.CheckPolicy("kest/allow_trusted"), kest.ErrPolicyMalformed, "avp.New")
	}
}

func TestPolicyNames(t *testing.T) {
	d, url := startDouble(t, parse(t, `permit(principal, action, resource);`), "")
	engine := newEngine(t, avp.Config{Client: newClient(url)})
	for _, name := range []string{"kest/allow_trusted", "payments:refund", `with "quotes"`, strings.Repeat("é", 512)} {
		check(t, engine.CheckPolicy(name))
	}
	for name, want := range map[string]string{
		"":                       "empty",
		"kest/\xff":              "not UTF-8",
		"kest/a\nb":              `'\n'`,
		"kest/\u0085":            "character",
		strings.Repeat("é", 513): "more than 512",
	} {
		checkError(t, engine.CheckPolicy(name), kest.ErrPolicyUnknown, want)
		_, err := engine.Evaluate(t.Context(), name, input())
		checkError(t, err, kest.ErrPolicyUnknown, want)
	}
	if n := d.asked.Load(); n != 0 {
		t.Errorf("the service was asked %d times", n)
	}
}

// checkError wants an error that matches the sentinel and has all the texts.
func checkError(t *testing.T, err, sentinel error, texts ...string) {
	t.Helper()
	if !errors.Is(err, sentinel) {
		t.Fatalf("error %v does not match %v", err, sentinel)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) {
			t.Errorf("error lacks %q: %v", text, err)
		}
	}
}
