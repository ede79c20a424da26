package oidc

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// claims are the members of a payload, as they stand there.
type claims map[string][]byte

// readClaims checks the claims of a token whose signature is good, and says whom
// it names. What it cannot read, it refuses: that a provider signed a claim does
// not say that the provider understood it as whoever reads it here.
func (a *Authenticator) readClaims(payload []byte) (principal, error) {
	if err := strictjson.Valid(payload, maxDepth); err != nil {
		// Two members of one name, too: the last one is not better than the first.
		return principal{}, errors.New("its claims are not JSON without doubt")
	}
	all := make(claims)
	err := strictjson.Members(payload, func(name string, value []byte) error {
		all[name] = value
		return nil
	})
	if err != nil {
		return principal{}, errors.New("its claims are not an object")
	}
	for _, check := range []func(claims) error{a.checkIssuer, a.checkAudience, a.checkTime, checkPurpose} {
		if err := check(all); err != nil {
			return principal{}, err
		}
	}
	return a.principal(all)
}

func (a *Authenticator) checkIssuer(all claims) error {
	issuer, err := strictjson.Unquote(all["iss"])
	if err != nil || issuer != a.config.Issuer {
		return errors.New("it is of another issuer (iss)")
	}
	return nil
}

func (a *Authenticator) checkAudience(all claims) error {
	value, ok := all["aud"]
	if !ok {
		return errors.New("it has no audience (aud)")
	}
	found := false
	look := func(audience string) error {
		found = found || slices.Contains(a.config.Audiences, audience)
		return nil
	}
	var err error
	if value[0] == '[' {
		err = strictjson.Strings(value, look)
	} else {
		var audience string
		if audience, err = strictjson.Unquote(value); err == nil {
			err = look(audience)
		}
	}
	switch {
	case err != nil:
		return errors.New("its audience (aud) is neither a text nor an array of texts")
	case !found:
		return errors.New("it is for another audience (aud)")
	}
	return nil
}

// maxDate is the last second of the year 9999, beyond which nobody means a date.
const maxDate = 253402300799

// date reads a NumericDate (RFC 7519, section 2).
func (all claims) date(name string) (at time.Time, found bool, err error) {
	value, found := all[name]
	if !found {
		return time.Time{}, false, nil
	}
	seconds, err := strconv.ParseFloat(string(value), 64) // of JSON, it takes numbers only
	if err != nil || seconds < 0 || seconds > maxDate {
		return time.Time{}, true, fmt.Errorf("its claim %s is not a date in seconds since 1970", name)
	}
	whole, part := math.Modf(seconds)
	return time.Unix(int64(whole), int64(part*float64(time.Second))), true, nil
}

func (a *Authenticator) checkTime(all claims) error {
	now, leeway := a.now(), a.config.Leeway
	expiry, found, err := all.date("exp")
	switch {
	case err != nil:
		return err
	case !found:
		return errors.New("it never ends: it has no claim exp")
	case !now.Before(expiry.Add(leeway)):
		return errors.New("it has expired (exp)")
	}
	for _, name := range []string{"nbf", "iat"} {
		start, found, err := all.date(name)
		switch {
		case err != nil:
			return err
		case !found:
		case now.Add(leeway).Before(start):
			return fmt.Errorf("it is not valid yet (%s): is a clock wrong?", name)
		case !start.Before(expiry):
			return fmt.Errorf("it ends (exp) before it begins (%s)", name)
		}
	}
	return nil
}

// checkPurpose refuses tokens that are not for whoever bears them.
func checkPurpose(all claims) error {
	if _, ok := all["cnf"]; ok {
		// RFC 7800. Whoever stole it must not be able to use it without the key.
		return errors.New("it is bound to a key (cnf), and it came without proof of that")
	}
	if _, ok := all["events"]; ok {
		return errors.New("it is an event (RFC 8417), a logout for example, and not for access")
	}
	return nil
}
