package tandoor

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// ShoppingLine is one thing to buy. Food and unit are found by name without regard to
// case, and made when they do not exist; no unit means pieces.
type ShoppingLine struct {
	Food   string
	Unit   string
	Amount recipe.Amount
}

// ShoppingEntry is a line of Tandoor's shopping list.
type ShoppingEntry struct {
	ID      int64
	Line    ShoppingLine
	Checked bool
}

type wireShopping struct {
	ID      int64     `json:"id"`
	Food    *wireFood `json:"food"`
	Unit    *wireUnit `json:"unit"`
	Amount  number    `json:"amount"`
	Checked bool      `json:"checked"`
}

// ShoppingEntries lists the entries attached to a meal plan, or with plan 0 all of them:
// those not checked, and those checked lately. Tandoor returns at most 1000.
func (c *Client) ShoppingEntries(ctx context.Context, plan int64) ([]ShoppingEntry, error) {
	query := url.Values{}
	if plan != 0 {
		query.Set("mealplan", strconv.FormatInt(plan, 10))
	}
	list, err := pages[wireShopping](ctx, c, "shopping_list", "/api/shopping-list-entry/", query, maxReferencePage)
	if err != nil {
		return nil, err
	}
	out := make([]ShoppingEntry, 0, len(list))
	for _, w := range list {
		a, err := amount(w.Amount.value)
		if err != nil {
			return nil, fault.Wrap(fault.TandoorError, "tandoor: shopping entry "+strconv.FormatInt(w.ID, 10)+": amount", err)
		}
		e := ShoppingEntry{ID: w.ID, Checked: w.Checked, Line: ShoppingLine{Amount: a}}
		if w.Food != nil {
			e.Line.Food = w.Food.Name
		}
		if w.Unit != nil {
			e.Line.Unit = w.Unit.Name
		}
		out = append(out, e)
	}
	return out, nil
}

// CreateShoppingEntry adds one line, attached to a meal plan unless plan is 0, and
// returns its id. It is not tried again by itself: [Client.WriteShopping] reads back first.
func (c *Client) CreateShoppingEntry(ctx context.Context, plan int64, l ShoppingLine) (int64, error) {
	body := map[string]any{"food": map[string]any{"name": l.Food}, "amount": l.Amount.Float(), "unit": nil}
	if l.Unit != "" {
		body["unit"] = map[string]any{"name": l.Unit}
	}
	if plan != 0 {
		body["mealplan_id"] = plan
	}
	var made wireShopping
	err := c.call(ctx, request{endpoint: "shopping_create", method: http.MethodPost, path: "/api/shopping-list-entry/", body: body}, &made)
	return made.ID, err
}

// DeleteShoppingEntry removes one line. One that is not there is no error.
func (c *Client) DeleteShoppingEntry(ctx context.Context, id int64) error {
	return c.remove(ctx, "shopping_delete", "/api/shopping-list-entry/", id)
}

// WriteShopping makes the entries attached to a meal plan exactly the wanted lines, which
// it reads back like [Client.WritePlan]. Entries have no note, so the meal plan is the
// marker: use one that WritePlan made, such as the first of the week; when that is deleted
// Tandoor removes its entries too. Lines already checked off count as there, and are never
// removed.
func (c *Client) WriteShopping(ctx context.Context, plan int64, lines []ShoppingLine) (Written, error) {
	const op = "tandoor: write shopping list"
	if plan <= 0 {
		return Written{}, fault.New(fault.InvalidInput, op, "meal plan: the id of one is required")
	}
	for i, l := range lines {
		if strings.TrimSpace(l.Food) == "" || l.Amount < 0 {
			return Written{}, fault.New(fault.InvalidInput, op, "line %d: want a food and an amount that is not negative", i)
		}
	}
	var checked map[int64]bool
	return reconcile(ctx, lines, reconciler[ShoppingLine, ShoppingLine]{
		key: shoppingKey,
		list: func(ctx context.Context) (map[int64]ShoppingLine, error) {
			all, err := c.ShoppingEntries(ctx, plan)
			there := map[int64]ShoppingLine{}
			checked = map[int64]bool{}
			for _, e := range all {
				there[e.ID] = shoppingKey(e.Line)
				checked[e.ID] = e.Checked
			}
			return there, err
		},
		create: func(ctx context.Context, l ShoppingLine) (int64, error) { return c.CreateShoppingEntry(ctx, plan, l) },
		remove: c.DeleteShoppingEntry,
		keep:   func(id int64) bool { return checked[id] },
	})
}

func shoppingKey(l ShoppingLine) ShoppingLine {
	return ShoppingLine{strings.ToLower(strings.TrimSpace(l.Food)), strings.ToLower(strings.TrimSpace(l.Unit)), l.Amount}
}
