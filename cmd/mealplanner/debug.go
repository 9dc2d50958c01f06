package main

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/web"
)

type debugUserCmd struct {
	settings
	User string        `arg:"" help:"Whose DEBUG lines are written."`
	For  time.Duration `default:"1h" help:"For how long; 0s ends it."`
}

// Run asks every running process for one user's DEBUG lines; they follow within seconds.
func (c *debugUserCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	if c.For < 0 || c.For > web.MaxDebug {
		return fault.New(fault.InvalidInput, "--for", "%s is not between 0s and %s", c.For, web.MaxDebug)
	}
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		until := now().Add(c.For)
		if err := a.Users.SetDebug(ctx, c.User, until); err != nil {
			return err
		}
		printf(std.out, "DEBUG lines of %s until %s\n", c.User, until.UTC().Format(time.RFC3339))
		return nil
	})
}
