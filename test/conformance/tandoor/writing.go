package conformance

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

const oldMarker = "mealplanner:gen_2026w50_user_ana"

func meal(e *Env, day int, m recipe.Meal, name string) publish.Meal {
	return publish.Meal{
		Date: e.Monday + calendar.Date(day), Meal: m, Recipe: recipe.ID(e.Server.RecipeID(name)),
		Servings: nutrition.OneServing * 3 / 2, Name: name,
	}
}

func food(e *Env, name, unit string, amount recipe.Amount) publish.Need {
	return publish.Need{FoodID: int64(e.Server.FoodID(name)), Food: name, Unit: unit, Amount: amount * recipe.One}
}

// week is a plan of three breakfasts and three dinners, with what they need.
func week(e *Env) publish.Plan {
	p := publish.Plan{ID: 1, Connection: "home", Needs: []publish.Need{food(e, "Rice", "g", 500), food(e, "Egg", "", 6), food(e, "Banana", "g", 900)}}
	for day := range 3 {
		p.Meals = append(p.Meals, meal(e, day, recipe.Breakfast, "Overnight oats"), meal(e, day, recipe.Dinner, "Dal"))
	}
	return p
}

// writing is a case about one plan that is written to an empty calendar first.
type writing struct {
	*Env
	book *book
	plan publish.Plan
}

func begin(ctx context.Context, e *Env) (*writing, error) {
	w := &writing{e, newBook(), week(e)}
	r, err := w.write(ctx)
	if err == nil && (r.Created != 9 || len(r.Refused) > 0) {
		err = fmt.Errorf("first = %+v; want 6 meals and 3 lines", r)
	}
	return w, err
}

func (w *writing) write(ctx context.Context) (publish.Report, error) {
	return publish.Write(ctx, w.Client(), w.book, w.plan)
}

// again writes and compares what it did.
func (w *writing) again(ctx context.Context, created, deleted int) error {
	r, err := w.write(ctx)
	if err != nil || r.Created != created || r.Deleted != deleted || len(r.Refused) > 0 {
		return fmt.Errorf("written = %+v, %v; want %d created, %d deleted", r, err, created, deleted)
	}
	return nil
}

// shown is the whole calendar and the whole shopping list, as text to compare.
func (w *writing) shown(ctx context.Context) (meals, lines []string, err error) {
	all, err := planned(ctx, w.Env)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range all {
		meals = append(meals, fmt.Sprintf("%d %s %d %v %q", m.ID, m.Date, m.Recipe, m.Servings.Float(), m.Note))
	}
	list, err := w.Client().Lines(ctx, 0)
	for _, l := range list {
		text := fmt.Sprintf("%v %s %s", l.Amount.Float(), l.Unit, l.Food)
		if l.Checked {
			text += " ticked"
		}
		lines = append(lines, text)
	}
	slices.Sort(lines)
	return meals, lines, err
}

// list compares the shopping list with lines like "500 g Rice ticked".
func (w *writing) list(ctx context.Context, want ...string) error {
	_, lines, err := w.shown(ctx)
	slices.Sort(want)
	if err != nil || !slices.Equal(lines, want) {
		return fmt.Errorf("list = %q, %v; want %q", lines, err, want)
	}
	return nil
}

// idOf finds the row's entry in Tandoor.
func (w *writing) idOf(match func(publish.Row) bool) int64 {
	for _, r := range w.book.rows {
		if match(r.Row) {
			return r.Remote
		}
	}
	return 0
}

func (w *writing) mealID(m publish.Meal) int64 {
	return w.idOf(func(r publish.Row) bool { return r.Kind == publish.KindMeal && *r.Content.Meal == m })
}

func (w *writing) lineID(food string) int64 {
	return w.idOf(func(r publish.Row) bool { return r.Kind == publish.KindLine && r.Content.Need.Food == food })
}

func mealPath(id int64) string { return fmt.Sprintf("/api/meal-plan/%d/", id) }

func linePath(id int64) string { return fmt.Sprintf("/api/shopping-list-entry/%d/", id) }

func (w *writing) tick(ctx context.Context, food string) error {
	return patch(ctx, w.Env, linePath(w.lineID(food)), `{"checked":true}`)
}

func writingCases() []Case {
	return slices.Concat(plansWritten(), personsWork(), shopping(), []Case{
		lost("plan answer lost after it took effect", faultswitch.Rule{Method: "POST", Path: "/api/meal-plan/", Skip: 2}),
		lost("shopping answer lost after it took effect", faultswitch.Rule{Method: "POST", Path: "/api/shopping-list-entry/", Skip: 1}),
		{Name: "a person's twin is not taken for a lost answer", Check: func(ctx context.Context, e *Env) error {
			w := &writing{e, newBook(), week(e)}
			kind, err := ask(ctx, e, http.MethodPost, "/api/meal-type/", `{"name":"Breakfast"}`)
			if err != nil {
				return err
			}
			twin := fmt.Sprintf(`{"recipe":%d,"meal_type":%v,"servings":1.5,"from_date":%q}`, w.plan.Meals[0].Recipe, kind["id"], w.plan.Meals[0].Date)
			if err := send(ctx, e, http.MethodPost, "/api/meal-plan/", twin); err != nil {
				return err
			}
			if err := send(ctx, e, http.MethodPost, "/api/shopping-list-entry/", `{"food":{"name":"Rice"},"unit":{"name":"g"},"amount":500}`); err != nil {
				return err
			}
			for _, path := range []string{"/api/shopping-list-entry/", "/api/meal-plan/"} { // as they are written
				if _, err := e.Faults.Set(faultswitch.Rule{Method: "POST", Path: path, Status: 503, Times: 2}); err != nil {
					return err
				}
				if _, err := w.write(ctx); fault.KindOf(err) != fault.Unavailable {
					return fmt.Errorf("in an outage: %w", err)
				}
			}
			if _, err := w.write(ctx); err != nil {
				return err
			}
			meals, lines, err := w.shown(ctx)
			if err != nil || len(meals) != 7 || len(lines) != 4 {
				return fmt.Errorf("%d meals, %d lines, %v; want 6 and 3 of ours and one each of the person's", len(meals), len(lines), err)
			}
			return nil
		}},
		{Name: "removal answer lost after it took effect", Check: func(ctx context.Context, e *Env) error {
			for _, path := range []string{"/api/meal-plan/*", "/api/shopping-list-entry/*"} {
				w := &writing{e, newBook(), week(e)}
				if _, err := w.write(ctx); err != nil {
					return err
				}
				if _, err := e.Faults.Set(faultswitch.Rule{Method: "DELETE", Path: path, LoseAnswer: true, Times: 1}); err != nil {
					return err
				}
				w.plan.Meals, w.plan.Needs = nil, nil
				if _, err := w.write(ctx); err != nil {
					return err
				}
				w.plan = week(e) // what we took away ourselves is not a person's doing
				if err := w.again(ctx, 9, 0); err != nil {
					return err
				}
				w.plan.Meals, w.plan.Needs = nil, nil
				if err := w.again(ctx, 0, 9); err != nil {
					return err
				}
			}
			return nil
		}},
	})
}

func personsWork() []Case {
	return []Case{
		person("a meal dragged to another day stays there", func(ctx context.Context, w *writing) error {
			return patch(ctx, w.Env, mealPath(w.mealID(w.plan.Meals[1])), `{"servings":1.5,"from_date":"`+w.day(5)+`","to_date":"`+w.day(5)+`"}`)
		}),
		person("a meal dragged far away stays there", func(ctx context.Context, w *writing) error {
			return patch(ctx, w.Env, mealPath(w.mealID(w.plan.Meals[1])), `{"servings":1.5,"from_date":"`+w.day(340)+`","to_date":"`+w.day(340)+`"}`)
		}),
		person("a note stays and the meal is not made twice", func(ctx context.Context, w *writing) error {
			return patch(ctx, w.Env, mealPath(w.mealID(w.plan.Meals[1])), `{"servings":1.5,"note":"bring wine"}`)
		}),
		person("changed servings stay", func(ctx context.Context, w *writing) error {
			return patch(ctx, w.Env, mealPath(w.mealID(w.plan.Meals[1])), `{"servings":6}`)
		}),
		person("a deleted meal is not made again", func(ctx context.Context, w *writing) error {
			return send(ctx, w.Env, http.MethodDelete, mealPath(w.mealID(w.plan.Meals[0])), "")
		}),
		person("own meals and copies of ours stay", func(ctx context.Context, w *writing) error {
			for _, day := range []string{w.day(0), w.day(3)} {
				if err := send(ctx, w.Env, http.MethodPost, "/api/meal-plan/", fmt.Sprintf(`{"recipe":%d,"meal_type":%d,"servings":1.5,"from_date":%q}`, w.plan.Meals[1].Recipe, w.book.types[recipe.Dinner], day)); err != nil {
					return err
				}
			}
			return nil
		}),
		person("lines put on our meals stay", func(ctx context.Context, w *writing) error {
			return send(ctx, w.Env, http.MethodPost, "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":"Wine"},"unit":null,"amount":1,"mealplan_id":%d}`, w.mealID(w.plan.Meals[0])))
		}),
		person("an edited amount stays", func(ctx context.Context, w *writing) error {
			return patch(ctx, w.Env, linePath(w.lineID("Rice")), `{"amount":100}`)
		}),
		person("a deleted line is not made again", func(ctx context.Context, w *writing) error {
			return send(ctx, w.Env, http.MethodDelete, linePath(w.lineID("Rice")), "")
		}),
		person("a line that is ticked and then changed is not made again", func(ctx context.Context, w *writing) error {
			if err := w.tick(ctx, "Rice"); err != nil { // from here on no list shows it
				return err
			}
			return patch(ctx, w.Env, linePath(w.lineID("Rice")), `{"amount":450}`)
		}),
		person("a ticked line is not made again", func(ctx context.Context, w *writing) error { return w.tick(ctx, "Banana") }),
		{Name: "a slot that changes is written whatever a person did to the old meal", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := patch(ctx, e, mealPath(w.mealID(w.plan.Meals[1])), `{"servings":6}`); err != nil {
				return err
			}
			was := w.plan.Meals[1]
			w.plan.Meals[1] = meal(e, 0, recipe.Dinner, "Salmon bowl")
			if err := w.again(ctx, 1, 0); err != nil {
				return err
			}
			w.plan.Meals[1] = was
			return w.again(ctx, 1, 1)
		}},
		{Name: "a meal with a person's lines on it is not deleted", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := send(ctx, e, http.MethodPost, "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":"Wine"},"unit":null,"amount":1,"mealplan_id":%d}`, w.mealID(w.plan.Meals[1]))); err != nil {
				return err
			}
			w.plan.Meals[1] = meal(e, 0, recipe.Dinner, "Salmon bowl")
			if err := w.again(ctx, 1, 0); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "6  Egg", "900 g Banana", "1  Wine")
		}},
	}
}
