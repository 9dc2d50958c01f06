package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// Generate plans one week. It first amends the user's other weeks and imports a library that was
// never imported, outside the generation's timeout. When it returns, the mail is in the outbox.
func (s *Services) Generate(ctx context.Context, req planner.Request, progress recipesync.Progress) (observe.Measured, error) {
	u, err := s.Users.Get(ctx, req.User)
	if err != nil {
		return observe.Measured{}, err
	}
	return s.generate(ctx, u, req, progress)
}

func (s *Services) generate(ctx context.Context, u user.User, req planner.Request, progress recipesync.Progress) (observe.Measured, error) {
	if !req.DryRun {
		s.settle(ctx, u.ID)
	}
	if err := s.Sync.Ensure(ctx, u.Connection, progress); err != nil {
		s.Log.WarnContext(telemetry.WithUser(ctx, u.ID), "Recipe import failed",
			append([]any{"component", "recipe_sync"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
	m, err := s.generation.Generate(ctx, req)
	if err == nil {
		s.Wake()
	}
	return m, err
}
