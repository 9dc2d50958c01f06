package tandoor_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/test/conformance/tandoor"
)

// naive is a client as one writes it from the field names alone: it looks at the status
// only, follows redirects and links, reads nutrition where it first finds some, and writes
// without looking.
type naive struct{ url, token string }

func (n naive) call(ctx context.Context, method, path string, in, out any) error {
	b, err := json.Marshal(in)
	if err != nil {
		return err
	}
	if path[0] == '/' {
		path = n.url + path
	}
	req, err := http.NewRequestWithContext(ctx, method, path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+n.token)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 400 {
		return errors.New(resp.Status)
	}
	if err := json.NewDecoder(resp.Body).Decode(out); err != nil {
		return nil
	}
	return nil
}

func (n naive) Probe(ctx context.Context) (string, error) {
	var v struct{ Version string }
	err := n.call(ctx, "GET", "/api/server-settings/current/", nil, &v)
	return v.Version, err
}

func (n naive) Check(ctx context.Context) (tandoor.Status, error) {
	var v struct{ Name string }
	err := n.call(ctx, "GET", "/api/space/current", nil, &v)
	return tandoor.Status{Space: v.Name, CanWrite: true}, err
}

func (n naive) Changed(ctx context.Context, since time.Time) ([]tandoor.Overview, error) {
	var all []tandoor.Overview
	next := "/api/recipe/?page_size=1000"
	if !since.IsZero() {
		next += "&updatedon_gte=" + since.Format(time.DateOnly)
	}
	for next != "" {
		var page struct {
			Next    string
			Results []struct {
				ID        recipe.ID
				Name      string
				UpdatedAt time.Time `json:"updated_at"`
			}
		}
		if err := n.call(ctx, "GET", next, nil, &page); err != nil {
			return nil, err
		}
		for _, r := range page.Results {
			all = append(all, tandoor.Overview{ID: r.ID, Name: r.Name, UpdatedAt: r.UpdatedAt})
		}
		next = page.Next
	}
	return all, nil
}

func (n naive) Recipe(ctx context.Context, id recipe.ID) (recipe.Recipe, []tandoor.Problem, error) {
	var w struct {
		Name       string
		Servings   int
		Properties []struct {
			Amount float64               `json:"property_amount"`
			Type   struct{ Name string } `json:"property_type"`
		}
		FoodProperties map[string]struct {
			Name  string
			Total float64 `json:"total_value"`
		} `json:"food_properties"`
		Steps []struct {
			Ingredients []struct {
				Amount float64
				Food   struct{ Name string }
			}
		}
	}
	if err := n.call(ctx, "GET", "/api/recipe/"+strconv.Itoa(int(id))+"/", nil, &w); err != nil {
		return recipe.Recipe{}, nil, err
	}
	r := recipe.Recipe{ID: id, Name: w.Name, Servings: w.Servings, Nutrition: recipe.Stated}
	values := map[string]float64{}
	for _, p := range w.FoodProperties {
		values[p.Name] = p.Total
	}
	for _, p := range w.Properties {
		values[p.Type.Name] = p.Amount
	}
	mass := func(name string) nutrition.Mass { return nutrition.Mass(values[name] * float64(nutrition.Gram)) }
	r.PerServing = nutrition.Macros{Protein: mass("Proteins"), Fat: mass("Fat"), Carbs: mass("Carbohydrates")}
	for _, s := range w.Steps {
		for _, in := range s.Ingredients {
			r.Ingredients = append(r.Ingredients, recipe.Ingredient{Food: recipe.Food{Name: in.Food.Name}, Amount: recipe.Amount(in.Amount * float64(recipe.One))})
		}
	}
	return r, nil, nil
}

func (n naive) Sync(ctx context.Context, ask tandoor.Ask) (tandoor.Result, error) {
	list, err := n.Changed(ctx, ask.Since)
	res := tandoor.Result{Listed: len(list)}
	for _, o := range list {
		r, _, err := n.Recipe(ctx, o.ID)
		if err != nil {
			return res, err
		}
		res.Changed = append(res.Changed, r)
	}
	return res, err
}

func (n naive) Space(ctx context.Context) (publish.Space, error) {
	var s publish.Space
	return s, n.call(ctx, "GET", "/api/space/current/", nil, &s)
}

func (n naive) MealTypes(ctx context.Context) ([]publish.MealType, error) {
	var page struct{ Results []publish.MealType }
	return page.Results, n.call(ctx, "GET", "/api/meal-type/", nil, &page)
}

func (n naive) CreateMealType(ctx context.Context, name string) (publish.MealType, error) {
	var t publish.MealType
	err := n.call(ctx, "POST", "/api/meal-type/", map[string]any{"name": name}, &t)
	return t, err
}

type naiveMeal struct {
	ID       int64
	From     time.Time `json:"from_date"`
	Servings float64
	Note     string
}

func (m naiveMeal) planned() publish.PlannedMeal {
	return publish.PlannedMeal{ID: m.ID, Date: calendar.On(m.From.UTC()), Servings: nutrition.Servings(m.Servings * 10_000), Note: m.Note}
}

func (n naive) Meals(ctx context.Context, _, _ calendar.Date) ([]publish.PlannedMeal, error) {
	var page struct{ Results []naiveMeal }
	err := n.call(ctx, "GET", "/api/meal-plan/", nil, &page)
	var out []publish.PlannedMeal
	for _, m := range page.Results {
		out = append(out, m.planned())
	}
	return out, err
}

func (n naive) Meal(ctx context.Context, id int64) (publish.PlannedMeal, error) {
	var m naiveMeal
	err := n.call(ctx, "GET", fmt.Sprintf("/api/meal-plan/%d/", id), nil, &m)
	return m.planned(), err
}

// CreateMeal tries once more, as one does.
func (n naive) CreateMeal(ctx context.Context, m publish.Meal, mealType int64) (int64, error) {
	var made struct{ ID int64 }
	body := map[string]any{"recipe": m.Recipe, "meal_type": mealType, "servings": m.Servings.Float(), "from_date": m.Date.Time().Format(time.RFC3339), "note": "mealplanner"}
	err := n.call(ctx, "POST", "/api/meal-plan/", body, &made)
	if err != nil {
		err = n.call(ctx, "POST", "/api/meal-plan/", body, &made)
	}
	return made.ID, err
}

func (n naive) ClearNote(context.Context, publish.PlannedMeal) error { return nil }

func (n naive) DeleteMeal(ctx context.Context, id int64) error {
	return n.call(ctx, "DELETE", fmt.Sprintf("/api/meal-plan/%d/", id), nil, nil)
}

func (n naive) HasRecipe(context.Context, recipe.ID) (bool, error) { return true, nil }

type naiveLine struct {
	ID     int64
	Food   struct{ Name string }
	Amount float64
}

func (l naiveLine) line() publish.Line {
	return publish.Line{ID: l.ID, Food: l.Food.Name, Amount: recipe.Amount(l.Amount * float64(recipe.One))}
}

func (n naive) Lines(ctx context.Context, _ int64) ([]publish.Line, error) {
	var page struct{ Results []naiveLine }
	err := n.call(ctx, "GET", "/api/shopping-list-entry/", nil, &page)
	var out []publish.Line
	for _, l := range page.Results {
		out = append(out, l.line())
	}
	return out, err
}

func (n naive) Line(ctx context.Context, id int64) (publish.Line, error) {
	var l naiveLine
	err := n.call(ctx, "GET", fmt.Sprintf("/api/shopping-list-entry/%d/", id), nil, &l)
	return l.line(), err
}

func (n naive) CreateLine(ctx context.Context, need publish.Need) (publish.Line, error) {
	var l naiveLine
	err := n.call(ctx, "POST", "/api/shopping-list-entry/", map[string]any{"food": map[string]any{"name": need.Food}, "amount": need.Amount.Float()}, &l)
	return l.line(), err
}

func (n naive) DeleteLine(ctx context.Context, id int64) error {
	return n.call(ctx, "DELETE", fmt.Sprintf("/api/shopping-list-entry/%d/", id), nil, nil)
}

// TestNaiveClientFails shows that the cases catch what they are for.
func TestNaiveClientFails(t *testing.T) {
	t.Parallel()
	factory := func(_ testing.TB, url, token string, _ int) conformance.Client { return naive{url, token} }
	caught := 0
	for _, c := range conformance.Cases() {
		switch c.Name {
		case "oversized body", "timeout is told as such", "slow body counts against the deadline":
			continue // slow to fail, and covered by the others
		}
		err := conformance.Try(t, c, factory)
		if err == nil && mustCatch[c.Name] {
			t.Errorf("%q does not catch a naive client", c.Name)
		}
		if err != nil {
			caught++
		} else {
			t.Logf("passes: %s", c.Name)
		}
	}
	if caught < len(mustCatch) {
		t.Errorf("%d cases caught the naive client; want at least %d", caught, len(mustCatch))
	}
}

// mustCatch are the cases about what the naive client does wrong.
var mustCatch = map[string]bool{
	"wrong token is 403 and named": true, "missing write scope is told from a wrong token": true,
	"wrong path redirects to a log-in page": true, "page instead of JSON": true, "malformed body": true,
	"502 while the container migrates": true, "429 keeps Retry-After": true, "500 page is not retried": true,
	"bad reference is a 500 page and not tried again": true, "every path ends with a slash": true,
	"pages are clamped and counted by ourselves": true, "list that shrinks while it is read": true,
	"details only for what changed": true, "changed today in another time zone": true, "deletions show only in the flat list": true,
	"header rows, no amounts, units and notes": true, "embedded recipes bring their ingredients": true,
	"recipes embedded two levels deep bring their ingredients": true, "a recipe that embeds itself is not counted twice": true,
	"an embedded recipe of another user is a gap": true, "lines without a food keep their text": true,
	"keywords say the meal, with their children": true, "numbers may be strings with a comma": true,
	"food properties are per recipe": true, "legacy block is per serving and last": true, "zero with missing_value is not zero": true,
	"missing_value with a total is a lower bound": true, "property types by name in German": true, "NaN names recipe and field": true,
	"negative value names recipe and field": true, "absurd value names recipe and field": true,
	"versions that are too old are named": true, "a user without a household is named": true, "people see no mark of ours": true,
	"refused recipes are not asked for again until they change": true, "a guard sees the space and what is gone before recipes are read": true,
	"pictures are read without the token, whatever host their address names": true,
	"what is ticked counts as bought":                                        true,
	"one refused meal does not stop the rest":                                true,
	"plan dates are the user's, whatever the server's zone":                  true,
	"plan answer lost after it took effect":                                  true, "changed plan replaces ours and leaves others": true, "shopping list is written once": true,
}

// Picture goes wherever the address leads, and takes whatever comes.
func (n naive) Picture(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, n.url+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	return io.ReadAll(resp.Body)
}
