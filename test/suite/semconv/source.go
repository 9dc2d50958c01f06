package semconv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// Source notes the names that the program's code writes: of lines in calls of slog and of
// loggers, of spans in calls of attribute. Lines that no test provokes are among them.
func (s *Seen) Source() error {
	for _, dir := range []string{"cmd", "pkg"} {
		err := filepath.WalkDir(filepath.Join(root(), dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			ast.Inspect(f, func(n ast.Node) bool { return s.node(n, path) })
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

var (
	constructors = []string{"String", "Int", "Int64", "Float64", "Bool", "Any", "Time", "Duration", "Group", "StringSlice", "IntSlice"}
	levels       = regexp.MustCompile(`^(Debug|Info|Warn|Error)(Context)?$`)
	loggers      = regexp.MustCompile(`(?i)^log(ger)?$`)
)

// node notes the names of one call or list, and tells whether to look further within.
func (s *Seen) node(n ast.Node, path string) bool {
	switch n := n.(type) {
	case *ast.CallExpr:
		f, ok := n.Fun.(*ast.SelectorExpr)
		if !ok || len(n.Args) == 0 {
			return true
		}
		switch of := last(f.X); {
		case of == "metric" && f.Sel.Name == "WithAttributes":
			for _, a := range n.Args {
				if c, ok := a.(*ast.CallExpr); ok && len(c.Args) > 0 {
					s.literal(Metric, c.Args[0], path)
				}
			}
			return false
		case of == "slog" && slices.Contains(constructors, f.Sel.Name):
			s.literal(Line, n.Args[0], path)
		case of == "attribute" && slices.Contains(constructors, f.Sel.Name):
			s.literal(Span, n.Args[0], path)
		case loggers.MatchString(of) && f.Sel.Name == "With":
			s.pairs(n.Args, path)
		case loggers.MatchString(of) && levels.MatchString(f.Sel.Name):
			skip := 1
			if strings.HasSuffix(f.Sel.Name, "Context") {
				skip = 2
			}
			s.pairs(n.Args[skip:], path)
		}
	case *ast.CompositeLit:
		if t, ok := n.Type.(*ast.ArrayType); ok && last(t.Elt) == "any" {
			s.pairs(n.Elts, path)
		}
	}
	return true
}

// pairs are the arguments of a line: attributes, or keys that are followed by values.
func (s *Seen) pairs(args []ast.Expr, path string) {
	for i := 0; i < len(args); i++ {
		if s.literal(Line, args[i], path) {
			i++
		}
	}
}

func (s *Seen) literal(in string, e ast.Expr, path string) bool {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return false
	}
	name, err := strconv.Unquote(lit.Value)
	if in == Line {
		name = telemetry.RecordName(name)
	}
	if err == nil && name != "" {
		s.Add(in, name, path)
	}
	return true
}

// last is the last name of a selector: slog, or the log of a.opts.log.
func last(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}
