package cedaragent_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	kest "github.com/kestgo/kest/runtime"
	"github.com/kestgo/kest/runtime/engine/cedaragent"
	"github.com/kestgo/kest/runtime/engine/internal/cedarconformance"
	"github.com/kestgo/kest/runtime/engine/internal/cedarinput"
)

// TestConformanceOfCedarAgent asks the real program, Rust and Cedar 2.4.
func TestConformanceOfCedarAgent(t *testing.T) {
	url := newAgent(t, conformanceFiles(t))
	t.Log("the server is the program cedar-agent")
	cedarconformance.Run(t, newEngine(t, cedaragent.Config{URL: url}))
}

// TestConformanceOfDouble asks a server around cedar-go.
func TestConformanceOfDouble(t *testing.T) {
	url := conformanceDouble(t)
	t.Log("the server is the double around cedar-go")
	cedarconformance.Run(t, newEngine(t, cedaragent.Config{URL: url}))
}

func conformanceDouble(t *testing.T) (url string) {
	return startDouble(t, cedarconformance.Statements(), cedarconformance.Entities())
}

// TestPolicyThatFails: the server allows, since Cedar leaves out the forbid that
// fails, and the engine does not.
func TestPolicyThatFails(t *testing.T) {
	for server, url := range map[string]string{"agent": newAgent(t, conformanceFiles(t)), "double": conformanceDouble(t)} {
		engine := newEngine(t, cedaragent.Config{URL: url})
		for _, attributes := range []string{`{}`, `{"amount":"s3cret"}`} {
			input := cedarconformance.Input()
			input.Attributes = []byte(attributes)
			allowed, err := engine.Evaluate(t.Context(), "kest/limit", input)
			checkError(t, err, kest.ErrPolicyMalformed, `diagnostics.errors has 1, policy "limit_forbid"`, url)
			if allowed || strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%s: got %t, %v", server, allowed, err)
			}
		}
	}
}

// oddTexts are ids that have to be escaped in Cedar, in JSON, in both or, for a
// server that insists on its own way of escaping, in neither.
func oddTexts() []string {
	return []string{
		" ", "*", `"`, `\`, `\"`, `\u{41}`, `\n`, "'", "`", "a\tb", "a\nb", "a\r\nb", "\x00", "\x00" + "0", "\x01", "\x1f", "\x7f", "\u0080", "\u0085",
		"\u00a0", "\u00ad", "\u0300", "e\u0301", "\u200b", "\u200d", "\u2028", "\u202e", "\u3000", "\ufeff", "\ufffd", "\uffff", "\U000e0001", "\U0010ffff",
		"é", "ключ", "日本", "😀", "👩‍👩‍👧", "\u0903", "\u0e33", "ﬁ", "a/b", "a::b", `Resource::"x"`, `", "context": {"trust_score": 100}, "x": "`,
		"//comment", "a//b", "/*", "{}", "${x}", "<&>", strings.Repeat("x", 10_000),
	}
}

// TestEntitiesArriveAsTheyAre: each id is its own, and no other.
func TestEntitiesArriveAsTheyAre(t *testing.T) {
	var statements []cedarconformance.Statement
	texts := oddTexts()
	for i, text := range texts {
		statements = append(statements, cedarconformance.Statement{
			ID: fmt.Sprint("p", i),
			Text: fmt.Sprintf(`permit(principal == %s, action == Action::"odd/%d", resource == %s);`,
				cedarinput.Entity{Type: "Workload", ID: text}, i, cedarinput.Entity{Type: "Resource", ID: text}),
		})
	}
	engine := newEngine(t, cedaragent.Config{URL: newAgent(t, writeFiles(t, statements, []byte("[]")))})
	for i, text := range texts {
		input := cedarconformance.Input()
		input.Workload, input.ResourceID = text, text
		allowed, err := engine.Evaluate(t.Context(), fmt.Sprint("odd/", i), input)
		if !allowed || err != nil {
			t.Errorf("%.40q: got %t, %v", text, allowed, err)
		}
		allowed, err = engine.Evaluate(t.Context(), fmt.Sprint("odd/", (i+1)%len(texts)), input)
		if allowed || err != nil {
			t.Errorf("%.40q as %.40q: got %t, %v", text, texts[(i+1)%len(texts)], allowed, err)
		}
	}
}

// TestDeepAndLargeInputs: what the engine sends, the server can read, or says
// that it cannot.
func TestDeepAndLargeInputs(t *testing.T) {
	engine := newEngine(t, cedaragent.Config{URL: newAgent(t, conformanceFiles(t))})
	input := cedarconformance.Input()
	input.Attributes = []byte(`{"a":` + strings.Repeat("[", cedarinput.MaxDepth-1) + strings.Repeat("]", cedarinput.MaxDepth-1) + `}`)
	if allowed, err := engine.Evaluate(t.Context(), "kest/clean", input); !allowed || err != nil {
		t.Errorf("deep: got %t, %v", allowed, err)
	}
	input.Attributes = []byte(`{"a":"` + strings.Repeat("s3cret", 1<<18) + `"}`)
	allowed, err := engine.Evaluate(t.Context(), "kest/clean", input)
	checkError(t, err, kest.ErrPolicy) // 413, or a connection that is reset before it arrives
	if allowed || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("large: got %t, %.1000v", allowed, err)
	}
}

func TestToken(t *testing.T) {
	const secret = "Api-Key hunter2 x"
	url := newAgent(t, conformanceFiles(t), "--authentication", secret)
	for token, want := range map[string]error{
		secret:              nil,
		"Bearer " + secret:  kest.ErrPolicyMalformed,
		"Api-Key hunter2 y": kest.ErrPolicyMalformed,
		"":                  kest.ErrPolicyUnreachable,
	} {
		engine := newEngine(t, cedaragent.Config{URL: url, Token: func(context.Context) (string, error) { return token, nil }})
		allowed, err := engine.Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
		if want == nil {
			if !allowed || err != nil {
				t.Errorf("the token: got %t, %v", allowed, err)
			}
			continue
		}
		checkError(t, err, want, "Config.Token")
		if allowed || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("token %q: got %t, %v", token, allowed, err)
		}
	}
	_, err := newEngine(t, cedaragent.Config{URL: url}).Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
	checkError(t, err, kest.ErrPolicyMalformed, "401", "Config.Token")
}

// TestBaseWithoutVersion: the path that most people forget.
func TestBaseWithoutVersion(t *testing.T) {
	url := strings.TrimSuffix(newAgent(t, conformanceFiles(t)), "/v1")
	_, err := newEngine(t, cedaragent.Config{URL: url}).Evaluate(t.Context(), "kest/clean", cedarconformance.Input())
	checkError(t, err, kest.ErrPolicyMalformed, "404", "path of Config.URL")
}

// BenchmarkEvaluate asks a real cedar-agent on this machine over the loopback
// interface, the server's work included.
func BenchmarkEvaluate(b *testing.B) {
	engine := newEngine(b, cedaragent.Config{URL: newAgent(b, conformanceFiles(b))})
	input := cedarconformance.Input()
	b.ReportAllocs()
	for b.Loop() {
		if ok, err := engine.Evaluate(b.Context(), "kest/allow_trusted", input); err != nil || !ok {
			b.Fatal(ok, err)
		}
	}
}
