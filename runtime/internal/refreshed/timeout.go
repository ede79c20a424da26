package refreshed

import (
	"context"
	"fmt"
	"time"
)

// WithTimeout is context.WithTimeout with a cause that says how long that was, and
// that matches context.DeadlineExceeded.
func WithTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout, &timeoutError{timeout})
}

// timeoutError is the cause with which the context of a request ends.
type timeoutError struct{ timeout time.Duration }

func (e *timeoutError) Error() string { return fmt.Sprintf("no answer within %s", e.timeout) }

// Is makes it match the error of a context that ended by itself.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
