package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
)

// debuggedEvery is how often a process rereads which users' DEBUG lines are on.
const debuggedEvery = 5 * time.Second

// watchSettings applies the overrides stored in the database and resizes the pools
// accordingly.
func (a *App) watchSettings(ctx context.Context) error {
	if err := a.s.Runtime.Read(ctx, a.s.JobStore); err != nil { // before the first job
		return err
	}
	a.background(ctx, "runtime settings", func(ctx context.Context) {
		a.every(ctx, override.Every, "runtime settings", "scheduler", a.applySettings)
	})
	return nil
}

func (a *App) applySettings(ctx context.Context) error {
	if err := a.s.Runtime.Read(ctx, a.s.JobStore); err != nil {
		return err
	}
	for name, p := range a.pools {
		was, want := p.Size(), a.s.Runtime.PoolSize(name)
		if was == want {
			continue
		}
		if err := p.Resize(ctx, want); err != nil {
			return err
		}
		a.log.WarnContext(ctx, "Database pool resized", "component", "database", "pool", name, "from", was, "to", want)
	}
	return nil
}

// watchDebugged applies the database's list of users whose DEBUG lines are on.
func (a *App) watchDebugged(ctx context.Context) {
	a.background(ctx, "debugged users", func(ctx context.Context) {
		a.every(ctx, debuggedEvery, "debugged users", "telemetry", a.readDebugged)
	})
}

func (a *App) readDebugged(ctx context.Context) error {
	users, err := a.s.Users.Debugged(ctx, a.opts.Now())
	if err != nil {
		return err
	}
	a.telemetry.Levels.SetDebug(users)
	return nil
}

// SetDebug implements [web.Debugged]: it takes effect here immediately, elsewhere soon.
func (a *App) SetDebug(ctx context.Context, userID string, until time.Time) error {
	if err := a.s.Users.SetDebug(ctx, userID, until); err != nil {
		return err
	}
	return a.readDebugged(ctx)
}
