package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Lines implements [web.Commander].
func (s *Services) Lines(ctx context.Context, userID, line string) ([]string, error) {
	return s.commander.Lines(ctx, userID, line)
}

// Click implements [web.Commander].
func (s *Services) Click(ctx context.Context, userID string, week calendar.Date, lines, token string) (replies.Report, error) {
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return replies.Report{}, err
	}
	r, err := s.commander.Click(ctx, u, week, lines, token)
	if r.Outcome == command.Applied {
		s.settle(ctx, r.User)
	}
	return r, err
}
