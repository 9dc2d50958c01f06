package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

type importFlags struct {
	Full     bool `help:"Fetch every recipe again."`
	Accept   bool `name:"accept-changes" help:"Accept the library as it is: another space, or many recipes gone."`
	Problems bool `help:"List problems in the recipes."`
}

type importCmd struct {
	settings
	Connection string `help:"Id of one connection; default: all." placeholder:"CONNECTION"`
	importFlags
}

// Run refreshes the recipe pools; a library that fails does not keep the others.
func (c *importCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		if c.Connection != "" {
			return c.run(ctx, a, std, now, c.Connection)
		}
		conns, err := a.Users.Connections(ctx)
		if err != nil {
			return err
		}
		if len(conns) == 0 {
			return fault.New(fault.NotFound, "import", "no library is connected: see `mealplanner connection add --help`")
		}
		ids := make([]string, len(conns))
		for i, conn := range conns {
			ids[i] = conn.ID
		}
		return c.run(ctx, a, std, now, ids...)
	})
}

type connectionImportCmd struct {
	settings
	ID string `arg:"" name:"connection" help:"Id of the connection."`
	importFlags
}

// Run refreshes one pool.
func (c *connectionImportCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error { return c.run(ctx, a, std, now, c.ID) })
}

// run imports the libraries and brings the planned weeks in line with what changed.
func (f importFlags) run(ctx context.Context, a *app.Services, std *streams, now func() time.Time, ids ...string) error {
	var first error
	failed := 0
	for _, id := range ids {
		refresh := func() (recipesync.Summary, error) { return a.Sync.Refresh(ctx, id, f.Full, std.importing(now)) }
		if f.Accept {
			refresh = func() (recipesync.Summary, error) { return a.Sync.Accept(ctx, id, std.importing(now)) }
		}
		s, err := refresh()
		if err != nil {
			failed++
			if first == nil {
				first = err
			}
			if len(ids) > 1 {
				printf(std.err, "%s: %v\n", id, err)
			}
			continue
		}
		problems, err := problems(ctx, a, id)
		if err != nil {
			return err
		}
		printf(std.out, "%s: %s changed, %d deleted; %s in the whole library\n", id, counted(s.Changed, "recipe"), s.Deleted, counted(len(problems), "problem"))
		switch {
		case f.Problems:
			for _, p := range problems {
				printf(std.out, "  %s\n", p)
			}
		case len(problems) > 0:
			printf(std.out, "  `mealplanner connection import %s --problems` lists them\n", id)
		}
	}
	if failed > 0 && len(ids) > 1 {
		first = fault.Wrap(fault.KindOf(first), fmt.Sprintf("%d of %d libraries could not be imported; the first", failed, len(ids)), first)
	}
	if err := amendAll(ctx, a, std.out); first == nil {
		return err
	}
	return first
}

// problems are what should be mended in a library's recipes, a line each.
func problems(ctx context.Context, a *app.Services, id string) ([]string, error) {
	found, err := a.Recipes.Problems(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, p := range found {
		out = append(out, fmt.Sprintf("recipe %d %q: %s: %s", p.Recipe, p.Name, p.Field, p.Problem))
	}
	recipes, err := a.Recipes.Load(ctx, id)
	if err != nil {
		return nil, err
	}
	for _, r := range recipes {
		for _, g := range r.Gaps {
			out = append(out, fmt.Sprintf("recipe %d %q: left out, it embeds %s", r.ID, r.Name, g))
		}
	}
	return out, nil
}
