package generator

import (
	"fmt"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/dave/jennifer/jen"
)

// An encoding writes the values of one type as canonical JSON. There is one per
// type shape, each in a file of its own: how to recognize it (the functions in
// shapes) and what to emit.
type encoding interface {
	// emit adds statements to the block that append the value.
	emit(b *block, v value)
}

// A value is an expression of the generated code.
type value struct {
	code    jen.Code
	pointer jen.Code // set where code is *pointer
	notNil  bool     // known by what was checked before
}

func variableValue(name string) value { return value{code: jen.Id(name)} }

// address gives the expression of a pointer to the value. All values can be
// addressed: they are variables, and parts of them.
func (v value) address() jen.Code {
	if v.pointer != nil {
		return v.pointer
	}
	return jen.Op("&").Add(v.code)
}

// selected is what selectors and index expressions are put behind, where Go
// dereferences by itself.
func (v value) selected() *jen.Statement {
	if v.pointer != nil {
		return jen.Add(v.pointer)
	}
	return jen.Add(v.code)
}

// place says where in its surroundings a value is, as far as encoding/json makes
// a difference.
type place struct {
	// addressable: encoding/json could take the address, so it calls methods
	// with pointer receivers. What is passed by value is not, nor are the
	// values of maps; what a pointer points to and elements of slices are.
	addressable bool
	// quoted: a field with the "string" option.
	quoted bool
}

// shapes are tried in this order, which is that of encoding/json's
// newTypeEncoder: methods before kinds.
var shapes []func(p *encodings, t types.Type, at place) encoding

func init() { // shapes refer to each other through encodings.of
	shapes = []func(p *encodings, t types.Type, at place) encoding{
		wellKnownShape,
		typeParamShape,
		pointerShape,
		marshalerShape,
		basicShape,
		anyShape,
		bytesShape,
		elementsShape,
		sliceShape,
		arrayShape,
		mapShape,
		structShape,
	}
}

// encodings finds the encodings of the types that one output writes.
type encodings struct {
	pkg     *types.Package
	names   *names // package level
	prefix  string // of helper functions: append + stem of the file
	helpers map[helperKey]*helper
	order   []*helper      // as met
	active  []*helper      // being planned, innermost last
	inPlace []*types.Named // being planned without a helper
	guards  *guards
	emitter *emitter   // of the output that is being printed
	params  typeParams // of the function that is being planned

	// Of the value that is being planned.
	path    []string
	problem *problem
}

// A problem is why a type cannot be hashed.
type problem struct {
	path, reason string
	hint         string // the way out beside omit=
	invalid      bool   // it does not type-check, which hides what it is
}

// of gives the encoding of a type, or notes the problem.
func (p *encodings) of(t types.Type, at place) encoding {
	if isC(t) {
		return p.refuse(t, "is a type of C")
	}
	if nesting(t) > maxNesting {
		return p.refuse(t, "nests its type arguments without end")
	}
	if h := p.helperFor(t, at); h != nil {
		return h
	}
	if named, ok := types.Unalias(t).(*types.Named); ok {
		// Without a helper it is written in place, over and over if it contains
		// itself.
		if slices.Contains(p.inPlace, named) {
			return p.refuse(t, "contains itself and is of a type that this package cannot name")
		}
		p.inPlace = append(p.inPlace, named)
		defer func() { p.inPlace = p.inPlace[:len(p.inPlace)-1] }()
	}
	return p.shapeOf(t, at)
}

func (p *encodings) shapeOf(t types.Type, at place) encoding {
	for _, shape := range shapes {
		if e := shape(p, t, at); e != nil {
			return e
		}
		if p.problem != nil {
			return nil
		}
	}
	return p.refuse(t, refusal(t))
}

// within plans a part of the value.
func (p *encodings) within(step string, t types.Type, at place) encoding {
	p.path = append(p.path, step)
	defer func() { p.path = p.path[:len(p.path)-1] }()
	return p.of(t, at)
}

// refuse notes the first problem of the value that is being planned.
func (p *encodings) refuse(t types.Type, reason string) encoding {
	if p.problem == nil {
		p.problem = &problem{
			path:    strings.Join(p.path, ""),
			invalid: t.Underlying() == types.Typ[types.Invalid],
			reason:  fmt.Sprintf("%s %s", typeString(t, p.pkg), reason),
		}
	}
	return nil
}

// refuseWith is refuse for types that have a way out of their own.
func (p *encodings) refuseWith(t types.Type, reason, hint string) encoding {
	if p.problem == nil {
		p.refuse(t, reason)
		p.problem.hint = hint
	}
	return nil
}

// typeString gives a type as the source would write it.
func typeString(t types.Type, self *types.Package) string {
	text := types.TypeString(t, func(pkg *types.Package) string {
		if pkg == self {
			return ""
		}
		return pkg.Name()
	})
	return strings.ReplaceAll(text, "_Ctype_", "C.")
}

// plan gives the encoding of a whole value that goes by the name.
func (p *encodings) plan(name string, t types.Type) (encoding, *problem) {
	p.path, p.problem = []string{name}, nil
	return p.of(t, place{}), p.problem
}

// refusal says why no shape takes a type.
func refusal(t types.Type) string {
	switch t := t.Underlying().(type) {
	case *types.Chan:
		return "is a channel"
	case *types.Signature:
		return "is a function"
	case *types.Interface:
		return "is an interface whose values cannot be written without reflection"
	case *types.Basic:
		switch {
		case t.Kind() == types.Invalid:
			return "does not type-check"
		case t.Kind() == types.UnsafePointer:
			return "is an address"
		case t.Info()&types.IsComplex != 0:
			return "is complex"
		}
	}
	return "has no JSON form"
}

// accessible says whether generated code may use the name.
func (p *encodings) accessible(obj types.Object) bool {
	return obj.Exported() || obj.Pkg() == p.pkg
}

// nameable says whether generated code can write the type down.
func (p *encodings) nameable(t types.Type) bool {
	if isC(t) {
		return false
	}
	switch t := t.(type) {
	case *types.Alias:
		return p.nameableObject(t.Obj()) || p.nameable(types.Unalias(t))
	case *types.Named:
		if !p.nameableObject(t.Obj()) {
			return false
		}
		for arg := range t.TypeArgs().Types() {
			if !p.nameable(arg) {
				return false
			}
		}
		return true
	case *types.Pointer:
		return p.nameable(t.Elem())
	case *types.Slice:
		return p.nameable(t.Elem())
	case *types.Array:
		return p.nameable(t.Elem())
	case *types.Chan:
		return p.nameable(t.Elem())
	case *types.Map:
		return p.nameable(t.Key()) && p.nameable(t.Elem())
	case *types.Struct:
		for field := range t.Fields() {
			if !field.Exported() && field.Pkg() != p.pkg || !p.nameable(field.Type()) {
				return false
			}
		}
	case *types.Signature:
		return p.nameable(t.Params()) && p.nameable(t.Results())
	case *types.Tuple:
		for v := range t.Variables() {
			if !p.nameable(v.Type()) {
				return false
			}
		}
	case *types.Interface:
		for method := range t.Methods() {
			if !p.accessible(method) || !p.nameable(method.Type()) {
				return false
			}
		}
	}
	return true
}

func (p *encodings) nameableObject(obj *types.TypeName) bool {
	pkg := obj.Pkg()
	switch {
	case pkg == nil || pkg == p.pkg && obj.Parent() == pkg.Scope():
		return true
	case pkg == p.pkg || !obj.Exported() || pkg.Name() == "main":
		return false
	}
	return importable(p.pkg.Path(), pkg.Path())
}

// importable applies the rule of internal packages.
func importable(from, path string) bool {
	for _, root := range []string{"vendor/", "internal/"} {
		if strings.HasPrefix(path, root) {
			return false
		}
	}
	i := strings.LastIndex(path+"/", "/internal/")
	if i < 0 {
		return true
	}
	parent := path[:i]
	from = strings.TrimSuffix(from, "_test")
	return from == parent || strings.HasPrefix(from, parent+"/")
}

// position is that of the source, whatever //line comments say.
func position(fset *token.FileSet, pos token.Pos) token.Position {
	return fset.PositionFor(pos, false)
}

// maxNesting is how deep type arguments may be in each other. A type such as
// G[T] with a field of *G[G[T]] has one more at every step, and is no valid Go.
const maxNesting = 16

func nesting(t types.Type) int {
	switch t := types.Unalias(t).(type) {
	case *types.Pointer:
		return nesting(t.Elem())
	case *types.Slice:
		return nesting(t.Elem())
	case *types.Array:
		return nesting(t.Elem())
	case *types.Map:
		return max(nesting(t.Key()), nesting(t.Elem()))
	case *types.Named:
		deepest := 0
		for arg := range t.TypeArgs().Types() {
			deepest = max(deepest, nesting(arg))
		}
		return deepest + 1
	}
	return 0
}
