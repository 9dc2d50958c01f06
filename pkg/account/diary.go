package account

import (
	"context"
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Meal is a meal that a user confirmed.
type Meal struct {
	Date     calendar.Date
	Meal     recipe.Meal
	Recipe   recipe.ID
	Servings nutrition.Servings
}

// FoodRef is a food of the service and its serving measured in grams. The zero value: the
// service has no food of that name.
type FoodRef struct{ Food, Serving string }

// Entry is one intended entry of the diary.
type Entry struct {
	Date   calendar.Date
	Meal   recipe.Meal
	Line   int // of the recipe, from 0
	Recipe recipe.ID
	Food   string // our name
	Ref    FoodRef
	ID     string // of the written entry; "" = not written
	Status Status
}

// Status is the progress of an entry.
type Status string

// The statuses.
const (
	Intended Status = "intended"
	Written  Status = "written"
	Unmapped Status = "unmapped" // the service knows no such food, or the line cannot be weighed
)

// Diary stores intended and written entries.
type Diary interface {
	Confirmed(ctx context.Context, userID string, after calendar.Date) ([]Meal, error)
	Entries(ctx context.Context, userID string, after calendar.Date) ([]Entry, error)
	// Intend records an entry before it is written; a written one stays unchanged.
	Intend(ctx context.Context, userID string, e Entry) error
	Wrote(ctx context.Context, userID string, e Entry) error
	// Food returns the cached food of a name; false: none, or looked up long ago.
	Food(ctx context.Context, name string) (FoodRef, bool, error)
	PutFood(ctx context.Context, name string, r FoodRef) error
	Recipes(ctx context.Context, connection string) ([]recipe.Recipe, error)
}

// Result counts entries.
type Result struct {
	Written  int      // now
	Intended int      // entries a dry run would write
	Unmapped []string // foods the service does not know by name, or that cannot be weighed
}

// lookBack is how many days back confirmed meals are written.
const lookBack = 7

// write writes the meals the user confirmed in the last week that are not yet in the diary:
// ingredient by ingredient, each once, and only ingredients the service knows by their exact
// name. dryRun only counts what it would write.
func (a *Accounts) write(ctx context.Context, u user.User, t Token, today calendar.Date, dryRun bool) (Result, error) {
	var r Result
	after := today - lookBack
	meals, err := a.Diary.Confirmed(ctx, u.ID, after)
	if err != nil || len(meals) == 0 {
		return r, err
	}
	before, err := a.Diary.Entries(ctx, u.ID, after)
	if err != nil {
		return r, err
	}
	recipes, err := a.Diary.Recipes(ctx, u.Connection)
	if err != nil {
		return r, err
	}
	var known []string
	for _, e := range before {
		if e.ID != "" {
			known = append(known, e.ID)
		}
	}
	for _, m := range meals {
		i := slices.IndexFunc(recipes, func(x recipe.Recipe) bool { return x.ID == m.Recipe })
		if i < 0 || recipes[i].Servings <= 0 {
			r.Unmapped = append(r.Unmapped, fmt.Sprintf("recipe %d, which the library does not hold any more", m.Recipe))
			continue
		}
		for line := range recipes[i].Ingredients {
			if slices.ContainsFunc(before, func(e Entry) bool {
				return e.Date == m.Date && e.Meal == m.Meal && e.Line == line && e.Status == Written
			}) {
				continue
			}
			id, err := a.line(ctx, work{u, t, m, recipes[i], dryRun}, line, known, &r)
			if err != nil {
				return r, err
			}
			if id != "" {
				known = append(known, id)
			}
		}
	}
	return r, nil
}

// work is a confirmed meal to write into a diary.
type work struct {
	user   user.User
	token  Token
	meal   Meal
	recipe recipe.Recipe
	dryRun bool
}

// line writes one ingredient of a meal and returns the entry's id, if one was written.
func (a *Accounts) line(ctx context.Context, w work, line int, known []string, res *Result) (string, error) {
	m, in := w.meal, w.recipe.Ingredients[line]
	if in.NoAmount {
		return "", nil
	}
	e := Entry{Date: m.Date, Meal: m.Meal, Line: line, Recipe: m.Recipe, Food: in.Food.Name, Status: Unmapped}
	f, _ := food.Of(in.Food)
	mass, weighed := food.Weigh(in, f)
	if weighed {
		ref, err := a.find(ctx, in.Food.Name)
		if err != nil {
			return "", err
		}
		if ref != (FoodRef{}) {
			e.Ref, e.Status = ref, Intended
		}
	}
	if e.Status == Unmapped && !slices.Contains(res.Unmapped, e.Food) {
		res.Unmapped = append(res.Unmapped, e.Food)
	}
	if w.dryRun {
		if e.Status == Intended {
			res.Intended++
		}
		return "", nil
	}
	if err := a.Diary.Intend(ctx, w.user.ID, e); err != nil || e.Status == Unmapped {
		return "", err
	}
	eaten := mass * nutrition.Mass(m.Servings) / nutrition.Mass(nutrition.OneServing) / nutrition.Mass(w.recipe.Servings)
	id, err := a.Service.Log(ctx, w.token, e, w.recipe.Name, eaten, known)
	if err != nil {
		return "", err
	}
	e.ID, e.Status = id, Written
	res.Written++
	return id, a.Diary.Wrote(ctx, w.user.ID, e)
}

// find looks a food up once.
func (a *Accounts) find(ctx context.Context, name string) (FoodRef, error) {
	name = food.Normalize(name)
	if ref, ok, err := a.Diary.Food(ctx, name); err != nil || ok {
		return ref, err
	}
	ref, err := a.Service.FindFood(ctx, name)
	if err != nil {
		return ref, err
	}
	return ref, a.Diary.PutFood(ctx, name, ref)
}
