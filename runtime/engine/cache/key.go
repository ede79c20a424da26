package cache

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// maxDepth is how deep attributes may be nested: as in engine/opa.
const maxDepth = 64

// question is what an engine is asked, and the key of its answer.
type question struct {
	key    key
	engine kest.Engine
	digest string // of engine, when the question was asked
	policy string
	input  *kest.PolicyInput // the caller's
}

// key is what a decision is found under.
type key struct {
	generation uint64 // how often the cache was invalidated
	snapshot   uint64 // the number of the view
	// sum is SHA-256( digest ‖ policy ‖ input document ), each with its length in
	// front as 8 bytes.
	sum [sha256.Size]byte
}

func (s *store) newKey(q *question, snapshot uint64) (key, error) {
	if err := checkInput(q.input); err != nil {
		return key{}, err
	}
	buffer := buffers.Get().(*[]byte)
	defer func() {
		if cap(*buffer) <= maxPooled {
			buffers.Put(buffer)
		}
	}()
	text := appendFramed((*buffer)[:0], q.digest)
	text = appendFramed(text, q.policy)
	start := len(text)
	text, err := q.input.AppendJSON(binary.BigEndian.AppendUint64(text, 0))
	*buffer = text
	if err != nil {
		return key{}, err
	}
	binary.BigEndian.PutUint64(text[start:], uint64(len(text)-start-8))
	return key{s.generation.Load(), snapshot, sha256.Sum256(text)}, nil
}

func appendFramed(dst []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint64(dst, uint64(len(text))), text...)
}

// checkInput refuses attributes that are no object. They are pasted into the
// document: those that close its braces would write the members around them, and
// make one document of two inputs.
func checkInput(input *kest.PolicyInput) error {
	if input == nil {
		return errors.New("there is none")
	}
	if i := strictjson.SkipSpace(input.Attributes, 0); i == len(input.Attributes) || input.Attributes[i] != '{' {
		return errors.New("attributes: they are not a JSON object: write {} when there are none")
	}
	if err := strictjson.Valid(input.Attributes, maxDepth); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	return nil
}

// buffers hold documents while they are hashed.
var buffers = sync.Pool{New: func() any { return new(make([]byte, 0, 1024)) }}

// maxPooled keeps the document of one huge call from staying in memory.
const maxPooled = 64 << 10
