package avp

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions/types"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// DefaultTimeout is what Config.Timeout is when it is 0.
const DefaultTimeout = time.Second

// Config says which policy store to ask, and how.
type Config struct {
	// Client says where the service is and who asks: region, credentials, base
	// endpoint, HTTP client, tracing. It is copied; the copy does not retry, does
	// not follow redirects and logs nothing. The endpoint must be https, or http
	// on the loopback interface: answers are not signed, so TLS is all that tells
	// the service from somebody in between.
	Client *verifiedpermissions.Client
	// PolicyStoreID is the id of the store, "PSEXAMPLEabcdefg111111", or its alias
	// as "policy-store-alias/" and a name.
	PolicyStoreID string
	// Namespace is that of the store's schema: with "Kest" or "Shop::Kest" the
	// principal is a Kest::Workload, and so on. "" is none.
	Namespace string
	// Entities are sent along with every request, as Cedar's JSON array of entities
	// in the form of the Cedar command line: groups of workloads, attributes of
	// resources. The store keeps none, and has actions in its schema. Their types
	// are written with the namespace. nil is none; 500,000 bytes at most.
	Entities []byte
	// Timeout bounds one decision, from the credentials to the last byte of the
	// answer. 0 is DefaultTimeout.
	Timeout time.Duration
}

// Engine asks one policy store. It is immutable and safe for concurrent use. It
// implements [kest.Engine] and [kest.PolicyChecker].
type Engine struct {
	client   *verifiedpermissions.Client
	store    string
	entities types.EntitiesDefinition // shared by all requests, which only read it
	timeout  time.Duration
	workload string // the entity types, with the namespace
	action   string
	resource string
}

var (
	_ kest.Engine        = (*Engine)(nil)
	_ kest.PolicyChecker = (*Engine)(nil)
)

// New checks the configuration and reports all that is wrong with it. It asks
// neither the service nor for credentials. Errors match [kest.ErrConfig].
func New(config Config) (*Engine, error) {
	prefix := ""
	if config.Namespace != "" {
		prefix = config.Namespace + "::"
	}
	err := errors.Join(
		checkStore(config.PolicyStoreID),
		checkNamespace(config.Namespace),
		checkEntities(config.Entities, prefix+cedarinput.TypeAction),
		checkTimeout(config.Timeout),
		checkClient(config.Client),
	)
	if err != nil {
		return nil, fmt.Errorf("%w: avp: %w", kest.ErrConfig, err)
	}
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	return &Engine{
		client:   guarded(config.Client.Options()),
		store:    config.PolicyStoreID,
		entities: definition(config.Entities),
		timeout:  config.Timeout,
		workload: prefix + cedarinput.TypeWorkload,
		action:   prefix + cedarinput.TypeAction,
		resource: prefix + cedarinput.TypeResource,
	}, nil
}

func checkTimeout(timeout time.Duration) error {
	if timeout < 0 {
		return fmt.Errorf("the time-out %s is negative: give a positive one, or 0 for %s", timeout, DefaultTimeout)
	}
	return nil
}

// maxStore is the length of a policy store's id at most.
const maxStore = 200

func checkStore(id string) error {
	const example = "give one like PSEXAMPLEabcdefg111111, which `aws verifiedpermissions list-policy-stores` prints"
	switch {
	case id == "":
		return errors.New("no policy store: set Config.PolicyStoreID: " + example)
	case len(id) > maxStore:
		return fmt.Errorf("the policy store's id has more than %d characters: %s", maxStore, example)
	}
	if i := strings.IndexFunc(id, notInStore); i >= 0 {
		return fmt.Errorf("the policy store %q has a character at %d that an id cannot have: %s", id, i, example)
	}
	return nil
}

func notInStore(r rune) bool { return !letter(r) && !digit(r) && !strings.ContainsRune("-/_", r) }

// maxType is the length of an entity's type at most.
const maxType = 200

// checkNamespace takes Cedar's paths: identifiers with :: between them.
func checkNamespace(namespace string) error {
	if namespace == "" {
		return nil
	}
	if len(namespace)+len("::")+len(cedarinput.TypeWorkload) > maxType {
		return fmt.Errorf("the namespace has %d characters: with the longest type behind it there may be %d", len(namespace), maxType)
	}
	for name := range strings.SplitSeq(namespace, "::") {
		if !identifier(name) {
			return fmt.Errorf("the namespace %q has the part %q, which is no identifier of Cedar: write Kest, or Shop::Kest", namespace, name)
		}
	}
	return nil
}

func identifier(name string) bool {
	switch name {
	case "", "true", "false", "if", "then", "else", "in", "is", "like", "has", "__cedar":
		return false
	}
	for i, r := range name {
		if r != '_' && !letter(r) && (i == 0 || !digit(r)) {
			return false
		}
	}
	return true
}

func letter(r rune) bool { return 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' }

func digit(r rune) bool { return '0' <= r && r <= '9' }
