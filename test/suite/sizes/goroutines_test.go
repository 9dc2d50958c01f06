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
// go on without.
var steady = map[string]string{
	"pkg/app/app.go":                        "loops that are guarded, and a wait",
	"pkg/app/background.go":                 "a loop of the jobs or of telemetry",
	"pkg/app/gauges.go":                     "loops whose reads are guarded",
	"pkg/app/listen.go":                     "the server of net/http, behind Recovered",
	"pkg/app/pools.go":                      "closes a pool",
	"pkg/account/webhook/deliver.go":        "drain recovers",
	"pkg/jobs/engine.go":                    "loops that are guarded",
	"pkg/ops/backup/restore.go":             "waits for a program",
	"pkg/postgres/leader.go":                "what a leader does is guarded",
	"pkg/postgres/pool.go":                  "closes a pool",
	"pkg/postgres/pglocal/pglocal.go":       "waits for a program",
	"pkg/telemetry/observe/availability.go": "each probe is guarded",
	"pkg/web/site/setup.go":                 "waits for the end",
}

// A panic in a goroutine ends the process, and with it the work of everybody: each goroutine of the
// service makes an error of it (fault.Guarded, fault.Recover), or is listed above.
func TestPanicsDoNotLeaveGoroutines(t *testing.T) {
	t.Chdir(tree.Root())
	unused := map[string]bool{}
	for name := range steady {
		unused[name] = true
	}
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
			switch guarded := strings.Contains(text, "fault.Guarded(") || strings.Contains(text, "fault.Recover("); {
			case guarded:
			case steady[name] != "":
				delete(unused, name)
			default:
				t.Errorf("%s: a panic here ends the process: use fault.Guarded", files.Position(n.Pos()))
			}
			return false
		})
	}
	for name := range unused {
		t.Errorf("%s starts no goroutine without a guard: remove it from the list", name)
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
