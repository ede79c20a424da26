// Package production tells whether this process runs in production, where what
// is made for development and tests refuses to work.
package production

import (
	"os"
	"strings"
)

// Variable is the environment variable that says so, with the value
// "production".
const Variable = "KEST_ENV"

// Is reports whether the variable says production, in whatever case and with
// whatever space around it: a slip there must not let a forgeable key in.
func Is() bool {
	return strings.EqualFold(strings.TrimSpace(os.Getenv(Variable)), "production")
}
