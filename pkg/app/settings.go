package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
)

// debuggedEvery is how soon a process notices whose DEBUG lines are wanted.
const debuggedEvery = 5 * time.Second

// watchSettings keeps the settings in force as the database says, and the pools at the
// size they name.
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

// watchDebugged keeps the users whose DEBUG lines are written as the database says.
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

// SetDebug implements [web.Debugged]: this process follows at once, others soon.
func (a *App) SetDebug(ctx context.Context, userID string, until time.Time) error {
	if err := a.s.Users.SetDebug(ctx, userID, until); err != nil {
		return err
	}
	return a.readDebugged(ctx)
}
