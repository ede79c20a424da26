package hookvet_test

import (
	"testing"

	"golang.org/x/tools/go/analysis/analysistest"

	"github.com/kestgo/kest/generator/hookvet"
)

// TestAnalyzer runs the analyzer over testdata/src, where comments say what it
// has to find and facts are carried from package to package.
func TestAnalyzer(t *testing.T) {
	analysistest.Run(t, analysistest.TestData(), hookvet.Analyzer,
		"pay", "uses", "dot", "embedding", "convert", "face", "faceuser", "generic", "symbols", "bypass", "forged", "copied", "handmade")
}
