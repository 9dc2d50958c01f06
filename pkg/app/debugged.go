package app

import (
	"context"
	"time"
)

// debuggedEvery is how often a process rereads which users' DEBUG lines are on.
const debuggedEvery = 5 * time.Second

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
