package fatsecret

import (
	"context"
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
)

// Values are energy and macros as FatSecret states them; energy has no decimals there,
// macros two.
type Values struct {
	Energy nutrition.Energy
	Macros nutrition.Macros
}

// The meals of the diary. There is no snack: it is [Other].
const (
	Breakfast = "breakfast"
	Lunch     = "lunch"
	Dinner    = "dinner"
	Other     = "other"
)

// Entry is a line of the food diary. Values are for the logged amount.
type Entry struct {
	ID          string
	Day         Day
	Meal        string // lower case
	FoodID      string
	ServingID   string
	Units       float64 // in the serving's own units, see [Serving.Units]
	Name        string
	Description string
	Values      Values
}

type wireEntry struct {
	wireMacros
	ID          id     `json:"food_entry_id"`
	Date        number `json:"date_int"`
	Meal        string `json:"meal"`
	FoodID      id     `json:"food_id"`
	ServingID   id     `json:"serving_id"`
	Units       number `json:"number_of_units"`
	Name        string `json:"food_entry_name"`
	Description string `json:"food_entry_description"`
}

type wireEntries struct {
	Entries holder[struct {
		List many[wireEntry] `json:"food_entry"`
	}] `json:"food_entries"`
}

// Diary returns the entries of a day; none is not an error.
func (c *Client) Diary(ctx context.Context, user Token, day Day) ([]Entry, error) {
	return c.entries(ctx, user, url.Values{"date": {day.param()}})
}

// Entry returns one entry, or an error of kind [fault.NotFound].
func (c *Client) Entry(ctx context.Context, user Token, entryID string) (Entry, error) {
	list, err := c.entries(ctx, user, url.Values{"food_entry_id": {entryID}})
	if err == nil && len(list) == 0 {
		err = fault.New(fault.NotFound, "fatsecret: food_entries.get", "entry %s", entryID)
	}
	if err != nil {
		return Entry{}, err
	}
	return list[0], nil
}

func (c *Client) entries(ctx context.Context, user Token, params url.Values) ([]Entry, error) {
	var w wireEntries
	if err := c.do(ctx, call{method: "food_entries.get.v2", params: params, token: user, read: true}, &w); err != nil {
		return nil, err
	}
	var out []Entry
	for _, e := range w.Entries.inner.List {
		v, err := e.domain()
		if err != nil {
			return nil, fault.Wrap(fault.FatSecretError, "fatsecret: diary entry "+string(e.ID), err)
		}
		out = append(out, Entry{
			ID: string(e.ID), Day: Day(e.Date.value), Meal: strings.ToLower(e.Meal), FoodID: string(e.FoodID),
			ServingID: string(e.ServingID), Units: e.Units.value, Name: e.Name, Description: e.Description, Values: v,
		})
	}
	return out, nil
}

// DayTotal is the sum of a day.
type DayTotal struct {
	Day    Day
	Values Values
}

// DiaryMonth returns the sums of the days of a month that have entries. Any day of the
// month will do.
func (c *Client) DiaryMonth(ctx context.Context, user Token, day Day) ([]DayTotal, error) {
	var w struct {
		Month holder[struct {
			Days many[struct {
				wireMacros
				Date number `json:"date_int"`
			}] `json:"day"`
		}] `json:"month"`
	}
	if err := c.do(ctx, call{method: "food_entries.get_month.v2", params: url.Values{"date": {day.param()}}, token: user, read: true}, &w); err != nil {
		return nil, err
	}
	var out []DayTotal
	for _, d := range w.Month.inner.Days {
		v, err := d.domain()
		if err != nil {
			return nil, fault.Wrap(fault.FatSecretError, "fatsecret: diary of "+Day(d.Date.value).String(), err)
		}
		out = append(out, DayTotal{Day(d.Date.value), v})
	}
	return out, nil
}
