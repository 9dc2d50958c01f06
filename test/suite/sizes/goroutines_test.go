package sizes

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// steady are goroutines that call nothing but what is guarded itself, or what the program cannot
// go on without: how many a file starts, and why they need no guard.
var steady = map[string]struct {
	n   int
	why string
}{
	"pkg/app/app.go":                        {10, "loops that are guarded, and a wait"},
	"pkg/app/background.go":                 {1, "a loop of the jobs or of telemetry"},
	"pkg/app/gauges.go":                     {2, "loops whose reads are guarded"},
	"pkg/app/listen.go":                     {1, "the server of net/http, behind Recovered"},
	"pkg/app/pools.go":                      {1, "closes a pool"},
	"pkg/account/webhook/deliver.go":        {1, "drain recovers"},
	"pkg/jobs/engine.go":                    {3, "loops that are guarded"},
	"pkg/ops/backup/restore.go":             {1, "waits for a program"},
	"pkg/postgres/leader.go":                {1, "what a leader does is guarded"},
	"pkg/postgres/pool.go":                  {1, "closes a pool"},
	"pkg/postgres/pglocal/pglocal.go":       {1, "waits for a program"},
	"pkg/telemetry/observe/availability.go": {1, "each probe is guarded"},
	"pkg/web/site/setup.go":                 {1, "waits for the end"},
}

// A panic in a goroutine ends the process, and with it the work of everybody: each goroutine of the
// service makes an error of it (fault.Guarded, fault.Recover), or is listed above.
func TestPanicsDoNotLeaveGoroutines(t *testing.T) {
	t.Chdir(tree.Root())
	found := map[string]int{}
	for _, name := range sources(t) {
		if !strings.HasPrefix(name, "pkg/") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "pkg/sandbox/") || strings.HasPrefix(name, "pkg/ops/drill/") {
			continue
		}
		src, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, name, src, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if !starts(n) {
				return true
			}
			text := string(src[files.Position(n.Pos()).Offset:files.Position(n.End()).Offset])
			if strings.Contains(text, "fault.Guarded(") || strings.Contains(text, "fault.Recover(") {
				return false
			}
			if found[name]++; found[name] > steady[name].n {
				t.Errorf("%s: a panic here ends the process: use fault.Guarded", files.Position(n.Pos()))
			}
			return false
		})
	}
	for name, s := range steady {
		if found[name] < s.n {
			t.Errorf("%s starts %d goroutines without a guard, and %d are listed (%s)", name, found[name], s.n, s.why)
		}
	}
}

// starts reports whether a node starts a goroutine: a go statement, or a call of Go on a group.
func starts(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		return true
	case *ast.CallExpr:
		sel, ok := n.Fun.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Go" && len(n.Args) == 1
	}
	return false
}
