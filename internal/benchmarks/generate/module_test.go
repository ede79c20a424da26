package generate

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const (
	packageCount  = 200
	functionCount = 5 // in each package
)

// source is a package of the large module. It has what a service has: a struct
// with nested ones, resolvers, and imports of the standard library and of another
// package of the module.
func source(n int) string {
	var text strings.Builder
	fmt.Fprintf(&text, "package p%03d\n\nimport (\n\t\"context\"\n\t\"fmt\"\n\t\"time\"\n", n)
	if n > 0 {
		fmt.Fprintf(&text, "\n\t\"example.com/large/p%03d\"\n", n/2)
	}
	text.WriteString(`)

type Address struct {
	Street  string   ` + "`json:\"street\"`" + `
	City    string   ` + "`json:\"city,omitempty\"`" + `
	Aliases []string ` + "`json:\"aliases,omitempty\"`" + `
}

type Order struct {
	ID       string            ` + "`json:\"id\"`" + `
	Amount   float64           ` + "`json:\"amount\"`" + `
	Created  time.Time         ` + "`json:\"created\"`" + `
	To       *Address          ` + "`json:\"to,omitempty\"`" + `
	Metadata map[string]string ` + "`json:\"metadata\"`" + `
}

type Receipt struct {
	Order Order
	Text  string
}
`)
	for i := range functionCount {
		fmt.Fprintf(&text, `
// charge%d charges an order.
//
//kest:verified policy=kest/allow_trusted source=internal resource=orders/{order.ID} attr.amount={order.Amount}
func charge%[1]d(ctx context.Context, order Order, count int) (Receipt, error) {
	return Receipt{Order: order, Text: fmt.Sprint(count)}, nil
}
`, i)
	}
	if n > 0 {
		fmt.Fprintf(&text, "\nvar Other = p%03d.Charge0\n", n/2)
	}
	return text.String()
}

// largeModule writes a module of packages with annotated functions that uses
// this one as it stands here.
func largeModule(b *testing.B) string {
	b.Helper()
	root, err := filepath.Abs("../../..")
	if err != nil {
		b.Fatal(err)
	}
	dir, err := filepath.EvalSymlinks(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		b.Fatal(err)
	}
	text := regexp.MustCompile(`(?m)^(module|tool) .*$`).ReplaceAllString(string(mod), "")
	text = "module example.com/large\n" + text + "\nrequire github.com/kestgo/kest v0.0.0\nreplace github.com/kestgo/kest => " + root + "\n"
	sum, err := os.ReadFile(filepath.Join(root, "go.sum"))
	if err != nil {
		b.Fatal(err)
	}
	write(b, filepath.Join(dir, "go.mod"), text)
	write(b, filepath.Join(dir, "go.sum"), string(sum))
	for n := range packageCount {
		name := fmt.Sprintf("p%03d", n)
		write(b, filepath.Join(dir, name, name+".go"), source(n))
	}
	return dir
}

func write(b *testing.B, path, text string) {
	b.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
		b.Fatal(err)
	}
}
