package cedar

import (
	"errors"
	"strconv"

	"github.com/cedar-policy/cedar-go/types"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Limits on attributes. The hash of Cedar's sets is a sum, so a caller can make
// up as many of one hash as it likes, and to build a set of these takes the
// square of their number.
const (
	maxComposite  = 1000     // objects and arrays in one array
	maxAttributes = 64 << 10 // bytes, as many as the entry that records them
)

var errAttributes = errors.New("the attributes have more than " + strconv.Itoa(maxAttributes) + " bytes, the most that an entry records: give less")

var errComposite = errors.New("an array of attributes has more than " + strconv.Itoa(maxComposite) + " objects and arrays: shorten it")

// contextRecord makes Cedar's values of the members that are needed.
func contextRecord(text []byte, n *needs) (types.Record, error) {
	r := reader{text: text}
	members, _, err := r.members(0, n)
	if err != nil {
		return types.Record{}, err
	}
	return types.NewRecord(members), nil
}

// reader reads JSON that cedarinput has written: valid, without white space,
// with no other numbers than integers of 64 bits and no null.
type reader struct{ text []byte }

// value reads the value at text[i] and returns where it ends.
func (r *reader) value(i int) (types.Value, int, error) {
	switch r.text[i] {
	case '{':
		members, end, err := r.members(i, nil)
		if err != nil {
			return nil, i, err
		}
		return types.NewRecord(members), end, nil
	case '[':
		return r.set(i)
	case '"':
		s, end, err := r.str(i)
		return types.String(s), end, err
	case 't', 'f':
		end, err := strictjson.ScanLiteral(r.text, i)
		return types.Boolean(r.text[i] == 't'), end, err
	default:
		end, _, err := strictjson.ScanNumber(r.text, i)
		if err != nil {
			return nil, i, err
		}
		n, err := strconv.ParseInt(string(r.text[i:end]), 10, 64)
		return types.Long(n), end, err
	}
}

// str gives the text of a string, for the most part as a slice of r.text.
func (r *reader) str(i int) ([]byte, int, error) {
	end, escaped, err := strictjson.ScanString(r.text, i)
	if err != nil {
		return nil, i, err
	}
	body := r.text[i+1 : end-1]
	if escaped {
		body = strictjson.AppendUnescaped(nil, body)
	}
	return body, end, nil
}

// members reads an object: with n only the members that it includes.
func (r *reader) members(i int, n *needs) (types.RecordMap, int, error) {
	members := types.RecordMap{}
	if i++; r.text[i] == '}' {
		return members, i + 1, nil
	}
	for more := true; more; {
		name, colon, err := r.str(i)
		if err != nil {
			return nil, i, err
		}
		var end int
		if n == nil || n.includes(name) {
			var value types.Value
			if value, end, err = r.value(colon + 1); err != nil {
				return nil, i, err
			}
			members[types.String(name)] = value
		} else if end, err = r.skip(colon + 1); err != nil {
			return nil, i, err
		}
		if i, more, err = strictjson.Following(r.text, end, '}'); err != nil {
			return nil, i, err
		}
	}
	return members, i, nil
}

func (r *reader) set(i int) (types.Value, int, error) {
	var values []types.Value
	composite := 0
	if i++; r.text[i] == ']' {
		return types.NewSet(), i + 1, nil
	}
	for more := true; more; {
		if c := r.text[i]; c == '[' || c == '{' {
			if composite++; composite > maxComposite {
				return nil, i, errComposite
			}
		}
		value, end, err := r.value(i)
		if err != nil {
			return nil, i, err
		}
		values = append(values, value)
		if i, more, err = strictjson.Following(r.text, end, ']'); err != nil {
			return nil, i, err
		}
	}
	return types.NewSet(values...), i, nil
}

// skip returns where the value at text[i] ends.
func (r *reader) skip(i int) (int, error) {
	for depth := 0; ; {
		switch c := r.text[i]; c {
		case '{', '[':
			depth++
			i++
		case '}', ']':
			depth--
			i++
		case '"':
			end, _, err := strictjson.ScanString(r.text, i)
			if err != nil {
				return i, err
			}
			i = end
		default:
			i++
		}
		if depth == 0 && (r.text[i] == ',' || r.text[i] == '}' || r.text[i] == ']') {
			return i, nil
		}
	}
}
