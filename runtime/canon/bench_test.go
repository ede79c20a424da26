package canon

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/gowebpki/jcs"
)

func benchmark(b *testing.B, write func(dst []byte) ([]byte, error)) {
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := write(buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	short, long, escaped := "kest/allow_trusted", strings.Repeat("plain text ", 100), strings.Repeat("a\tb ", 20)
	unicode, bytes := strings.Repeat("€ and é ", 20), make([]byte, 1024)
	now := time.Now()
	labels := map[string]string{"principal": "spiffe://kest.internal/a", "trace_id": "0", "kest.source_type": "internal", "kest.identity": "{}"}
	value := map[string]any{"name": "a", "count": 3.0, "tags": []any{"x", "y", nil, true}}
	for name, write := range map[string]func([]byte) ([]byte, error){
		"String/short":   func(d []byte) ([]byte, error) { return AppendString(d, short) },
		"String/1KB":     func(d []byte) ([]byte, error) { return AppendString(d, long) },
		"String/escaped": func(d []byte) ([]byte, error) { return AppendString(d, escaped) },
		"String/unicode": func(d []byte) ([]byte, error) { return AppendString(d, unicode) },
		"Int":            func(d []byte) ([]byte, error) { return AppendInt(d, -1234567), nil },
		"Float64/whole":  func(d []byte) ([]byte, error) { return AppendFloat64(d, 250) },
		"Float64/long":   func(d []byte) ([]byte, error) { return AppendFloat64(d, 333333333.33333329) },
		"Float64/exp":    func(d []byte) ([]byte, error) { return AppendFloat64(d, 1.5e-300) },
		"Float32":        func(d []byte) ([]byte, error) { return AppendFloat32(d, 0.1) },
		"Bytes/1KB":      func(d []byte) ([]byte, error) { return AppendBytes(d, bytes), nil },
		"Time":           func(d []byte) ([]byte, error) { return AppendTime(d, now) },
		"Map/4":          func(d []byte) ([]byte, error) { return AppendMap(d, labels, AppendString) },
		"Any":            func(d []byte) ([]byte, error) { return AppendAny(d, value) },
	} {
		b.Run(name, func(b *testing.B) { benchmark(b, write) })
	}
}

// entry is a text of the size and shape of what Kest signs.
func entry() []byte {
	text, err := Transform(nil, []byte(`{"schema_version":"0.3.0","runtime":{"name":"kest-go","version":"0.1.0"},
		"entry_id":"018f2d3e-7a10-7b3c-9d52-0242ac120002","operation":"transfer","classification":"system","trust_score":90,
		"parent_ids":["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"],"added_taints":[],"removed_taints":[],"taints":["contains_data"],
		"labels":{"principal":"spiffe://kest.internal/payments","trace_id":"0af7651916cd43dd8448eb211c80319c","kest.source_type":"internal",
		"kest.identity":"{\"agent\":\"a\",\"task\":\"t\",\"user\":\"u\"}","kest.policy_digest":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
		"policy_context":{"enterprise_policies":[],"platform_policies":["kest/platform"],"app_policies":[],"function_policies":["kest/allow_trusted"],"deviations":[]},
		"environment":{},"otel_context":{},"metadata":null,"input_hash":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08","content_hash":"","timestamp_ms":1767225600000}`))
	if err != nil {
		panic(err)
	}
	return text
}

func BenchmarkCheck(b *testing.B) {
	text := entry()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := Check(text, 16); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkTransform(b *testing.B) {
	var v any
	if err := json.Unmarshal(entry(), &v); err != nil {
		b.Fatal(err)
	}
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		b.Fatal(err)
	}
	unsorted := []byte(`{"z":` + string(text) + `,"a":` + string(text) + `}`)
	b.Run("kest", func(b *testing.B) {
		benchmark(b, func(d []byte) ([]byte, error) { return Transform(d, unsorted) })
	})
	b.Run("jcs", func(b *testing.B) {
		benchmark(b, func([]byte) ([]byte, error) { return jcs.Transform(unsorted) })
	})
}
