package runbook

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// Words splits a command into words as a shell does. A command that needs a shell for more
// than its quotes (variables, pipes, patterns) is refused, because it has to run everywhere.
func Words(command string) ([]string, error) {
	f, err := syntax.NewParser().Parse(strings.NewReader(command), "")
	if err != nil {
		return nil, err
	}
	if len(f.Stmts) != 1 {
		return nil, errors.New("want one command")
	}
	s := f.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || len(call.Assigns) > 0 || len(s.Redirs) > 0 || s.Negated || s.Background {
		return nil, errors.New("want one plain command")
	}
	out := make([]string, len(call.Args))
	for i, w := range call.Args {
		if !plain(w.Parts) {
			return nil, fmt.Errorf("word %d has to be quoted", i+1)
		}
		// With nil, the library writes into a configuration that all callers share.
		if out[i], err = expand.Literal(&expand.Config{}, w); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// plain reports whether a shell makes nothing but text of the parts of a word.
func plain(parts []syntax.WordPart) bool {
	return !slices.ContainsFunc(parts, func(p syntax.WordPart) bool {
		switch p := p.(type) {
		case *syntax.Lit:
			return strings.ContainsAny(p.Value, "*?[]{}~#\\")
		case *syntax.SglQuoted:
			return p.Dollar
		case *syntax.DblQuoted:
			return p.Dollar || slices.ContainsFunc(p.Parts, func(q syntax.WordPart) bool { _, text := q.(*syntax.Lit); return !text })
		default:
			return true
		}
	})
}
