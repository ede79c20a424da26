package opa

import (
	"context"
	"fmt"
	"time"
)

// timeoutError is the cause with which a request's context ends at Timeout.
type timeoutError struct {
	base    string
	timeout time.Duration
}

func (e *timeoutError) Error() string {
	return fmt.Sprintf("no answer from the server at %s within %s", e.base, e.timeout)
}

// Is makes it match the error of a context that ended by itself.
func (e *timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }
