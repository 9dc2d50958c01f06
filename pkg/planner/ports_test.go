package planner_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

var week = calendar.On(time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC))

// ports are the planner's ports in memory.
type ports struct {
	pool    recipe.Pool
	poolErr error
	weight  float64
	wErr    error
	in      planner.Inputs

	mu    sync.Mutex
	saved []planner.Draft
}

func (p *ports) Recipes(context.Context, string) (recipe.Pool, error) { return p.pool, p.poolErr }

func (p *ports) Weight(context.Context, user.User) (float64, error) { return p.weight, p.wErr }

func (p *ports) Inputs(context.Context, string, calendar.Date) (planner.Inputs, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	in := p.in
	if len(p.saved) > 0 {
		in.Existing = &p.saved[0].Plan
	}
	return in, nil
}

func (p *ports) Save(_ context.Context, d planner.Draft) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.saved = append(p.saved, d)
	return len(p.saved) == 1, nil
}

func (p *ports) WeeklyPlan(u user.User, _ plan.Plan) (mail.Mail, error) {
	return mail.Mail{Type: "weekly_plan", To: u.Email}, nil
}

// inline runs the components without telemetry and notes their names.
func inline(names *[]string, mu *sync.Mutex) planner.Step {
	return func(ctx context.Context, name string, fn func(context.Context) error) error {
		mu.Lock()
		*names = append(*names, name)
		mu.Unlock()
		return fn(ctx)
	}
}

func (p *ports) generate(req planner.Request) (planner.Result, []string, error) {
	return p.generateWith(planner.Settings{Timeout: func() time.Duration { return time.Minute }, Effort: 1}, req)
}

func (p *ports) generateWith(s planner.Settings, req planner.Request) (planner.Result, []string, error) {
	var (
		names []string
		mu    sync.Mutex
	)
	res, err := planner.New(p, p, p, p, inline(&names, &mu), s).Generate(context.Background(), req)
	return res, names, err
}

func ana() user.User {
	u := user.User{ID: "user_ana", Name: "Ana", Email: "ana@example.org", TimeZone: "UTC", Enabled: true, People: 2, Connection: "home", Settings: user.DefaultSettings()}
	u.Settings.Targets = &nutrition.Macros{Protein: 120 * nutrition.Gram, Fat: 60 * nutrition.Gram, Carbs: 200 * nutrition.Gram}
	return u
}

// dish makes a recipe of the foods with a third of Ana's targets, roughly.
func dish(id int, meals []recipe.Meal, foods ...string) recipe.Recipe {
	r := recipe.Recipe{
		ID: recipe.ID(id), Name: fmt.Sprint("dish ", id), Servings: 2, WorkingMinutes: 10, Meals: meals, MealsSaid: true, Nutrition: recipe.Stated,
		PerServing: nutrition.Macros{
			Protein: nutrition.Mass(35+id%11) * nutrition.Gram, Fat: nutrition.Mass(16+id%7) * nutrition.Gram, Carbs: nutrition.Mass(58+id%17) * nutrition.Gram,
		},
	}
	for i, f := range foods {
		r.Ingredients = append(r.Ingredients, recipe.Ingredient{
			Food: recipe.Food{ID: int64(len(f)*1000 + i), Name: f}, Unit: recipe.Unit{Name: "g", Base: "g"}, Amount: 100 * recipe.One,
		})
	}
	return r
}

func library(foods func(i int) []string) []recipe.Recipe {
	var out []recipe.Recipe
	for i := range 45 {
		meals := []recipe.Meal{recipe.Breakfast}
		if i >= 15 {
			meals = []recipe.Meal{recipe.Lunch, recipe.Dinner}
		}
		out = append(out, dish(i+1, meals, foods(i)...))
	}
	return out
}

func rice(int) []string { return []string{"rice"} }
