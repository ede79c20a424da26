// Package deadline has the error of a time-out that we set ourselves, which says
// who did not answer and how long that was waited for. It is the cause that
// context.WithTimeoutCause takes.
package deadline

import (
	"context"
	"fmt"
	"time"
)

// Exceeded is the cause of the end of a context, "no answer from … within …"; from
// may be "". It matches context.DeadlineExceeded.
func Exceeded(from string, timeout time.Duration) error {
	return &exceeded{from, timeout}
}

type exceeded struct {
	from    string
	timeout time.Duration
}

func (e *exceeded) Error() string {
	if e.from == "" {
		return fmt.Sprintf("no answer within %s", e.timeout)
	}
	return fmt.Sprintf("no answer from %s within %s", e.from, e.timeout)
}

// Is makes it match the error of a context that ended by itself.
func (e *exceeded) Is(target error) bool { return target == context.DeadlineExceeded }
