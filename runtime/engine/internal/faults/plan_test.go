package faults

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
)

// fault is one column of the matrix.
type fault string

const (
	allow      fault = "allow"                // every policy says true
	deny       fault = "deny"                 // some say false
	slow       fault = "slow"                 // some do not answer in time
	dead       fault = "dead"                 // the engine's other side goes away in the middle
	wrongType  fault = "wrong type"           // some give a value that is no decision
	garbage    fault = "garbage"              // some give what cannot be read
	halfClosed fault = "half-closed"          // some break off within the answer
	reload     fault = "reload in the middle" // other policies, or the server restarted
	canceled   fault = "context canceled"     // the caller goes away while some are asked
)

var faults = []fault{allow, deny, slow, dead, wrongType, garbage, halfClosed, reload, canceled}

// policies are asked in this order: two of the configuration's tiers, and the
// function's own.
var policies = [...]string{"fault/enterprise", "fault/application", "fault/function"}

func indexOf(policy string) int { return slices.Index(policies[:], policy) }

// A plan says what each policy has to say in one call.
type plan [len(policies)]string

// The words of a plan. The attributes of the call carry them to policies that are
// evaluated; a server that stands for a broken one looks into the plan itself.
const (
	wordAllow   = "allow"
	wordDeny    = "deny"
	wordSlow    = "slow"
	wordWrong   = "wrong"
	wordGarbage = "garbage"
	wordHalf    = "half"
	wordCancel  = "cancel"
)

// special is the word that makes a fault. Those that strike the whole engine are
// mixed with plain denials.
func (f fault) special() string {
	switch f {
	case allow:
		return wordAllow
	case slow:
		return wordSlow
	case wrongType:
		return wordWrong
	case garbage:
		return wordGarbage
	case halfClosed:
		return wordHalf
	case canceled:
		return wordCancel
	}
	return wordDeny
}

// planOf is the plan of one call under one version of the policies: half of the
// calls are allowed by all, the others have the fault at one policy and some a
// denial at another one.
func planOf(f fault, version, call int) plan {
	p := plan{wordAllow, wordAllow, wordAllow}
	random := rand.New(rand.NewPCG(uint64(version), uint64(call)))
	if f == allow || random.IntN(2) == 0 {
		return p
	}
	// One that takes its time takes the test's, too, and in process the machine's.
	if f == slow && random.IntN(8) > 0 || f == canceled && random.IntN(3) > 0 {
		return p
	}
	if random.IntN(4) == 0 {
		p[random.IntN(len(p))] = wordDeny
	}
	p[random.IntN(len(p))] = f.special()
	return p
}

// wordOf is what a policy has to do in the call whose resource this is.
func wordOf(f fault, version int, policy, resource string) (word string, call int, err error) {
	i := indexOf(policy)
	if i < 0 {
		return "", 0, fmt.Errorf("policy %q is none of the plan's", policy)
	}
	text, ok := strings.CutPrefix(resource, "call/")
	if !ok {
		return "", 0, fmt.Errorf("resource %q is no call", resource)
	}
	call, err = strconv.Atoi(text)
	return planOf(f, version, call)[i], call, err
}

// attributes are the plan, and that of the second version if there will be one:
// {"v1":{"application":"allow",…},"v2":…}.
func attributes(f fault, call int) []byte {
	all := map[string]map[string]string{}
	versions := 1
	if f == reload {
		versions = 2
	}
	for version := 1; version <= versions; version++ {
		words := map[string]string{}
		for i, word := range planOf(f, version, call) {
			words[strings.TrimPrefix(policies[i], "fault/")] = word
		}
		all["v"+strconv.Itoa(version)] = words
	}
	text, err := json.Marshal(all) // sorted, so canonical
	if err != nil {
		panic(err) // these are maps of texts
	}
	return text
}

// resource names a call in the input.
func resource(call int) string { return fmt.Sprint("call/", call) }
