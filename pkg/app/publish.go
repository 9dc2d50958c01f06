package app

import (
	"context"
	"errors"
	"math/big"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/grocery"
	"github.com/mealplanner/mealplanner/pkg/observe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/recipe"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// publishEvery is how often plans that are not written back yet are tried.
const publishEvery = 5 * time.Minute

func (a *App) publishDue(ctx context.Context) error {
	_, err := a.Publish(ctx, "")
	return err
}

// Publish writes plans and groceries back to the libraries that opted in: those of one
// user, or all with "". Writing twice leaves one set, so a plan that was written but not
// recorded is written again. It returns how many plans were published; those that fail
// are logged and stay for the next time.
func (a *App) Publish(ctx context.Context, userID string) (int, error) {
	todo, err := a.Plans.Unpublished(ctx, userID, calendar.On(a.opts.Now()))
	if err != nil {
		return 0, err
	}
	n := 0
	var errs []error
	for _, p := range todo {
		ctx := telemetry.WithUser(ctx, p.User)
		claimed, err := a.Plans.Publish(ctx, p.ID, func(ctx context.Context) error { return a.writeBack(ctx, p) })
		if err != nil {
			a.Log.WarnContext(ctx, "Plan was not written back", append([]any{"component", "write_back"}, observe.Failure(fault.KindOf(err), err)...)...)
			errs = append(errs, err)
			continue
		}
		if claimed {
			n++
		}
	}
	return n, errors.Join(errs...)
}

func (a *App) writeBack(ctx context.Context, p postgres.Unpublished) error {
	stored, err := a.Plans.Get(ctx, p.User, p.Week)
	if err != nil {
		return err
	}
	client, err := a.Tandoor(ctx, p.Connection)
	if err != nil {
		return err
	}
	written, err := client.WritePlan(ctx, "mealplanner:"+planner.GenerationID(p.User, p.Week), planEntries(stored))
	if err == nil && len(written.IDs) > 0 {
		_, err = client.WriteShopping(ctx, written.IDs[0], shoppingLines(stored.Groceries))
	}
	return err
}

func planEntries(s *planner.Stored) []tandoor.PlanEntry {
	var out []tandoor.PlanEntry
	for _, d := range s.Week.Days {
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			name := recipe.Meals[m].String()
			out = append(out, tandoor.PlanEntry{
				Date: d.Date.Time(), MealType: string(name[0]-'a'+'A') + name[1:], Recipe: sv.Recipe, Servings: sv.Servings,
			})
		}
	}
	return out
}

// shoppingLines are the exact needs: Tandoor adds its own rounding.
func shoppingLines(l grocery.List) []tandoor.ShoppingLine {
	var out []tandoor.ShoppingLine
	for _, sec := range l.Sections {
		for _, line := range sec.Lines {
			for _, q := range line.Need {
				scaled := new(big.Rat).Mul(q.Amount, big.NewRat(int64(recipe.One), 1))
				up := new(big.Int).Add(scaled.Num(), new(big.Int).Sub(scaled.Denom(), big.NewInt(1)))
				up.Quo(up, scaled.Denom())
				out = append(out, tandoor.ShoppingLine{Food: line.Name, Unit: q.Unit, Amount: recipe.Amount(up.Int64())})
			}
		}
	}
	return out
}
