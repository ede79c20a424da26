package kest

import (
	"crypto/sha256"
	"slices"
	"strings"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

// VerifiedEntries remembers which entries a Verifier has verified, by the SHA-256
// of the whole JWS: a service gets the head of a passport again with every request
// of a conversation, and only what is new costs a signature check. It is safe for
// concurrent use.
type VerifiedEntries struct {
	entries *lru.Cache[[sha256.Size]byte, *verifiedEntry]
	ttl     time.Duration
	now     func() time.Time
}

// Bounds of NewVerifiedEntries.
const (
	MaxVerifiedEntries    = 1 << 20
	MaxVerifiedEntriesTTL = 24 * time.Hour
)

// NewVerifiedEntries makes one that remembers up to max entries, about 500 bytes
// each and never more than 4 KiB, for up to ttl after they were verified: so long
// does an entry still pass after its key was taken out of the key source. Both must
// be positive and within MaxVerifiedEntries and MaxVerifiedEntriesTTL; the error
// matches ErrConfig.
func NewVerifiedEntries(max int, ttl time.Duration) (*VerifiedEntries, error) {
	if max <= 0 || max > MaxVerifiedEntries {
		return nil, wrap(ErrConfig, "verified entries: %d entries: give 1 to %d", max, MaxVerifiedEntries)
	}
	if ttl <= 0 || ttl > MaxVerifiedEntriesTTL {
		return nil, wrap(ErrConfig, "verified entries: a time of %s: give one up to %s", ttl, MaxVerifiedEntriesTTL)
	}
	entries, err := lru.New[[sha256.Size]byte, *verifiedEntry](max)
	if err != nil {
		return nil, wrap(ErrConfig, "verified entries: %w", err)
	}
	return &VerifiedEntries{entries, ttl, time.Now}, nil
}

// verifiedEntry is what a verification needs to know of an entry that passed all
// checks but those of its place in a passport. It never changes.
type verifiedEntry struct {
	hash      string
	entryID   string
	traceID   string   // "" if the entry has none
	parentIDs []string // none for a root
	trust     int
	taints    []string // sorted set
	expires   time.Time
}

func newVerifiedEntry(sum [sha256.Size]byte, entry *Entry) verifiedEntry {
	v := verifiedEntry{
		hash:    hexSum(sum),
		entryID: entry.EntryID,
		traceID: entry.Labels[LabelTraceID],
		trust:   entry.TrustScore,
		taints:  entry.Taints,
	}
	if !entry.IsRoot() {
		v.parentIDs = entry.ParentIDs
	}
	if !isSortedSet(v.taints) {
		v.taints = sortedSet(slices.Clone(v.taints))
	}
	return v
}

// get gives nil for what is not known, or not any more. A nil VerifiedEntries
// knows nothing.
func (v *VerifiedEntries) get(sum [sha256.Size]byte) *verifiedEntry {
	if v == nil || v.entries == nil {
		return nil
	}
	entry, ok := v.entries.Get(sum)
	if !ok || !v.now().Before(entry.expires) {
		return nil
	}
	return entry
}

func (v *VerifiedEntries) add(sum [sha256.Size]byte, entry *verifiedEntry) {
	if v == nil || v.entries == nil || entry.size() > maxRememberedSize {
		return
	}
	kept := entry.clone()
	kept.expires = v.now().Add(v.ttl)
	v.entries.Add(sum, kept)
}

// maxRememberedSize bounds what one entry takes, in bytes: a workload that is
// believed could else fill the memory with taints and parents. One that has more
// is verified each time.
const maxRememberedSize = 3 << 10

// perText is what a text takes beside its bytes.
const perText = 16

func (v *verifiedEntry) size() int {
	n := len(v.hash) + len(v.entryID) + len(v.traceID)
	for _, list := range [...][]string{v.parentIDs, v.taints} {
		for _, text := range list {
			n += perText + len(text)
		}
	}
	return n
}

// clone has texts of its own: those of an entry that was decoded are parts of its
// payload, all of which they keep in memory.
func (v *verifiedEntry) clone() *verifiedEntry {
	c := *v
	c.entryID, c.traceID = strings.Clone(v.entryID), strings.Clone(v.traceID)
	c.parentIDs, c.taints = cloneTexts(v.parentIDs), cloneTexts(v.taints)
	return &c
}

func cloneTexts(texts []string) []string {
	if len(texts) == 0 {
		return nil
	}
	own := make([]string, len(texts))
	for i, text := range texts {
		own[i] = strings.Clone(text)
	}
	return own
}
