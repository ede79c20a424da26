package hookvet

import (
	"cmp"
	"go/ast"
	"go/types"
	"net/url"
	"regexp"
	"strings"

	"golang.org/x/tools/go/analysis"
)

// symbols checks references by the names that the linker knows.
func (v *vetting) symbols() error {
	linked := map[string]*target{}
	for s, f := range v.functions {
		if f.Decorator == "" {
			for _, name := range linkNames(f) {
				linked[name] = &target{s, f}
			}
		}
	}
	for _, file := range v.Files {
		for _, group := range file.Comments {
			for _, comment := range group.List {
				v.linkname(file, comment, linked)
				v.export(file, comment)
			}
		}
	}
	for _, name := range v.OtherFiles {
		if strings.HasSuffix(name, ".s") {
			if err := v.assembly(name, linked); err != nil {
				return err
			}
		}
	}
	return nil
}

type target struct {
	symbol
	function *function
}

// linkNames are the linker's names of a function: p.f, or p.T.m and p.(*T).m. The
// compiler makes the second for a method of a value too.
func linkNames(f *function) []string {
	names := []string{f.Path + "." + f.Key}
	if receiver, method, ok := strings.Cut(f.Key, "."); ok {
		names = append(names, f.Path+".(*"+receiver+")."+method)
	}
	return names
}

// wayOut says what to call instead where there may be no types.
func (t *target) wayOut() string {
	if t.function.Wrapper == "" {
		return "name its wrapper with name= in the directive and call that"
	}
	return "call its wrapper " + t.function.Wrapper
}

// linkname checks //go:linkname local [target]: either may be annotated.
func (v *vetting) linkname(file *ast.File, comment *ast.Comment, linked map[string]*target) {
	rest, ok := strings.CutPrefix(comment.Text, "//go:linkname ")
	if !ok {
		return
	}
	names := strings.Fields(rest)
	if len(names) == 0 {
		return
	}
	t := linked[packagePath(v.Pkg.Path())+"."+names[0]]
	if len(names) > 1 {
		name, err := url.PathUnescape(names[1]) // the linker's form of a dot in a path is %2e
		if err != nil {
			name = names[1]
		}
		t = cmp.Or(linked[name], t)
	}
	if t != nil {
		v.report(comment.Slash, []ast.Node{file}, CodeSymbol, t.key,
			"linkname of "+t.key+" of "+t.path+", which goes around its Kest hook: "+t.wayOut())
	}
}

// export checks //export name, which makes a function callable from C.
func (v *vetting) export(file *ast.File, comment *ast.Comment) {
	rest, ok := strings.CutPrefix(comment.Text, "//export ")
	if !ok {
		return
	}
	names := strings.Fields(rest)
	if len(names) == 0 {
		return
	}
	obj := v.Pkg.Scope().Lookup(names[0])
	if f := v.lookup(obj); f != nil {
		v.report(comment.Slash, []ast.Node{file}, CodeSymbol, f.Key,
			"export of "+f.Key+" to C, which goes around its Kest hook: "+v.wayOut(obj.(*types.Func), f))
	}
}

// reference matches path·name(SB) in assembly; the path is empty for the package
// itself.
var reference = regexp.MustCompile(`([\pL\pN_.∕/%~-]*)·([\pL_][\pL\pN_]*)(?:<ABIInternal>)?(?:[+-][0-9]+)?\(SB\)`)

// assembly checks the symbols that an assembly file refers to.
func (v *vetting) assembly(name string, linked map[string]*target) error {
	text, err := v.ReadFile(name)
	if err != nil {
		return err
	}
	file := v.Fset.AddFile(name, -1, len(text))
	file.SetLinesForContent(text)
	offset := 0
	for line := range strings.Lines(string(text)) {
		code, _, _ := strings.Cut(line, "//")
		definition := strings.HasPrefix(strings.TrimSpace(code), "TEXT")
		for i, found := range reference.FindAllStringSubmatchIndex(code, -1) {
			path := strings.ReplaceAll(strings.ReplaceAll(code[found[2]:found[3]], "∕", "/"), "·", ".")
			t := linked[cmp.Or(path, packagePath(v.Pkg.Path()))+"."+code[found[4]:found[5]]]
			if t == nil || definition && i == 0 {
				continue
			}
			v.Report(analysis.Diagnostic{Pos: file.Pos(offset + found[0]), Category: CodeSymbol,
				Message: "assembly refers to " + t.key + " of " + t.path + ", which goes around its Kest hook: " + t.wayOut()})
		}
		offset += len(line)
	}
	return nil
}
