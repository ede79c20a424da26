package kest

import (
	"errors"
	"fmt"
)

// A Check is one of the things that a Verifier looks at.
type Check string

// The checks, in the order in which they are made for each entry, and those of
// the passport as a whole.
const (
	CheckToken       Check = "token"       // strict compact JWS with a canonical payload of the schema
	CheckDuplicate   Check = "duplicate"   // no entry and no entry_id twice
	CheckKey         Check = "key"         // the key source has a key of the principal for it
	CheckSignature   Check = "signature"   // the signature is by that key
	CheckParents     Check = "parents"     // each parent is an entry earlier in the list
	CheckLabels      Check = "labels"      // labels that the recomputation needs
	CheckTaints      Check = "taints"      // recomputed from the parents
	CheckTrustScore  Check = "trust_score" // recomputed from the parents
	CheckTraceID     Check = "trace_id"    // the same along every edge, if asked for
	CheckRoots       Check = "roots"       // one root, or the expected one, if asked for
	CheckTips        Check = "tips"        // the expected tips, if asked for
	CheckCount       Check = "count"       // the expected number of entries, if asked for
	CheckCanceled    Check = "canceled"    // the context ended first: nothing is known of this entry and those after it
	CheckVerifier    Check = "verifier"    // the verifier itself is not usable; not the passport's fault
	wholePassport          = -1
	maxShownInErrors       = 200
)

// A VerifyError says which entry of a passport fails which check. It matches
// ErrLineage, or ErrConfig when the verifier itself is not usable.
type VerifyError struct {
	Entry int    // index in the passport from 0; -1 for the passport as a whole
	Hash  string // hash of the entry, "" for the passport as a whole
	Check Check
	Want  string // what was expected
	Got   string // what was found
	Err   error  // the cause, if there is another
}

func (e *VerifyError) Error() string {
	where := "passport"
	if e.Entry != wholePassport {
		where = fmt.Sprintf("entry %d (%.12s…)", e.Entry, e.Hash)
	}
	text := fmt.Sprintf("kest: %s fails the check %q: ", where, e.Check)
	switch {
	case e.Err != nil:
		return text + e.Err.Error()
	default:
		return text + fmt.Sprintf("want %s, got %s", shorten(e.Want), shorten(e.Got))
	}
}

func shorten(s string) string {
	if len(s) > maxShownInErrors {
		return s[:maxShownInErrors] + "…"
	}
	return s
}

// Is makes it match ErrLineage and ErrLineageInvalid, or ErrLineageUnavailable
// when nothing is known of the passport, or ErrConfig for CheckVerifier.
func (e *VerifyError) Is(target error) bool {
	switch {
	case e.Check == CheckVerifier:
		return target == ErrConfig
	case e.Check == CheckCanceled || errors.Is(e.Err, ErrLineageUnavailable):
		return target == ErrLineage || target == ErrLineageUnavailable
	}
	return target == ErrLineage || target == ErrLineageInvalid
}

// Unwrap gives the cause.
func (e *VerifyError) Unwrap() error { return e.Err }
