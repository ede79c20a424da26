package deadline_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/kestgo/kest/runtime/internal/deadline"
)

func TestExceeded(t *testing.T) {
	for from, want := range map[string]string{
		"":           "no answer within 1s",
		"the server": "no answer from the server within 1s",
	} {
		err := deadline.Exceeded(from, time.Second)
		if err.Error() != want || !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
			t.Errorf("%q: got %v", from, err)
		}
	}
}
