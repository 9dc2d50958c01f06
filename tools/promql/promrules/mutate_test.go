package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func ids(t *testing.T, r rule) map[string]string {
	t.Helper()
	all, err := mutants(r)
	if err != nil {
		t.Fatal(err)
	}
	m := map[string]string{}
	for _, x := range all {
		if _, twice := m[x.ID]; twice {
			t.Errorf("%s occurs twice", x.ID)
		}
		m[x.ID] = strings.TrimSuffix(fmt.Sprint(x.Expr, " ", x.For, " ", x.KeepFiringFor), "  ")
	}
	return m
}

func TestMutants(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule rule
		want map[string]string
	}{
		"comparison and number": {rule{Alert: "A", Expr: "x > 4"}, map[string]string{
			"A: > is < before 4": "x < 4", "A: > is >= before 4": "x >= 4", "A: 4 doubled": "x > 8", "A: 4 halved": "x > 2",
		}},
		"equality and zero": {rule{Alert: "A", Expr: "x == 0"}, map[string]string{"A: == is != before 0": "x != 0", "A: 0 is 1": "x == 1"}},
		"holds": {rule{Alert: "A", Expr: "x", For: "1h", KeepFiringFor: "5m"}, map[string]string{
			"A: for 1h is 2h": "x 2h 5m", "A: for 1h is not there": "x  5m", "A: keep_firing_for 5m is 10m": "x 1h 10m", "A: keep_firing_for 5m is not there": "x 1h ",
		}},
		"matchers": {rule{Alert: "A", Expr: `x{a="1", b!="2"}`}, map[string]string{
			`A: no a="1" in x{a="1",b!="2"}`: `x{b!="2"}`, `A: no b!="2" in x{a="1",b!="2"}`: `x{a="1"}`,
		}},
		"the last matcher must stay": {rule{Alert: "A", Expr: `{a="1"}`}, map[string]string{}},
		"grouping": {rule{Alert: "A", Expr: "sum by (a, b) (x) + max without (c) (y)"}, map[string]string{
			"A: no a in sum by (a, b) of x": "sum by (b) (x) + max without (c) (y)", "A: no b in sum by (a, b) of x": "sum by (a) (x) + max without (c) (y)",
			"A: no c in max without (c) of y": "sum by (a, b) (x) + max without () (y)",
		}},
		"ranges": {rule{Alert: "A", Expr: "rate(x[5m]) + max_over_time(y[1h:1m])"}, map[string]string{
			"A: x[5m] over half the range": "rate(x[2m30s]) + max_over_time(y[1h:1m])", "A: y[1h:1m] over half the range": "rate(x[5m]) + max_over_time(y[30m:1m])",
		}},
		"operands": {rule{Alert: "A", Expr: "x and on (a) y"}, map[string]string{
			"A: only what is before and y": "x", "A: only what is after x and": "y", "A: no a in and on (a)": "x and on () y",
		}},
		"on nothing":   {rule{Alert: "A", Expr: "x + on () y"}, map[string]string{"A: no on () after +": "x + y"}},
		"offset":       {rule{Alert: "A", Expr: "x offset 5m"}, map[string]string{"A: no offset in x offset 5m": "x"}},
		"two the same": {rule{Alert: "A", Expr: "x + 2 + 2"}, map[string]string{"A: 2 doubled": "x + 4 + 2", "A: 2 halved": "x + 1 + 2", "A: 2 doubled (2)": "x + 2 + 4", "A: 2 halved (2)": "x + 2 + 1"}},
	} {
		got := ids(t, c.rule)
		if len(got) != len(c.want) {
			t.Errorf("%s: %d mutants: %q", name, len(got), got)
		}
		for id, want := range c.want {
			if got[id] != want {
				t.Errorf("%s: %s gives %q, want %q", name, id, got[id], want)
			}
		}
	}
}

// fakePromtool is a stand-in that reads the rules it is given: what it cannot find there, a
// test would have missed.
func fakePromtool(t *testing.T, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "promtool")
	if err := os.WriteFile(path, []byte("#!/bin/sh\ncd \"$(dirname \"$3\")\"\n"+body), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestJudge(t *testing.T) {
	t.Parallel()
	r := rule{Alert: "A", Expr: "x > 4"}
	files := []ruleFile{{Path: "rules/a.yml", Groups: []group{{Name: "g", Rules: []rule{r, {Alert: "B", Expr: "y"}}}}}}
	tests := map[string]testFile{"tests/a.yml": {RuleFiles: []string{"../rules/a.yml"}, Tests: []testGroup{{Name: "t", Alerts: []map[string]any{{"alertname": "A", "eval_time": "1m"}, {"alertname": "B", "eval_time": "1m"}}}}}}
	for name, c := range map[string]struct {
		promtool   string
		equivalent map[string]string
		want       []string // in the error; none: no error
	}{
		"all found":                   {`grep -q "x > 4" a.yml || { echo FAILED; exit 1; }`, nil, nil},
		"the other rule is not there": {`grep -q "alert: B" a.yml && echo FAILED && exit 1; grep -q "alertname: B" test.yaml && echo FAILED && exit 1; grep -q "x > 4" a.yml || { echo FAILED; exit 1; }`, nil, nil},
		"one survives":                {`grep -qE "x >=? 4" a.yml || { echo FAILED; exit 1; }`, nil, []string{"survives: A: > is >= before 4"}},
		"one is equivalent":           {`grep -qE "x >=? 4" a.yml || { echo FAILED; exit 1; }`, map[string]string{"A: > is >= before 4": "because"}, nil},
		"without a reason":            {`grep -qE "x >=? 4" a.yml || { echo FAILED; exit 1; }`, map[string]string{"A: > is >= before 4": ""}, []string{"survives"}},
		"an entry is found":           {`grep -q "x > 4" a.yml || { echo FAILED; exit 1; }`, map[string]string{"A: 4 doubled": "because"}, []string{"but killed: A: 4 doubled"}},
		"an entry is nothing":         {`grep -q "x > 4" a.yml || { echo FAILED; exit 1; }`, map[string]string{"A: 5 doubled": "because"}, []string{"but not there: A: 5 doubled"}},
		"the rule itself fails":       {`echo FAILED; exit 1`, nil, []string{"A as it is"}},
		"promtool breaks":             {`grep -q "x > 4" a.yml || exit 2`, nil, []string{"promtool: exit status 2"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bench{promtool: fakePromtool(t, c.promtool), tests: tests, rules: map[string]ruleFile{"rules/a.yml": files[0]}}
			var out bytes.Buffer
			err := b.judgeAll(t.Context(), &out, []rule{r}, c.equivalent, 2)
			if (err == nil) != (c.want == nil) {
				t.Fatalf("%v\n%s", err, out.String())
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%v; want %q", err, w)
				}
			}
		})
	}
}

// What an alert reads through records is tested by the alert's tests.
func TestTrialsFollowRecords(t *testing.T) {
	t.Parallel()
	f := ruleFile{Path: "a.yml", Groups: []group{
		{Name: "g", Rules: []rule{{Record: "a:b:c", Expr: "x"}, {Record: "a:b:d", Expr: "a:b:c"}}},
		{Name: "h", Rules: []rule{{Alert: "A", Expr: "a:b:d > 1"}, {Alert: "B", Expr: "y"}, {Alert: "C", Expr: "count(ALERTS)"}}},
	}}
	one := func(alert string) testGroup {
		return testGroup{Name: alert, Alerts: []map[string]any{{"alertname": alert, "eval_time": "1m"}}}
	}
	b := bench{rules: map[string]ruleFile{"a.yml": f}, tests: map[string]testFile{"t.yml": {
		RuleFiles: []string{"a.yml"}, Order: []string{"h", "other", "g"},
		Tests: []testGroup{one("A"), one("B"), one("C"), {Name: "D", Exprs: []map[string]any{{"expr": "sum(a:b:c)", "eval_time": "1m"}}}},
	}}}
	for name, want := range map[string]string{
		"a:b:c": "D: [g] 1 rules; A: [h g] 3 rules; ",
		"a:b:d": "A: [h g] 3 rules; ",
		"A":     "A: [h g] 3 rules; ",
		"C":     "C: [h g] 5 rules; ",
	} {
		trials, err := b.trials(name)
		if err != nil {
			t.Fatal(err)
		}
		var got strings.Builder
		for _, tr := range trials {
			n := 0
			for _, g := range tr.rules[0].Groups {
				n += len(g.Rules)
			}
			fmt.Fprintf(&got, "%s: %v %d rules; ", tr.Tests[0].Name, tr.Order, n)
		}
		if got.String() != want {
			t.Errorf("%s: %s; want %s", name, got.String(), want)
		}
	}
}
