package router

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/behind"
)

// Config says which engine decides what. At least one engine is required. New
// copies the maps.
type Config struct {
	// Default decides policies without a prefix in the tiers that Tiers leaves
	// out. nil for none: such a policy is unknown.
	Default kest.Engine
	// Tiers are engines for the policies of one tier, those without a prefix.
	Tiers map[kest.Tier]kest.Engine
	// Prefixes are engines by prefix, without the colon: 1 to 64 ASCII letters,
	// digits, dots, hyphens and underscores.
	Prefixes map[string]kest.Engine
}

// maxPrefix is the length in bytes of a prefix at most.
const maxPrefix = 64

// New checks the configuration. All that is wrong is reported in one error,
// which matches [kest.ErrConfig]: no engine at all, one that is nil, a tier that
// does not exist, a prefix that cannot stand in a policy's name.
func New(config Config) (*Engine, error) {
	b := builder{engine: &Engine{fixed: true}, table: &table{
		prefixes: make(map[string]int, len(config.Prefixes)),
		names:    slices.Sorted(maps.Keys(config.Prefixes)),
		tiers:    make(map[kest.Tier]int, len(config.Tiers)),
		fallback: -1,
	}}
	if config.Default != nil {
		b.add("default", config.Default, func(number int) { b.table.fallback = number })
	}
	for _, prefix := range b.table.names {
		if err := checkPrefix(prefix); err != nil {
			b.problems = append(b.problems, err)
			continue
		}
		b.add("prefix "+prefix, config.Prefixes[prefix], func(number int) { b.table.prefixes[prefix] = number })
	}
	for _, tier := range slices.Sorted(maps.Keys(config.Tiers)) {
		if !isTier(tier) {
			b.problems = append(b.problems, fmt.Errorf("unknown tier %q: there are enterprise, platform, application and function", tier))
			continue
		}
		b.add("tier "+string(tier), config.Tiers[tier], func(number int) { b.table.tiers[tier] = number })
	}
	if len(b.table.routes) == 0 && len(b.problems) == 0 {
		b.problems = append(b.problems, errors.New("no engine: set Default, Tiers or Prefixes"))
	}
	if len(b.problems) > 0 {
		return nil, fmt.Errorf("%w: router: %w", kest.ErrConfig, errors.Join(b.problems...))
	}
	b.engine.table = b.table
	return b.engine, nil
}

// builder collects routes and what is wrong with them.
type builder struct {
	engine   *Engine
	table    *table
	problems []error
}

// add adds a route, in the order of the names.
func (b *builder) add(name string, engine kest.Engine, set func(number int)) {
	if behind.IsNil(engine) {
		b.problems = append(b.problems, fmt.Errorf("the engine of the %s is nil: give one, or leave it out", shownRoute(name)))
		return
	}
	number := b.number(engine)
	b.table.routes = append(b.table.routes, route{name, number})
	set(number)
}

// number gives an engine that stands on several routes one place, so that they
// have one snapshot of it.
func (b *builder) number(engine kest.Engine) int {
	e := b.engine
	if i := slices.IndexFunc(e.engines, func(known kest.Engine) bool { return behind.Same(known, engine) }); i >= 0 {
		return i
	}
	if _, ok := engine.(kest.PolicySnapshotter); ok {
		e.fixed = false
	}
	e.engines = append(e.engines, engine)
	return len(e.engines) - 1
}

func shownRoute(name string) string {
	if name == "default" {
		return "default route"
	}
	return name
}

func checkPrefix(prefix string) error {
	const allowed = "it must be 1 to 64 ASCII letters, digits, dots, hyphens and underscores"
	if prefix == "" {
		return errors.New("a prefix is empty: " + allowed)
	}
	if len(prefix) > maxPrefix {
		return fmt.Errorf("the prefix %.*q… has %d bytes: %s", maxPrefix, prefix, len(prefix), allowed)
	}
	if i := strings.IndexFunc(prefix, func(r rune) bool { return !inPrefix(r) }); i >= 0 {
		return fmt.Errorf("the prefix %q cannot stand in a policy's name: %s", prefix, allowed)
	}
	return nil
}

func inPrefix(r rune) bool {
	switch {
	case 'a' <= r && r <= 'z', 'A' <= r && r <= 'Z', '0' <= r && r <= '9':
		return true
	}
	return r == '.' || r == '-' || r == '_'
}
