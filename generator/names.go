package generator

import (
	"go/token"
	"go/types"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kestgo/kest/annotations"
)

// names are the identifiers of one scope.
type names struct {
	taken map[string]bool
	outer func(name string) bool // further ones that are taken, or nil
}

func newNames(outer func(name string) bool) *names {
	return &names{taken: map[string]bool{}, outer: outer}
}

func (n *names) has(name string) bool {
	return n.taken[name] || token.IsKeyword(name) || n.outer != nil && n.outer(name)
}

// pick takes the name, or one like it that is free.
func (n *names) pick(name string) string {
	free := name
	for i := 2; n.has(free); i++ {
		free = name + strconv.Itoa(i)
	}
	n.taken[free] = true
	return free
}

// keep takes the name of a parameter, with an underscore if it must give way.
func (n *names) keep(name string) string {
	for n.has(name) {
		name += "_"
	}
	n.taken[name] = true
	return name
}

// wrapperName is what the wrapper of a function is called; it is the function's
// own name where the directive must give one and does not.
func wrapperName(raw string, directive *annotations.Directive) string {
	if directive.Name.Given() {
		return directive.Name.Value
	}
	return upperFirst(raw)
}

func upperFirst(s string) string {
	s = strings.TrimLeft(s, "_")
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// lowerFirst makes a name of a variable: Receipt → receipt, URLSet → urlSet.
func lowerFirst(s string) string {
	runes := []rune(s)
	for i := range runes {
		if !unicode.IsUpper(runes[i]) || i > 0 && i+1 < len(runes) && unicode.IsLower(runes[i+1]) {
			break
		}
		runes[i] = unicode.ToLower(runes[i])
	}
	return string(runes)
}

// camel joins the words of a file name: payment_v2.go → PaymentV2.
func camel(stem string) string {
	var name strings.Builder
	for _, word := range strings.FieldsFunc(stem, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
		name.WriteString(upperFirst(word))
	}
	return name.String()
}

// typeWord names a type within the name of a function.
func typeWord(t types.Type, self *types.Package) string {
	switch t := t.(type) {
	case *types.Alias:
		return objectWord(t.Obj(), self)
	case *types.Named:
		word := objectWord(t.Obj(), self)
		for arg := range t.TypeArgs().Types() {
			word += typeWord(arg, self)
		}
		return word
	case *types.Basic:
		return upperFirst(t.Name())
	case *types.Pointer:
		return typeWord(t.Elem(), self)
	case *types.Slice:
		return typeWord(t.Elem(), self) + "Slice"
	case *types.Array:
		return typeWord(t.Elem(), self) + "Array"
	case *types.Map:
		return typeWord(t.Key(), self) + typeWord(t.Elem(), self) + "Map"
	}
	return "Value"
}

func objectWord(obj *types.TypeName, self *types.Package) string {
	if obj.Pkg() == nil || obj.Pkg() == self {
		return upperFirst(obj.Name())
	}
	return upperFirst(obj.Pkg().Name()) + upperFirst(obj.Name())
}
