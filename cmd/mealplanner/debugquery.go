package main

import (
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
)

type debugPromqlCmd struct {
	output
	config.Diagnosis `embed:""`
	Expr             string `arg:"" help:"A PromQL expression that returns an instant vector."`
}

// Run prints the value and the labels of each series.
func (c *debugPromqlCmd) Run(ctx context.Context, std *streams) error {
	samples, err := app.NewPrometheus(c.PrometheusURL).Query(ctx, c.Expr)
	if err != nil {
		return err
	}
	l := newListing("no series", "value", "labels")
	for _, s := range samples {
		value := shown{s.Value, strconv.FormatFloat(s.Value, 'g', -1, 64)}
		if math.IsNaN(s.Value) || math.IsInf(s.Value, 0) { // which JSON cannot say
			value.value = value.text
		}
		l.add(value, shown{s.Labels, "{" + allLabels(s.Labels) + "}"})
	}
	return c.list(std, l)
}

type debugLogqlCmd struct {
	output
	config.Diagnosis `embed:""`
	Query            string        `arg:"" help:"A LogQL query that gives lines, e.g. '{service_name=~\"meal-planner.*\", level=\"error\"}'."`
	Since            time.Duration `default:"15m" help:"How far to look back, 20s to 720h."`
	Limit            int           `default:"20" help:"How many lines, 1 to 1000."`
}

// Run prints lines, the newest first.
func (c *debugLogqlCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	if err := checkSince(c.Since, 30*24*time.Hour); err != nil {
		return err
	}
	lines, err := app.NewLoki(c.LokiURL).Lines(ctx, c.Query, now().Add(-c.Since), c.Limit)
	if err != nil {
		return err
	}
	l := newListing("no lines", "time", "line", "labels")
	for _, r := range lines {
		l.add(shown{r.Time, r.Time.UTC().Format("2006-01-02 15:04:05.000Z")}, r.Text, shown{r.Labels, "{" + allLabels(r.Labels) + "}"})
	}
	return c.list(std, l)
}

type debugTraceCmd struct {
	output
	config.Diagnosis `embed:""`
	ID               string `arg:"" name:"trace" help:"The trace id, 32 hexadecimal characters."`
}

// Run prints the spans with their durations, each below its parent.
func (c *debugTraceCmd) Run(ctx context.Context, std *streams) error {
	spans, err := app.NewJaeger(c.JaegerURL).Trace(ctx, c.ID)
	if err != nil {
		return err
	}
	if !c.json() {
		printSpans(std.out, spans)
		return nil
	}
	l := newListing("", "span", "parent", "name", "start", "duration_ms", "tags")
	for _, s := range spans {
		l.add(s.ID, s.Parent, s.Name, s.Start, float64(s.Took.Microseconds())/1000, s.Tags)
	}
	return c.list(std, l)
}

type debugSQLCmd struct {
	settings
	output
	Statement string `arg:"" help:"One statement."`
}

// Run prints the rows.
func (c *debugSQLCmd) Run(ctx context.Context, std *streams) error {
	rows, more, err := app.QueryReadOnly(ctx, c.Database, c.Statement)
	if err != nil {
		return err
	}
	if more {
		printLine(std.err, "there are more rows")
	}
	if c.json() {
		return c.value(std, objects(rows))
	}
	t := newTable(std.out)
	for _, r := range rows {
		t.row(slices.Collect(anys(r))...)
	}
	return t.Flush()
}

func allLabels(labels map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(labels)) {
		out = append(out, fmt.Sprintf("%s=%q", k, labels[k]))
	}
	return strings.Join(out, ", ")
}

// printSpans prints each span below its parent; one whose parent is missing is a root.
func printSpans(w io.Writer, spans []telemetryapi.Span) {
	slices.SortStableFunc(spans, func(a, b telemetryapi.Span) int { return a.Start.Compare(b.Start) })
	known := map[string]bool{}
	for _, s := range spans {
		known[s.ID] = true
	}
	var under func(parent string, depth int)
	line := func(s telemetryapi.Span, depth int) {
		component := ""
		if c := s.Tags["component"]; c != "" {
			component = " component=" + c
		}
		printf(w, "%s%s %s%s\n", strings.Repeat("  ", depth), s.Name, s.Took.Round(10*time.Microsecond), component)
		under(s.ID, depth+1)
	}
	under = func(parent string, depth int) {
		for _, s := range spans {
			if s.Parent == parent && parent != "" {
				line(s, depth)
			}
		}
	}
	for _, s := range spans {
		if !known[s.Parent] {
			line(s, 0)
		}
	}
}

func anys(texts []string) iter.Seq[any] {
	return func(yield func(any) bool) {
		for _, t := range texts {
			if !yield(t) {
				return
			}
		}
	}
}

// objects are rows below their header, as JSON has them; values are as the database writes
// them.
func objects(rows [][]string) []record {
	out := []record{}
	for _, r := range rows[min(1, len(rows)):] {
		out = append(out, record{rows[0], slices.Collect(anys(r))})
	}
	return out
}

type debugCmd struct {
	User   debugUserCmd   `cmd:"" default:"withargs" help:"Write one user's DEBUG lines for a while, in every running process."`
	Promql debugPromqlCmd `cmd:"" help:"Query Prometheus: one line per series."`
	Logql  debugLogqlCmd  `cmd:"" help:"Query Loki: the newest lines."`
	Trace  debugTraceCmd  `cmd:"" help:"Show a trace's spans as a tree."`
	SQL    debugSQLCmd    `cmd:"" name:"sql" help:"Query the database, read-only: at most 100 rows within 5 seconds."`
}
