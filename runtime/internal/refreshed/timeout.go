package refreshed

import (
	"context"
	"time"

	"github.com/kestgo/kest/runtime/internal/deadline"
)

// WithTimeout is context.WithTimeout with a cause that says how long that was, and
// that matches context.DeadlineExceeded.
func WithTimeout(ctx context.Context, timeout time.Duration) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, timeout, deadline.Exceeded("", timeout))
}
