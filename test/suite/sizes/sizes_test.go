// Package sizes keeps what is read of a readable size.
package sizes

import (
	"go/ast"
	"go/build/constraint"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// The limits. Lines are counted with their comments; of a test's function without its tables.
const (
	fileLines   = 450
	medianLines = 130
	funcLines   = 80
	parameters  = 6
	rooms       = 24 // of pkg
)

// The linter sees what stands behind a build tag only if it is told of the tag.
func TestTheLinterKnowsEveryBuildTag(t *testing.T) {
	t.Chdir(tree.Root())
	told, err := os.ReadFile(".golangci.yml")
	if err != nil {
		t.Fatal(err)
	}
	tags := 0
	for _, name := range sources(t) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		line, _, _ := strings.Cut(string(src), "\n")
		expr, err := constraint.Parse(line)
		if err != nil {
			continue
		}
		expr.Eval(func(tag string) bool {
			tags++
			if !strings.Contains(string(told), "    - "+tag+"\n") && tag != runtime.GOOS && tag != "unix" && tag != "darwin" {
				t.Errorf("%s: .golangci.yml does not name the tag %s", name, tag)
			}
			return true
		})
	}
	if tags < 30 {
		t.Errorf("%d tags were seen", tags)
	}
}

func TestSizes(t *testing.T) {
	t.Chdir(tree.Root())
	var lengths []int
	for _, name := range sources(t) {
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, src, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		if ast.IsGenerated(f) {
			continue
		}
		n := files.Position(f.FileEnd).Line
		lengths = append(lengths, n)
		if n > fileLines {
			t.Errorf("%s has %d lines; the limit is %d: split it by subject", name, n, fileLines)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch d := n.(type) {
			case *ast.FuncDecl:
				if l := length(files, d); l > funcLines {
					t.Errorf("%s: %s has %d lines; the limit is %d", files.Position(d.Pos()), d.Name.Name, l, funcLines)
				}
			case *ast.FuncType:
				if p := d.Params.NumFields(); p > parameters {
					t.Errorf("%s: a function with %d parameters; the limit is %d: what belongs together is a struct", files.Position(d.Pos()), p, parameters)
				}
			}
			return true
		})
	}
	slices.Sort(lengths)
	if m := lengths[len(lengths)/2]; m > medianLines {
		t.Errorf("half of the files have %d lines or more; the limit is %d", m, medianLines)
	}
	if found, err := os.ReadDir("pkg"); err != nil || len(found) > rooms {
		t.Errorf("pkg has %d folders, %v; the limit is %d", len(found), err, rooms)
	}
}

// sources are the Go files of the tree.
func sources(t *testing.T) (names []string) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && path != "." && (strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules"):
			return filepath.SkipDir
		case !d.IsDir() && strings.HasSuffix(path, ".go"):
			names = append(names, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// length is that of a function; of one in a test or a conformance suite without its tables.
func length(files *token.FileSet, d *ast.FuncDecl) int {
	line := func(p token.Pos) int { return files.Position(p).Line }
	n := line(d.End()) - line(d.Pos()) + 1
	name := files.Position(d.Pos()).Filename
	if d.Body == nil || !strings.HasSuffix(name, "_test.go") && !strings.HasPrefix(name, "test/conformance/") {
		return n
	}
	ast.Inspect(d.Body, func(x ast.Node) bool {
		table, ok := x.(*ast.CompositeLit)
		if ok {
			n -= line(table.End()) - line(table.Pos())
		}
		return !ok
	})
	return n
}
