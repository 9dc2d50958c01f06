package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// A mutant is a rule with one small fault.
type mutant struct {
	ID string // the rule's name and the fault, unique
	rule
}

// mutants returns every mutant of a rule whose expression still parses and is another one.
func mutants(r rule) ([]mutant, error) {
	var all []mutant
	seen := map[string]int{}
	add := func(fault string, m rule) {
		seen[fault]++
		if n := seen[fault]; n > 1 {
			fault = fmt.Sprintf("%s (%d)", fault, n)
		}
		all = append(all, mutant{ID: r.name() + ": " + fault, rule: m})
	}
	expr, err := promQL.ParseExpr(r.Expr)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", r.name(), err)
	}
	original := expr.String()
	f := faults{report: func(fault string) {
		text := expr.String()
		if _, err := promQL.ParseExpr(text); err == nil && text != original {
			m := r
			m.Expr = text
			add(fault, m)
		}
	}}
	f.plant(&expr)
	for what, field := range map[string]func(*rule) *string{
		"for":             func(r *rule) *string { return &r.For },
		"keep_firing_for": func(r *rule) *string { return &r.KeepFiringFor },
	} {
		text := *field(&r)
		if text == "" {
			continue
		}
		d, err := model.ParseDuration(text)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", r.name(), what, err)
		}
		for _, n := range []string{(2 * d).String(), ""} {
			m := r
			*field(&m) = n
			add(fmt.Sprintf("%s %s is %s", what, text, orNone(n)), m)
		}
	}
	slices.SortFunc(all, func(a, b mutant) int { return strings.Compare(a.ID, b.ID) })
	return all, nil
}

func orNone(s string) string {
	if s == "" {
		return "not there"
	}
	return s
}

// faults plants one fault after another in an expression, reports it and takes it out again.
type faults struct{ report func(fault string) }

// with reports what is there after set, and undoes it.
func with[T any](f faults, at *T, value T, format string, args ...any) {
	old := *at
	fault := fmt.Sprintf(format, args...)
	*at = value
	f.report(fault)
	*at = old
}

// comparisons are the operators that take the place of one: the other direction, and the
// other side of equality.
var comparisons = map[parser.ItemType][]parser.ItemType{
	parser.GTR:  {parser.LSS, parser.GTE},
	parser.LSS:  {parser.GTR, parser.LTE},
	parser.GTE:  {parser.LTE, parser.GTR},
	parser.LTE:  {parser.GTE, parser.LSS},
	parser.EQLC: {parser.NEQ},
	parser.NEQ:  {parser.EQLC},
}

func (f faults) plant(at *parser.Expr) {
	switch e := (*at).(type) {
	case *parser.BinaryExpr:
		f.binary(at, e)
		f.plant(&e.LHS)
		f.plant(&e.RHS)
	case *parser.AggregateExpr:
		for i, l := range e.Grouping {
			with(f, &e.Grouping, slices.Delete(slices.Clone(e.Grouping), i, i+1), "no %s in %s of %s", l, strings.TrimSpace(e.ShortString()), e.Expr)
		}
		f.plant(&e.Expr)
		if e.Param != nil {
			f.plant(&e.Param)
		}
	case *parser.Call:
		for i := range e.Args {
			f.plant(&e.Args[i])
		}
	case *parser.MatrixSelector:
		f.halve(&e.Range, e)
		f.plant(&e.VectorSelector)
	case *parser.SubqueryExpr:
		f.halve(&e.Range, e)
		f.plant(&e.Expr)
	case *parser.ParenExpr:
		f.plant(&e.Expr)
	case *parser.UnaryExpr:
		f.plant(&e.Expr)
	case *parser.VectorSelector:
		for i, m := range e.LabelMatchers {
			if m.Name != model.MetricNameLabel {
				with(f, &e.LabelMatchers, slices.Delete(slices.Clone(e.LabelMatchers), i, i+1), "no %s in %s", m, e)
			}
		}
		if e.OriginalOffset != 0 {
			with(f, &e.OriginalOffset, 0, "no offset in %s", e)
		}
	case *parser.NumberLiteral:
		if e.Val == 0 {
			with(f, &e.Val, 1, "0 is 1")
			break
		}
		with(f, &e.Val, 2*e.Val, "%s doubled", e)
		with(f, &e.Val, e.Val/2, "%s halved", e)
	}
}

func (f faults) binary(at *parser.Expr, e *parser.BinaryExpr) {
	for _, op := range comparisons[e.Op] {
		with(f, &e.Op, op, "%s is %s before %s", e.Op, op, e.RHS)
	}
	if e.Op.IsSetOperator() {
		with(f, at, e.LHS, "only what is before %s %s", e.Op, e.RHS)
		with(f, at, e.RHS, "only what is after %s %s", e.LHS, e.Op)
	}
	m := e.VectorMatching
	if m == nil || !m.On && len(m.MatchingLabels) == 0 {
		return
	}
	if len(m.MatchingLabels) == 0 {
		with(f, &m.On, false, "no on () after %s", e.Op)
	}
	for i, l := range m.MatchingLabels {
		with(f, &m.MatchingLabels, slices.Delete(slices.Clone(m.MatchingLabels), i, i+1), "no %s in %s", l, e.ShortString())
	}
}

func (f faults) halve(d *time.Duration, e parser.Expr) {
	with(f, d, *d/2, "%s over half the range", e)
}
