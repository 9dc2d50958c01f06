package fatsecret

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Tracker speaks of the API in the program's terms.
type Tracker struct{ client *Client }

var _ account.Service = Tracker{}

// NewTracker returns a tracker that calls through client.
func NewTracker(client *Client) Tracker { return Tracker{client} }

// RequestToken implements [account.Service].
func (t Tracker) RequestToken(ctx context.Context, callback string) (account.Token, string, error) {
	request, err := t.client.RequestToken(ctx, callback)
	if err != nil {
		return account.Token{}, "", err
	}
	return account.Token(request), t.client.AuthorizeURL(request), nil
}

// AccessToken implements [account.Service].
func (t Tracker) AccessToken(ctx context.Context, request account.Token, verifier string) (account.Token, error) {
	access, err := t.client.AccessToken(ctx, Token(request), verifier)
	return account.Token(access), err
}

// Weight implements [account.Service].
func (t Tracker) Weight(ctx context.Context, of account.Token) (float64, error) {
	p, err := t.client.Profile(ctx, Token(of))
	return p.LastWeightKg, err
}

// Totals implements [account.Service].
func (t Tracker) Totals(ctx context.Context, of account.Token, first, last calendar.Date) ([]insight.Eaten, error) {
	var out []insight.Eaten
	for at := first; at <= last; {
		totals, err := t.client.DiaryMonth(ctx, Token(of), Day(at.UnixDays()))
		if err != nil {
			return nil, err
		}
		for _, d := range totals {
			if date := calendar.On(d.Day.Date()); date >= first && date <= last {
				out = append(out, insight.Eaten{Date: date, Energy: d.Values.Energy, Macros: d.Values.Macros})
			}
		}
		at = calendar.On(at.Time().AddDate(0, 1, 1-at.Time().Day())) // the first of the next month
	}
	return out, nil
}

// mealOf are the planned meals by FatSecret's names; there is none for snacks.
var mealOf = map[string]recipe.Meal{Breakfast: recipe.Breakfast, Lunch: recipe.Lunch, Dinner: recipe.Dinner}

// Day implements [account.Service].
func (t Tracker) Day(ctx context.Context, of account.Token, d calendar.Date) (*insight.Eaten, error) {
	entries, err := t.client.Diary(ctx, Token(of), Day(d.UnixDays()))
	if err != nil || len(entries) == 0 {
		return nil, err
	}
	e := insight.Eaten{Date: d, Meals: []recipe.Meal{}}
	for _, x := range entries {
		e.Energy += x.Values.Energy
		e.Macros = e.Macros.Add(x.Values.Macros)
		if m, ok := mealOf[x.Meal]; ok && !slices.Contains(e.Meals, m) {
			e.Meals = append(e.Meals, m)
		}
	}
	return &e, nil
}

// FindFood implements [account.Service]: only a generic food of exactly the name is taken,
// in its singular or plural.
func (t Tracker) FindFood(ctx context.Context, name string) (account.FoodRef, error) {
	hits, err := t.client.SearchFoods(ctx, name, 0, 20)
	if err != nil {
		return account.FoodRef{}, err
	}
	forms := food.Forms(name)
	for _, h := range hits.Foods {
		if h.Type != "Generic" || !slices.Contains(forms, food.Normalize(h.Name)) {
			continue
		}
		full, err := t.client.Food(ctx, h.ID)
		if err != nil {
			return account.FoodRef{}, err
		}
		for _, s := range full.Servings {
			if _, ok := s.Units(1, "g"); ok {
				return account.FoodRef{Food: full.ID, Serving: s.ID}, nil
			}
		}
	}
	return account.FoodRef{}, nil
}

// Log implements [account.Service]. The serving's size is asked for each time: it may not
// be kept.
func (t Tracker) Log(ctx context.Context, of account.Token, e account.Entry, dish string, amount nutrition.Mass, known []string) (string, error) {
	const op = "write diary"
	full, err := t.client.Food(ctx, e.Ref.Food)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(full.Servings, func(s Serving) bool { return s.ID == e.Ref.Serving })
	if i < 0 {
		return "", fault.New(fault.FatSecretError, op, "food %s has lost its serving %s", e.Ref.Food, e.Ref.Serving)
	}
	units, ok := full.Servings[i].Units(amount.Grams(), "g")
	if !ok {
		return "", fault.New(fault.FatSecretError, op, "serving %s of food %s is not measured in grams any more", e.Ref.Serving, e.Ref.Food)
	}
	id, _, err := t.client.EnsureEntry(ctx, Token(of), NewEntry{
		Day: Day(e.Date.UnixDays()), Meal: e.Meal.String(), FoodID: e.Ref.Food, ServingID: e.Ref.Serving, Units: units, Name: dish + ": " + e.Food,
	}, known)
	return id, err
}
