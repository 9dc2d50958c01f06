package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Clicked implements [web.Commander].
func (s *Services) Clicked(ctx context.Context, userID, token string) (bool, error) {
	return s.commander.Clicked(ctx, userID, token)
}

// Lines implements [web.Commander].
func (s *Services) Lines(ctx context.Context, userID, line string) ([]string, error) {
	return s.commander.Lines(ctx, userID, line)
}

// Click implements [web.Commander].
func (s *Services) Click(ctx context.Context, userID string, week calendar.Date, lines, token string) (replies.Report, error) {
	return s.carryOut(ctx, userID, func(u user.User) (replies.Report, error) {
		return s.commander.Click(ctx, u, week, lines, token)
	})
}

// Press implements [site.Commands].
func (s *Services) Press(ctx context.Context, userID string, week calendar.Date, p replies.Press) (replies.Report, error) {
	if p.Preview {
		u, err := s.Users.Get(ctx, userID)
		if err != nil {
			return replies.Report{}, err
		}
		return s.commander.Press(ctx, u, week, p)
	}
	return s.carryOut(ctx, userID, func(u user.User) (replies.Report, error) {
		return s.commander.Press(ctx, u, week, p)
	})
}

func (s *Services) carryOut(ctx context.Context, userID string, do func(user.User) (replies.Report, error)) (replies.Report, error) {
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return replies.Report{}, err
	}
	r, err := do(u)
	if r.Outcome == command.Applied {
		s.settle(ctx, r.User)
	}
	return r, err
}

// History implements [site.Commands].
func (s *Services) History(ctx context.Context, userID string, week calendar.Date) ([]replies.Past, error) {
	return s.commands.History(ctx, userID, week)
}

// Eaten implements [site.Commands].
func (s *Services) Eaten(ctx context.Context, userID string, week calendar.Date) ([]replies.Eaten, error) {
	return s.commands.Eaten(ctx, userID, week)
}

// Wishes implements [site.Commands].
func (s *Services) Wishes(ctx context.Context, userID string, week calendar.Date) (plan.Wishes, error) {
	in, err := s.Plans.Inputs(ctx, userID, week)
	return in.Wishes, err
}

// Alternatives returns the dishes that could be in a meal's place, the best first. Kinds of
// error: NotFound without a plan, and [planner.Alternatives]'s.
func (s *Services) Alternatives(ctx context.Context, userID string, slot plan.Slot) ([]planner.Alternative, error) {
	in, err := s.Plans.Inputs(ctx, userID, slot.Date.Monday())
	if err != nil {
		return nil, err
	}
	if in.Existing == nil {
		return nil, fault.New(fault.NotFound, "alternatives", "the week of %s is not planned", slot.Date.Monday())
	}
	recipes, err := s.Recipes.Load(ctx, in.User.Connection)
	if err != nil {
		return nil, err
	}
	return planner.Alternatives(in, recipe.Pool{Recipes: recipes}, slot, mostAlternatives)
}

// mostAlternatives is how many dishes are proposed for a meal.
const mostAlternatives = 20
