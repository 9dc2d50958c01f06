// Package exports finds what is exported below pkg and serves nothing but tests, or nothing.
package exports

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// hooks are methods that a library, or the standard one, calls by their names.
var hooks = []string{
	"AfterApply", "AuthMechanisms", "ForceFlush", "GetHeaders", "GetStatus", "LogValue", "Logout", "MarshalJSON", "MarshalText", "NextRetry", "OnEnd", "OnStart", "Rcpt",
	"TraceAcquireEnd", "TraceAcquireStart", "TraceBatchEnd", "TraceBatchQuery", "TraceBatchStart", "TraceQueryEnd", "TraceQueryStart", "TraceRelease",
	"Transform", "UnmarshalJSON", "Unwrap",
}

// offered is exported for others, and here for tests alone.
var offered = map[string]string{
	"pkg/generate/solvefile.DecodePlan":    "the half of the format that a reader of plans needs",
	"pkg/ops/runbook.Matches":              "of a step's expectation, which the tests that run runbooks ask",
	"pkg/generate/solvefile.EncodeProblem": "the half of the format that a writer of problems needs",
}

// A name is used when another file that is no test says it, or another line of its own.
func TestExportsAreUsed(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	root := tree.Root()
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != root && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return filepath.SkipDir
		case d.IsDir() || !slices.Contains([]string{".go", ".html", ".txt"}, filepath.Ext(path)) || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(root, path) // both begin with root
		files[filepath.ToSlash(rel)] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	found := unused(t, files)
	for name := range found {
		if offered[name] == "" {
			t.Errorf("%s is exported, and no product code uses it", name)
		}
	}
	for name := range offered {
		if !found[name] {
			t.Errorf("%s is used, or gone: take it from the list", name)
		}
	}
}

func TestADeadExportIsFound(t *testing.T) {
	t.Parallel()
	found := unused(t, map[string]string{
		"pkg/a/a.go":                "package a\n\nfunc Dead() {}\n\nfunc Live() { live() }\n\nfunc live() {}\n\ntype Own struct{}\n\nvar _ = Own{}\n\nfunc (Own) Method() {}\n\nfunc (Own) Shown() {}\n",
		"pkg/a/templates/page.html": "{{.Shown}}",
		"cmd/x/main.go":             "package main\n\nfunc main() { a.Live() }\n",
	})
	if len(found) != 2 || !found["pkg/a.Dead"] || !found["pkg/a.Method"] {
		t.Errorf("found %v", found)
	}
}

var word = regexp.MustCompile(`\w+`)

// unused are the exported functions, methods, types and variables below pkg that no file of these
// mentions. Constants are left out: they are members of enumerations.
func unused(t *testing.T, files map[string]string) map[string]bool {
	t.Helper()
	said := map[string]int{} // how often, without declarations
	declared := map[string][]string{}
	for path, text := range files {
		if filepath.Ext(path) != ".go" {
			for _, w := range word.FindAllString(text, -1) {
				said[w]++
			}
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		product := strings.HasPrefix(path, "pkg/") && !strings.HasPrefix(path, "pkg/sandbox/") && !ast.IsGenerated(f)
		declare := func(id *ast.Ident) {
			said[id.Name]--
			if product && id.IsExported() && !slices.Contains(hooks, id.Name) {
				declared[id.Name] = append(declared[id.Name], filepath.ToSlash(filepath.Dir(path))+"."+id.Name)
			}
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				declare(d.Name)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					switch s := s.(type) {
					case *ast.TypeSpec:
						declare(s.Name)
					case *ast.ValueSpec:
						if d.Tok == token.VAR {
							for _, name := range s.Names {
								declare(name)
							}
						}
					}
				}
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if id, ok := n.(*ast.Ident); ok {
				said[id.Name]++
			}
			return true
		})
	}
	out := map[string]bool{}
	for name, where := range declared {
		if said[name] <= 0 {
			for _, w := range where {
				out[w] = true
			}
		}
	}
	return out
}
