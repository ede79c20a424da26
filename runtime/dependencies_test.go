package kest_test

import (
	"os/exec"
	"strings"
	"testing"
)

func goList(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", append([]string{"list"}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, out)
	}
	return strings.Fields(string(out))
}

// TestDependencies: who uses the hook gets no engine, SDK or cloud library with
// it. The list of modules is closed on purpose.
func TestDependencies(t *testing.T) {
	allowed := []string{
		"github.com/kestgo/kest/",
		"go.opentelemetry.io/otel", // the API; its SDK and exporters are refused below
		"github.com/google/uuid",
		"github.com/hashicorp/golang-lru/v2",
		"go.yaml.in/yaml/v4",
		"github.com/cespare/xxhash/v2", // of the OpenTelemetry API
		"github.com/go-logr/",          // of the OpenTelemetry API
		// A hook for eBPF instrumentation that the trace API itself imports. It
		// is not the SDK: it has no processors and no exporters.
		"go.opentelemetry.io/auto/sdk",
	}
	refused := []string{"open-policy-agent", "go.opentelemetry.io/otel/sdk", "go.opentelemetry.io/otel/exporters", "grpc", "aws", "cedar", "spiffe"}
	for _, dep := range goList(t, "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".") {
		known := false
		for _, prefix := range allowed {
			known = known || strings.HasPrefix(dep+"/", prefix)
		}
		for _, part := range refused {
			known = known && !strings.Contains(dep, part)
		}
		if !known {
			t.Errorf("the runtime depends on %s", dep)
		}
	}
}

// TestNoReflection: the call path has no reflection of ours.
func TestNoReflection(t *testing.T) {
	for _, line := range goList(t, "-f", "{{.ImportPath}}:{{join .Imports \",\"}}", ".", "./canon", "./jws", "./internal/...", "./engine/...", "./kesttest", "./identity/...", "./cache/...", "./keysource", "./kestpropagation", "./kesthttp", "./kestgrpc", "./bearer", "../policies", "../examples/payments/payment", "../internal/benchmarks/payment") {
		name, imports, _ := strings.Cut(line, ":")
		for _, imported := range strings.Split(imports, ",") {
			if imported == "reflect" || imported == "unsafe" {
				t.Errorf("%s imports %s", name, imported)
			}
		}
	}
}
