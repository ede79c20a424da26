package sidecar

import (
	"context"
	"fmt"
	"time"
)

// timeoutError is the cause with which a request's context ends at its time-out.
type timeoutError struct {
	server  string
	timeout time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no answer from the server at %s within %s", e.server, e.timeout)
}

// Is makes it match the error of a context that ended by itself.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
