package kestpropagation

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/otel/propagation"
)

// Limits of OpenTelemetry for Go, beyond which it drops members of its own choice.
const (
	maxHeaderSize = 8192 // bytes
	maxMembers    = 64
)

// Headers.
const (
	baggageHeader = "baggage"
	// lineageHeader says that the baggage has a lineage. Whatever is between the
	// two sides, or a propagator in the wrong order, may drop the baggage; without
	// this the receiver would take the call for a root, and trust it as one.
	lineageHeader = "kest-lineage"
	lineageSent   = "1"
	// lineageFailed is what Inject sends, since it cannot return an error.
	lineageFailed = "failed"
)

// Members of the baggage (PROTOCOL §10).
const (
	ownPrefix        = "kest."
	memberPassport   = "kest.passport"
	memberCompressed = "kest.passport_z"
	memberClaimCheck = "kest.claim_check"
	memberTips       = "kest.chain_tip"
	memberUser       = "kest.user"
	memberAgent      = "kest.agent"
	memberTask       = "kest.task"
)

// header is a baggage header, taken apart as far as it is ours.
type header struct {
	foreign []string          // members that are not ours, as they stand
	own     map[string]string // ours, decoded
}

// readHeader reads all baggage headers of a carrier as one.
func readHeader(carrier propagation.TextMapCarrier) (*header, error) {
	text := headerText(carrier, baggageHeader)
	if len(text) > maxHeaderSize {
		return nil, fmt.Errorf("the baggage has %d bytes: the limit is %d", len(text), maxHeaderSize)
	}
	h := &header{own: make(map[string]string)}
	if text == "" {
		return h, nil
	}
	for member := range strings.SplitSeq(text, ",") {
		member = trimSpace(member)
		if member == "" {
			continue
		}
		key, value, hasValue := strings.Cut(member, "=")
		key = trimSpace(key)
		if !strings.HasPrefix(key, ownPrefix) {
			h.foreign = append(h.foreign, member)
			continue
		}
		if _, twice := h.own[key]; twice {
			return nil, fmt.Errorf("the baggage has %.64q twice", key)
		}
		value, _, _ = strings.Cut(value, ";") // properties, of which we have none
		decoded, err := percentDecode(trimSpace(value))
		if err != nil || !hasValue {
			return nil, fmt.Errorf("the baggage member %.64q is not percent-encoded UTF-8", key)
		}
		h.own[key] = decoded
	}
	if n := len(h.foreign) + len(h.own); n > maxMembers {
		return nil, fmt.Errorf("the baggage has %d members: the limit is %d", n, maxMembers)
	}
	return h, nil
}

// headerText is all headers of a name as one, as RFC 9110 has it. Of a header
// that may stand there only once, two are a value that none has.
func headerText(carrier propagation.TextMapCarrier, name string) string {
	if many, ok := carrier.(propagation.ValuesGetter); ok {
		return strings.Join(many.Values(name), ",")
	}
	return carrier.Get(name)
}

// trimSpace trims what HTTP calls optional white space.
func trimSpace(s string) string { return strings.Trim(s, " \t") }

// room is what is left beside the foreign members and some of ours.
type room struct{ bytes, members int }

func (h *header) room() room {
	r := room{maxHeaderSize, maxMembers - len(h.foreign)}
	for _, member := range h.foreign {
		r.bytes -= len(member) + len(",")
	}
	return r
}

// take makes room for members, and says whether there was enough.
func (r *room) take(members ...string) bool {
	for _, member := range members {
		r.bytes -= len(member) + len(",")
		r.members--
	}
	// The last member has no comma.
	return r.bytes >= -len(",") && r.members >= 0
}

// member is a baggage member as it stands in a header.
func member(key, value string) string { return key + "=" + percentEncode(value) }

const hexDigits = "0123456789ABCDEF"

// isPlain says whether a byte may stand for itself in the value of a member.
func isPlain(b byte) bool {
	return b > ' ' && b < 0x7f && b != '"' && b != ',' && b != ';' && b != '\\' && b != '%'
}

// encodedLen is the length of percentEncode.
func encodedLen(value string) int {
	n := len(value)
	for i := range len(value) {
		if !isPlain(value[i]) {
			n += 2
		}
	}
	return n
}

// percentEncode writes a value as W3C Baggage asks.
func percentEncode(value string) string {
	var b strings.Builder
	b.Grow(encodedLen(value))
	for i := range len(value) {
		c := value[i]
		if isPlain(c) {
			b.WriteByte(c)
			continue
		}
		b.WriteByte('%')
		b.WriteByte(hexDigits[c>>4])
		b.WriteByte(hexDigits[c&15])
	}
	return b.String()
}

var errPercent = errors.New("not percent-encoded UTF-8")

// percentDecode reads a value. What others leave as it is stays as it is.
func percentDecode(text string) (string, error) {
	if strings.IndexByte(text, '%') >= 0 {
		var b strings.Builder
		b.Grow(len(text))
		for i := 0; i < len(text); i++ {
			if text[i] != '%' {
				b.WriteByte(text[i])
				continue
			}
			if i+2 >= len(text) {
				return "", errPercent
			}
			high, low := unhex(text[i+1]), unhex(text[i+2])
			if high < 0 || low < 0 {
				return "", errPercent
			}
			b.WriteByte(byte(high<<4 | low))
			i += 2
		}
		text = b.String()
	}
	if !utf8.ValidString(text) {
		return "", errPercent
	}
	return text, nil
}

func unhex(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
