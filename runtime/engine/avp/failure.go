package avp

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	kest "github.com/kestgo/kest/runtime"
)

// explain says in which way a request failed, and what to do.
func (e *Engine) explain(err error) (failure, cause error) {
	var refused *guardError
	if errors.As(err, &refused) {
		return refused.failure, refused
	}
	var keys *credentialsError
	if errors.As(err, &keys) {
		return kest.ErrPolicyUnreachable, keys
	}
	var answered *awshttp.ResponseError
	if errors.As(err, &answered) && answered.HTTPStatusCode() != 0 {
		return e.explainAnswer(answered)
	}
	var send *smithyhttp.RequestSendError
	if errors.As(err, &send) {
		return kest.ErrPolicyUnreachable, fmt.Errorf("the service cannot be reached: %w", send.Err)
	}
	return kest.ErrPolicyMalformed, fmt.Errorf("the AWS SDK did not send the request: %w", err)
}

// explainAnswer is for an answer other than a decision. The service's message is
// left out: it can quote the input.
func (e *Engine) explainAnswer(answered *awshttp.ResponseError) (failure, cause error) {
	status, code := answered.HTTPStatusCode(), ""
	var api smithy.APIError
	if errors.As(answered.Err, &api) {
		code = api.ErrorCode()
	}
	text := fmt.Sprintf("the service answered %d %s", status, http.StatusText(status))
	if code != "" {
		text += fmt.Sprintf(" with the code %.64q", code)
	}
	if id := answered.ServiceRequestID(); id != "" {
		text += fmt.Sprintf(" (request id %.64q)", id)
	}
	failure = kest.ErrPolicyMalformed
	if isTemporary(status, code) {
		failure = kest.ErrPolicyUnreachable
	}
	return failure, errors.New(text + e.advice(status, code))
}

// isTemporary says whether the service did not come to look at the question.
func isTemporary(status int, code string) bool {
	_, throttled := retry.DefaultThrottleErrorCodes[code]
	_, late := retry.DefaultRetryableErrorCodes[code]
	return throttled || late || status >= http.StatusInternalServerError ||
		status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}

// advice is the way out, with a colon before it.
func (e *Engine) advice(status int, code string) string {
	switch code {
	case "AccessDeniedException":
		return fmt.Sprintf(": let the credentials call verifiedpermissions:IsAuthorized on the policy store %q", e.store)
	case "ResourceNotFoundException":
		return fmt.Sprintf(": the policy store %q is not in this account and region: correct Config.PolicyStoreID or the client's region", e.store)
	case "ValidationException":
		return ": the request does not fit the store's schema: give it the types and the context of docs/avp.md, and the action; Config.Namespace has to be the schema's"
	case "UnrecognizedClientException", "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignatureException",
		"MissingAuthenticationTokenException", "ExpiredTokenException", "InvalidClientTokenId":
		return ": the credentials are wrong or have expired, or the clock of this machine is wrong"
	}
	switch {
	case status < http.StatusBadRequest:
		return ": its members are not of the types that the service gives them"
	case isTemporary(status, code):
		return ": raise the quota of IsAuthorized if this is no outage"
	}
	return ": see CloudTrail"
}
