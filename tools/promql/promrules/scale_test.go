package main

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
)

func one(r rule) []ruleFile {
	return []ruleFile{{Path: "a.yml", Groups: []group{{Name: "g", Interval: "1m", Rules: []rule{r}}}}}
}

func pushing(every time.Duration, g groupScale) table {
	return table{PushInterval: model.Duration(every), Groups: map[string]groupScale{"g": g}}
}

func TestScaleDividesDurations(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		expr, want string
		seconds    []float64
	}{
		"range":            {`sum by (a) (increase(x_total[1h] anchored)) > 60`, `sum by (a) (increase(x_total[1m] anchored)) > 60`, nil},
		"offset":           {`x offset 6h`, `x offset 6m`, nil},
		"negative offset":  {`x offset -1h`, `x offset -1m`, nil},
		"range and offset": {`rate(x[5m] offset 1d)`, `rate(x[5s] offset 24m)`, nil},
		"subquery":         {`max_over_time(rate(x[5m])[1d:1m] offset 1h)`, `max_over_time(rate(x[5s])[24m:1s] offset 1m)`, nil},
		"default step":     {`max_over_time(x[1d:])`, `max_over_time(x[24m:])`, nil},
		"duration literal": {`time() - x > 1h`, `time() - x > 1m`, []float64{3600}},
		"seconds":          {`time() - max(x) > 7.5 * 86400`, `time() - max(x) > 7.5 * 1440`, []float64{86400}},
		"plain numbers":    {`x > 14.4 * 0.005 and y == 3600`, `x > 14.4 * 0.005 and y == 3600`, nil},
		"milliseconds":     {`rate(x[90m30s])`, `rate(x[1m30s500ms])`, nil},
	} {
		tb := pushing(time.Second, groupScale{Factor: 60, Seconds: map[string][]float64{"A": c.seconds}})
		if c.seconds == nil {
			tb.Groups["g"] = groupScale{Factor: 60}
		}
		got, err := tb.scale(one(rule{Alert: "A", Expr: c.expr, For: "2m", KeepFiringFor: "1h"}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		g := got[0].Groups[0]
		if r := g.Rules[0]; r.Expr != c.want || r.For != "2s" || r.KeepFiringFor != "1m" || g.Interval != "1s" {
			t.Errorf("%s: every %s, %s for %s, kept %s; want %s", name, g.Interval, r.Expr, r.For, r.KeepFiringFor, c.want)
		}
	}
}

func TestScaleRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		rule  rule
		group groupScale
		want  string
	}{
		"short range":      {rule{Alert: "A", Expr: `rate(x[3m])`}, groupScale{Factor: 60}, "group g, factor 60: A: a range of 3m becomes 3s, which is less than 4 pushes (4s)"},
		"short subquery":   {rule{Alert: "A", Expr: `max_over_time(x[3m:1m])`}, groupScale{Factor: 60}, "becomes 3s"},
		"clamp too short":  {rule{Alert: "A", Expr: `rate(x[3m])`}, groupScale{Factor: 60, AtLeast: model.Duration(3500 * time.Millisecond)}, "becomes 3s500ms"},
		"short for":        {rule{Alert: "A", Expr: `x`, For: "30s"}, groupScale{Factor: 60}, "for of 30s becomes 500ms"},
		"short keep":       {rule{Alert: "A", Expr: `x`, KeepFiringFor: "30s"}, groupScale{Factor: 60}, "keep_firing_for of 30s becomes 500ms"},
		"not whole":        {rule{Alert: "A", Expr: `rate(x[1h])`}, groupScale{Factor: 7}, "no whole milliseconds"},
		"unmarked clock":   {rule{Alert: "A", Expr: `time() - x > 3600`}, groupScale{Factor: 60}, "does not say which numbers are seconds"},
		"mark not there":   {rule{Alert: "A", Expr: `time() - x > 3600`}, groupScale{Factor: 60, Seconds: map[string][]float64{"A": {86400}}}, "no number 86400"},
		"mark of no rule":  {rule{Alert: "A", Expr: `x`}, groupScale{Factor: 60, Seconds: map[string][]float64{"B": {1}}}, "seconds of B"},
		"an instant":       {rule{Alert: "A", Expr: `x @ 1000`}, groupScale{Factor: 60}, "instant"},
		"no factor":        {rule{Alert: "A", Expr: `x`}, groupScale{}, "no factor"},
		"not PromQL":       {rule{Alert: "A", Expr: `x >`}, groupScale{Factor: 60}, "parse error"},
		"not a duration":   {rule{Alert: "A", Expr: `x`, For: "soon"}, groupScale{Factor: 60}, "not a valid duration"},
		"two at one time":  {rule{Alert: "A", Expr: `rate(x[3m])`, For: "30s"}, groupScale{Factor: 60}, "\n"},
		"a group of no us": {rule{Alert: "A", Expr: `x`}, groupScale{Factor: 60}, "the table has a group h"},
	} {
		tb := pushing(time.Second, c.group)
		if strings.HasPrefix(name, "a group") {
			tb.Groups["h"] = groupScale{Factor: 1}
		}
		if _, err := tb.scale(one(c.rule)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %q", name, err, c.want)
		}
	}
}

func TestScaleClampsWhereTold(t *testing.T) {
	t.Parallel()
	got, err := pushing(time.Second, groupScale{Factor: 60, AtLeast: model.Duration(5 * time.Second)}).scale(one(rule{Record: "r", Expr: `rate(x[1m]) + rate(x[1h])`}))
	if err != nil || got[0].Groups[0].Rules[0].Expr != `rate(x[5s]) + rate(x[1m])` {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestScaleComparesReadersWithRecords(t *testing.T) {
	t.Parallel()
	files := []ruleFile{
		{Path: "a.yml", Groups: []group{{Name: "g", Rules: []rule{{Record: "a:b:c", Expr: "x"}}}}},
		{Path: "b.yml", Groups: []group{{Name: "h", Rules: []rule{{Alert: "A", Expr: "sum(a:b:c) > 1"}}}}},
	}
	tb := table{PushInterval: model.Duration(time.Second), Groups: map[string]groupScale{"g": {Factor: 2}, "h": {Factor: 3}}}
	if _, err := tb.scale(files); err == nil || err.Error() != "A (group h, factor 3) reads a:b:c (group g, factor 2)" {
		t.Errorf("different factors: %v", err)
	}
	tb.Groups["h"] = groupScale{Factor: 2}
	if got, err := tb.scale(files); err != nil || len(got) != 2 {
		t.Errorf("same factor: %v, %v", got, err)
	}
	tb.LeftOut = map[string]string{"a:b:c": "because"}
	if _, err := tb.scale(files); err == nil || err.Error() != "A reads a:b:c, which the table leaves out" {
		t.Errorf("left out: %v", err)
	}
	tb.LeftOut = map[string]string{"a:b:c": "because", "A": "because"}
	if got, err := tb.scale(files); err != nil || len(got) != 0 {
		t.Errorf("both left out: %v, %v", got, err)
	}
	tb.LeftOut = map[string]string{"A": ""}
	if _, err := tb.scale(files); err == nil || err.Error() != "the table leaves out A without a reason" {
		t.Errorf("no reason: %v", err)
	}
}

func TestScaleSetsTheEvaluation(t *testing.T) {
	t.Parallel()
	tb := pushing(time.Second, groupScale{Factor: 1})
	tb.EvaluationInterval = model.Duration(time.Second)
	got, err := tb.scale(one(rule{Alert: "A", Expr: "x"}))
	if err != nil || got[0].Groups[0].Interval != "1s" {
		t.Errorf("%+v, %v", got, err)
	}
}

func shippingRules(t *testing.T) []ruleFile {
	t.Helper()
	paths, err := filepath.Glob("../../../prometheus/rules/*.yml")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	files, err := readRules(paths)
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Factor 1 gives back what ships: written, read and compared as parsed.
func TestScaleByOneKeepsTheShippingRules(t *testing.T) {
	t.Parallel()
	files := shippingRules(t)
	tb := table{PushInterval: model.Duration(15 * time.Second), Groups: map[string]groupScale{}}
	for _, f := range files {
		for _, g := range f.Groups {
			tb.Groups[g.Name] = groupScale{Factor: 1}
		}
	}
	tb.Groups["week"] = groupScale{Factor: 1, Seconds: map[string][]float64{"WeeklyGenerationMissing": {86400}}}
	scaled, err := tb.scale(files)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := writeRules(dir, scaled); err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, f := range files {
		got := ruleFile{}
		if err := decode(filepath.Join(dir, filepath.Base(f.Path)), &got); err != nil {
			t.Fatal(err)
		}
		if len(got.Groups) != len(f.Groups) {
			t.Fatalf("%s: %d groups of %d", f.Path, len(got.Groups), len(f.Groups))
		}
		for i, g := range f.Groups {
			if got.Groups[i].Name != g.Name || got.Groups[i].Interval != g.Interval || len(got.Groups[i].Rules) != len(g.Rules) {
				t.Fatalf("%s: group %s became %s", f.Path, g.Name, got.Groups[i].Name)
			}
			for j, want := range g.Rules {
				count++
				is := got.Groups[i].Rules[j]
				a, errA := promQL.ParseExpr(want.Expr)
				b, errB := promQL.ParseExpr(is.Expr)
				if errA != nil || errB != nil || a.String() != b.String() {
					t.Errorf("%s: %v, %v: %s became %s", want.name(), errA, errB, want.Expr, is.Expr)
				}
				if is.name() != want.name() || hold(t, is.For) != hold(t, want.For) || hold(t, is.KeepFiringFor) != hold(t, want.KeepFiringFor) ||
					!maps.Equal(is.Labels, want.Labels) || !maps.Equal(is.Annotations, want.Annotations) {
					t.Errorf("%+v became %+v", want, is)
				}
			}
		}
	}
	if count == 0 {
		t.Error("no rule")
	}
}

func hold(t *testing.T, text string) model.Duration {
	t.Helper()
	if text == "" {
		return 0
	}
	d, err := model.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDecodeIsStrict(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"unknown field": "groups: [{name: g, limit: 3, rules: []}]",
		"two documents": "groups: []\n---\ngroups: []\n",
	} {
		path := filepath.Join(t.TempDir(), "a.yml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := decode(path, &ruleFile{}); err == nil {
			t.Errorf("%s: read", name)
		}
	}
}

func TestMetrics(t *testing.T) {
	t.Parallel()
	expr, err := promQL.ParseExpr(`sum(rate(a[5m])) / b + on () count({x="1"}) + max_over_time(c[1h:1m])`)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := metrics(expr), []string{"ALL", "a", "b", "c"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
