package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/config/override"
)

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

// configured are the limits in force where no override is set.
func configured(c config.Config) override.Configured {
	return override.Configured{
		Concurrency: c.Scheduler.Concurrency, GenerationTimeout: c.Generation.Timeout,
		APIPool: c.Database.APIPool, SchedulerPool: c.Database.SchedulerPool,
	}
}
