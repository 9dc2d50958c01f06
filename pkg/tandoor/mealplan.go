package tandoor

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

var _ publish.Library = (*Client)(nil)

type wirePlan struct {
	ID       int64         `json:"id"`
	Title    string        `json:"title"`
	Note     *string       `json:"note"`
	Servings number        `json:"servings"`
	FromDate string        `json:"from_date"`
	ToDate   string        `json:"to_date"`
	Recipe   *wireOverview `json:"recipe"`
	MealType struct {
		ID int64 `json:"id"`
	} `json:"meal_type"`
	Shopping bool `json:"shopping"`
}

// Space returns the space that the token's user has active.
func (c *Client) Space(ctx context.Context) (publish.Space, error) {
	var s struct {
		ID   int64  `json:"id"`
		Name string `json:"name"`
	}
	err := c.call(ctx, request{endpoint: "space", path: "/api/space/current/"}, &s)
	return publish.Space{ID: s.ID, Name: s.Name}, err
}

// MealTypes lists all meal types.
func (c *Client) MealTypes(ctx context.Context) ([]publish.MealType, error) {
	return listAll[publish.MealType](ctx, c, "meal_type_list", "/api/meal-type/")
}

// CreateMealType makes a meal type, or returns the one that has the name.
func (c *Client) CreateMealType(ctx context.Context, name string) (publish.MealType, error) {
	var made publish.MealType
	err := c.call(ctx, request{
		endpoint: "meal_type_create", method: http.MethodPost, path: "/api/meal-type/", body: map[string]any{"name": name},
	}, &made)
	return made, err
}

// Meals lists the meals that end between two days, both included.
func (c *Client) Meals(ctx context.Context, from, to calendar.Date) ([]publish.PlannedMeal, error) {
	query := url.Values{"from_date": {from.String()}, "to_date": {to.String()}}
	list, err := pages[wirePlan](ctx, c, "meal_plan_list", "/api/meal-plan/", query, maxPlanPage)
	if err != nil {
		return nil, err
	}
	out := make([]publish.PlannedMeal, 0, len(list))
	for _, w := range list {
		p, err := w.domain()
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// Meal returns one meal; kind NotFound.
func (c *Client) Meal(ctx context.Context, id int64) (publish.PlannedMeal, error) {
	var w wirePlan
	if err := c.call(ctx, request{endpoint: "meal_plan_detail", path: "/api/meal-plan/" + strconv.FormatInt(id, 10) + "/"}, &w); err != nil {
		return publish.PlannedMeal{}, err
	}
	return w.domain()
}

func (w wirePlan) domain() (publish.PlannedMeal, error) {
	p := publish.PlannedMeal{
		ID: w.ID, MealType: w.MealType.ID, Note: deref(w.Note), Title: w.Title, Shopping: w.Shopping,
		Servings: nutrition.Servings(w.Servings.value*float64(nutrition.OneServing) + 0.5),
	}
	var err error
	if p.Date, err = w.day("from_date", w.FromDate); err != nil {
		return p, err
	}
	if p.Until, err = w.day("to_date", w.ToDate); err != nil {
		return p, err
	}
	if w.Recipe != nil {
		p.Recipe = recipe.ID(w.Recipe.ID)
	}
	return p, nil
}

// day reads the day a time is filed under: its offset is the server's.
func (w wirePlan) day(field, text string) (calendar.Date, error) {
	t, err := time.Parse(time.DateOnly, text[:min(len(time.DateOnly), len(text))])
	if err != nil {
		return 0, fault.Wrap(fault.TandoorError, "tandoor: meal plan "+strconv.FormatInt(w.ID, 10)+": "+field, err)
	}
	return calendar.On(t), nil
}

// CreateMeal adds one meal and returns its id. Tandoor gets a plain date: midnight means
// different days in different time zones. It is not tried again by itself.
func (c *Client) CreateMeal(ctx context.Context, m publish.Meal, mealType int64) (int64, error) {
	body := map[string]any{
		"recipe": int64(m.Recipe), "meal_type": mealType, "servings": m.Servings.Float(),
		"from_date": m.Date.String(), "note": "", "title": "", "addshopping": false,
	}
	var made wirePlan
	err := c.call(ctx, request{endpoint: "meal_plan_create", method: http.MethodPost, path: "/api/meal-plan/", body: body}, &made)
	return made.ID, err
}

// ClearNote empties a meal's note. No shopping list may hang on it: Tandoor would scale that.
func (c *Client) ClearNote(ctx context.Context, m publish.PlannedMeal) error {
	return c.call(ctx, request{
		endpoint: "meal_plan_update", method: http.MethodPatch, path: "/api/meal-plan/" + strconv.FormatInt(m.ID, 10) + "/",
		body: map[string]any{"note": "", "servings": m.Servings.Float()},
	}, nil)
}

// DeleteMeal removes one meal and the shopping entries that hang on it. One that is not
// there is no error.
func (c *Client) DeleteMeal(ctx context.Context, id int64) error {
	return c.remove(ctx, "meal_plan_delete", "/api/meal-plan/", id)
}

func (c *Client) remove(ctx context.Context, endpoint, path string, id int64) error {
	err := c.call(ctx, request{endpoint: endpoint, method: http.MethodDelete, path: path + strconv.FormatInt(id, 10) + "/"}, nil)
	if fault.KindOf(err) == fault.NotFound {
		return nil
	}
	return err
}

// HasRecipe reports whether the recipe is there.
func (c *Client) HasRecipe(ctx context.Context, id recipe.ID) (bool, error) {
	err := c.call(ctx, request{endpoint: "recipe_detail", path: "/api/recipe/" + strconv.FormatInt(int64(id), 10) + "/"}, nil)
	if fault.KindOf(err) == fault.NotFound {
		return false, nil
	}
	return err == nil, err
}
