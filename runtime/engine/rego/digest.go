package rego

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// PolicyDigest is the hex SHA-256 over all modules that were loaded, those
// without a policy of their own too, since policies import them:
//
//	SHA-256( "kest rego modules 1\n" ‖ for each module, by path in byte order:
//	         len(path) ‖ path ‖ len(source) ‖ source )
//
// with each length as 8 bytes, big endian, so that no two sets of modules give
// the same bytes. The path has slashes and is relative to the root that was
// loaded: the same policies under another directory name have another digest.
func (e *Engine) PolicyDigest() string {
	if e == nil {
		return ""
	}
	return e.digest
}

// digest is PolicyDigest for modules sorted by path.
func digest(modules []module) string {
	h := sha256.New()
	h.Write([]byte("kest rego modules 1\n"))
	for _, m := range modules {
		writeFramed(h, m.path)
		writeFramed(h, m.source)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeFramed(h hash.Hash, s string) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(s)))
	h.Write(length[:])
	h.Write([]byte(s))
}
