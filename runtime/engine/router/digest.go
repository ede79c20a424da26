package router

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
	"slices"

	"github.com/kestgo/kest/runtime/internal/behind"
)

// PolicyDigest is the hex SHA-256 over the digests of all engines that have
// one, "" if none has:
//
//	SHA-256( "kest router 1\n" ‖ for each route, by name in byte order:
//	         len(name) ‖ name ‖ len(digest) ‖ digest )
//
// with each length as 8 bytes, big endian. A route's name is "default",
// "prefix " and the prefix, or "tier " and the tier. The digest is as the engine
// gives it. Routes to engines that have none, such as servers, are left out: the
// digest says nothing of their policies.
func (e *Engine) PolicyDigest() string {
	if e == nil || e.table == nil {
		return ""
	}
	last := e.digests.Load()
	var fresh []string // allocated for a change only
	for i, engine := range e.engines {
		digest := behind.Digest(engine)
		if fresh == nil {
			if last != nil && last.of[i] == digest {
				continue
			}
			fresh = make([]string, len(e.engines))
			if last != nil {
				copy(fresh, last.of[:i])
			}
		}
		fresh[i] = digest
	}
	if fresh != nil {
		last = &digests{fresh, e.table.digest(fresh)}
		e.digests.Store(last)
	}
	return last.all
}

// digests are what PolicyDigest found last, so that it hashes only what is new.
type digests struct {
	of  []string // the engines
	all string
}

func (t *table) digest(of []string) string {
	if !slices.ContainsFunc(of, func(digest string) bool { return digest != "" }) {
		return ""
	}
	h := sha256.New()
	h.Write([]byte("kest router 1\n"))
	for _, r := range t.routes {
		if digest := of[r.engine]; digest != "" {
			writeFramed(h, r.name)
			writeFramed(h, digest)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeFramed(h hash.Hash, s string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(s)))
	h.Write(length[:])
	h.Write([]byte(s))
}
