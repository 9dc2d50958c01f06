package main

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
)

// pushes is how many pushes a range must hold, as many as the shortest range of the shipping
// rules does (one minute, a push every 15 s).
const pushes = 4

// A table says how to scale time in rule files.
type table struct {
	PushInterval model.Duration `yaml:"push_interval"`
	// EvaluationInterval is that of all groups; 0: each group's own, divided.
	EvaluationInterval model.Duration        `yaml:"evaluation_interval"`
	Groups             map[string]groupScale `yaml:"groups"`
	LeftOut            map[string]string     `yaml:"left_out"` // by rule: the reason
}

type groupScale struct {
	Factor  int64                `yaml:"factor"`   // every duration is divided by it
	AtLeast model.Duration       `yaml:"at_least"` // no range gets shorter
	Seconds map[string][]float64 `yaml:"seconds"`  // by rule: its numbers that are durations
}

// scale divides every duration of the rules by the factor of their group: ranges, steps,
// offsets, duration literals, numbers that the table says are seconds, for, keep_firing_for
// and interval. Rules that the table leaves out are not returned, nor are groups and files
// without rules. The error names everything that cannot be scaled.
func (t table) scale(files []ruleFile) ([]ruleFile, error) {
	bad := t.check(files)
	var out []ruleFile
	for _, f := range files {
		scaled := ruleFile{Path: f.Path}
		for _, g := range f.Groups {
			gs, ok := t.Groups[g.Name]
			if !ok || gs.Factor < 1 {
				bad = append(bad, fmt.Errorf("group %s has no factor of 1 or more", g.Name))
				continue
			}
			s := scaler{table: t, groupScale: gs}
			n := group{Name: g.Name, Interval: s.interval(g.Interval)}
			for _, r := range g.Rules {
				if _, leave := t.LeftOut[r.name()]; !leave {
					n.Rules = append(n.Rules, s.rule(r))
				}
			}
			for _, err := range s.bad {
				bad = append(bad, fmt.Errorf("group %s, factor %d: %w", g.Name, gs.Factor, err))
			}
			if len(n.Rules) > 0 {
				scaled.Groups = append(scaled.Groups, n)
			}
		}
		if len(scaled.Groups) > 0 {
			out = append(out, scaled)
		}
	}
	return out, errors.Join(bad...)
}

// check compares the table's names with the rules', and finds records that are read at
// another factor than they are made at.
func (t table) check(files []ruleFile) []error {
	var bad []error
	if t.PushInterval <= 0 {
		bad = append(bad, errors.New("the table has no push_interval"))
	}
	groups, rules, records := map[string]bool{}, map[string]string{}, map[string]string{}
	for _, f := range files {
		for _, g := range f.Groups {
			groups[g.Name] = true
			for _, r := range g.Rules {
				rules[r.name()] = g.Name
				if r.Record != "" {
					records[r.Record] = g.Name
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.Groups)) {
		if !groups[name] {
			bad = append(bad, fmt.Errorf("the table has a group %s, the rules have not", name))
		}
		for _, r := range slices.Sorted(maps.Keys(t.Groups[name].Seconds)) {
			if rules[r] != name {
				bad = append(bad, fmt.Errorf("the table gives seconds of %s, which is no rule of group %s", r, name))
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(t.LeftOut)) {
		if rules[name] == "" {
			bad = append(bad, fmt.Errorf("the table leaves out %s, which is no rule", name))
		}
		if t.LeftOut[name] == "" {
			bad = append(bad, fmt.Errorf("the table leaves out %s without a reason", name))
		}
	}
	for _, f := range files {
		for _, g := range f.Groups {
			for _, r := range g.Rules {
				if _, leave := t.LeftOut[r.name()]; leave {
					continue
				}
				expr, err := promQL.ParseExpr(r.Expr)
				if err != nil {
					continue // rule says so
				}
				for _, m := range metrics(expr) {
					from, recorded := records[m]
					if !recorded {
						continue
					}
					if _, leave := t.LeftOut[m]; leave {
						bad = append(bad, fmt.Errorf("%s reads %s, which the table leaves out", r.name(), m))
					}
					if a, b := t.Groups[from].Factor, t.Groups[g.Name].Factor; a != b {
						bad = append(bad, fmt.Errorf("%s (group %s, factor %d) reads %s (group %s, factor %d)", r.name(), g.Name, b, m, from, a))
					}
				}
			}
		}
	}
	return bad
}

// A scaler divides the durations of one group and collects what it cannot divide.
type scaler struct {
	table
	groupScale
	where string
	bad   []error
}

func (s *scaler) refuse(format string, args ...any) {
	s.bad = append(s.bad, fmt.Errorf(s.where+format, args...))
}

// divide gives whole milliseconds, which is what PromQL can say.
func (s *scaler) divide(what string, d time.Duration) time.Duration {
	if d%(time.Duration(s.Factor)*time.Millisecond) != 0 {
		s.refuse("%s of %s gives no whole milliseconds", what, model.Duration(d))
	}
	return d / time.Duration(s.Factor)
}

// window divides the range of a selector or subquery.
func (s *scaler) window(d time.Duration) time.Duration {
	n := max(s.divide("a range", d), time.Duration(s.AtLeast))
	if least := pushes * time.Duration(s.PushInterval); n < least {
		s.refuse("a range of %s becomes %s, which is less than %d pushes (%s)", model.Duration(d), model.Duration(n), pushes, model.Duration(least))
	}
	return n
}

// hold divides for or keep_firing_for.
func (s *scaler) hold(what, text string) string {
	if text == "" {
		return ""
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		s.refuse("%s: %w", what, err)
		return text
	}
	n := s.divide(what, time.Duration(d))
	if n > 0 && n < time.Second {
		s.refuse("%s of %s becomes %s, which is less than a second", what, text, model.Duration(n))
	}
	return model.Duration(n).String()
}

func (s *scaler) interval(text string) string {
	s.where = ""
	if s.EvaluationInterval > 0 {
		return s.EvaluationInterval.String()
	}
	return s.hold("interval", text)
}

func (s *scaler) rule(r rule) rule {
	s.where = r.name() + ": "
	r.For, r.KeepFiringFor = s.hold("for", r.For), s.hold("keep_firing_for", r.KeepFiringFor)
	expr, err := promQL.ParseExpr(r.Expr)
	if err != nil {
		s.refuse("%w", err)
		return r
	}
	s.expr(r.name(), expr)
	r.Expr = expr.String()
	return r
}

// expr divides the durations of an expression in place.
func (s *scaler) expr(name string, expr parser.Expr) {
	seconds, found, clock := s.Seconds[name], map[float64]bool{}, ""
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		switch n := n.(type) {
		case *parser.MatrixSelector:
			s.literal(n.RangeExpr)
			n.Range = s.window(n.Range)
		case *parser.VectorSelector:
			s.literal(n.OriginalOffsetExpr)
			n.OriginalOffset = s.divide("an offset", n.OriginalOffset)
			s.instant(n.Timestamp)
		case *parser.SubqueryExpr:
			s.literal(n.RangeExpr)
			s.literal(n.StepExpr)
			s.literal(n.OriginalOffsetExpr)
			n.Range, n.Step = s.window(n.Range), s.divide("a step", n.Step)
			n.OriginalOffset = s.divide("an offset", n.OriginalOffset)
			s.instant(n.Timestamp)
		case *parser.NumberLiteral:
			if n.Duration || slices.Contains(seconds, n.Val) {
				found[n.Val] = true
				n.Val /= float64(s.Factor)
			}
		case *parser.Call:
			switch n.Func.Name {
			case "time", "timestamp", "predict_linear":
				clock = n.Func.Name
			}
		}
		return nil
	})
	for _, v := range seconds {
		if !found[v] {
			s.refuse("no number %v, which the table says is seconds", v)
		}
	}
	if clock != "" && len(seconds) == 0 {
		s.refuse("it calls %s(), and the table does not say which numbers are seconds", clock)
	}
}

// literal refuses a computed duration: it has more than one number.
func (s *scaler) literal(d *parser.DurationExpr) {
	if d != nil {
		s.refuse("the duration %s is computed", d)
	}
}

func (s *scaler) instant(at *int64) {
	if at != nil {
		s.refuse("@ names an instant")
	}
}
