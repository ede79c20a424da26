package keysource

import "time"

// NewURLAt and NewFileAt are the constructors with another clock.
var (
	NewURLAt  = newURL
	NewFileAt = newFile
)

// BackOff is the wait after so many failures and one more.
func (s *URL) BackOff(failures int) time.Duration { return s.settings.BackOff(failures) }
