package rego

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// PolicyDigest is the hex SHA-256 over all files that were loaded: the modules,
// those without a policy of their own too, since policies import them; the data
// documents; and the manifest of a bundle, which says how its modules are read:
//
//	SHA-256( "kest rego policies 2\n" ‖ modules ‖ data documents ‖ manifest )
//
// where each of the three is a list of files, the last of none or one:
//
//	number of files ‖ for each file, by path in byte order:
//	                  len(path) ‖ path ‖ len(content) ‖ content
//
// with each number as 8 bytes, big endian, so that no two sets of files give the
// same bytes. The path has slashes and is relative to the root that was loaded:
// the same policies under another directory name have another digest, and a bundle
// without a manifest has that of the folder it was made from. The signatures of a
// bundle are not in it.
func (e *Engine) PolicyDigest() string {
	if e == nil {
		return ""
	}
	return e.digest
}

// digest is PolicyDigest for sources whose lists are sorted.
func (src *sources) digest() string {
	h := sha256.New()
	h.Write([]byte("kest rego policies 2\n"))
	for _, list := range [][]file{src.modules, src.data, src.manifest} {
		writeNumber(h, len(list))
		for _, f := range list {
			writeFramed(h, f.path)
			writeFramed(h, f.text)
		}
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeFramed(h hash.Hash, s string) {
	writeNumber(h, len(s))
	h.Write([]byte(s))
}

func writeNumber(h hash.Hash, n int) {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(n))
	h.Write(b[:])
}
