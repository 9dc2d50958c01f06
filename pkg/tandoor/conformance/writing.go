package conformance

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/nutrition"
	"github.com/mealplanner/mealplanner/pkg/recipe"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/pkg/tandoor/tandoortest"
)

type planEntry = tandoor.PlanEntry

// monday is midnight in the user's zone, which is not the server's.
var monday = time.Date(2026, 12, 7, 0, 0, 0, 0, time.FixedZone("user", -5*3600))

func entry(e *Env, day int, mealType, name string) planEntry {
	return planEntry{
		Date: monday.AddDate(0, 0, day), MealType: mealType, Recipe: recipe.ID(e.Server.RecipeID(name)),
		Servings: nutrition.OneServing * 3 / 2, Title: "planned",
	}
}

func week(e *Env) []planEntry {
	var out []planEntry
	for day := range 3 {
		out = append(out, entry(e, day, "Breakfast", "Overnight oats"), entry(e, day, "Dinner", "Dal"))
	}
	return out
}

// exercise makes one of every kind of call.
func exercise(ctx context.Context, e *Env) error {
	c := e.Client()
	if _, err := c.Check(ctx); err != nil {
		return err
	}
	if _, err := c.Sync(ctx, time.Time{}, nil, true, nil); err != nil {
		return err
	}
	w, err := c.WritePlan(ctx, "m", week(e))
	if err != nil {
		return err
	}
	if _, err := c.WriteShopping(ctx, w.IDs[0], []tandoor.ShoppingLine{{Food: "Rice", Unit: "g", Amount: recipe.One}}); err != nil {
		return err
	}
	if _, err := c.WriteShopping(ctx, w.IDs[0], nil); err != nil {
		return err
	}
	_, err = c.WritePlan(ctx, "m", week(e)[:1])
	return err
}

func send(ctx context.Context, e *Env, method, path, body string) error {
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewBufferString(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+tandoortest.DefaultToken)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	if err := resp.Body.Close(); err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return nil
}

func patch(ctx context.Context, e *Env, path, body string) error {
	return send(ctx, e, http.MethodPatch, path, body)
}

func planned(ctx context.Context, e *Env) ([]tandoor.PlannedMeal, error) {
	return e.Client().MealPlans(ctx, monday.AddDate(0, 0, -30), monday.AddDate(0, 0, 30))
}

func writing() []Case {
	return []Case{
		{Name: "plan is written once", Check: func(ctx context.Context, e *Env) error {
			first, err := e.Client().WritePlan(ctx, "mealplanner:w50", week(e))
			if err != nil || first.Created != 6 || slices.Contains(first.IDs, 0) {
				return fmt.Errorf("first = %+v, %v; want 6 created", first, err)
			}
			second, err := e.Client().WritePlan(ctx, "mealplanner:w50", week(e))
			if err != nil || second.Created != 0 || second.Kept != 6 || !slices.Equal(first.IDs, second.IDs) {
				return fmt.Errorf("second = %+v, %v; want the same 6 kept", second, err)
			}
			return nil
		}},
		{Name: "plan dates are the user's, whatever the server's zone", Options: func(o *tandoortest.Options) {
			o.Location = time.FixedZone("far west", -11*3600)
		}, Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Client().WritePlan(ctx, "m", []planEntry{entry(e, 0, "Dinner", "Dal")}); err != nil {
				return err
			}
			all, err := planned(ctx, e)
			if err != nil || len(all) != 1 || all[0].Entry.Date.Format(time.DateOnly) != "2026-12-07" || all[0].Entry.Servings != 15_000 {
				return fmt.Errorf("plan = %+v, %v; want one on 2026-12-07 for 1.5 servings", all, err)
			}
			for _, r := range e.Server.Plans() {
				if r != "2026-12-07" {
					return fmt.Errorf("filed under %s; want 2026-12-07", r)
				}
			}
			return nil
		}},
		{Name: "changed plan replaces ours and leaves others", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			if _, err := c.WritePlan(ctx, "ours", week(e)); err != nil {
				return err
			}
			if _, err := c.WritePlan(ctx, "theirs", week(e)[:2]); err != nil {
				return err
			}
			changed := week(e)
			changed[1] = entry(e, 0, "Dinner", "Salmon bowl")
			w, err := c.WritePlan(ctx, "ours", changed)
			if err != nil || w.Created != 1 || w.Deleted != 1 || w.Kept != 5 {
				return fmt.Errorf("written = %+v, %v; want 1 created, 1 deleted, 5 kept", w, err)
			}
			all, err := planned(ctx, e)
			if err != nil || len(all) != 8 {
				return fmt.Errorf("%d meals, %v; want 6 and 2", len(all), err)
			}
			return nil
		}},
		{Name: "meal types are reused in any case", Check: func(ctx context.Context, e *Env) error {
			if err := send(ctx, e, http.MethodPost, "/api/meal-type/", `{"name":"dinner","time":"18:30:00"}`); err != nil {
				return err
			}
			if _, err := e.Client().WritePlan(ctx, "m", week(e)); err != nil {
				return err
			}
			all, err := planned(ctx, e)
			if err != nil {
				return err
			}
			names := map[string]bool{}
			for _, p := range all {
				names[p.Entry.MealType] = true
			}
			if len(names) != 2 || !names["dinner"] || !names["Breakfast"] {
				return fmt.Errorf("meal types = %v; want the old dinner and a new Breakfast", names)
			}
			return nil
		}},
		{Name: "plan answer lost after it took effect", Check: func(ctx context.Context, e *Env) error {
			if _, err := e.Faults.Set(faultswitch.Rule{Method: "POST", Path: "/api/meal-plan/", LoseAnswer: true, Skip: 2, Times: 1}); err != nil {
				return err
			}
			w, err := e.Client().WritePlan(ctx, "m", week(e))
			if err != nil || slices.Contains(w.IDs, 0) {
				return fmt.Errorf("written = %+v, %v", w, err)
			}
			all, err := planned(ctx, e)
			if err != nil || len(all) != 6 {
				return fmt.Errorf("%d meals, %v; want 6: the lost one must not be made twice", len(all), err)
			}
			return nil
		}},
		{Name: "an outage while writing is not hammered", Check: func(ctx context.Context, e *Env) error {
			id, err := e.Faults.Set(faultswitch.Rule{Method: "POST", Path: "/api/meal-plan/", Status: 503})
			if err != nil {
				return err
			}
			_, err = e.Client().WritePlan(ctx, "m", week(e))
			if err := wantKind(err, fault.Unavailable, ""); err != nil {
				return err
			}
			if n := e.Faults.Rules()[0].Fired; n != 2 {
				return fmt.Errorf("%d attempts; want 2", n)
			}
			if err := e.Faults.Clear(id); err != nil {
				return err
			}
			w, err := e.Client().WritePlan(ctx, "m", week(e))
			if err != nil || w.Created != 6 {
				return fmt.Errorf("afterwards = %+v, %v; want 6 created", w, err)
			}
			return nil
		}},
		{Name: "shopping list is written once", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			w, err := c.WritePlan(ctx, "m", week(e)[:1])
			if err != nil {
				return err
			}
			if _, err := e.Faults.Set(faultswitch.Rule{Method: "POST", Path: "/api/shopping-list-entry/", LoseAnswer: true, Skip: 1, Times: 1}); err != nil {
				return err
			}
			lines := []tandoor.ShoppingLine{
				{Food: "rice", Unit: "g", Amount: 500 * recipe.One}, {Food: "Egg", Amount: 6 * recipe.One}, {Food: "Saffron", Unit: "pinch", Amount: recipe.One},
			}
			for range 2 {
				if _, err := c.WriteShopping(ctx, w.IDs[0], lines); err != nil {
					return err
				}
				list, err := c.ShoppingEntries(ctx, w.IDs[0])
				if err != nil || len(list) != 3 {
					return fmt.Errorf("%d entries, %v; want 3", len(list), err)
				}
			}
			return nil
		}},
		{Name: "checked shopping lines stay", Check: func(ctx context.Context, e *Env) error {
			c := e.Client()
			w, err := c.WritePlan(ctx, "m", week(e)[:1])
			if err != nil {
				return err
			}
			rice := tandoor.ShoppingLine{Food: "Rice", Unit: "g", Amount: 500 * recipe.One}
			egg := tandoor.ShoppingLine{Food: "Egg", Amount: 6 * recipe.One}
			made, err := c.WriteShopping(ctx, w.IDs[0], []tandoor.ShoppingLine{rice, egg})
			if err != nil {
				return err
			}
			if err := send(ctx, e, http.MethodPost, "/api/shopping-list-entry/bulk/", fmt.Sprintf(`{"ids":[%d],"checked":true}`, made.IDs[0])); err != nil {
				return err
			}
			again, err := c.WriteShopping(ctx, w.IDs[0], nil)
			if err != nil || again.Deleted != 1 {
				return fmt.Errorf("written = %+v, %v; want only the unchecked line deleted", again, err)
			}
			return nil
		}},
		{Name: "foods are never deleted", Check: func(ctx context.Context, e *Env) error {
			if err := exercise(ctx, e); err != nil {
				return err
			}
			for _, r := range e.Server.Requests() {
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
			for _, r := range e.Server.Requests() {
				if bytes.Contains([]byte(r.Query+r.Path), []byte(tandoortest.DefaultToken)) {
					return fmt.Errorf("%s?%s holds the token", r.Path, r.Query)
				}
			}
			return nil
		}},
	}
}

// lastSlash returns where the last element of a path that ends in a slash begins.
func lastSlash(path string) int {
	for i := len(path) - 2; i >= 0; i-- {
		if path[i] == '/' {
			return i + 1
		}
	}
	return 0
}
