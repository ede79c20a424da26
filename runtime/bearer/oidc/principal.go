package oidc

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/kestgo/kest/runtime/internal/strictjson"
)

// Bounds of what goes into baggage and entries, in bytes. That of a subject is 255
// in OpenID Connect.
const (
	maxName = 256
	maxTask = 1024
)

// maxActors bounds how often a token may have been exchanged.
const maxActors = 8

// principal is whom a token names.
type principal struct{ user, agent, task string }

// principal reads the claims that are configured.
func (a *Authenticator) principal(all claims) (who principal, err error) {
	// Where another claim names the user, too: no token has an empty subject.
	if _, _, err = all.text("sub", maxName); err != nil {
		return principal{}, err
	}
	names := &a.config.Claims
	user, found, err := all.text(names.User, maxName)
	switch {
	case err != nil:
		return principal{}, err
	case !found:
		return principal{}, fmt.Errorf("it names no user: it has no claim %s", names.User)
	}
	agent, err := a.agent(all)
	if err != nil {
		return principal{}, err
	}
	task, err := all.task(names.Task)
	if err != nil {
		return principal{}, err
	}
	return principal{user, agent, task}, nil
}

// agent is who acts: the actor of an exchanged token, else the client.
func (a *Authenticator) agent(all claims) (agent string, err error) {
	// Two names for one client (RFC 9068, OpenID Connect).
	client, hasClient, err := all.text("client_id", maxName)
	if err != nil {
		return "", err
	}
	party, hasParty, err := all.text("azp", maxName)
	switch {
	case err != nil:
		return "", err
	case hasClient && hasParty && client != party:
		return "", errors.New("it names two clients (client_id and azp)")
	}
	for _, name := range a.config.Claims.Agent {
		text, found, err := all.text(name, maxName)
		if err != nil {
			return "", err
		}
		if found && agent == "" {
			agent = text
		}
	}
	value, found := all["act"]
	if !found {
		return agent, nil
	}
	return a.actor(value, maxActors)
}

// actor reads the claim act (RFC 8693, section 4.1). The outermost actor is the one
// that acts now; those inside acted before, and only have to be well-formed.
func (a *Authenticator) actor(value []byte, left int) (string, error) {
	if left == 0 {
		return "", fmt.Errorf("it was exchanged more than %d times (act)", maxActors)
	}
	act := make(claims)
	err := strictjson.Members(value, func(name string, value []byte) error {
		act[name] = value
		return nil
	})
	if err != nil {
		return "", errors.New("its actor (act) is not an object")
	}
	subject, found, err := act.text("sub", maxName)
	switch {
	case err != nil:
		return "", fmt.Errorf("its actor (act): %w", err)
	case !found:
		return "", errors.New("its actor (act) has no claim sub")
	}
	// The subject of another issuer may have the name of somebody here.
	if _, ok := act["iss"]; ok && left == maxActors {
		if err := a.checkIssuer(act); err != nil {
			return "", errors.New("its actor (act) is the subject of another issuer (iss)")
		}
	}
	if before, ok := act["act"]; ok {
		if _, err := a.actor(before, left-1); err != nil {
			return "", err
		}
	}
	return subject, nil
}

// text reads a claim that is a text, which is then not empty and can be shown.
func (all claims) text(name string, limit int) (text string, found bool, err error) {
	value, found := all[name]
	if !found {
		return "", false, nil
	}
	text, err = strictjson.Unquote(value)
	if err != nil {
		return "", true, fmt.Errorf("its claim %s is not a text", name)
	}
	return text, true, checkText(name, text, limit)
}

func checkText(name, text string, limit int) error {
	switch {
	case text == "":
		return fmt.Errorf("its claim %s is empty", name)
	case len(text) > limit:
		return fmt.Errorf("its claim %s has more than %d bytes", name, limit)
	case strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		// Control characters, and those that change how others are shown.
		return fmt.Errorf("its claim %s has characters that cannot be printed", name)
	}
	return nil
}

// task reads a text, or an array of texts as some providers have it. An empty one
// is none.
func (all claims) task(name string) (string, error) {
	value, found := all[name]
	if !found || string(value) == `""` {
		return "", nil
	}
	if value[0] != '[' {
		text, _, err := all.text(name, maxTask)
		return text, err
	}
	var parts []string
	err := strictjson.Strings(value, func(part string) error {
		// A space would make two of one.
		if part == "" || strings.Contains(part, " ") {
			return strictjson.ErrKind
		}
		parts = append(parts, part)
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("its claim %s is neither a text nor an array of words", name)
	}
	text := strings.Join(parts, " ")
	if text == "" {
		return "", nil
	}
	return text, checkText(name, text, maxTask)
}
