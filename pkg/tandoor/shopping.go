package tandoor

import (
	"context"
	"net/http"
	"net/url"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

type wireShopping struct {
	ID         int64     `json:"id"`
	Food       *wireFood `json:"food"`
	Unit       *wireUnit `json:"unit"`
	Amount     number    `json:"amount"`
	Checked    bool      `json:"checked"`
	ListRecipe *struct {
		MealPlan *int64 `json:"mealplan"`
	} `json:"list_recipe_data"`
}

func (w wireShopping) domain() (publish.Line, error) {
	l := publish.Line{ID: w.ID, Checked: w.Checked}
	a, err := amount(w.Amount.value)
	if err != nil {
		return l, fault.Wrap(fault.TandoorError, "tandoor: shopping entry "+strconv.FormatInt(w.ID, 10)+": amount", err)
	}
	l.Amount = a
	if w.Food != nil {
		l.FoodID, l.Food, l.Plural = w.Food.ID, w.Food.Name, deref(w.Food.PluralName)
	}
	if w.Unit != nil {
		l.Unit = w.Unit.Name
	}
	if w.ListRecipe != nil {
		l.Meal = deref(w.ListRecipe.MealPlan)
	}
	return l, nil
}

// Lines lists the shopping entries that hang on a meal, or all with 0: those not ticked, and
// those ticked in the days the user chose to see, seven by default. Tandoor returns at most
// 1000. Entries that cannot be read are a person's, and left out.
func (c *Client) Lines(ctx context.Context, meal int64) ([]publish.Line, error) {
	query := url.Values{}
	if meal != 0 {
		query.Set("mealplan", strconv.FormatInt(meal, 10))
	}
	list, err := pages[wireShopping](ctx, c, "shopping_list", "/api/shopping-list-entry/", query, maxPlanPage)
	if err != nil {
		return nil, err
	}
	out := make([]publish.Line, 0, len(list))
	for _, w := range list {
		if l, err := w.domain(); err == nil {
			out = append(out, l)
		}
	}
	return out, nil
}

// Line returns one shopping entry, ticked however long ago; kind NotFound.
func (c *Client) Line(ctx context.Context, id int64) (publish.Line, error) {
	var w wireShopping
	if err := c.call(ctx, request{endpoint: "shopping_detail", path: shoppingPath(id)}, &w); err != nil {
		return publish.Line{}, err
	}
	return w.domain()
}

// CreateLine adds one entry that hangs on no meal, and returns it as Tandoor made it: food
// and unit are found by name, singular or plural, in any case. It is not tried again by itself.
func (c *Client) CreateLine(ctx context.Context, n publish.Need) (publish.Line, error) {
	body := map[string]any{"food": map[string]any{"name": n.Food}, "amount": n.Amount.Float(), "unit": nil}
	if n.Unit != "" {
		body["unit"] = map[string]any{"name": n.Unit}
	}
	var made wireShopping
	if err := c.call(ctx, request{endpoint: "shopping_create", method: http.MethodPost, path: "/api/shopping-list-entry/", body: body}, &made); err != nil {
		return publish.Line{}, err
	}
	return made.domain()
}

// DeleteLine removes one entry. One that is not there is no error.
func (c *Client) DeleteLine(ctx context.Context, id int64) error {
	return c.remove(ctx, "shopping_delete", "/api/shopping-list-entry/", id)
}

func shoppingPath(id int64) string {
	return "/api/shopping-list-entry/" + strconv.FormatInt(id, 10) + "/"
}
