package kest

// Classifications of an entry. A hook that gives none has ClassSystem.
const (
	ClassSystem    = "system"
	ClassData      = "data"
	ClassCritic    = "critic"
	ClassSnapshot  = "snapshot"
	ClassSanitizer = "sanitizer"
)

func knownClassification(name string) bool {
	switch name {
	case ClassSystem, ClassData, ClassCritic, ClassSnapshot, ClassSanitizer:
		return true
	}
	return false
}

// defaultClassificationTaints is what a classification adds to the taints of
// its entry. Configuration may replace each one.
func defaultClassificationTaints() map[string]string {
	return map[string]string{
		ClassData:      "contains_data",
		ClassCritic:    "requires_review",
		ClassSanitizer: "sanitized",
	}
}
