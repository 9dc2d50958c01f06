package main

import (
	"context"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/mitigate"
)

type mitigateCmd struct {
	settings
	Name   string        `arg:"" optional:"" help:"The measure; none lists them, with those that would help now."`
	Type   string        `help:"Which jobs (AutoSync, ...), pool (api, scheduler) or setting, as the measure wants." placeholder:"NAME"`
	To     string        `help:"Another value than the measure's own." placeholder:"VALUE"`
	For    time.Duration `default:"1h" help:"When a changed setting ends by itself, 1m to 30 days."`
	Reason string        `help:"Why, for the record."`
	DryRun bool          `help:"Say what would be done."`
	Force  bool          `help:"Also when it is not needed."`
	Log    bool          `help:"List what was done, the newest first."`
}

// Run takes a measure, or lists them.
func (c *mitigateCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.For < time.Minute || c.For > maxSettingFor {
		return fault.New(fault.InvalidInput, "--for", "%s is not between 1m and 30 days", c.For)
	}
	r := mitigate.Request{Type: c.Type, To: c.To, For: c.For, By: whoami(), Reason: c.Reason, DryRun: c.DryRun, Force: c.Force}
	var measure mitigate.Measure
	if c.Name != "" {
		var err error
		if measure, err = mitigate.Lookup(c.Name); err != nil {
			return err
		}
	}
	return c.withApp(ctx, std, now, func(a *app.App) error {
		if err := a.Runtime.Read(ctx, a.JobStore); err != nil {
			return err
		}
		store := a.Mitigations()
		m := mitigate.New(store, a.Runtime)
		if c.Log {
			rows, err := store.List(ctx, 100)
			for _, r := range rows {
				fmt.Fprintf(std.out, "%s %s by %s: %s %s\n", r.DoneAt.UTC().Format("2006-01-02 15:04:05Z"), r.Name, r.DoneBy, r.Detail, r.Reason)
			}
			return err
		}
		if c.Name == "" {
			return listMeasures(ctx, std, m)
		}
		o, err := m.Do(ctx, measure, r)
		switch {
		case err != nil:
			return err
		case o.Done:
			fmt.Fprintf(std.out, "done: %s (%s)\n", o.Change, o.Why)
		case c.DryRun && (o.Needed || c.Force && o.Change != ""):
			fmt.Fprintf(std.out, "would do: %s (%s)\n", o.Change, o.Why)
		default:
			hint := ""
			if o.Change != "" {
				hint = " (--force does it all the same)"
			}
			fmt.Fprintf(std.out, "not needed: %s%s\n", o.Why, hint)
		}
		return nil
	})
}

func listMeasures(ctx context.Context, std *streams, m *mitigate.Mitigator) error {
	t := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "MEASURE\tHELPS NOW\tWHAT IT DOES")
	for _, x := range mitigate.Measures {
		helps := "no"
		for _, name := range x.Types() {
			o, err := m.Do(ctx, x, mitigate.Request{Type: name, For: time.Hour, DryRun: true})
			if err != nil {
				return err
			}
			if o.Needed {
				helps = strings.TrimSpace(strings.Replace(helps, "no", "yes", 1) + " " + name)
			}
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", x.Name, helps, x.Help)
	}
	return t.Flush()
}
