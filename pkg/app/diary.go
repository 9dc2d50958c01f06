package app

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
)

var _ coach.Diary = (*fatsecretAccounts)(nil)

// Connected implements [coach.Diary].
func (f *fatsecretAccounts) Connected(u user.User) bool { return u.FatSecret && f.client != nil }

// Eaten implements [coach.Diary]: the last day entry by entry, which tells the meals, the
// days before from the months' sums. A last day that cannot be read now is taken from the
// newest synchronisation.
func (f *fatsecretAccounts) Eaten(ctx context.Context, u user.User, first, last calendar.Date) ([]insight.Eaten, error) {
	if !f.Connected(u) {
		return nil, nil
	}
	t, err := f.token(ctx, u.ID)
	if err != nil {
		return nil, err
	}
	out, err := f.months(ctx, t, first, last-1)
	if err != nil {
		return nil, err
	}
	day, err := f.day(ctx, t, last)
	if err != nil {
		kept, kerr := f.store.Days(ctx, u.ID)
		if kerr != nil || !fault.KindOf(err).Transient() {
			return nil, err
		}
		i := slices.IndexFunc(kept, func(e insight.Eaten) bool { return e.Date == last })
		if i < 0 {
			return nil, err
		}
		day = &kept[i]
	}
	if day != nil {
		out = append(out, *day)
	}
	return out, nil
}

// months returns the sums of the days from first to last.
func (f *fatsecretAccounts) months(ctx context.Context, t fatsecret.Token, first, last calendar.Date) ([]insight.Eaten, error) {
	var out []insight.Eaten
	for at := first; at <= last; {
		totals, err := f.client.DiaryMonth(ctx, t, fatsecret.Day(at.UnixDays()))
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
var mealOf = map[string]recipe.Meal{fatsecret.Breakfast: recipe.Breakfast, fatsecret.Lunch: recipe.Lunch, fatsecret.Dinner: recipe.Dinner}

// day returns a day with its meals; nil when nothing is logged.
func (f *fatsecretAccounts) day(ctx context.Context, t fatsecret.Token, d calendar.Date) (*insight.Eaten, error) {
	entries, err := f.client.Diary(ctx, t, fatsecret.Day(d.UnixDays()))
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

// degradeAt is the share of the day's call budget above which calls that can wait are not
// made: generations need the rest.
const degradeAt = 0.8

// sync reads a user's weight, writes what they confirmed as eaten, and reads their diary of
// today.
func (f *fatsecretAccounts) sync(ctx context.Context, userID string, today calendar.Date, dryRun bool) (out syncOutput, err error) {
	used, err := f.store.Usage(ctx)
	if err != nil {
		return out, err
	}
	if used >= degradeAt {
		return syncOutput{Skipped: "most of today's call budget is used"}, nil
	}
	u, err := f.app.Users.Get(ctx, userID)
	if err != nil {
		return out, err
	}
	if !f.Connected(u) {
		return syncOutput{Skipped: "no account is connected"}, nil
	}
	t, err := f.token(ctx, userID)
	if err != nil {
		return out, err
	}
	p, err := f.client.Profile(ctx, t)
	if err != nil {
		return out, err
	}
	if err := f.store.PutWeight(ctx, userID, p.LastWeightKg); err != nil {
		return out, err
	}
	if out, err = f.write(ctx, u, today, dryRun); err != nil {
		return out, err
	}
	day, err := f.day(ctx, t, today)
	if err != nil || day == nil {
		return out, err
	}
	out.Synced = 1
	return out, f.store.PutDay(ctx, userID, *day)
}

// write takes confirmed meals to the diary of a user who opted in.
func (f *fatsecretAccounts) write(ctx context.Context, u user.User, today calendar.Date, dryRun bool) (out syncOutput, err error) {
	if u.Settings.Diary == user.DiaryOff && !dryRun {
		return out, nil
	}
	r, err := f.app.DiaryWriter.Write(ctx, u, today, dryRun || u.Settings.Diary == user.DiaryDryRun)
	return syncOutput{Written: r.Written, WouldWrite: r.Intended, Unmapped: r.Unmapped}, err
}

var _ account.Service = (*fatsecretAccounts)(nil)

// FindFood implements [account.Service]: only a generic food of exactly the name is taken,
// in its singular or plural.
func (f *fatsecretAccounts) FindFood(ctx context.Context, name string) (account.FoodRef, error) {
	hits, err := f.client.SearchFoods(ctx, name, 0, 20)
	if err != nil {
		return account.FoodRef{}, err
	}
	forms := food.Forms(name)
	for _, h := range hits.Foods {
		if h.Type != "Generic" || !slices.Contains(forms, food.Normalize(h.Name)) {
			continue
		}
		full, err := f.client.Food(ctx, h.ID)
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

// Log implements [account.Service]. The serving's size is asked for anew: it may not be
// kept.
func (f *fatsecretAccounts) Log(ctx context.Context, u user.User, e account.Entry, dish string, amount nutrition.Mass, known []string) (string, error) {
	t, err := f.token(ctx, u.ID)
	if err != nil {
		return "", err
	}
	full, err := f.client.Food(ctx, e.Ref.Food)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(full.Servings, func(s fatsecret.Serving) bool { return s.ID == e.Ref.Serving })
	if i < 0 {
		return "", fault.New(fault.FatSecretError, "write diary", "food %s has lost its serving %s", e.Ref.Food, e.Ref.Serving)
	}
	units, ok := full.Servings[i].Units(amount.Grams(), "g")
	if !ok {
		return "", fault.New(fault.FatSecretError, "write diary", "serving %s of food %s is not measured in grams any more", e.Ref.Serving, e.Ref.Food)
	}
	id, _, err := f.client.EnsureEntry(ctx, t, fatsecret.NewEntry{
		Day: fatsecret.Day(e.Date.UnixDays()), Meal: e.Meal.String(), FoodID: e.Ref.Food, ServingID: e.Ref.Serving, Units: units, Name: dish + ": " + e.Food,
	}, known)
	return id, err
}
