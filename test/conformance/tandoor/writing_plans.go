package conformance

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

func plansWritten() []Case {
	return []Case{
		{Name: "plan is written once", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			meals, lines, err := w.shown(ctx)
			if err != nil || len(meals) != 6 || len(lines) != 3 {
				return fmt.Errorf("%d meals, %d lines, %v; want 6 and 3", len(meals), len(lines), err)
			}
			return nil
		}},
		{Name: "plan dates are the user's, whatever the server's zone", StandIn: true, Options: func(o *tandoortest.Options) {
			o.Location = time.FixedZone("far west", -11*3600)
		}, Check: func(ctx context.Context, e *Env) error {
			w := &writing{e, newBook(), publish.Plan{ID: 1, Meals: []publish.Meal{meal(e, 0, recipe.Dinner, "Dal")}}}
			if _, err := w.write(ctx); err != nil {
				return err
			}
			all, err := planned(ctx, e)
			if err != nil || len(all) != 1 || all[0].Date != e.Monday || all[0].Servings != 15_000 {
				return fmt.Errorf("plan = %+v, %v; want one on %s for 1.5 servings", all, err, e.Monday)
			}
			for _, r := range e.standIn().Plans() {
				if r != e.Monday.String() {
					return fmt.Errorf("filed under %s; want %s", r, e.Monday)
				}
			}
			return w.again(ctx, 0, 0)
		}},
		{Name: "a server that is moved to another zone keeps our meals", StandIn: true, Check: func(ctx context.Context, e *Env) error {
			w := &writing{e, newBook(), publish.Plan{ID: 1, Meals: []publish.Meal{meal(e, 0, recipe.Dinner, "Dal"), meal(e, 6, recipe.Breakfast, "Dal")}}}
			if _, err := w.write(ctx); err != nil {
				return err
			}
			for _, hours := range []int{-11, 13} {
				e.standIn().Move(time.FixedZone("elsewhere", hours*3600))
				if err := w.again(ctx, 0, 0); err != nil {
					return fmt.Errorf("moved to %+d: %w", hours, err)
				}
			}
			return nil
		}},
		{Name: "people see no mark of ours", Check: func(ctx context.Context, e *Env) error {
			if _, err := begin(ctx, e); err != nil {
				return err
			}
			all, err := planned(ctx, e)
			for _, m := range all {
				if m.Note != "" || m.Title != "" {
					return fmt.Errorf("meal = %+v; want no note and no title", m)
				}
			}
			return err
		}},
		{Name: "changed plan replaces ours and leaves others", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			other := &writing{e, w.book, week(e)}
			other.plan.ID, other.plan.Needs = 2, nil
			if err := other.again(ctx, 6, 0); err != nil {
				return err
			}
			w.plan.Meals[1] = meal(e, 0, recipe.Dinner, "Salmon bowl")
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			return other.again(ctx, 0, 0)
		}},
		{Name: "meal types are reused in any case and language", Check: func(ctx context.Context, e *Env) error {
			for _, name := range []string{"dinner", "Frühstück", "Zwischendurch"} {
				if err := send(ctx, e, http.MethodPost, "/api/meal-type/", `{"name":"`+name+`"}`); err != nil {
					return err
				}
			}
			w := &writing{e, newBook(), week(e)}
			w.plan.Meals = append(w.plan.Meals, meal(e, 0, recipe.Lunch, "Dal"))
			if _, err := w.write(ctx); err != nil {
				return err
			}
			types, err := e.Client().MealTypes(ctx)
			var names []string
			for _, t := range types {
				names = append(names, t.Name)
			}
			if want := []string{"dinner", "Frühstück", "Zwischendurch", "Lunch"}; err != nil || !slices.Equal(names, want) {
				return fmt.Errorf("meal types = %q, %v; want %q", names, err, want)
			}
			return nil
		}},
		{Name: "an outage while writing is not hammered", Check: func(ctx context.Context, e *Env) error {
			id, err := e.Faults.Set(faultswitch.Rule{Method: "POST", Path: "/api/meal-plan/", Status: 503})
			if err != nil {
				return err
			}
			w := &writing{e, newBook(), week(e)}
			_, err = w.write(ctx)
			if err := wantKind(err, fault.Unavailable, ""); err != nil {
				return err
			}
			if n := e.Faults.Rules()[0].Fired; n != 2 {
				return fmt.Errorf("%d attempts; want 2", n)
			}
			if err := e.Faults.Clear(id); err != nil {
				return err
			}
			return w.again(ctx, 6, 0) // the lines were written before the meals
		}},
		{Name: "one refused meal does not stop the rest", Spoils: true, Check: func(ctx context.Context, e *Env) error {
			if err := send(ctx, e, http.MethodDelete, fmt.Sprintf("/api/recipe/%d/", e.Server.RecipeID("Family stew")), ""); err != nil {
				return err
			}
			w := &writing{e, newBook(), week(e)}
			w.plan.Meals[1] = publish.Meal{Date: e.Monday, Meal: recipe.Dinner, Recipe: absent, Servings: nutrition.OneServing, Name: "Family stew"}
			r, err := w.write(ctx)
			if err != nil || r.Created != 8 || len(r.Refused) != 1 || !strings.Contains(r.Refused[0], fmt.Sprintf("%s, dinner, Family stew: recipe %d is no longer in Tandoor", e.Monday, absent)) {
				return fmt.Errorf("written = %+v, %v; want 8 created and the dish named", r, err)
			}
			return nil
		}},
		{Name: "another space is not written to", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := e.Server.SwitchSpace("Work", tandoortest.Small()); err != nil {
				return err
			}
			is, err := e.Client().Space(ctx)
			if err != nil {
				return err
			}
			e.ResetLog()
			_, err = w.write(ctx)
			was := w.book.space
			if err := wantKind(err, fault.Conflict, fmt.Sprintf("space %q (id %d), and showed %q (id %d)", is.Name, is.ID, was.Name, was.ID)); err != nil {
				return err
			}
			for _, r := range e.Requests() {
				if r.Method != http.MethodGet {
					return fmt.Errorf("%s %s in another space", r.Method, r.Path)
				}
			}
			return nil
		}},
		{Name: "what older versions wrote is adopted once", Check: func(ctx context.Context, e *Env) error {
			w := &writing{e, newBook(), week(e)}
			w.plan.Old = publish.Old{Marker: oldMarker, Needs: []publish.Need{food(e, "Rice", "g", 500), food(e, "Egg", "", 6), food(e, "Banana", "g", 900)}}
			types := map[recipe.Meal]any{}
			for m, name := range map[recipe.Meal]string{recipe.Breakfast: "Breakfast", recipe.Dinner: "Dinner"} {
				made, err := ask(ctx, e, http.MethodPost, "/api/meal-type/", `{"name":"`+name+`"}`)
				if err != nil {
					return err
				}
				types[m] = made["id"]
			}
			var first float64
			for i, m := range w.plan.Meals {
				old := m
				if i == 1 {
					m.Date += 7 // a person's copy of ours has our note
				} else {
					w.plan.Old.Meals = append(w.plan.Old.Meals, old)
				}
				made, err := ask(ctx, e, http.MethodPost, "/api/meal-plan/", fmt.Sprintf(`{"recipe":%d,"meal_type":%v,"servings":1.5,"from_date":%q,"note":%q}`, m.Recipe, types[m.Meal], m.Date, oldMarker))
				if err != nil {
					return err
				}
				if i == 0 {
					first, _ = made["id"].(float64)
				}
			}
			for _, body := range []string{`"Rice"},"unit":{"name":"g"},"amount":500`, `"Egg"},"unit":null,"amount":6`, `"Salt"},"unit":null,"amount":1`} {
				made, err := ask(ctx, e, http.MethodPost, "/api/shopping-list-entry/", fmt.Sprintf(`{"food":{"name":%s,"mealplan_id":%d}`, body, int(first)))
				if err != nil {
					return err
				}
				if strings.HasPrefix(body, `"Egg"`) {
					id, _ := made["id"].(float64)
					if err := patch(ctx, e, linePath(int64(id)), `{"checked":true}`); err != nil {
						return err
					}
				}
			}
			// Rice is created again, because it belongs to a meal; the eggs are bought; salt is a person's.
			if err := w.again(ctx, 3, 1); err != nil {
				return err
			}
			if err := w.list(ctx, "500 g Rice", "6  Egg ticked", "1  Salt", "900 g Banana"); err != nil {
				return err
			}
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			all, err := planned(ctx, e)
			if err != nil || len(all) != 7 {
				return fmt.Errorf("%d meals, %v; want 6 of ours and a copy", len(all), err)
			}
			w.plan.Meals, w.plan.Needs = nil, nil
			if _, err := w.write(ctx); err != nil {
				return err
			}
			// The copy stays, and so does the meal on which a person's salt hangs.
			if all, err = planned(ctx, e); err != nil || len(all) != 2 {
				return fmt.Errorf("%+v, %v; want the copy and the meal with the salt", all, err)
			}
			return w.list(ctx, "6  Egg ticked", "1  Salt")
		}},
		{Name: "foods are never deleted", Check: func(ctx context.Context, e *Env) error {
			if err := exercise(ctx, e); err != nil {
				return err
			}
			for _, r := range e.Requests() {
				if r.Method == http.MethodDelete && !slices.Contains([]string{"/api/meal-plan/", "/api/shopping-list-entry/"}, r.Path[:max(0, lastSlash(r.Path))]) {
					return fmt.Errorf("%s %s", r.Method, r.Path)
				}
			}
			return nil
		}},
		{Name: "tokens and secrets stay out of addresses", Check: func(ctx context.Context, e *Env) error {
			if err := exercise(ctx, e); err != nil {
				return err
			}
			for _, r := range e.Requests() {
				if bytes.Contains([]byte(r.Query+r.Path), []byte(e.Token)) {
					return fmt.Errorf("%s?%s holds the token", r.Path, r.Query)
				}
			}
			return nil
		}},
	}
}
