package generator

import (
	"go/build"
	"go/build/constraint"
	"path/filepath"
	"slices"
	"strings"
)

// A configuration is what the go command selects files by. The zero value is
// the current one.
type configuration struct {
	env  []string // GOOS=…, GOARCH=…
	tags string
	set  map[string]bool // what is true
}

// selects says whether a file is part of the build.
func (c configuration) selects(s *source) bool {
	expr := constraintOf(s.path, s.syntax)
	return expr == nil || expr.Eval(func(tag string) bool { return c.set[tag] })
}

// configurations gives the current one, and then for every annotated file that
// it leaves out one that selects it: payment_windows.go is generated on Linux
// too. A file that nothing selects (//go:build ignore stands for itself) has one
// with that tag.
func configurations(annotated []*source, options Options) []configuration {
	list := []configuration{{}}
	for _, s := range annotated {
		expr := constraintOf(s.path, s.syntax)
		if expr == nil || matchesCurrent(s) {
			continue
		}
		if c, ok := satisfying(expr); ok && !slices.ContainsFunc(list, func(other configuration) bool {
			return other.tags == c.tags && slices.Equal(other.env, c.env)
		}) {
			list = append(list, c)
		}
	}
	return list
}

func matchesCurrent(s *source) bool {
	ok, err := build.Default.MatchFile(filepath.Dir(s.path), filepath.Base(s.path))
	return err == nil && ok
}

// satisfying finds the configuration nearest to the current one in which the
// expression is true, by trying the tags that it has.
func satisfying(expr constraint.Expr) (configuration, bool) {
	var tags []string
	expr.Eval(func(tag string) bool { return true })
	walkTags(expr, func(tag string) {
		if !slices.Contains(tags, tag) && !slices.Contains(knownOS, tag) && !slices.Contains(knownArch, tag) && tag != "cgo" && !strings.HasPrefix(tag, "go1.") && tag != "unix" {
			tags = append(tags, tag)
		}
	})
	if len(tags) > 8 {
		return configuration{}, false
	}
	for _, goos := range append([]string{build.Default.GOOS}, "linux", "windows", "darwin", "freebsd", "netbsd", "openbsd", "solaris", "aix", "plan9", "js", "wasip1", "android", "ios", "illumos", "dragonfly") {
		for _, goarch := range append([]string{build.Default.GOARCH}, "amd64", "arm64", "386", "arm", "wasm", "riscv64", "ppc64le", "ppc64", "s390x", "loong64", "mips", "mipsle", "mips64", "mips64le") {
			for choice := range 1 << len(tags) {
				c := configuration{set: map[string]bool{goos: true, goarch: true}}
				var chosen []string
				for i, tag := range tags {
					if choice>>i&1 == 1 {
						c.set[tag] = true
						chosen = append(chosen, tag)
					}
				}
				if !expr.Eval(func(tag string) bool {
					return c.set[tag] || tag == "gc" || tag == "unix" && goos != "windows" && goos != "plan9" && goos != "js" && goos != "wasip1" || strings.HasPrefix(tag, "go1.")
				}) {
					continue
				}
				c.tags = strings.Join(chosen, ",")
				if goos != build.Default.GOOS || goarch != build.Default.GOARCH {
					c.env = []string{"GOOS=" + goos, "GOARCH=" + goarch, "CGO_ENABLED=0"}
				}
				return c, true
			}
		}
	}
	return configuration{}, false
}

func walkTags(expr constraint.Expr, visit func(tag string)) {
	switch expr := expr.(type) {
	case *constraint.TagExpr:
		visit(expr.Tag)
	case *constraint.NotExpr:
		walkTags(expr.X, visit)
	case *constraint.AndExpr:
		walkTags(expr.X, visit)
		walkTags(expr.Y, visit)
	case *constraint.OrExpr:
		walkTags(expr.X, visit)
		walkTags(expr.Y, visit)
	}
}
