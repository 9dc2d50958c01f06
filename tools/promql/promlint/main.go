// Command promlint reads PromQL expressions, one JSON object {"id","expr"} a line, and
// writes what Prometheus's own parser makes of each: {"id","tree"} or {"id","error"}.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/prometheus/prometheus/promql/parser"
)

// A node is an expression without its parentheses and signs.
type node struct {
	Kind     string        `json:"kind"`           // selector, call, aggregate, binary, subquery, number or string
	Name     string        `json:"name,omitempty"` // metric, function or operator; the text of a string
	Matchers []matcher     `json:"matchers,omitempty"`
	Range    time.Duration `json:"range,omitempty"` // of a selector or subquery
	On       bool          `json:"on,omitempty"`    // Labels are those of by or on, not of without or ignoring
	Labels   []string      `json:"labels,omitempty"`
	Match    string        `json:"match,omitempty"` // how two vectors match: one-to-one and so on
	Include  []string      `json:"include,omitempty"`
	Args     []node        `json:"args,omitempty"`
}

type matcher struct {
	Name  string `json:"name"`
	Op    string `json:"op"`
	Value string `json:"value"`
}

type (
	query  struct{ ID, Expr string }
	answer struct {
		ID    string `json:"id"`
		Tree  *node  `json:"tree,omitempty"`
		Error string `json:"error,omitempty"`
	}
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "promlint:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	queries, answers := json.NewDecoder(in), json.NewEncoder(out)
	p := parser.NewParser(parser.Options{})
	for {
		var q query
		if err := queries.Decode(&q); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		a := answer{ID: q.ID}
		if expr, err := p.ParseExpr(q.Expr); err != nil {
			a.Error = err.Error()
		} else {
			tree := convert(expr)
			a.Tree = &tree
		}
		if err := answers.Encode(a); err != nil {
			return err
		}
	}
}

func convert(expr parser.Expr) node {
	switch e := expr.(type) {
	case *parser.VectorSelector:
		n := node{Kind: "selector", Name: e.Name}
		for _, m := range e.LabelMatchers {
			if m.Name != "__name__" {
				n.Matchers = append(n.Matchers, matcher{m.Name, m.Type.String(), m.Value})
			} else if e.Name == "" {
				n.Name = m.Type.String() + m.Value
			}
		}
		return n
	case *parser.MatrixSelector:
		n := convert(e.VectorSelector)
		n.Range = e.Range
		return n
	case *parser.SubqueryExpr:
		return node{Kind: "subquery", Range: e.Range, Args: []node{convert(e.Expr)}}
	case *parser.Call:
		n := node{Kind: "call", Name: e.Func.Name}
		for _, arg := range e.Args {
			n.Args = append(n.Args, convert(arg))
		}
		return n
	case *parser.AggregateExpr:
		n := node{Kind: "aggregate", Name: e.Op.String(), On: !e.Without, Labels: e.Grouping, Args: []node{convert(e.Expr)}}
		if e.Param != nil {
			n.Args = append(n.Args, convert(e.Param))
		}
		return n
	case *parser.BinaryExpr:
		n := node{Kind: "binary", Name: e.Op.String(), Args: []node{convert(e.LHS), convert(e.RHS)}}
		if m := e.VectorMatching; m != nil {
			n.On, n.Labels, n.Include, n.Match = m.On, m.MatchingLabels, m.Include, m.Card.String()
		}
		return n
	case *parser.UnaryExpr:
		return convert(e.Expr)
	case *parser.ParenExpr:
		return convert(e.Expr)
	case *parser.StringLiteral:
		return node{Kind: "string", Name: e.Val}
	default:
		return node{Kind: "number"}
	}
}
