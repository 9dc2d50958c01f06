package app

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

// Generate plans one week: a library that was never imported is imported first, without
// the generation's time limit. The mail is in the outbox when it returns.
func (a *App) Generate(ctx context.Context, req planner.Request, progress recipesync.Progress) (observe.Measured, error) {
	u, err := a.Users.Get(ctx, req.User)
	if err != nil {
		return observe.Measured{}, err
	}
	return a.generate(ctx, u, req, progress)
}

func (a *App) generate(ctx context.Context, u user.User, req planner.Request, progress recipesync.Progress) (observe.Measured, error) {
	if !req.DryRun {
		a.settle(ctx, u.ID)
	}
	if err := a.Sync.Ensure(ctx, u.Connection, progress); err != nil {
		a.Log.WarnContext(telemetry.WithUser(ctx, u.ID), "Recipe import failed",
			append([]any{"component", "recipe_sync"}, observe.Failure(fault.KindOf(err), err)...)...)
	}
	m, err := a.generation.Generate(ctx, req)
	if err == nil {
		a.Wake()
	}
	return m, err
}

// Horizon is how many weeks after the current one can be planned.
const Horizon = 26

// InReach refuses weeks that nobody can cook any more, and those too far ahead. Kind
// InvalidInput.
func InReach(u user.User, week calendar.Date, now time.Time) error {
	const op = "generate"
	zone, err := u.Location()
	if err != nil {
		return fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	switch current := calendar.On(now.In(zone)).Monday(); {
	case week < current:
		return fault.New(fault.InvalidInput, op, "the week of %s is over: the current one is that of %s", week, current)
	case week > current+7*Horizon:
		return fault.New(fault.InvalidInput, op, "the week of %s is more than %d weeks ahead: the last that can be planned is that of %s", week, Horizon, current+7*Horizon)
	default:
		return nil
	}
}
