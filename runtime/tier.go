package kest

// A Tier is one of the four places that policies come from. They are evaluated
// in the order enterprise, platform, application, function.
type Tier string

// The four tiers. The first three come from configuration, the last from the
// directive above the function.
const (
	TierEnterprise  Tier = "enterprise"
	TierPlatform    Tier = "platform"
	TierApplication Tier = "application"
	TierFunction    Tier = "function"
)

// Tiers holds the policies that configuration adds to those of the directives.
// Each list is in the order of evaluation; a name may not be empty or stand
// twice in one list.
type Tiers struct {
	Enterprise  []string
	Platform    []string
	Application []string
}

// configurable says whether deviations and tier lists of this tier exist.
func (t Tier) configurable() bool {
	return t == TierEnterprise || t == TierPlatform || t == TierApplication
}
