package app

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// publishEvery is how often plans that are not written back yet are looked for.
const publishEvery = 5 * time.Minute

func (a *App) publishDue(ctx context.Context) error {
	_, _, err := a.publish(ctx, "")
	return err
}

// Publish writes plans and groceries back to the libraries that opted in: those of one
// user, at once, or with "" those of everybody that are due. Writing twice leaves one set,
// so a plan that was written but not recorded is written again. It returns how many plans
// were published; those that fail stay for later. What a library refuses is logged, and
// fails no plan.
func (a *App) Publish(ctx context.Context, userID string) (int, error) {
	n, notWritten, err := a.publish(ctx, userID)
	return n, errors.Join(err, notWritten)
}

// publish tells plans that could not be written, which are logged when they fail in a new
// way, from what keeps it from trying.
func (a *App) publish(ctx context.Context, userID string) (n int, notWritten, err error) {
	todo, err := a.Plans.Unpublished(ctx, userID, calendar.On(a.opts.Now()))
	if err != nil {
		return 0, nil, err
	}
	var errs []error
	for _, p := range todo {
		ctx := telemetry.WithUser(ctx, p.User)
		r, claimed, news, err := a.Plans.Publish(ctx, p, func(ctx context.Context) (publish.Report, error) { return a.writeBack(ctx, p) })
		log := []any{"component", "write_back", "connection", p.Connection, "week_of", p.Week.String()}
		switch {
		case err != nil && (news || fault.KindOf(err) == fault.DatabaseError):
			a.Log.WarnContext(ctx, "Plan was not written back", append(log, observe.Failure(fault.KindOf(err), err)...)...)
		case err == nil && news && len(r.Refused) > 0:
			a.Log.WarnContext(ctx, "Plan was written back in part", append(log, "error_type", string(fault.TandoorError), "error_message", strings.Join(r.Refused, "; "))...)
		}
		if err != nil {
			errs = append(errs, err)
		} else if claimed {
			n++
		}
	}
	return n, errors.Join(errs...), nil
}

func (a *App) writeBack(ctx context.Context, p postgres.Unpublished) (publish.Report, error) {
	wanted, err := a.wanted(ctx, p)
	if err != nil {
		return publish.Report{}, err
	}
	client, err := a.Tandoor(ctx, p.Connection)
	if err != nil {
		return publish.Report{}, err
	}
	return publish.Write(ctx, client, a.writeBook, wanted)
}

// wanted is what the library should show of a plan.
func (a *App) wanted(ctx context.Context, p postgres.Unpublished) (publish.Plan, error) {
	stored, err := a.Plans.Get(ctx, p.User, p.Week)
	if err != nil {
		return publish.Plan{}, err
	}
	pool, err := a.Recipes.Load(ctx, p.Connection)
	if err != nil {
		return publish.Plan{}, err
	}
	n := namesOf(pool)
	return publish.Plan{
		ID: p.ID, Connection: p.Connection, Meals: plannedMeals(stored, p.People), Needs: publish.Merge(needs(stored.Groceries, n.need)),
		Old: publish.Old{
			Marker: "mealplanner:" + plan.GenerationID(p.User, p.Week), Meals: plannedMeals(stored, 1),
			Needs: needs(stored.Groceries, func(_ int64, name, unit string) (string, string) { return name, unit }),
		},
	}, nil
}

// plannedMeals are the plan's meals for all who eat.
func plannedMeals(s *plan.Plan, people int) []publish.Meal {
	var out []publish.Meal
	for _, d := range s.Week.Days {
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			out = append(out, publish.Meal{
				Date: d.Date, Meal: recipe.Meals[m], Recipe: sv.Recipe, Servings: sv.Servings * nutrition.Servings(people), Name: sv.Name,
			})
		}
	}
	return out
}

// needs are the exact needs, by food and unit as name calls them: Tandoor adds its own
// rounding.
func needs(l grocery.List, name func(food int64, foodName, unit string) (string, string)) []publish.Need {
	var out []publish.Need
	for _, sec := range l.Sections {
		for _, line := range sec.Lines {
			for _, q := range line.Need {
				scaled := new(big.Rat).Mul(q.Amount, big.NewRat(int64(recipe.One), 1))
				up := new(big.Int).Add(scaled.Num(), new(big.Int).Sub(scaled.Denom(), big.NewInt(1)))
				up.Quo(up, scaled.Denom())
				food, unit := name(line.Food, line.Name, q.Unit)
				out = append(out, publish.Need{FoodID: line.Food, Food: food, Unit: unit, Amount: recipe.Amount(up.Int64())})
			}
		}
	}
	return out
}

// names are what the library calls its foods and units.
type names struct {
	foods map[int64]string
	units map[foodUnit]map[string]int // how often which name stands for the unit
}

// foodUnit is a unit as the list of groceries states it, of one food or, with 0, of all.
type foodUnit struct {
	food int64
	unit string
}

func namesOf(pool []recipe.Recipe) names {
	n := names{map[int64]string{}, map[foodUnit]map[string]int{}}
	for _, r := range pool {
		for _, in := range r.Ingredients {
			n.foods[in.Food.ID] = in.Food.Name
			unit, ok := grocery.UnitOf(in)
			if !ok || in.Unit.Name == "" {
				continue
			}
			for _, k := range []foodUnit{{in.Food.ID, unit}, {0, unit}} {
				if n.units[k] == nil {
					n.units[k] = map[string]int{}
				}
				n.units[k][in.Unit.Name]++
			}
		}
	}
	return n
}

// need names a food and a unit as the library does, the food in the singular and the unit
// as most of its recipes have it.
func (n names) need(food int64, name, unit string) (foodName, unitName string) {
	foodName = cmp.Or(n.foods[food], name)
	if unit == "" {
		return foodName, ""
	}
	for _, k := range []foodUnit{{food, unit}, {0, unit}} {
		if by := n.units[k]; len(by) > 0 {
			return foodName, slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) })[0]
		}
	}
	return foodName, unit
}
