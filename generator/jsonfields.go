package generator

import (
	"cmp"
	"go/types"
	"reflect"
	"slices"
	"strings"
	"unicode"
)

// jsonField is a field as encoding/json sees it.
type jsonField struct {
	name                        string
	tagged                      bool
	chain                       []*types.Var // embedded fields on the way, and the field
	index                       []int
	omitEmpty, omitZero, quoted bool
	maybeQuoted                 bool // of a type parameter
}

func (f *jsonField) variable() *types.Var { return f.chain[len(f.chain)-1] }

// jsonFields follows typeFields of encoding/json: breadth first through embedded
// structs, then the dominant field of each name.
func jsonFields(t types.Type) []jsonField {
	type embedded struct {
		typ   types.Type
		chain []*types.Var
		index []int
	}
	next := []embedded{{typ: t}}
	var nextCount map[types.Type]int
	visited := map[types.Type]bool{}
	var fields []jsonField
	for len(next) > 0 {
		current, count := next, nextCount
		next, nextCount = nil, map[types.Type]int{}
		for _, e := range current {
			if visited[e.typ] {
				continue
			}
			visited[e.typ] = true
			u := e.typ.Underlying().(*types.Struct)
			for i := range u.NumFields() {
				f := u.Field(i)
				typ := types.Unalias(f.Type())
				if pointer, ok := typ.(*types.Pointer); ok {
					typ = types.Unalias(pointer.Elem())
				}
				_, isStruct := typ.Underlying().(*types.Struct)
				if !f.Exported() && !(f.Anonymous() && isStruct) {
					continue
				}
				tag := reflect.StructTag(u.Tag(i)).Get("json")
				if tag == "-" {
					continue
				}
				name, options, _ := strings.Cut(tag, ",")
				if !validName(name) {
					name = ""
				}
				field := jsonField{
					name:   name,
					tagged: name != "",
					chain:  append(slices.Clone(e.chain), f),
					index:  append(slices.Clone(e.index), i),
				}
				if name == "" && f.Anonymous() && isStruct {
					if nextCount[typ]++; nextCount[typ] == 1 {
						next = append(next, embedded{typ, field.chain, field.index})
					}
					continue
				}
				if name == "" {
					field.name = f.Name()
				}
				for option := range strings.SplitSeq(options, ",") {
					switch option {
					case "omitempty":
						field.omitEmpty = true
					case "omitzero":
						field.omitZero = true
					case "string":
						basic, ok := typ.Underlying().(*types.Basic)
						field.maybeQuoted = isTypeParam(typ)
						field.quoted = ok && basic.Info()&(types.IsBoolean|types.IsInteger|types.IsFloat|types.IsString) != 0
					}
				}
				fields = append(fields, field)
				if count[e.typ] > 1 { // the type is embedded twice at this depth
					fields = append(fields, field)
				}
			}
		}
	}
	return dominant(fields)
}

// dominant keeps of each name the least deep field, a tagged one before others,
// and none if that leaves two.
func dominant(fields []jsonField) []jsonField {
	slices.SortStableFunc(fields, func(a, b jsonField) int {
		tagged := 0
		if a.tagged != b.tagged {
			tagged = 1
			if a.tagged {
				tagged = -1
			}
		}
		return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(len(a.index), len(b.index)), tagged, slices.Compare(a.index, b.index))
	})
	var kept []jsonField
	for len(fields) > 0 {
		n := 1
		for n < len(fields) && fields[n].name == fields[0].name {
			n++
		}
		if n == 1 || len(fields[0].index) != len(fields[1].index) || fields[0].tagged != fields[1].tagged {
			kept = append(kept, fields[0])
		}
		fields = fields[n:]
	}
	return kept
}

// validName is isValidTag of encoding/json.
func validName(s string) bool {
	for _, c := range s {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", c) && !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			return false
		}
	}
	return s != ""
}
