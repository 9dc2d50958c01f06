package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/diagnose"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/telemetryapi"
)

type diagnoseCmd struct {
	settings
	Slug  string        `arg:"" optional:"" help:"The alert's runbook, e.g. api-down: what can explain it. None: whatever is found."`
	Since time.Duration `default:"15m" help:"The window before now that is looked at, 20s to 24h. What was seen in its newest fifteenth (20s at least) goes on; the rest is said as earlier."`
	JSON  bool          `help:"Print JSON."`
}

// Run asks the telemetry and the database, and changes nothing.
func (c *diagnoseCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.Since < 20*time.Second || c.Since > 24*time.Hour {
		return fault.New(fault.InvalidInput, "--since", "%s is not between 20s and 24h", c.Since)
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := app.Diagnose(ctx, c.Config, c.Slug, c.Since, now())
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(std.out)
		e.SetIndent("", "  ")
		return e.Encode(r)
	}
	printReport(std.out, r, c.Slug)
	return nil
}

func printReport(w io.Writer, r diagnose.Report, slug string) {
	for _, f := range r.Causes {
		printFinding(w, "cause:", f)
	}
	if len(r.Causes) == 0 {
		fmt.Fprintln(w, "no cause found")
	}
	for _, f := range r.Earlier {
		printFinding(w, "earlier:", f)
	}
	for _, s := range r.Changed {
		fmt.Fprintln(w, "changed:", s)
	}
	for _, n := range r.NotAsked {
		fmt.Fprintln(w, "not asked:", strings.Join(strings.Fields(n), " "))
	}
	if len(r.Causes) > 0 {
		fmt.Fprintln(w, "next: mealplanner mitigate")
	}
	if slug != "" {
		fmt.Fprintln(w, "next: /runbook/"+slug)
	}
}

func printFinding(w io.Writer, head string, f diagnose.Finding) {
	fmt.Fprintln(w, head, f.Cause)
	for _, e := range f.Evidence {
		fmt.Fprintln(w, "  evidence:", e)
	}
	for _, t := range f.Traces {
		fmt.Fprintln(w, "  trace:", t)
	}
}

type debugCmd struct {
	User   debugUserCmd   `cmd:"" default:"withargs" help:"Write one user's DEBUG lines for a while, in every running process."`
	Promql debugPromqlCmd `cmd:"" help:"Ask Prometheus: one line for each series."`
	Logql  debugLogqlCmd  `cmd:"" help:"Ask Loki: the newest lines."`
	Trace  debugTraceCmd  `cmd:"" help:"Show a trace's spans as a tree."`
	SQL    debugSQLCmd    `cmd:"" name:"sql" help:"Ask the database, reading only: at most 100 rows within 5 seconds."`
}

type debugPromqlCmd struct {
	config.Diagnosis `embed:""`
	Expr             string `arg:"" help:"A PromQL expression that gives an instant vector."`
}

// Run prints the value and the labels of each series.
func (c *debugPromqlCmd) Run(ctx context.Context, std *streams) error {
	samples, err := app.NewPrometheus(c.PrometheusURL).Query(ctx, c.Expr)
	if err != nil {
		return err
	}
	for _, s := range samples {
		fmt.Fprintf(std.out, "%v {%s}\n", s.Value, allLabels(s.Labels))
	}
	if len(samples) == 0 {
		fmt.Fprintln(std.out, "no series")
	}
	return nil
}

type debugLogqlCmd struct {
	config.Diagnosis `embed:""`
	Query            string        `arg:"" help:"A LogQL query that gives lines, e.g. '{service_name=~\"meal-planner.*\", level=\"error\"}'."`
	Since            time.Duration `default:"15m" help:"How far to look back."`
	Limit            int           `default:"20" help:"How many lines, 1 to 1000."`
}

// Run prints lines, the newest first.
func (c *debugLogqlCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkLimit(c.Limit); err != nil {
		return err
	}
	lines, err := app.NewLoki(c.LokiURL).Lines(ctx, c.Query, now().Add(-c.Since), c.Limit)
	if err != nil {
		return err
	}
	for _, l := range lines {
		fmt.Fprintf(std.out, "%s %s {%s}\n", l.Time.UTC().Format("2006-01-02 15:04:05.000Z"), l.Text, allLabels(l.Labels))
	}
	if len(lines) == 0 {
		fmt.Fprintln(std.out, "no lines")
	}
	return nil
}

type debugTraceCmd struct {
	config.Diagnosis `embed:""`
	ID               string `arg:"" help:"The trace id, 32 hexadecimal characters."`
}

// Run prints the spans with their durations, each below its parent.
func (c *debugTraceCmd) Run(ctx context.Context, std *streams) error {
	spans, err := app.NewJaeger(c.JaegerURL).Trace(ctx, c.ID)
	if err != nil {
		return err
	}
	printSpans(std.out, spans)
	return nil
}

type debugSQLCmd struct {
	settings
	Statement string `arg:"" help:"One statement."`
}

// Run prints the rows.
func (c *debugSQLCmd) Run(ctx context.Context, std *streams) error {
	table, more, err := app.Ask(ctx, c.Database, c.Statement)
	if err != nil {
		return err
	}
	printTable(std.out, table)
	if more {
		fmt.Fprintln(std.err, "there are more rows")
	}
	return nil
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
		fmt.Fprintf(w, "%s%s %s", strings.Repeat("  ", depth), s.Name, s.Took.Round(10*time.Microsecond))
		if c := s.Tags["component"]; c != "" {
			fmt.Fprintf(w, " component=%s", c)
		}
		fmt.Fprintln(w)
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

// printTable prints rows below their header.
func printTable(w io.Writer, rows [][]string) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		fmt.Fprintln(t, strings.Join(r, "\t"))
	}
	_ = t.Flush() // a terminal that went away
}
