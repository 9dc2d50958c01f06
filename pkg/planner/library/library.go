// Package library says what somebody can plan from a recipe library, and takes answers about
// the foods of it that the tables do not know.
package library

import (
	"context"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Store holds libraries, and what was said of their foods.
type Store interface {
	// Load returns the recipes with the answers noted at their foods.
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
	Answers(ctx context.Context, connection string) ([]recipe.Answer, error)
	// Answer stores an answer in place of an earlier one, and TakeBack deletes one, kind
	// NotFound when there is none. Both record who did it, and outdate the library's plans.
	Answer(ctx context.Context, connection string, a recipe.Answer, by string) error
	TakeBack(ctx context.Context, connection, food, by string) error
}

// Users finds those who cook from a library.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
}

// Service is the use case.
type Service struct {
	store Store
	users Users
}

// New returns the use case on its ports.
func New(s Store, u Users) *Service { return &Service{s, u} }

// Report says what the user can plan from their library, and what was said of its foods. Kinds
// of error: NotFound, and those of the store.
func (s *Service) Report(ctx context.Context, userID string) (planner.Report, []recipe.Answer, error) {
	u, err := s.users.Get(ctx, userID)
	if err != nil {
		return planner.Report{}, nil, err
	}
	recipes, err := s.store.Load(ctx, u.Connection)
	if err != nil {
		return planner.Report{}, nil, err
	}
	answers, err := s.store.Answers(ctx, u.Connection)
	if err != nil {
		return planner.Report{}, nil, err
	}
	r, err := planner.Explain(u, recipe.Pool{Recipes: recipes})
	return r, answers, err
}

func (s *Service) connection(ctx context.Context, userID string) (string, error) {
	u, err := s.users.Get(ctx, userID)
	return u.Connection, err
}

// AnswerAs stores what a user says of a food of their library; see [Service.Answer].
func (s *Service) AnswerAs(ctx context.Context, userID string, a recipe.Answer) error {
	connection, err := s.connection(ctx, userID)
	if err != nil {
		return err
	}
	return s.Answer(ctx, connection, a, userID)
}

// TakeBackAs deletes what was said of a food of the user's library. Kinds of error: NotFound,
// and those of the store.
func (s *Service) TakeBackAs(ctx context.Context, userID, food string) error {
	connection, err := s.connection(ctx, userID)
	if err != nil {
		return err
	}
	return s.store.TakeBack(ctx, connection, food, userID)
}

// Answer stores what somebody says of a food of the library, for everybody who cooks from it.
// Kinds of error: InvalidInput for an answer that says nothing, names a food that the tables
// do not know or an allergen that does not exist, or is about a food that the library does not
// have, with the nearest names; and those of the store.
func (s *Service) Answer(ctx context.Context, connection string, a recipe.Answer, by string) error {
	const op = "answer"
	switch {
	case a.Ignored:
	case a.Is != "":
		if _, known := allergen.Classify(recipe.Food{Name: a.Is}); !known {
			return Unknown(op, "food", a.Is, allergen.Known())
		}
	case a.Told:
		for i, n := range a.Contains {
			if _, err := allergen.Parse(n); err != nil {
				return fault.Wrap(fault.InvalidInput, op, err)
			}
			a.Contains[i] = strings.ToLower(strings.TrimSpace(n))
		}
	default:
		return fault.New(fault.InvalidInput, op, "say what %q is, what it contains, or that it is nothing to eat", a.Food)
	}
	recipes, err := s.store.Load(ctx, connection)
	if err != nil {
		return err
	}
	if v := VocabularyOf(recipes); !v.Calls(a.Food) {
		return Unknown(op, message.Mark("food of the library"), a.Food, v.Foods)
	}
	return s.store.Answer(ctx, connection, a, by)
}
