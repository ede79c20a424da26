package cedar

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"hash"
)

// PolicyDigest is the hex SHA-256 over all files that were loaded: policies,
// entities and the schema.
//
//	SHA-256( "kest cedar files 1\n" ‖ for each file, by path in byte order:
//	         len(path) ‖ path ‖ len(text) ‖ text )
//
// with each length as 8 bytes, big endian, so that no two sets of files give
// the same bytes. The path has slashes and is relative to the root that was
// loaded: the same policies under another directory name have another digest.
func (e *Engine) PolicyDigest() string {
	if e == nil {
		return ""
	}
	return e.digest
}

// digest is PolicyDigest for files sorted by path.
func digest(files []file) string {
	h := sha256.New()
	h.Write([]byte("kest cedar files 1\n"))
	for _, f := range files {
		writeFramed(h, []byte(f.path))
		writeFramed(h, f.text)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func writeFramed(h hash.Hash, b []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(b)))
	h.Write(length[:])
	h.Write(b)
}
