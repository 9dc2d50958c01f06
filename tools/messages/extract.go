package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template/parse"
)

// id is what a message is looked up by.
type id struct{ context, one, many string }

// found are the messages that the program says, with the files that say them.
type found map[id][]string

func (f found) add(m id, file string) {
	if strings.ContainsFunc(m.one, func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' }) || m.context != "" {
		if bare := strings.NewReplacer("%v", "", "%s", "", "%d", "", "%q", "").Replace(m.one); m.context == "" && strings.Trim(bare, " :.,;()") == "" {
			return // nothing to translate
		}
		if !slices.Contains(f[m], file) {
			f[m] = append(f[m], file)
		}
	}
}

// calls are the functions that say something, with the places of their messages: one, and many if
// it is counted.
var calls = map[string][]int{
	"Say": {0}, "say": {0}, "Textf": {0}, "Errorf": {0}, "Mark": {0}, "refuse": {0}, "Count": {1, 2}, "count": {1, 2}, "Counted": {1, 2},
}

// told are the packages whose errors people read, beside operators.
var told = []string{"pkg/web", "pkg/account", "pkg/replies", "pkg/planner", "pkg/domain", "pkg/signedlink", "pkg/postgres", "pkg/recipesync", "pkg/generate", "pkg/publish"}

// kinds are those of errors that people can act on.
var kinds = []string{"InvalidInput", "InvalidConstraints", "NotFound", "Conflict", "Unauthorized", "NotEnoughRecipes", "NoRecipesAvailable", "QuotaExceeded"}

// beside are sources whose readers are operators or programs.
var beside = []string{"pkg/sandbox/", "pkg/web/api/", "pkg/web/alerts.go", "pkg/web/traces.go", "pkg/web/admin.go", "pkg/web/runbooks.go", "pkg/web/hook/", "pkg/account/webhook/", "pkg/tandoor/", "pkg/ops/"}

// extract reads the sources below root.
func extract(root string) (found, error) {
	out := found{}
	err := filepath.WalkDir(filepath.Join(root, "pkg"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if d != nil && d.Name() == "testdata" {
				return fs.SkipDir
			}
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(beside, func(p string) bool { return strings.HasPrefix(filepath.ToSlash(name), p) }) {
			return nil
		}
		switch dir := filepath.Base(filepath.Dir(path)); {
		case strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go"):
			return out.code(path, filepath.ToSlash(name))
		case dir == "templates":
			return out.template(path, filepath.ToSlash(name))
		}
		return nil
	})
	return out, err
}

func (f found) code(path, name string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		c, ok := n.(*ast.CallExpr)
		if !ok {
			return true
		}
		called, of := "", ""
		switch fun := c.Fun.(type) {
		case *ast.Ident:
			called = fun.Name
		case *ast.SelectorExpr:
			called = fun.Sel.Name
			if x, ok := fun.X.(*ast.Ident); ok {
				of = x.Name
			}
		}
		switch places := calls[called]; {
		case called == "within" && len(c.Args) == 2:
			if ctx, ok := literal(c.Args[0]); ok {
				if text, ok := literal(c.Args[1]); ok {
					f.add(id{ctx, text, ""}, name)
				}
			}
		case of == "fault" && called == "New" && len(c.Args) >= 3 && people(name, c.Args[0]):
			if text, ok := literal(c.Args[2]); ok && (strings.HasPrefix(name, "pkg/publish/") || !operators.MatchString(text)) {
				f.add(id{one: text}, name)
			}
		case called == "Errorf" && of != "message", len(places) == 0 || len(c.Args) <= places[len(places)-1]:
		default:
			m := id{}
			m.one, ok = literal(c.Args[places[0]])
			if len(places) > 1 {
				m.many, _ = literal(c.Args[places[1]])
			}
			if ok {
				f.add(m, name)
			}
		}
		return true
	})
	return nil
}

// operators are told of commands and settings of the program.
var operators = regexp.MustCompile("`mealplanner |--[a-z]|[A-Z]_[A-Z]")

// people reports whether an error of the kind, of the file, is read by people.
func people(name string, kind ast.Expr) bool {
	sel, ok := kind.(*ast.SelectorExpr)
	return ok && slices.Contains(kinds, sel.Sel.Name) && slices.ContainsFunc(told, func(dir string) bool { return strings.HasPrefix(name, dir+"/") })
}

func literal(e ast.Expr) (string, bool) {
	switch x := e.(type) {
	case *ast.BasicLit:
		s, err := strconv.Unquote(x.Value)
		return s, err == nil && x.Kind == token.STRING
	case *ast.BinaryExpr:
		a, aok := literal(x.X)
		b, bok := literal(x.Y)
		return a + b, aok && bok && x.Op == token.ADD
	}
	return "", false
}

func (f found) template(path, name string) error {
	source, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	t := parse.New(name)
	t.Mode = parse.SkipFuncCheck
	trees := map[string]*parse.Tree{}
	if _, err := t.Parse(string(source), "", "", trees); err != nil {
		return err
	}
	for _, tree := range trees {
		f.nodes(tree.Root, name)
	}
	return nil
}

// nodes reads what the functions t, h and n are given.
func (f found) nodes(n parse.Node, name string) {
	switch n := n.(type) {
	case *parse.ListNode:
		if n != nil {
			for _, c := range n.Nodes {
				f.nodes(c, name)
			}
		}
	case *parse.ActionNode:
		f.nodes(n.Pipe, name)
	case *parse.TemplateNode:
		f.nodes(n.Pipe, name)
	case *parse.IfNode:
		f.branch(&n.BranchNode, name)
	case *parse.RangeNode:
		f.branch(&n.BranchNode, name)
	case *parse.WithNode:
		f.branch(&n.BranchNode, name)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				f.nodes(c, name)
			}
		}
	case *parse.CommandNode:
		f.command(n, name)
		for _, a := range n.Args {
			f.nodes(a, name)
		}
	}
}

func (f found) branch(n *parse.BranchNode, name string) {
	f.nodes(n.Pipe, name)
	f.nodes(n.List, name)
	f.nodes(n.ElseList, name)
}

func (f found) command(n *parse.CommandNode, name string) {
	fun, ok := n.Args[0].(*parse.IdentifierNode)
	if !ok {
		return
	}
	var texts []string
	for _, a := range n.Args[1:] {
		if s, ok := a.(*parse.StringNode); ok {
			texts = append(texts, s.Text)
		}
	}
	switch {
	case (fun.Ident == "t" || fun.Ident == "h") && len(texts) > 0:
		f.add(id{one: texts[0]}, name)
	case fun.Ident == "n" && len(texts) > 1:
		f.add(id{one: texts[0], many: texts[1]}, name)
	}
}
