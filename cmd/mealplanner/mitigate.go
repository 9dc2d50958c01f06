package main

import (
	"context"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/mitigate"
)

type mitigateCmd struct {
	settings
	output
	Name   string        `arg:"" optional:"" help:"The measure; none lists them and says which would help now."`
	Type   string        `help:"Which jobs (AutoSync, ...), pool (api, scheduler) or setting, depending on the measure." placeholder:"NAME"`
	To     string        `help:"Another value than the default." placeholder:"VALUE"`
	For    time.Duration `default:"1h" help:"How long an override lasts, 1m to 30 days."`
	Reason string        `help:"Why, for the record."`
	DryRun bool          `help:"Show what would be done."`
	Force  bool          `help:"Even if it is not needed."`
	Log    bool          `help:"List what was done, newest first."`
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
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if err := a.Runtime.Read(ctx, a.JobStore); err != nil {
			return err
		}
		store := a.Mitigations()
		m := mitigate.New(store, a.Runtime)
		if c.Log {
			rows, err := store.List(ctx, 100)
			if err != nil {
				return err
			}
			l := newListing("nothing was done", "at", "measure", "by", "change", "reason")
			for _, r := range rows {
				l.add(r.DoneAt, r.Name, r.DoneBy, r.Detail, r.Reason)
			}
			return c.list(std, l)
		}
		if c.Name == "" {
			return c.measures(ctx, std, m)
		}
		o, err := m.Do(ctx, measure, r)
		switch {
		case err != nil:
			return err
		case o.Done:
			printf(std.out, "done: %s (%s)\n", o.Change, o.Why)
		case c.DryRun && (o.Needed || c.Force && o.Change != ""):
			printf(std.out, "would do: %s (%s)\n", o.Change, o.Why)
		default:
			hint := ""
			if o.Change != "" {
				hint = " (--force does it all the same)"
			}
			printf(std.out, "not needed: %s%s\n", o.Why, hint)
		}
		return nil
	})
}

// measures lists what there is, and what would help now.
func (c *mitigateCmd) measures(ctx context.Context, std *streams, m *mitigate.Mitigator) error {
	l := newListing("", "measure", "helps_now", "what_it_does")
	for _, x := range mitigate.Measures {
		helps, needed := []string{}, "no"
		for _, name := range x.Types() {
			o, err := m.Do(ctx, x, mitigate.Request{Type: name, For: time.Hour, DryRun: true})
			if err != nil {
				return err
			}
			if o.Needed {
				helps, needed = append(helps, name), "yes"
			}
		}
		l.add(x.Name, shown{helps, strings.TrimSpace(needed + " " + strings.Join(helps, " "))}, x.Help)
	}
	return c.list(std, l)
}
