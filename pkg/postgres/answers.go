package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Answers returns what users said of the connection's foods, by name.
func (s *Recipes) Answers(ctx context.Context, connection string) ([]recipe.Answer, error) {
	rows, err := s.q.ListFoodAnswers(ctx, connection)
	if err != nil {
		return nil, failed("load answers", err)
	}
	out := make([]recipe.Answer, len(rows))
	for i, r := range rows {
		out[i] = toAnswer(r)
	}
	return out, nil
}

func toAnswer(r db.FoodAnswer) recipe.Answer {
	return recipe.Answer{Food: r.Food, Is: r.IsFood, Told: r.Told, Contains: r.Contains, Ignored: r.Ignored}
}

// Answer stores an answer in place of an earlier one about the food, and records the change.
// The weeks of the library's users are outdated by it: they may hold what is forbidden now.
func (s *Recipes) Answer(ctx context.Context, connection string, a recipe.Answer, by string) error {
	return s.change(ctx, connection, a.Food, &a, by)
}

// TakeBack deletes the answer about a food, and records that; kind NotFound when there is none.
func (s *Recipes) TakeBack(ctx context.Context, connection, food, by string) error {
	return s.change(ctx, connection, food, nil, by)
}

// change stores or, with nil, deletes the answer about a food.
func (s *Recipes) change(ctx context.Context, connection, food string, a *recipe.Answer, by string) error {
	const op = "answer"
	key := phrase.Key(food)
	if key == "" {
		return fault.New(fault.InvalidInput, op, "%q names no food", food)
	}
	err := pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		change := db.RecordFoodAnswerParams{ConnectionID: connection, Food: food, By: by}
		old, err := q.LockFoodAnswer(ctx, connection, key)
		switch {
		case err == nil:
			if change.Was, err = json.Marshal(toAnswer(old)); err != nil {
				return err
			}
		case !errors.Is(err, pgx.ErrNoRows):
			return err
		case a == nil:
			return fault.New(fault.NotFound, op, "nothing was said of %q", food)
		}
		if a == nil {
			_, err = q.DeleteFoodAnswer(ctx, connection, key)
		} else {
			if change.Became, err = json.Marshal(a); err != nil {
				return err
			}
			contains := a.Contains
			if contains == nil {
				contains = []string{}
			}
			err = q.UpsertFoodAnswer(ctx, db.UpsertFoodAnswerParams{
				ConnectionID: connection, FoodKey: key, Food: a.Food, IsFood: a.Is, Told: a.Told, Contains: contains, Ignored: a.Ignored, AnsweredBy: by,
			})
		}
		if err != nil {
			return err
		}
		if err := q.OutdatePlansOfLibrary(ctx, connection); err != nil {
			return err
		}
		return q.RecordFoodAnswer(ctx, change)
	})
	return keepKind(op, err)
}

// AnswerChange is an answer that was given, changed or taken back.
type AnswerChange struct {
	Food   string
	Was    *recipe.Answer // nil: there was none
	Became *recipe.Answer // nil: it was taken back
	At     time.Time
	By     string
}

// AnswerChanges returns the latest changes, newest first.
func (s *Recipes) AnswerChanges(ctx context.Context, connection string, most int) ([]AnswerChange, error) {
	rows, err := s.q.ListFoodAnswerChanges(ctx, connection, int32(most)) //nolint:gosec // a page
	if err != nil {
		return nil, failed("load answers", err)
	}
	out := make([]AnswerChange, len(rows))
	for i, r := range rows {
		out[i] = AnswerChange{Food: r.Food, At: r.At, By: r.By}
		for from, to := range map[*[]byte]**recipe.Answer{&r.Was: &out[i].Was, &r.Became: &out[i].Became} {
			if *from == nil {
				continue
			}
			if err := json.Unmarshal(*from, to); err != nil {
				return nil, fault.Wrap(fault.Internal, "load answers", err)
			}
		}
	}
	return out, nil
}
