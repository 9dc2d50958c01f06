package app

import (
	"context"
	"os"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
)

// joinKeys reads which key is in use; a database without our schema has none yet.
func (a *App) joinKeys(ctx context.Context) error {
	err := a.s.Keys.Join(ctx)
	if fault.KindOf(err) == fault.DatabaseError {
		if n, perr := postgres.Pending(ctx, a.pool()); perr == nil && n > 0 {
			return nil
		}
	}
	return err
}

// watchKeys publishes which keys this process holds, and switches to the key in use.
func (a *App) watchKeys(ctx context.Context) error {
	if err := a.s.Keys.Join(ctx); err != nil { // migrations may have run after New
		return err
	}
	if _, err := a.s.Keys.Check(ctx); err != nil {
		return err
	}
	process := a.instance + "/" + strconv.Itoa(os.Getpid())
	if err := a.s.Keys.Beat(ctx, process); err != nil {
		return err
	}
	a.stops.push("keys", func(ctx context.Context) error {
		_ = a.s.Keys.Leave(ctx, process) // it counts as running for another minute
		return nil
	})
	a.background(ctx, "keys", func(ctx context.Context) {
		a.every(ctx, keyring.Every, "keys", "keyring", func(ctx context.Context) error { return a.s.Keys.Beat(ctx, process) })
	})
	return nil
}
