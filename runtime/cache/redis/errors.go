package redis

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	goredis "github.com/redis/go-redis/v9"
)

// errNil is the server's answer nil, which SET has for a key that is there and
// GETRANGE does not have.
var errNil = errors.New("the server answered nil, which is no value")

// errNotRedis is for what the client cannot read. Not its own words, which quote
// the answer, and that may be a value.
var errNotRedis = errors.New("the client cannot read the answer: is there a Redis or Valkey server at its address, with TLS at both ends or at none?")

// explain says what went wrong without the words of a server: Redis quotes the
// arguments of a command that it does not know, and so the value.
func explain(err error) error {
	var (
		refused     goredis.Error
		network     net.Error
		certificate *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, goredis.Nil):
		return errors.New("no master of the client's MasterName is known to Sentinel")
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled),
		errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, goredis.ErrClosed), errors.Is(err, goredis.ErrPoolTimeout), errors.Is(err, goredis.ErrPoolExhausted),
		errors.As(err, &certificate), errors.As(err, &network):
		return fmt.Errorf("the server cannot be reached: %w", err)
	case errors.As(err, &refused):
		return refusal(refused.Error())
	}
	return errNotRedis
}

// refusal is the code of a server's error, the word that it begins with, and the
// way out where there is one.
func refusal(text string) error {
	code, _, _ := strings.Cut(text, " ")
	if strings.Trim(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" || len(code) > 20 {
		code = "an error"
	}
	hint := "see its log"
	switch code {
	case "NOAUTH", "WRONGPASS":
		hint = "give the client the user and password of the server"
	case "NOPERM":
		hint = "allow the user SET and GETRANGE on the keys of claim checks"
	case "OOM":
		hint = "its memory is full: raise maxmemory"
	case "READONLY":
		hint = "it is a replica: give the client the master's address, or Sentinel's"
	case "MOVED", "ASK", "CROSSSLOT", "CLUSTERDOWN":
		hint = "it is one node of a cluster: use NewClusterClient, and see that all slots are served"
	case "WRONGTYPE":
		hint = "something else than a claim check is stored there"
	}
	return fmt.Errorf("the server answered %s: %s", code, hint)
}
