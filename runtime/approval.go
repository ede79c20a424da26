package kest

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/kestgo/kest/runtime/jws"
)

const (
	// approvalType is the typ of an approval's header (RFC 8725 section 3.11): no
	// other signature of an approver's key is one, and none is anything else.
	approvalType = "kest-deviations+jws"
	// maxApprovalSize bounds the file, in bytes. One that Approve writes has 216.
	maxApprovalSize = 1 << 10
)

// An Approval is an approver's signature of a deviation file: a detached JWS (RFC
// 7515 appendix F) over the bytes of the file as they are. Nothing in it may be
// believed before DeviationFile.Approver has.
type Approval struct{ detached *jws.Detached }

// ParseApproval reads what Approve wrote:
//
//	base64url({"alg":"EdDSA","kid":"<RFC 7638 thumbprint>","typ":"kest-deviations+jws"}) ".." base64url(signature)
//
// and at most one newline. Nothing else is accepted, as strictly as for entries
// (PROTOCOL §5). The error matches ErrConfig.
func ParseApproval(data []byte) (*Approval, error) {
	a, err := parseApproval(data)
	if err != nil {
		return nil, wrap(ErrConfig, "approval: %w", err)
	}
	return a, nil
}

func parseApproval(data []byte) (*Approval, error) {
	if len(data) > maxApprovalSize {
		return nil, fmt.Errorf("it has more than %d bytes: that is no signature", maxApprovalSize)
	}
	detached, err := jws.ParseDetached(strings.TrimSuffix(string(data), "\n"), approvalType)
	if err != nil {
		return nil, err
	}
	return &Approval{detached}, nil
}

// KeyID is the RFC 7638 thumbprint of the key that the approval claims to be by.
func (a *Approval) KeyID() string {
	if a == nil || a.detached == nil {
		return ""
	}
	return a.detached.KeyID
}

// Approver gives who approved the file: the owner (sub) of the key that signed
// it. The key has to be among keys, once, valid at that time, and the signature
// has to be over the bytes of this very file. Approvers that the file names have
// to be that owner. The error matches ErrConfig and says which of these is not so.
func (f *DeviationFile) Approver(a *Approval, keys *KeySet, at time.Time) (string, error) {
	if f == nil || len(f.deviations) == 0 {
		return "", wrap(ErrConfig, "approval: %w", errNoDeviationFile)
	}
	owner, err := a.signer(f.data, keys, at)
	if err != nil {
		return "", wrap(ErrConfig, "approval: %w", err)
	}
	for _, d := range f.deviations {
		if err := d.approve(owner); err != nil { // a copy
			return "", wrap(ErrConfig, "approval: %w", d.at(err))
		}
	}
	return owner, nil
}

var errNoDeviationFile = errors.New("there is no deviation file: make one with ParseDeviationFile")

// signer gives the owner of the key that signed data.
func (a *Approval) signer(data []byte, keys *KeySet, at time.Time) (string, error) {
	if a == nil || a.detached == nil || keys == nil {
		return "", errors.New("there is no approval, or no key to check it with")
	}
	var key *Key
	for i := range keys.keys {
		switch candidate := &keys.keys[i]; {
		case candidate.ID() != a.KeyID():
		case key != nil:
			return "", fmt.Errorf("the key %s is both %q's and %q's: a key needs one owner", a.KeyID(), key.Subject, candidate.Subject)
		default:
			key = candidate
		}
	}
	switch {
	case key == nil:
		return "", fmt.Errorf("it is signed with the key %.64q, which no approver has", a.KeyID())
	case !key.validAt(at):
		return "", fmt.Errorf("the key %s of %q is not valid at %s: its nbf and exp do not allow it", a.KeyID(), key.Subject, at.UTC().Format(time.RFC3339))
	case !a.detached.Verify(key.Public, data):
		return "", fmt.Errorf("the signature by the key %s of %q is not over these bytes: the file is not what was approved, and has to be approved again", a.KeyID(), key.Subject)
	}
	return key.Subject, nil
}

// Approve signs the file and gives the contents of the file to put beside it,
// under its name and ApprovalSuffix: one line. The key is of Ed25519, in memory
// (ed25519.PrivateKey) or elsewhere (a KMS or HSM behind a crypto.Signer).
//
// The error matches ErrConfig: another kind of key, or deviations that name
// several approvers, of whom only one signs. It matches ErrIdentity if the key
// could not sign.
func (f *DeviationFile) Approve(key crypto.Signer) ([]byte, error) {
	if f == nil || len(f.deviations) == 0 {
		return nil, wrap(ErrConfig, "approve: %w", errNoDeviationFile)
	}
	public, err := approverKey(key)
	if err != nil {
		return nil, wrap(ErrConfig, "approve: %w", err)
	}
	named := ""
	for _, d := range f.deviations {
		if named != "" && d.Approver != "" && d.Approver != named {
			return nil, wrap(ErrConfig, "approve: %w", d.at(fmt.Errorf("its approver is %q, and that of an earlier one %q: a signature is of one approver, so put them into two files", d.Approver, named)))
		}
		if d.Approver != "" {
			named = d.Approver
		}
	}
	header, err := jws.EncodeDetachedHeader(jws.Thumbprint(public), approvalType)
	if err != nil {
		return nil, wrap(ErrIdentity, "approve: %w", err)
	}
	input := jws.AppendSigningInput(nil, header, f.data)
	signature, err := key.Sign(rand.Reader, input, crypto.Hash(0)) // Ed25519 hashes by itself
	if err != nil {
		return nil, wrap(ErrIdentity, "approve: %w", err)
	}
	if !ed25519.Verify(public, input, signature) {
		return nil, wrap(ErrIdentity, "approve: the key gave a signature that its public half does not verify")
	}
	return append(jws.AppendSignature([]byte(header+"."), signature), '\n'), nil
}

// approverKey is the public half of a key, if it can sign approvals.
func approverKey(key crypto.Signer) (ed25519.PublicKey, error) {
	// Public panics on a key that was cut.
	if private, ok := key.(ed25519.PrivateKey); ok && len(private) != ed25519.PrivateKeySize {
		return nil, fmt.Errorf("the private key has %d bytes: an Ed25519 private key has %d", len(private), ed25519.PrivateKeySize)
	}
	if key == nil {
		return nil, errors.New("there is no key")
	}
	public, ok := key.Public().(ed25519.PublicKey)
	if !ok || len(public) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("the key is %T: it must be of Ed25519", key.Public())
	}
	return public, nil
}
