package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
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

// exercise makes one of every kind of call.
func exercise(ctx context.Context, e *Env) error {
	if _, err := e.Client().Check(ctx); err != nil {
		return err
	}
	if _, err := e.Client().Sync(ctx, tandoor.Ask{Full: true, Known: map[recipe.ID]time.Time{absent: e.Clock}}); err != nil {
		return err
	}
	w, err := begin(ctx, e)
	if err != nil {
		return err
	}
	w.plan.Meals, w.plan.Needs = w.plan.Meals[:1], nil
	return w.again(ctx, 0, 8)
}

func ask(ctx context.Context, e *Env, method, path, body string) (map[string]any, error) {
	req, err := http.NewRequestWithContext(ctx, method, e.URL+path, bytes.NewBufferString(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	var out map[string]any
	if resp.StatusCode != http.StatusNoContent {
		_ = json.NewDecoder(resp.Body).Decode(&out) // a page is judged by its status
	}
	if err := resp.Body.Close(); err != nil {
		return nil, err
	}
	if resp.StatusCode >= 300 {
		return nil, fmt.Errorf("%s %s: %s", method, path, resp.Status)
	}
	return out, nil
}

func send(ctx context.Context, e *Env, method, path, body string) error {
	_, err := ask(ctx, e, method, path, body)
	return err
}

func patch(ctx context.Context, e *Env, path, body string) error {
	return send(ctx, e, http.MethodPatch, path, body)
}

func planned(ctx context.Context, e *Env) ([]publish.PlannedMeal, error) {
	return e.Client().Meals(ctx, e.Monday-30, e.Monday+30)
}

// lost is a case in which the answer to one request of a write-back is lost after it took
// effect, and none is made twice.
func lost(name string, rule faultswitch.Rule) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		rule.LoseAnswer, rule.Times = true, 1
		if _, err := e.Faults.Set(rule); err != nil {
			return err
		}
		w := &writing{e, newBook(), week(e)}
		if _, err := w.write(ctx); err != nil {
			return err
		}
		if e.Faults.Rules()[0].Fired != 1 {
			return errors.New("the fault did not fire")
		}
		meals, lines, err := w.shown(ctx)
		if err != nil || len(meals) != 6 || len(lines) != 3 {
			return fmt.Errorf("%d meals, %d lines, %v; want 6 and 3: the lost one must not be made twice", len(meals), len(lines), err)
		}
		return w.again(ctx, 0, 0)
	}}
}

// person is a case in which a person does something to what we wrote, after which nothing
// of it changes, however often the same plan is written.
func person(name string, does func(context.Context, *writing) error) Case {
	return Case{Name: name, Check: func(ctx context.Context, e *Env) error {
		w, err := begin(ctx, e)
		if err != nil {
			return err
		}
		if err := does(ctx, w); err != nil {
			return err
		}
		meals, lines, err := w.shown(ctx)
		if err != nil {
			return err
		}
		for range 2 {
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
		}
		m, l, err := w.shown(ctx)
		if err != nil || !slices.Equal(m, meals) || !slices.Equal(l, lines) {
			return fmt.Errorf("%q and %q became %q and %q, %v", meals, lines, m, l, err)
		}
		return nil
	}}
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
			for _, path := range []string{"/api/meal-plan/", "/api/shopping-list-entry/"} {
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
			return w.again(ctx, 9, 0)
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

func shopping() []Case {
	return []Case{
		{Name: "the list hangs on no meal", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			w.plan.Meals[0] = meal(e, 0, recipe.Breakfast, "Dal")
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			if err := send(ctx, e, http.MethodDelete, mealPath(w.mealID(w.plan.Meals[0])), ""); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "6  Egg", "900 g Banana")
		}},
		{Name: "foods are found by their plural and stay one line", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			w.plan.Needs[2].Food = "bananas"
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			w.plan.Needs[2].Amount = 1000 * recipe.One
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "6  Egg", "1000 g Banana")
		}},
		{Name: "what is ticked counts as bought", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := w.tick(ctx, "Banana"); err != nil {
				return err
			}
			for _, step := range []struct {
				amount           recipe.Amount
				created, deleted int
				rest             string
			}{{700, 0, 0, ""}, {900, 0, 0, ""}, {1300, 1, 0, "400 g Banana"}, {1000, 1, 1, "100 g Banana"}, {0, 0, 1, ""}, {900, 0, 0, ""}} {
				w.plan.Needs[2].Amount = step.amount * recipe.One
				if err := w.again(ctx, step.created, step.deleted); err != nil {
					return fmt.Errorf("%d g: %w", step.amount, err)
				}
				want := []string{"500 g Rice", "6  Egg", "900 g Banana ticked"}
				if step.rest != "" {
					want = append(want, step.rest)
				}
				if err := w.list(ctx, want...); err != nil {
					return fmt.Errorf("%d g: %w", step.amount, err)
				}
			}
			return nil
		}},
		{Name: "what was ticked long ago counts as bought", StandIn: true, Check: func(ctx context.Context, e *Env) error {
			for _, seen := range []bool{false, true} {
				w := &writing{e, newBook(), week(e)}
				w.plan.Meals = nil
				if err := w.again(ctx, 3, 0); err != nil {
					return err
				}
				if err := w.tick(ctx, "Rice"); err != nil {
					return err
				}
				if seen {
					if err := w.again(ctx, 0, 0); err != nil {
						return err
					}
				}
				e.standIn().Age(linePath(w.lineID("Rice")), 15*24*time.Hour)
				if err := w.again(ctx, 0, 0); err != nil {
					return fmt.Errorf("seen %t: %w", seen, err)
				}
				w.plan.Needs = nil
				if err := w.again(ctx, 0, 2); err != nil {
					return err
				}
			}
			return nil
		}},
		{Name: "a line that is unticked is to buy again", Check: func(ctx context.Context, e *Env) error {
			w, err := begin(ctx, e)
			if err != nil {
				return err
			}
			if err := w.tick(ctx, "Egg"); err != nil {
				return err
			}
			if err := w.again(ctx, 0, 0); err != nil {
				return err
			}
			if err := patch(ctx, e, linePath(w.lineID("Egg")), `{"checked":false}`); err != nil {
				return err
			}
			w.plan.Needs[1].Amount = 8 * recipe.One
			if err := w.again(ctx, 1, 1); err != nil {
				return err
			}
			return w.list(ctx, "500 g Rice", "8  Egg", "900 g Banana")
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
