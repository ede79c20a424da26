package avp_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// signedBy recomputes the AWS Signature Version 4 of a request from the secret,
// by hand: the SDK's signer made the one it is compared with.
func signedBy(secret, id, region string, r *http.Request, body []byte) error {
	rest, ok := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !ok {
		return errors.New("not signed with AWS4-HMAC-SHA256")
	}
	fields := map[string]string{}
	for field := range strings.SplitSeq(rest, ", ") {
		name, value, _ := strings.Cut(field, "=")
		fields[name] = value
	}
	at := r.Header.Get("X-Amz-Date")
	when, err := time.Parse("20060102T150405Z", at)
	if err != nil {
		return err
	}
	if age := time.Since(when).Abs(); age > 15*time.Minute {
		return fmt.Errorf("signed %s ago", age)
	}
	scope := at[:8] + "/" + region + "/verifiedpermissions/aws4_request"
	if want := id + "/" + scope; fields["Credential"] != want {
		return fmt.Errorf("credential %q, want %q", fields["Credential"], want)
	}

	// What the service looks at must be under the signature.
	names := strings.Split(fields["SignedHeaders"], ";")
	for _, name := range []string{"content-type", "host", "x-amz-date", "x-amz-target"} {
		if !slices.Contains(names, name) {
			return fmt.Errorf("the header %s is not signed", name)
		}
	}
	canonical := r.Method + "\n" + r.URL.EscapedPath() + "\n" + r.URL.RawQuery + "\n"
	for _, name := range names {
		value := strings.Join(r.Header.Values(name), ",")
		switch name {
		case "host":
			value = r.Host
		case "content-length":
			value = strconv.FormatInt(r.ContentLength, 10)
		}
		canonical += name + ":" + strings.TrimSpace(value) + "\n"
	}
	canonical += "\n" + fields["SignedHeaders"] + "\n" + hexSHA256(body)

	key := []byte("AWS4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = hmacSHA256(key, part)
	}
	want := hex.EncodeToString(hmacSHA256(key, "AWS4-HMAC-SHA256\n"+at+"\n"+scope+"\n"+hexSHA256([]byte(canonical))))
	if !hmac.Equal([]byte(fields["Signature"]), []byte(want)) {
		return errors.New("the signature is wrong")
	}
	return nil
}

func hexSHA256(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}
