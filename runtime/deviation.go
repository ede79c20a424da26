package kest

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
)

// A Deviation is an approved exception: one policy of one tier is not evaluated
// for one operation. It is written into the signed entry of each call that it
// touches. There is no way to make one in code: deviations come from the files
// that LoadConfig reads, and this type is how engines and auditors see them.
type Deviation struct {
	Policy string
	Tier   Tier // enterprise, platform or application
	Reason string
	// Approver is who the file names or, where deviation_keys are configured, the
	// owner of the key that signed it.
	Approver string
}

// scopedDeviation is a deviation and the operation that it is for.
type scopedDeviation struct {
	Deviation
	scope string // operation name, or "*"
	place string // where it stands, for errors: "line 7", or with a file before it
}

// anyOperation is the scope of a deviation that is for all operations.
const anyOperation = "*"

// Deviations gives the deviations that the configuration files have, each with
// its scope: an operation, or "*" for all. They are copies, for tools that show
// them.
func (c *Config) Deviations() iter.Seq2[string, Deviation] { return scopes(c.deviations) }

func scopes(list []scopedDeviation) iter.Seq2[string, Deviation] {
	return func(yield func(string, Deviation) bool) {
		for _, d := range list {
			if !yield(d.scope, d.Deviation) {
				return
			}
		}
	}
}

func (c *Config) checkDeviations() (problems []error) {
	for i := range c.deviations {
		d := &c.deviations[i]
		err := d.checkForm()
		switch {
		case err != nil:
		case blank(d.Approver):
			err = errors.New("no approver: it is written into the signed entries")
		default:
			err = c.checkListed(d)
		}
		if err != nil {
			problems = append(problems, d.at(err))
		}
	}
	return append(problems, checkOverlaps(c.deviations)...)
}

// checkForm checks what a deviation says by itself. Its approver may come from
// elsewhere.
func (d *scopedDeviation) checkForm() error {
	switch {
	case blank(d.scope):
		return errors.New("no scope: name an operation, or \"*\" for all")
	case strings.TrimSpace(d.scope) != d.scope:
		return fmt.Errorf("the scope %q has white space around it, so it is no operation's name: remove it", d.scope)
	case blank(d.Policy):
		return errors.New("no policy: name the policy that is not to be evaluated")
	case d.Tier == TierFunction:
		return errors.New("the policies of the function tier stand in directives, and nothing deviates from them: a deviation is from the enterprise, platform or application tier")
	case !d.Tier.configurable():
		return fmt.Errorf("unknown tier %q: a deviation is from the enterprise, platform or application tier", d.Tier)
	case blank(d.Reason):
		return errors.New("no reason: it is written into the signed entries")
	}
	return nil
}

// checkListed refuses a deviation from nothing: whoever wrote it believes in an
// effect that it has not.
func (c *Config) checkListed(d *scopedDeviation) error {
	if slices.Contains(c.Tiers.list(d.Tier), d.Policy) {
		return nil
	}
	hint := "correct the name or remove the deviation"
	for _, other := range []Tier{TierEnterprise, TierPlatform, TierApplication} {
		if slices.Contains(c.Tiers.list(other), d.Policy) {
			hint = fmt.Sprintf("the %s tier does", other)
			break
		}
	}
	return fmt.Errorf("the %s tier does not list the policy %q, so it deviates from nothing: %s", d.Tier, d.Policy, hint)
}

// checkOverlaps refuses two deviations from one policy that can touch the same
// call: its entry must have one reason and one approver.
func checkOverlaps(list []scopedDeviation) (problems []error) {
	for i := range list {
		d := &list[i]
		for _, earlier := range list[:i] {
			if earlier.Policy == d.Policy && earlier.Tier == d.Tier && (earlier.scope == d.scope || earlier.scope == anyOperation || d.scope == anyOperation) {
				problems = append(problems, d.at(fmt.Errorf("the policy %q of the %s tier is skipped by an earlier deviation already (%s): remove one", d.Policy, d.Tier, earlier.place)))
				break
			}
		}
	}
	return problems
}

// at is an error about a deviation with the place where it stands.
func (d *scopedDeviation) at(err error) error {
	return fmt.Errorf("%s: deviation: %w", d.place, err)
}

func blank(text string) bool { return strings.TrimSpace(text) == "" }
