// Package leaks checks that tests look for leaked goroutines wherever some are started.
package leaks

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// Every package that starts goroutines or servers and has tests gives them a TestMain that
// looks for leaks. Suites and tools are left out: they drive processes, and end with them.
func TestPackagesThatStartGoroutinesLookForLeaks(t *testing.T) {
	t.Parallel()
	starting := 0
	for _, top := range []string{"pkg", "cmd", "test/kit", "test/conformance"} {
		for dir, files := range packages(t, filepath.Join(tree.Root(), top)) {
			tested := slices.ContainsFunc(files, func(f file) bool { return f.test })
			i := slices.IndexFunc(files, func(f file) bool { return starts(f.File) != "" })
			if i < 0 || !tested {
				continue
			}
			starting++
			if !slices.ContainsFunc(files, func(f file) bool { return f.test && looks(f.File) }) {
				t.Errorf("%s: %s, and no TestMain looks for leaks: goleak.VerifyTestMain(m), or testpg.Main(m)", dir, starts(files[i].File))
			}
		}
	}
	if starting < 20 {
		t.Errorf("%d packages only", starting)
	}
}

func TestWhatStartsAGoroutine(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{
		"go f()":                                true,
		"defer func() { go func() {}() }()":     true,
		"wg.Go(f)":                              true,
		"srv := httptest.NewServer(h)":          true,
		"srv := httptest.NewUnstartedServer(h)": true,
		"ln, err := net.Listen(tcp, addr)":      true,
		"ln, err := lc.Listen(ctx, tcp, addr)":  true,
		"time.AfterFunc(d, f)":                  true,
		"f(); r := httptest.NewRecorder()":      false,
		"g.Do(f)":                               false,
	} {
		f, err := parser.ParseFile(token.NewFileSet(), "x.go", "package x\nfunc x() {"+code+"}", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := starts(f); (got != "") != want {
			t.Errorf("%s: %q", code, got)
		}
	}
}

// file is one of a package, its tests included.
type file struct {
	*ast.File
	test bool
}

// packages parses the Go files below a folder, by their folders.
func packages(t *testing.T, top string) map[string][]file {
	t.Helper()
	out := map[string][]file{}
	err := filepath.WalkDir(top, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || d.Name() == "node_modules"):
			return filepath.SkipDir
		case filepath.Ext(path) != ".go":
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(tree.Root(), filepath.Dir(path))
		out[dir] = append(out[dir], file{f, strings.HasSuffix(path, "_test.go")})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// servers are what starts a goroutine of its own, by package; "" is a method or a function of
// any.
var servers = map[string][]string{
	"":         {"Go", "Listen", "ListenPacket", "ListenAndServe"},
	"httptest": {"NewServer", "NewTLSServer", "NewUnstartedServer"},
	"time":     {"AfterFunc"},
}

// starts says how a file starts a goroutine or a server; "" if it does not.
func starts(f *ast.File) (how string) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GoStmt:
			how = "a go statement"
		case *ast.CallExpr:
			if name, of := called(n); slices.Contains(servers[""], name) || slices.Contains(servers[of], name) {
				how = "a call of " + of + "." + name
			}
		}
		return how == ""
	})
	return how
}

// looks reports whether a file's TestMain, or what it calls, looks for leaks.
func looks(f *ast.File) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok {
			name, of := called(call)
			found = found || of == "goleak" && name == "VerifyTestMain" || of == "testpg" && (name == "Main" || name == "Run")
		}
		return !found
	})
	return found && slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		fn, ok := d.(*ast.FuncDecl)
		return ok && fn.Name.Name == "TestMain"
	})
}

// called returns the name of a call's function, and what stands before its dot.
func called(c *ast.CallExpr) (name, of string) {
	s, ok := c.Fun.(*ast.SelectorExpr)
	if !ok {
		return "", ""
	}
	if x, ok := s.X.(*ast.Ident); ok {
		of = x.Name
	}
	return s.Sel.Name, of
}
