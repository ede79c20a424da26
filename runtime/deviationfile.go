package kest

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"path/filepath"
	"time"

	"go.yaml.in/yaml/v4"
)

// ApprovalSuffix is what the file with the approver's signature has behind the
// name of the deviation file beside it.
const ApprovalSuffix = ".jws"

// A DeviationFile is a file of deviations as LoadConfig reads it, for tools that
// show, approve and audit one. There is no way from here into a Config.
type DeviationFile struct {
	data       []byte
	deviations []scopedDeviation
}

// ParseDeviationFile reads a deviation file, YAML or JSON, of at most 128 KiB: a
// mapping with the one member deviations, which has at least one element and the
// form that it has in kest.yaml. An approver may be left out if the file is to be
// signed: see Approve.
//
// The error matches ErrConfig and names every mistake that can be seen without
// the tiers: an unknown or repeated member, a part that is missing, an unknown
// tier, two deviations from one policy.
func ParseDeviationFile(data []byte) (*DeviationFile, error) {
	file, err := parseDeviationFile(data)
	if err != nil {
		return nil, wrap(ErrConfig, "deviation file: %w", err)
	}
	return file, nil
}

func parseDeviationFile(data []byte) (*DeviationFile, error) {
	if len(data) > maxConfigSize {
		return nil, fmt.Errorf("it has more than %d bytes", maxConfigSize)
	}
	var document yaml.Node
	if err := yaml.Load(data, &document); err != nil {
		return nil, fmt.Errorf("it is not one YAML or JSON document: %w", err)
	}
	read := readDeviationFile(&document)
	problems, list := read.problems, read.config.deviations
	if len(problems) == 0 {
		for i := range list {
			if err := list[i].checkForm(); err != nil {
				problems = append(problems, list[i].at(err))
			}
		}
		problems = append(problems, checkOverlaps(list)...)
	}
	switch {
	case len(problems) > 0:
		return nil, errors.Join(problems...)
	case len(list) == 0:
		return nil, errors.New("it has no deviations: a file of none is not needed")
	}
	return &DeviationFile{data: bytes.Clone(data), deviations: list}, nil
}

// Deviations gives the deviations of the file, each with its scope: an operation,
// or "*" for all. Approver is "" where the file names none.
func (f *DeviationFile) Deviations() iter.Seq2[string, Deviation] {
	if f == nil {
		return scopes(nil)
	}
	return scopes(f.deviations)
}

// loadDeviations reads the files that the member deviation_files names. Where
// deviation_keys are configured, a deviation without a signature by one of them
// is an error.
func (f *configFile) loadDeviations(dir string, workloads []*KeySet) (list []scopedDeviation, err error) {
	var approvers *KeySet
	if f.signed {
		if approvers, err = loadApprovers(dir, f.deviationKeys, workloads); err != nil {
			return nil, err
		}
		for i := range f.config.deviations {
			err = errors.Join(err, f.config.deviations[i].at(errors.New("it is in a file without a signature, and deviation_keys is set: move it to a file that deviation_files names, and have that approved with kest approve")))
		}
	}
	now := time.Now()
	for _, path := range f.deviationFiles {
		path = below(dir, path)
		deviations, fileErr := loadDeviationFile(path, approvers, now)
		if fileErr != nil {
			err = errors.Join(err, fmt.Errorf("deviation_files: %s: %w", path, fileErr))
		}
		list = append(list, deviations...)
	}
	return list, err
}

// loadApprovers reads the key sets of the approvers. A key that the member keys
// has, too, is refused: a workload must not approve its own exceptions.
func loadApprovers(dir string, paths []string, workloads []*KeySet) (*KeySet, error) {
	sets, err := loadKeySets("deviation_keys", dir, paths)
	if err != nil {
		return nil, err
	}
	var keys []Key
	for _, set := range sets {
		keys = append(keys, set.keys...)
	}
	if len(keys) == 0 {
		return nil, errors.New("deviation_keys: no keys, so no deviation could be approved: name a key set that has some, or leave the member out")
	}
	approvers := &KeySet{bySubject: make(map[string][]identifiedKey)}
	for _, key := range keys {
		if err := approvers.add(key); err != nil {
			return nil, fmt.Errorf("deviation_keys: %w", err)
		}
		for _, set := range workloads {
			for _, workload := range set.keys {
				if workload.Public.Equal(key.Public) {
					return nil, fmt.Errorf("deviation_keys: the key %s of %q stands in keys as that of %q, too: an approver needs a key that no workload has", key.ID(), key.Subject, workload.Subject)
				}
			}
		}
	}
	return approvers, nil
}

// loadDeviationFile reads one file and, if there are approvers, believes nothing
// in it before its signature.
func loadDeviationFile(path string, approvers *KeySet, now time.Time) ([]scopedDeviation, error) {
	data, err := readFile(path, maxConfigSize)
	if err != nil {
		return nil, err
	}
	signature, err := readFile(path+ApprovalSuffix, maxApprovalSize)
	signed := !errors.Is(err, fs.ErrNotExist)
	switch {
	case signed && err != nil:
		return nil, err
	case signed && approvers == nil:
		return nil, fmt.Errorf("the signature in %s would not be checked: set deviation_keys to the keys of the approvers, or remove it", path+ApprovalSuffix)
	case !signed && approvers != nil:
		return nil, fmt.Errorf("it is not signed, and deviation_keys is set: have it approved with kest approve, which writes %s", path+ApprovalSuffix)
	}
	owner := ""
	if approvers != nil {
		approval, err := parseApproval(signature)
		if err == nil {
			owner, err = approval.signer(data, approvers, now)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", filepath.Base(path)+ApprovalSuffix, err)
		}
	}
	file, err := parseDeviationFile(data)
	if err != nil {
		return nil, err
	}
	for i := range file.deviations {
		d := &file.deviations[i]
		if err := d.approve(owner); err != nil {
			return nil, d.at(err)
		}
		d.place = path + ": " + d.place
	}
	return file.deviations, nil
}

// approve makes the owner of the key the approver of a signed deviation; "" is
// for an unsigned one, whose approver is who it names.
func (d *scopedDeviation) approve(owner string) error {
	if owner == "" {
		return nil
	}
	if d.Approver != "" && d.Approver != owner {
		return fmt.Errorf("its approver is %q, and the key that signed it is %q's: correct the name or leave it out", d.Approver, owner)
	}
	d.Approver = owner
	return nil
}
