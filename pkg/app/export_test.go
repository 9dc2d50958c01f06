package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// ReadGauges reads the gauges of the installation, which the leader does by itself every
// 15 seconds.
func (a *App) ReadGauges(ctx context.Context) { a.installation.Read(ctx) }

// ReadWeeks returns the gauges about weeks, as they are at the program's own time.
func (a *App) ReadWeeks(ctx context.Context) ([]metrics.Reading, error) {
	return a.records().Weeks(ctx)
}

// Probe asks every upstream once whether it is up.
func (a *App) Probe(ctx context.Context) {
	a.availability.Look(ctx)
}

// LookForHeartbeat looks once, as it does by itself every ten seconds.
func (a *App) LookForHeartbeat(ctx context.Context) error {
	p, err := a.pager()
	if err != nil {
		return err
	}
	return alerting.NewWatch(a.s.Alerts, p, a.opts.Config.Alerts.HeartbeatTimeout).Look(ctx)
}

// Purge runs the purge at once.
func (a *App) Purge(ctx context.Context) error { return a.s.purge(ctx) }

// Wanted is what the library should show of a plan.
func (a *App) Wanted(ctx context.Context, d publish.Due) (publish.Plan, error) {
	return publish.New(a.s.Plans, a.s.Recipes, a.s.libraries, a.s.writeBook, a.s.Shopping).Wanted(ctx, d)
}

// Elsewhere are the pages of other servers that show a trace.
var Elsewhere = elsewhere
