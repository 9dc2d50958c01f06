package app

import (
	"cmp"
	"context"
	"net/http"
	"net/url"

	"github.com/mealplanner/mealplanner/pkg/account/settings"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web/api"
)

// registerPrograms adds what programs use to the mux. Like pages they read by the api pool.
func (a *App) registerPrograms(mux *http.ServeMux, base *url.URL, pictures api.Pictures) {
	pool := a.pools["api"]
	plans := weeks{postgres.NewPlans(pool, observe.TraceParent)}
	api.New(api.Ports{
		Tokens: a.s.Tokens, Answers: postgres.NewAnswers(pool), Users: a.s.Users, Settings: settings.New(a.s.Users, a.s.Vocabulary), Plans: plans, Commands: a.s,
		Recipes: postgres.NewRecipes(pool), Pictures: pictures, Shopping: shopping.New(postgres.NewShopping(pool), plans, a.s.Users), Push: a.s.PushList, Library: a.s.Library, Webhooks: a.s.Webhooks, Trends: a.s.Follower, Calendar: a.s.Links.Calendar,
	}, base, a.opts.Now, a.log).Register(mux)
}

// weeks are the stored plans as programs see them.
type weeks struct{ *postgres.Plans }

// Weeks implements [api.Plans].
func (w weeks) Weeks(ctx context.Context, userID string) ([]api.Planned, error) {
	states, err := w.States(ctx, userID, 1)
	out := make([]api.Planned, len(states))
	for i, s := range states {
		out[i] = api.Planned{Week: calendar.On(s.WeekOf), Status: s.Status, Balanced: int(s.BalancedDays), Mail: s.Mail, Created: s.CreatedAt}
	}
	return out, err
}

// PlanWeek implements [api.Commands] and [site.Commands]: of the running week what is left is
// planned. Kind Conflict if the week is planned, InvalidInput if it is over or too far ahead.
func (s *Services) PlanWeek(ctx context.Context, userID string, week calendar.Date) error {
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return err
	}
	planned := fault.New(fault.Conflict, "plan", "the week of %s is planned: replan it instead", week)
	from, err := s.FirstMeal(ctx, u, week)
	if err != nil {
		if s.isPlanned(ctx, u, week) {
			return planned
		}
		return err
	}
	m, err := s.generate(ctx, u, planner.Request{User: userID, Week: week, From: from}, nil)
	if err == nil && m.Existing {
		return planned
	}
	return err
}

// FirstMeal implements [site.Commands]: the first meal of a week that is still to be planned, as
// [planner.FirstMeal] has it. Of a running week it refuses, too, what is skipped altogether.
func (s *Services) FirstMeal(ctx context.Context, u user.User, week calendar.Date) (plan.Slot, error) {
	first, err := planner.FirstMeal(u, week, s.opts.Now())
	if err != nil {
		return first, err
	}
	unwanted, err := s.unwanted(ctx, u, first)
	return first, cmp.Or(err, unwanted)
}

// unwanted is why a week that has begun is not to be planned, from its first meal on; nil if it is.
func (s *Services) unwanted(ctx context.Context, u user.User, first plan.Slot) (why, err error) {
	week := first.Date.Monday()
	if first == (plan.Slot{Date: week}) { // it has not begun: its skips can be taken back from the plan
		return nil, nil
	}
	wishes, err := s.Wishes(ctx, u.ID, week)
	return planner.Wanted(u, wishes, first), err
}

// isPlanned reports whether a week that is not over has a plan.
func (s *Services) isPlanned(ctx context.Context, u user.User, week calendar.Date) bool {
	if planner.InReach(u, week, s.opts.Now()) != nil {
		return false
	}
	_, err := s.Plans.Get(ctx, u.ID, week)
	return err == nil
}

// WouldPlan implements [site.Commands]: the week as PlanWeek would plan it.
func (s *Services) WouldPlan(ctx context.Context, userID string, week calendar.Date) (plan.Plan, error) {
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return plan.Plan{}, err
	}
	from, err := s.FirstMeal(ctx, u, week)
	if err != nil {
		return plan.Plan{}, err
	}
	m, err := s.generate(ctx, u, planner.Request{User: userID, Week: week, From: from, DryRun: true}, nil)
	return m.Plan, err
}
