package main

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
)

type diagnoseCmd struct {
	settings
	output
	Slug  string        `arg:"" optional:"" help:"The alert's runbook, e.g. api-down: check only what can explain it. None: check everything."`
	Since time.Duration `default:"15m" help:"The window to look back, 20s to 24h. Findings from its last fifteenth (at least 20s) are current, older ones are listed as earlier."`
}

// Run asks the telemetry and the database, and changes nothing.
func (c *diagnoseCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if err := checkSince(c.Since, 24*time.Hour); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	r, err := app.Diagnose(ctx, c.Config, c.Slug, c.Since, now())
	if err != nil {
		return err
	}
	if c.json() {
		return c.value(std, r)
	}
	printReport(std.out, r, c.Slug)
	return nil
}

func checkSince(d, most time.Duration) error {
	if d < 20*time.Second || d > most {
		return fault.New(fault.InvalidInput, "--since", "%s is not between 20s and %.0fh", d, most.Hours())
	}
	return nil
}

func printReport(w io.Writer, r diagnose.Report, slug string) {
	for _, f := range r.Causes {
		printFinding(w, "cause:", f)
	}
	if len(r.Causes) == 0 {
		printLine(w, "no cause found")
	}
	for _, f := range r.Earlier {
		printFinding(w, "earlier:", f)
	}
	for _, s := range r.Changed {
		printLine(w, "changed:", s)
	}
	for _, n := range r.NotAsked {
		printLine(w, "not asked:", strings.Join(strings.Fields(n), " "))
	}
	if len(r.Causes) > 0 {
		printLine(w, "next: mealplanner mitigate")
	}
	if slug != "" {
		printLine(w, "next: /runbook/"+slug)
	}
}

func printFinding(w io.Writer, head string, f diagnose.Finding) {
	printLine(w, head, f.Cause)
	for _, e := range f.Evidence {
		printLine(w, "  evidence:", e)
	}
	for _, t := range f.Traces {
		printLine(w, "  trace: mealplanner debug trace", t)
	}
}
