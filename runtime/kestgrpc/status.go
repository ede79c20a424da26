package kestgrpc

import (
	"context"
	"errors"
	"log/slog"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/bearer"
	"github.com/kestgo/kest/runtime/kestpropagation"
)

// kinds are the failures that are told apart, the first that matches. Their
// texts say nothing of the request, a policy's name or an address.
var kinds = []struct {
	is   error
	code codes.Code
	text string
}{
	{kest.ErrConfig, codes.Internal, "the server is not configured"},
	{errUnsent, codes.Unavailable, "the lineage of the answer cannot be sent"},
	{kestpropagation.ErrAnswer, codes.Internal, "the lineage of an answer that the server got does not verify"},
	{kest.ErrLineageMalformed, codes.InvalidArgument, "the lineage of the call is malformed"},
	{kest.ErrLineageUnavailable, codes.Unavailable, "the lineage of the call cannot be verified now"},
	{kest.ErrLineage, codes.PermissionDenied, "the lineage of the call does not verify"},
	{bearer.ErrInvalidToken, codes.Unauthenticated, "the call has no valid token"},
	{bearer.ErrUnavailable, codes.Unavailable, "the token cannot be checked now"},
	{kest.ErrPolicyUnreachable, codes.Unavailable, "no decision could be had"},
	{kest.ErrDenied, codes.PermissionDenied, "a policy does not allow this"},
	{kest.ErrIdentity, codes.Unavailable, "the server cannot sign"},
	{kest.ErrInput, codes.InvalidArgument, "the call has a value that cannot be recorded"},
}

// StatusOf is the status of an error of this module by its kind, with the entry's
// id for a denial: InvalidArgument for what is malformed, Unauthenticated for a
// missing or wrong token, PermissionDenied for what a policy or the verification
// of the lineage does not allow, Unavailable for what may pass later, Internal for
// a wrong configuration and for a wrong lineage of an answer that the server got
// itself. ok is false for an error that is not of this module.
func StatusOf(err error) (s *status.Status, ok bool) {
	for _, kind := range kinds {
		if !errors.Is(err, kind.is) {
			continue
		}
		text := kind.text
		var denied *kest.DeniedError
		if errors.As(err, &denied) {
			text += " (entry " + denied.EntryID + ")"
		}
		return status.New(kind.code, text), true
	}
	return nil, false
}

// statusError gives what the client is told; the log gets the rest. Errors that
// are not of this module, among them a handler's own statuses, stay as they are.
func statusError(ctx context.Context, err error) error {
	s, ok := StatusOf(err)
	if !ok {
		return err
	}
	slog.Default().LogAttrs(ctx, slog.LevelWarn, "kest: call refused", slog.String("code", s.Code().String()), slog.String("error", errorText(err)))
	return s.Err()
}

// errorText is what the log gets. What an engine said of a denial may quote the
// input, so it stays out; the runtime has logged the rest.
func errorText(err error) string {
	var denied *kest.DeniedError
	if errors.As(err, &denied) {
		return "denied: entry " + denied.EntryID
	}
	return err.Error()
}
