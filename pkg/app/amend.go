package app

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
)

// amendEvery bounds the delay before a change of settings, from any source, reaches stored plans.
const amendEvery = 2 * time.Second

// Amend brings the user's stored weeks in line with their settings and library, and returns
// those whose meals were replaced. It queues their mails in the outbox.
func (s *Services) Amend(ctx context.Context, userID string) ([]amend.Done, error) {
	done, err := s.amender.User(ctx, userID)
	if len(done) > 0 {
		s.Wake()
	}
	return done, err
}

// Replan replans a stored week from the user's next meal on; with apply it stores the new
// plan and queues its mail in the outbox.
func (s *Services) Replan(ctx context.Context, userID string, week calendar.Date, apply bool) (amend.Done, plan.Plan, error) {
	if apply {
		s.settle(ctx, userID)
	}
	done, stored, err := s.amender.Replan(ctx, userID, week, apply)
	if done.Mailed {
		s.Wake()
	}
	return done, stored, err
}

// Plannable returns the first coming week without a plan, and why it cannot be planned
// with the present settings and recipes; nil if it can. Kinds of error:
// [planner.Plannable]'s and DatabaseError.
func (s *Services) Plannable(ctx context.Context, u user.User) (calendar.Date, error) {
	week, err := planner.NextWeek(u, s.opts.Now())
	if err != nil {
		return 0, err
	}
	planned, err := s.Plans.Between(ctx, u.ID, week, week+7*planner.Horizon)
	if err != nil {
		return 0, err
	}
	for slices.ContainsFunc(planned, func(s plan.Plan) bool { return s.Week.WeekOf == week }) {
		week += 7
	}
	in, err := s.Plans.Inputs(ctx, u.ID, week)
	if err != nil {
		return 0, err
	}
	pool, err := s.Sync.Recipes(ctx, u.Connection)
	if err != nil {
		return 0, err
	}
	return week, planner.Plannable(in, pool, week)
}

// AmendAll amends the weeks of every user; a failure for one does not stop the others.
func (s *Services) AmendAll(ctx context.Context) (map[string][]amend.Done, error) {
	users, err := s.amendments.OutdatedUsers(ctx)
	if err != nil {
		return nil, err
	}
	out := map[string][]amend.Done{}
	var errs []error
	for _, id := range users {
		var done []amend.Done
		err := fault.Guarded("amend", func() (err error) { done, err = s.Amend(ctx, id); return err })()
		if err != nil {
			errs = append(errs, err)
		}
		if len(done) > 0 {
			out[id] = done
		}
	}
	return out, errors.Join(errs...)
}

// settle amends a user's weeks as a side effect of another operation. A failure is only
// logged: the weeks stay marked, and the scheduler retries.
func (s *Services) settle(ctx context.Context, userID string) {
	if _, err := s.Amend(ctx, userID); err != nil {
		s.Log.ErrorContext(telemetry.WithUser(ctx, userID), "Amending plans failed",
			append([]any{"component", "amendment"}, fault.Fields(fault.KindOf(err), err)...)...)
	}
}

func (s *Services) amendOutdated(ctx context.Context) error {
	_, err := s.AmendAll(ctx)
	return err
}
