package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/fault"
)

type importCmd struct {
	settings
	Connection string `help:"Id of one connection; default: all." placeholder:"ID"`
	Full       bool   `help:"Fetch every recipe again, and find deleted ones."`
	Problems   bool   `help:"List what should be mended in the recipes."`
}

// Run refreshes the recipe pools.
func (c *importCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.App) error {
		ids := []string{c.Connection}
		if c.Connection == "" {
			conns, err := a.Users.Connections(ctx)
			if err != nil {
				return err
			}
			if len(conns) == 0 {
				return fault.New(fault.NotFound, "import", "no library is connected: see `mealplanner user add --help`")
			}
			ids = ids[:0]
			for _, conn := range conns {
				ids = append(ids, conn.ID)
			}
		}
		for _, id := range ids {
			s, err := a.Sync.Refresh(ctx, id, c.Full, progress(std.err))
			if err != nil {
				return err
			}
			fmt.Fprintf(std.out, "%s: %d recipes changed, %d deleted, %d problems\n", id, s.Changed, s.Deleted, s.Problems)
			if !c.Problems {
				continue
			}
			problems, err := a.Recipes.Problems(ctx, id)
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintf(std.out, "  recipe %d %q: %s: %s\n", p.Recipe, p.Name, p.Field, p.Problem)
			}
			recipes, err := a.Recipes.Load(ctx, id)
			if err != nil {
				return err
			}
			for _, r := range recipes {
				for _, g := range r.Gaps {
					fmt.Fprintf(std.out, "  recipe %d %q: left out, it embeds %s\n", r.ID, r.Name, g)
				}
			}
		}
		return nil
	})
}
