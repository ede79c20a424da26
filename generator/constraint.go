package generator

import (
	"go/ast"
	"go/build/constraint"
	"path/filepath"
	"slices"
	"strings"
)

// constraintOf gives the build constraint that a file is under: its //go:build
// line and what its name and an import of "C" imply, or nil. The output is under
// the same one, and its own name implies nothing since it ends in _kest.go.
func constraintOf(path string, file *ast.File) constraint.Expr {
	expr := and(lineConstraint(file), nameConstraint(filepath.Base(path)))
	if usesCgo(file) {
		return and(expr, &constraint.TagExpr{Tag: "cgo"})
	}
	return expr
}

func and(x, y constraint.Expr) constraint.Expr {
	switch {
	case x == nil:
		return y
	case y == nil:
		return x
	}
	return &constraint.AndExpr{X: x, Y: y}
}

// lineConstraint is that of the //go:build line, which stands above the package
// clause.
func lineConstraint(file *ast.File) constraint.Expr {
	for _, group := range file.Comments {
		if group.Pos() > file.Package {
			return nil
		}
		for _, comment := range group.List {
			if !constraint.IsGoBuild(comment.Text) {
				continue
			}
			if expr, err := constraint.Parse(comment.Text); err == nil {
				return expr
			}
		}
	}
	return nil
}

// nameConstraint is what the file name implies: x_linux_amd64.go.
func nameConstraint(name string) constraint.Expr {
	name, _, _ = strings.Cut(name, ".")
	words := strings.Split(name, "_")
	if n := len(words); words[n-1] == "test" {
		words = words[:n-1]
	}
	if len(words) < 2 { // linux.go is about Linux, x_linux.go is for it
		return nil
	}
	words = words[1:]
	last := words[len(words)-1]
	if !slices.Contains(knownArch, last) {
		if slices.Contains(knownOS, last) {
			return &constraint.TagExpr{Tag: last}
		}
		return nil
	}
	arch := &constraint.TagExpr{Tag: last}
	if n := len(words); n >= 2 && slices.Contains(knownOS, words[n-2]) {
		return and(&constraint.TagExpr{Tag: words[n-2]}, arch)
	}
	return arch
}

// The names that the go command knows in file names (go/build, syslist.go).
var (
	knownOS = strings.Fields(`aix android darwin dragonfly freebsd hurd illumos ios js linux nacl netbsd openbsd plan9
		solaris wasip1 windows zos`)
	knownArch = strings.Fields(`386 amd64 amd64p32 arm armbe arm64 arm64be loong64 mips mipsle mips64 mips64le
		mips64p32 mips64p32le ppc ppc64 ppc64le riscv riscv64 s390 s390x sparc sparc64 wasm`)
)
