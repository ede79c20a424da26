package cedaragent_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
)

// Nothing listens on port 1: a server that is not there denies.
func ExampleNew() {
	engine, err := cedaragent.New(cedaragent.Config{URL: "http://127.0.0.1:1/v1", Timeout: 200 * time.Millisecond})
	if err != nil {
		fmt.Println(err)
		return
	}
	input := &kest.PolicyInput{TrustScore: 100, Attributes: []byte("{}")}
	allowed, err := engine.Evaluate(context.Background(), "shop/trusted", input)
	fmt.Println(allowed, errors.Is(err, kest.ErrPolicyUnreachable))
	// Output: false true
}
