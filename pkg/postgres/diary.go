package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Diary stores what is on its way to food diaries. Of the tracking service's content it
// keeps ids only.
type Diary struct {
	q       *db.Queries
	recipes *Recipes
}

var _ account.Diary = (*Diary)(nil)

// NewDiary returns the store.
func NewDiary(pool Conns, r *Recipes) *Diary { return &Diary{db.New(pool), r} }

// Confirmed implements [account.Diary].
func (s *Diary) Confirmed(ctx context.Context, userID string, after calendar.Date) ([]account.Meal, error) {
	rows, err := s.q.ListConfirmedMeals(ctx, userID, after.Time())
	if err != nil {
		return nil, failed("confirmed meals", err)
	}
	out := make([]account.Meal, len(rows))
	for i, r := range rows {
		meal, err := recipe.ParseMeal(r.Meal)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "confirmed meals", err)
		}
		out[i] = account.Meal{Date: calendar.On(r.Date), Meal: meal, Recipe: recipe.ID(r.RecipeID), Servings: nutrition.Servings(r.Servings)}
	}
	return out, nil
}

// Entries implements [account.Diary].
func (s *Diary) Entries(ctx context.Context, userID string, after calendar.Date) ([]account.Entry, error) {
	rows, err := s.q.ListDiaryEntries(ctx, userID, after.Time())
	if err != nil {
		return nil, failed("diary entries", err)
	}
	out := make([]account.Entry, len(rows))
	for i, r := range rows {
		meal, err := recipe.ParseMeal(r.Meal)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "diary entries", err)
		}
		out[i] = account.Entry{
			Date: calendar.On(r.Date), Meal: meal, Line: int(r.Line), Recipe: recipe.ID(r.RecipeID), Food: r.Food,
			Ref: account.FoodRef{Food: r.FoodID, Serving: r.ServingID}, ID: r.EntryID, Status: account.Status(r.Status),
		}
	}
	return out, nil
}

// Intend implements [account.Diary].
func (s *Diary) Intend(ctx context.Context, userID string, e account.Entry) error {
	return failed("intend diary entry", s.q.IntendDiaryEntry(ctx, db.IntendDiaryEntryParams{
		UserID: userID, Date: e.Date.Time(), Meal: e.Meal.String(), Line: int32(e.Line), RecipeID: int64(e.Recipe), //nolint:gosec // a recipe's lines
		Food: e.Food, FoodID: e.Ref.Food, ServingID: e.Ref.Serving, Status: string(e.Status),
	}))
}

// Wrote implements [account.Diary].
func (s *Diary) Wrote(ctx context.Context, userID string, e account.Entry) error {
	return failed("record diary entry", s.q.MarkDiaryWritten(ctx, db.MarkDiaryWrittenParams{
		EntryID: e.ID, UserID: userID, Date: e.Date.Time(), Meal: e.Meal.String(), Line: int32(e.Line), //nolint:gosec // a recipe's lines
	}))
}

// Food implements [account.Diary].
func (s *Diary) Food(ctx context.Context, name string) (account.FoodRef, bool, error) {
	row, err := s.q.GetFatSecretFood(ctx, name)
	if errors.Is(err, pgx.ErrNoRows) {
		return account.FoodRef{}, false, nil
	}
	return account.FoodRef{Food: row.FoodID, Serving: row.ServingID}, err == nil, failed("known food", err)
}

// PutFood implements [account.Diary].
func (s *Diary) PutFood(ctx context.Context, name string, r account.FoodRef) error {
	return failed("keep food", s.q.PutFatSecretFood(ctx, db.PutFatSecretFoodParams{Name: name, FoodID: r.Food, ServingID: r.Serving}))
}

// Recipes implements [account.Diary].
func (s *Diary) Recipes(ctx context.Context, connection string) ([]recipe.Recipe, error) {
	return s.recipes.Load(ctx, connection)
}
