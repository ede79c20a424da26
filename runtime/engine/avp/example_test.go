package avp_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/verifiedpermissions"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/avp"
)

// A program gets its aws.Config from config.LoadDefaultConfig. This one asks an
// endpoint of its own where nothing listens: a service that is not there denies.
func ExampleNew() {
	client := verifiedpermissions.NewFromConfig(aws.Config{
		Region:      "eu-central-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "example", ""),
	}, func(o *verifiedpermissions.Options) {
		o.BaseEndpoint = aws.String("http://127.0.0.1:1")
	})
	engine, err := avp.New(avp.Config{Client: client, PolicyStoreID: "PSEXAMPLEabcdefg111111"})
	if err != nil {
		fmt.Println(err)
		return
	}
	input := &kest.PolicyInput{Workload: "spiffe://example.org/shop", TrustScore: 100, Attributes: []byte("{}")}
	allowed, err := engine.Evaluate(context.Background(), "shop/trusted", input)
	fmt.Println(allowed, errors.Is(err, kest.ErrPolicyUnreachable))
	// Output: false true
}
