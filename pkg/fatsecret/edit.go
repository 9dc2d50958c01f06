package fatsecret

import (
	"context"
	"math"
	"net/url"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// NewEntry is a line to be written.
type NewEntry struct {
	Day       Day
	Meal      string
	FoodID    string
	ServingID string
	Units     float64
	Name      string // required by the vendor; "Dish: ingredient"
}

func (e NewEntry) params() (url.Values, error) {
	const op = "fatsecret: food_entry.create"
	switch {
	case e.FoodID == "" || e.ServingID == "":
		return nil, fault.New(fault.InvalidInput, op, "food and serving are required")
	case e.Name == "":
		return nil, fault.New(fault.InvalidInput, op, "name is required")
	case !(e.Units > 0) || math.IsInf(e.Units, 0):
		return nil, fault.New(fault.InvalidInput, op, "number of units: want more than 0")
	case !slices.Contains([]string{Breakfast, Lunch, Dinner, Other}, e.Meal):
		return nil, fault.New(fault.InvalidInput, op, "meal %q: want breakfast, lunch, dinner or other", e.Meal)
	}
	return url.Values{
		"food_id": {e.FoodID}, "serving_id": {e.ServingID}, "food_entry_name": {e.Name},
		"number_of_units": {units(e.Units)}, "meal": {e.Meal}, "date": {e.Day.param()},
	}, nil
}

func units(v float64) string { return strconv.FormatFloat(math.Round(v*1000)/1000, 'f', -1, 64) }

// CreateEntry writes one entry and returns its id. It is not tried again: after a failure
// that leaves open whether it took effect use [Client.EnsureEntry].
func (c *Client) CreateEntry(ctx context.Context, user Token, e NewEntry) (string, error) {
	params, err := e.params()
	if err != nil {
		return "", err
	}
	var w struct {
		ID    id `json:"food_entry_id"`
		Entry struct {
			ID id `json:"food_entry_id"`
		} `json:"food_entry"`
	}
	if err := c.do(ctx, call{method: "food_entry.create", params: params, token: user}, &w); err != nil {
		return "", err
	}
	if w.ID == "" {
		w.ID = w.Entry.ID
	}
	if w.ID == "" {
		return "", fault.New(fault.FatSecretError, "fatsecret: food_entry.create", "the answer has no entry id: read the day before trying again")
	}
	return string(w.ID), nil
}

// EnsureEntry writes an entry once. known are the ids of entries the caller made earlier:
// an equal entry that is none of them is taken for the lost one. The day is read before
// writing, and after an answer that did not come; then it is tried once more.
func (c *Client) EnsureEntry(ctx context.Context, user Token, e NewEntry, known []string) (entryID string, created bool, err error) {
	for try := 1; ; try++ {
		found, err := c.find(ctx, user, e, known)
		if found != "" || err != nil {
			return found, false, err
		}
		entryID, err = c.CreateEntry(ctx, user, e)
		if err == nil {
			return entryID, true, nil
		}
		if try == 2 || !fault.KindOf(err).Transient() || ctx.Err() != nil {
			return "", false, err
		}
	}
}

func (c *Client) find(ctx context.Context, user Token, e NewEntry, known []string) (string, error) {
	day, err := c.Diary(ctx, user, e.Day)
	if err != nil {
		return "", err
	}
	for _, x := range day {
		if x.FoodID == e.FoodID && x.ServingID == e.ServingID && x.Meal == e.Meal && x.Name == e.Name &&
			math.Abs(x.Units-e.Units) < 0.001 && !slices.Contains(known, x.ID) {
			return x.ID, nil
		}
	}
	return "", nil
}

// Edit is a change of an entry; empty fields stay. The day cannot change: delete and
// create instead.
type Edit struct {
	Name, ServingID, Meal string
	Units                 float64 // 0 = stays
}

// EditEntry changes an entry. Doing it twice does no harm, so that it may be repeated.
func (c *Client) EditEntry(ctx context.Context, user Token, entryID string, e Edit) error {
	params := url.Values{"food_entry_id": {entryID}}
	for k, v := range map[string]string{"food_entry_name": e.Name, "serving_id": e.ServingID, "meal": e.Meal} {
		if v != "" {
			params.Set(k, v)
		}
	}
	if e.Units > 0 {
		params.Set("number_of_units", units(e.Units))
	}
	return c.do(ctx, call{method: "food_entry.edit", params: params, token: user}, &success{})
}

// DeleteEntry removes an entry.
func (c *Client) DeleteEntry(ctx context.Context, user Token, entryID string) error {
	return c.do(ctx, call{method: "food_entry.delete", params: url.Values{"food_entry_id": {entryID}}, token: user}, &success{})
}

// success reads {"success": {"value": "1"}} and {"success": 1}.
type success struct {
	Success number `json:"success"`
}
