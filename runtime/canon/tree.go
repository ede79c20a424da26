package canon

import (
	"slices"
	"sync"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// tree is a JSON text taken apart. Members are put in order before anything is
// written, so that each byte of the result is written once: sorting what is
// already written would copy it again at each level of nesting.
type tree struct {
	src   []byte
	nodes []node // nodes[0] is the value itself
}

// node is one value. Nodes name each other by index; 0, which is the root and
// nobody's child, says that there is none.
type node struct {
	start, end int    // where it stands in src
	name       []byte // as a member: its name, unescaped
	key        []byte // as a member: its name as it stands, with the quotes, nil if it has escapes
	child      int    // first element or member
	next       int    // next element or member of the same parent
	kind       kind
}

type kind byte

const (
	literal kind = iota
	integer
	float
	text
	escapedText
	array
	object
)

var trees = sync.Pool{New: func() any { return new(tree) }}

// release gives the tree back for the next text. It forgets this one, which is
// argument data, and what a large one would keep in memory.
func (t *tree) release() {
	const most = 1 << 10
	if cap(t.nodes) > most {
		t.nodes = nil
	}
	clear(t.nodes)
	t.src, t.nodes = nil, t.nodes[:0]
	trees.Put(t)
}

// parse checks all of src, strictly, and fills the tree.
func (t *tree) parse(depth int) error {
	end, err := t.value(strictjson.SkipSpace(t.src, 0), depth)
	if err != nil {
		return err
	}
	if end = strictjson.SkipSpace(t.src, end); end != len(t.src) {
		return &strictjson.Error{Offset: end, Err: ErrSyntax}
	}
	return nil
}

// value adds the value that starts at src[i] and returns where it ends.
func (t *tree) value(i, depth int) (end int, err error) {
	if i >= len(t.src) {
		return i, &strictjson.Error{Offset: i, Err: ErrSyntax}
	}
	self := len(t.nodes)
	t.nodes = append(t.nodes, node{start: i})
	k := literal
	switch t.src[i] {
	case '{', '[':
		if depth <= 0 {
			return i, &strictjson.Error{Offset: i, Err: ErrDepth}
		}
		k = array
		if t.src[i] == '{' {
			k = object
		}
		end, err = t.children(self, k, i, depth-1)
	case '"':
		k = text
		var escaped bool
		if end, escaped, err = strictjson.ScanString(t.src, i); escaped {
			k = escapedText
		}
	case 't', 'f', 'n':
		end, err = strictjson.ScanLiteral(t.src, i)
	default:
		k = float
		var isInteger bool
		if end, isInteger, err = strictjson.ScanNumber(t.src, i); isInteger {
			k = integer
		}
	}
	t.nodes[self].kind, t.nodes[self].end = k, end
	return end, err
}

// children adds the elements or members of the array or object that starts at
// src[i] and is the node parent, and returns where it ends.
func (t *tree) children(parent int, k kind, i, depth int) (int, error) {
	closing := byte(']')
	if k == object {
		closing = '}'
	}
	if i = strictjson.SkipSpace(t.src, i+1); i < len(t.src) && t.src[i] == closing {
		return i + 1, nil
	}
	last, ascending := 0, true
	for more := true; more; {
		var name, key []byte
		var err error
		if k == object {
			if name, key, i, err = t.name(i); err != nil {
				return i, err
			}
		}
		self := len(t.nodes)
		if i, err = t.value(i, depth); err != nil {
			return i, err
		}
		t.nodes[self].name, t.nodes[self].key = name, key
		if last == 0 {
			t.nodes[parent].child = self
		} else {
			t.nodes[last].next = self
			ascending = ascending && (k == array || compare(t.nodes[last].name, name) < 0)
		}
		last = self
		if i, more, err = strictjson.Following(t.src, i, closing); err != nil {
			return i, err
		}
	}
	// Names that ascend are in order and all different already.
	if !ascending {
		return i, t.sort(parent)
	}
	return i, nil
}

// name reads `"name":` at src[i] and returns the index of the value behind it.
func (t *tree) name(i int) (name, key []byte, value int, err error) {
	end, escaped, err := strictjson.ScanString(t.src, i)
	if err != nil {
		return nil, nil, end, err
	}
	key = t.src[i:end]
	name = key[1 : len(key)-1]
	if escaped {
		key, name = nil, strictjson.AppendUnescaped(nil, name)
	}
	end = strictjson.SkipSpace(t.src, end)
	if end >= len(t.src) || t.src[end] != ':' {
		return nil, nil, end, &strictjson.Error{Offset: end, Err: ErrSyntax}
	}
	return name, key, strictjson.SkipSpace(t.src, end+1), nil
}

// sort puts the members of parent in canonical order and refuses equal names.
func (t *tree) sort(parent int) error {
	var members []int
	for n := t.nodes[parent].child; n != 0; n = t.nodes[n].next {
		members = append(members, n)
	}
	slices.SortFunc(members, func(a, b int) int {
		return compare(t.nodes[a].name, t.nodes[b].name)
	})
	t.nodes[parent].child = members[0]
	for i, n := range members {
		t.nodes[n].next = 0
		if i == 0 {
			continue
		}
		before := members[i-1]
		if string(t.nodes[before].name) == string(t.nodes[n].name) {
			return &strictjson.Error{Offset: max(t.nodes[before].start, t.nodes[n].start), Err: ErrDuplicate}
		}
		t.nodes[before].next = n
	}
	return nil
}

// append writes node n. Its depth is that of the parse, so it is bounded.
func (t *tree) append(dst []byte, n int, exact bool) ([]byte, error) {
	v := &t.nodes[n]
	src := t.src[v.start:v.end]
	switch v.kind {
	case integer, float:
		return appendLiteral(dst, src, v.kind == integer, exact)
	case escapedText:
		return appendQuoted(dst, strictjson.AppendUnescaped(nil, src[1:len(src)-1])), nil
	case array, object:
		return t.appendChildren(dst, v, exact)
	default: // a literal, or text without escapes, is canonical as it stands
		return append(dst, src...), nil
	}
}

func (t *tree) appendChildren(dst []byte, v *node, exact bool) ([]byte, error) {
	opening, closing := byte('['), byte(']')
	if v.kind == object {
		opening, closing = '{', '}'
	}
	dst = append(dst, opening)
	for n := v.child; n != 0; n = t.nodes[n].next {
		if n != v.child {
			dst = append(dst, ',')
		}
		if v.kind == object {
			if key := t.nodes[n].key; key != nil {
				dst = append(dst, key...)
			} else {
				dst = appendQuoted(dst, t.nodes[n].name)
			}
			dst = append(dst, ':')
		}
		var err error
		if dst, err = t.append(dst, n, exact); err != nil {
			return dst, err
		}
	}
	return append(dst, closing), nil
}

// appendQuoted appends text of which the scanner has checked that it is UTF-8.
func appendQuoted(dst, text []byte) []byte {
	dst, _ = strictjson.AppendQuoted(dst, string(text))
	return dst
}
