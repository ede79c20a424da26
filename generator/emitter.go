package generator

import (
	"fmt"
	"go/types"
	"path"

	"github.com/dave/jennifer/jen"
)

const (
	kestPath  = "github.com/kestgo/kest/runtime"
	canonPath = kestPath + "/canon"
)

// An emitter prints one output.
type emitter struct {
	pkg            *types.Package
	file           *jen.File
	imports        map[string]string // path to name in the file
	names          *names            // that an import must not take
	typeParamNames map[*types.TypeParam]string
}

// newEmitter begins an output, with the imports of an earlier print of it.
func newEmitter(pkg *types.Package, names *names, imports map[string]string) *emitter {
	e := &emitter{pkg: pkg, imports: imports, names: names, file: jen.NewFilePathName(pkg.Path(), pkg.Name())}
	e.file.NoFormat = true // finish does it
	for path, name := range imports {
		e.hint(path, name)
	}
	return e
}

// qual is a name of another package.
func (e *emitter) qual(importPath, packageName, name string) *jen.Statement {
	if _, ok := e.imports[importPath]; !ok {
		e.imports[importPath] = e.names.pick(packageName)
		e.hint(importPath, e.imports[importPath])
	}
	return jen.Qual(importPath, name)
}

func (e *emitter) hint(importPath, name string) {
	if name == path.Base(importPath) {
		e.file.ImportName(importPath, name)
	} else {
		e.file.ImportAlias(importPath, name)
	}
}

func (e *emitter) canon(name string) *jen.Statement { return e.qual(canonPath, "canon", name) }

func (e *emitter) kest(name string) *jen.Statement { return e.qual(kestPath, "kest", name) }

// ifStale is a guard: the value must be assignable to the type. With type
// parameters it is a function that nothing can call.
func (e *emitter) ifStale(params typeParams, typ, v jen.Code) jen.Code {
	guard := jen.Id("_").Op("=").Add(e.kest("RunKestgenIfStale").Types(typ).Call(v))
	if len(params) == 0 {
		return jen.Var().Add(guard)
	}
	return jen.Func().Id("_").Types(e.declared(params)...).Params().Block(guard)
}

// typ writes a type down, aliases as they are.
func (e *emitter) typ(t types.Type) *jen.Statement {
	switch t := t.(type) {
	case *types.Basic:
		if t.Kind() == types.UnsafePointer {
			return e.qual("unsafe", "unsafe", "Pointer")
		}
		return jen.Id(t.Name())
	case *types.Alias:
		if obj := t.Obj(); obj.Pkg() != nil && obj.Pkg() != e.pkg && (!obj.Exported() || !importable(e.pkg.Path(), obj.Pkg().Path())) {
			return e.typ(t.Rhs())
		}
		return e.named(t.Obj(), t.TypeArgs())
	case *types.Named:
		return e.named(t.Obj(), t.TypeArgs())
	case *types.TypeParam:
		return jen.Id(e.typeParamNames[t])
	case *types.Union:
		return e.union(t)
	case *types.Pointer:
		return jen.Op("*").Add(e.typ(t.Elem()))
	case *types.Slice:
		return jen.Index().Add(e.typ(t.Elem()))
	case *types.Array:
		return jen.Index(jen.Lit(int(t.Len()))).Add(e.typ(t.Elem()))
	case *types.Map:
		return jen.Map(e.typ(t.Key())).Add(e.typ(t.Elem()))
	case *types.Chan:
		switch t.Dir() {
		case types.SendOnly:
			return jen.Chan().Op("<-").Add(e.typ(t.Elem()))
		case types.RecvOnly:
			return jen.Op("<-").Chan().Add(e.typ(t.Elem()))
		}
		if elem, ok := types.Unalias(t.Elem()).(*types.Chan); ok && elem.Dir() == types.RecvOnly {
			return jen.Chan().Parens(e.typ(t.Elem()))
		}
		return jen.Chan().Add(e.typ(t.Elem()))
	case *types.Struct:
		return e.structure(t)
	case *types.Signature:
		return jen.Func().Add(e.signature(t))
	case *types.Interface:
		return e.face(t)
	}
	panic(fmt.Sprintf("kestgen has a bug, please report it: it cannot write the type %s", t))
}

func (e *emitter) named(obj *types.TypeName, arguments *types.TypeList) *jen.Statement {
	name := jen.Id(obj.Name())
	if pkg := obj.Pkg(); pkg != nil && pkg != e.pkg {
		name = e.qual(pkg.Path(), pkg.Name(), obj.Name())
	}
	if arguments.Len() == 0 {
		return name
	}
	var list []jen.Code
	for t := range arguments.Types() {
		list = append(list, e.typ(t))
	}
	return name.Types(list...)
}

func (e *emitter) structure(t *types.Struct) *jen.Statement {
	var fields []jen.Code
	for i := range t.NumFields() {
		f := t.Field(i)
		field := jen.Add()
		if !f.Anonymous() {
			field.Id(f.Name())
		}
		field.Add(e.typ(f.Type()))
		if tag := t.Tag(i); tag != "" {
			field.Add(literal(tag))
		}
		fields = append(fields, field)
	}
	return jen.Struct(fields...)
}

// signature is parameters and results, without names.
func (e *emitter) signature(t *types.Signature) *jen.Statement {
	var params, results []jen.Code
	for i := range t.Params().Len() {
		params = append(params, e.param(t, i))
	}
	for v := range t.Results().Variables() {
		results = append(results, e.typ(v.Type()))
	}
	switch len(results) {
	case 0:
		return jen.Params(params...)
	case 1:
		return jen.Params(params...).Add(results[0])
	}
	return jen.Params(params...).Params(results...)
}

// param is the type of a parameter, variadic if it is.
func (e *emitter) param(t *types.Signature, i int) *jen.Statement {
	typ := t.Params().At(i).Type()
	if t.Variadic() && i == t.Params().Len()-1 {
		return jen.Op("...").Add(e.typ(typ.(*types.Slice).Elem()))
	}
	return e.typ(typ)
}

func (e *emitter) face(t *types.Interface) *jen.Statement {
	var parts []jen.Code
	for typ := range t.EmbeddedTypes() {
		parts = append(parts, e.typ(typ))
	}
	for method := range t.ExplicitMethods() {
		parts = append(parts, jen.Id(method.Name()).Add(e.signature(method.Signature())))
	}
	return jen.Interface(parts...)
}
