package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/common/model"
)

// A testFile is a file of promtool's rule tests. What is not looked at here passes through.
type testFile struct {
	RuleFiles []string       `yaml:"rule_files"`
	Every     model.Duration `yaml:"evaluation_interval"`
	Order     []string       `yaml:"group_eval_order,omitempty"`
	Fuzzy     bool           `yaml:"fuzzy_compare,omitempty"`
	Tests     []testGroup    `yaml:"tests"`
}

type testGroup struct {
	Name   string           `yaml:"name"`
	Alerts []map[string]any `yaml:"alert_rule_test,omitempty"`
	Exprs  []map[string]any `yaml:"promql_expr_test,omitempty"`
	Rest   map[string]any   `yaml:",inline"`
}

// A trial is what of one test group has to do with one rule, and the rules it needs.
type trial struct {
	testFile // of one group
	path     string
	rules    []ruleFile
	cost     time.Duration // how much time is evaluated, times how many rules, over the interval
}

// A bench runs promtool on trials.
type bench struct {
	promtool string
	tests    map[string]testFile // by path
	rules    map[string]ruleFile // by path as resolved
}

// trials returns what tests a rule: cases of an alert that reads it, by records too, or is
// it, and cases of expressions that do. Cheap ones come first.
func (b bench) trials(name string) ([]trial, error) {
	var all []trial
	for _, path := range slices.Sorted(maps.Keys(b.tests)) {
		f := b.tests[path]
		var files []ruleFile
		for _, r := range f.RuleFiles {
			rf, ok := b.rules[filepath.Join(filepath.Dir(path), r)]
			if !ok {
				return nil, fmt.Errorf("%s: rules %s are not given", path, r)
			}
			files = append(files, rf)
		}
		reads, err := newReads(files)
		if err != nil {
			return nil, err
		}
		for _, g := range f.Tests {
			t := trial{testFile: testFile{Every: f.Every, Fuzzy: f.Fuzzy}, path: path}
			need, last := map[string]bool{}, time.Duration(0)
			keep := testGroup{Name: g.Name, Rest: g.Rest}
			pick := func(c map[string]any, roots []string, into *[]map[string]any) error {
				if direct := reads.closure(roots, false); !direct[name] {
					return nil
				}
				at, err := model.ParseDuration(fmt.Sprint(c["eval_time"]))
				if err != nil {
					return fmt.Errorf("%s: %s: eval_time: %w", path, g.Name, err)
				}
				last = max(last, time.Duration(at))
				maps.Copy(need, reads.closure(roots, true))
				*into = append(*into, c)
				return nil
			}
			for _, c := range g.Alerts {
				if err := pick(c, []string{fmt.Sprint(c["alertname"])}, &keep.Alerts); err != nil {
					return nil, err
				}
			}
			for _, c := range g.Exprs {
				expr, err := promQL.ParseExpr(fmt.Sprint(c["expr"]))
				if err != nil {
					return nil, fmt.Errorf("%s: %s: %w", path, g.Name, err)
				}
				if err := pick(c, metrics(expr), &keep.Exprs); err != nil {
					return nil, err
				}
			}
			if len(keep.Alerts)+len(keep.Exprs) == 0 {
				continue
			}
			t.Tests = []testGroup{keep}
			t.rules = only(files, need)
			for _, rf := range t.rules {
				for _, g := range rf.Groups {
					if slices.Contains(f.Order, g.Name) {
						t.Order = append(t.Order, g.Name)
					}
					t.cost += last * time.Duration(len(g.Rules)) / max(1, time.Duration(f.Every)/time.Second)
				}
			}
			slices.SortFunc(t.Order, func(a, b string) int { return slices.Index(f.Order, a) - slices.Index(f.Order, b) })
			all = append(all, t)
		}
	}
	slices.SortStableFunc(all, func(a, b trial) int { return int((a.cost - b.cost) / time.Second) })
	return all, nil
}

// only returns the named rules, in their groups and files.
func only(files []ruleFile, names map[string]bool) []ruleFile {
	var out []ruleFile
	for _, f := range files {
		keep := ruleFile{Path: f.Path}
		for _, g := range f.Groups {
			n := group{Name: g.Name, Interval: g.Interval}
			for _, r := range g.Rules {
				if names[r.name()] {
					n.Rules = append(n.Rules, r)
				}
			}
			if len(n.Rules) > 0 {
				keep.Groups = append(keep.Groups, n)
			}
		}
		if len(keep.Groups) > 0 {
			out = append(out, keep)
		}
	}
	return out
}

// reads says which metrics each rule selects.
type reads struct {
	of     map[string][]string
	alerts []string
}

func newReads(files []ruleFile) (reads, error) {
	r := reads{of: map[string][]string{}}
	for _, f := range files {
		for _, g := range f.Groups {
			for _, x := range g.Rules {
				expr, err := promQL.ParseExpr(x.Expr)
				if err != nil {
					return r, fmt.Errorf("%s: %w", x.name(), err)
				}
				r.of[x.name()] = metrics(expr)
				if x.Alert != "" {
					r.alerts = append(r.alerts, x.Alert)
				}
			}
		}
	}
	return r, nil
}

// closure returns the rules that roots are and read. What reads ALERTS needs all alerts, and
// what selects without a name all rules; as a test it speaks of none of them.
func (r reads) closure(roots []string, needed bool) map[string]bool {
	found := map[string]bool{}
	for queue := slices.Clone(roots); len(queue) > 0; queue = queue[1:] {
		name := queue[0]
		switch {
		case needed && name == "ALERTS":
			queue = append(queue, r.alerts...)
		case needed && name == "ALL":
			queue = slices.AppendSeq(queue, maps.Keys(r.of))
		}
		if of, ok := r.of[name]; ok && !found[name] {
			found[name] = true
			queue = append(queue, of...)
		}
	}
	return found
}

// run says whether a trial passes with m in its rule's place. Its own directory goes away.
func (b bench) run(ctx context.Context, t trial, m mutant) (passed bool, output string, err error) {
	dir, err := os.MkdirTemp("", "promrules-")
	if err != nil {
		return false, "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	files := make([]ruleFile, 0, len(t.rules))
	for _, f := range t.rules {
		n := ruleFile{Path: f.Path}
		for _, g := range f.Groups {
			g.Rules = slices.Clone(g.Rules)
			for i := range g.Rules {
				if g.Rules[i].name() == m.name() {
					g.Rules[i] = m.rule
				}
			}
			n.Groups = append(n.Groups, g)
		}
		files = append(files, n)
		t.RuleFiles = append(t.RuleFiles, filepath.Base(f.Path))
	}
	if err := writeRules(dir, files); err != nil {
		return false, "", err
	}
	test := filepath.Join(dir, "test.yaml")
	if err := writeYAML(test, t.testFile); err != nil {
		return false, "", err
	}
	cmd := exec.CommandContext(ctx, b.promtool, "test", "rules", test)
	cmd.Env = append(os.Environ(), "TMPDIR="+dir, "GOMAXPROCS=1")
	out, err := cmd.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return true, string(out), nil
	case ctx.Err() == nil && errors.As(err, &exit) && exit.Exited() && bytes.Contains(out, []byte("FAILED")):
		return false, string(out), nil
	default:
		return false, "", fmt.Errorf("promtool: %w\n%s", err, out)
	}
}

// A verdict is the outcome for one mutant.
type verdict struct {
	ID     string
	killed bool
}

// judge runs all mutants of a rule, each until a trial fails. The rule itself must pass all.
func (b bench) judge(ctx context.Context, r rule) ([]verdict, error) {
	trials, err := b.trials(r.name())
	if err != nil {
		return nil, err
	}
	for _, t := range trials {
		if passed, out, err := b.run(ctx, t, mutant{rule: r}); err != nil || !passed {
			return nil, fmt.Errorf("%s as it is, in %s: %w\n%s", r.name(), t.path, errors.Join(err, errors.New("fails")), out)
		}
	}
	all, err := mutants(r)
	if err != nil {
		return nil, err
	}
	var verdicts []verdict
	for _, m := range all {
		v := verdict{ID: m.ID}
		for i, t := range trials {
			passed, _, err := b.run(ctx, t, m)
			if err != nil {
				return nil, fmt.Errorf("%s, in %s: %w", m.ID, t.path, err)
			}
			if !passed {
				v.killed = true
				// What killed one mutant is likely to kill the next.
				copy(trials[1:i+1], trials[:i])
				trials[0] = t
				break
			}
		}
		verdicts = append(verdicts, v)
	}
	return verdicts, nil
}

// judgeAll judges the rules that match, workers at a time, and writes a report: each rule,
// what survived, the sum. equivalent gives reasons by mutant; one that is killed or does not
// exist is an error, as is a survivor without a reason.
func (b bench) judgeAll(ctx context.Context, out io.Writer, rules []rule, equivalent map[string]string, workers int) error {
	begin := time.Now()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var (
		mu      sync.Mutex
		group   sync.WaitGroup
		failed  []error
		all     []verdict
		pending = make(chan rule)
	)
	for range workers {
		group.Go(func() {
			for r := range pending {
				start := time.Now()
				verdicts, err := b.judge(ctx, r)
				mu.Lock()
				if err != nil {
					failed = append(failed, err)
					cancel()
				} else {
					killed := 0
					for _, v := range verdicts {
						if v.killed {
							killed++
						}
					}
					fmt.Fprintf(out, "%-42s %3d of %3d killed, %5.1f s\n", r.name(), killed, len(verdicts), time.Since(start).Seconds())
				}
				all = append(all, verdicts...)
				mu.Unlock()
			}
		})
	}
	for _, r := range rules {
		pending <- r
	}
	close(pending)
	group.Wait()
	if len(failed) > 0 {
		return errors.Join(failed...)
	}
	slices.SortFunc(all, func(a, b verdict) int { return strings.Compare(a.ID, b.ID) })
	killed, excused := 0, 0
	unused := maps.Clone(equivalent)
	for _, v := range all {
		reason, listed := equivalent[v.ID]
		delete(unused, v.ID)
		switch {
		case v.killed && listed:
			failed = append(failed, fmt.Errorf("listed as equivalent, but killed: %s", v.ID))
		case v.killed:
			killed++
		case listed && reason != "":
			excused++
		default:
			failed = append(failed, fmt.Errorf("survives: %s", v.ID))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(unused)) {
		failed = append(failed, fmt.Errorf("listed as equivalent, but not there: %s", id))
	}
	fmt.Fprintf(out, "%d mutants of %d rules: %d killed, %d equivalent, %d wrong; %.0f s\n",
		len(all), len(rules), killed, excused, len(failed), time.Since(begin).Seconds())
	return errors.Join(failed...)
}
