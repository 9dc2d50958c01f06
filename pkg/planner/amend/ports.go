package amend

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Outdated is a week whose plan must be amended.
type Outdated struct {
	Week calendar.Date
	Why  planner.Outdated
}

// Store is the database.
type Store interface {
	// Amend calls fn in a transaction that locks the user, so that neither they nor their
	// plans change meanwhile.
	Amend(ctx context.Context, userID string, fn func(context.Context, Tx) error) error
}

// Tx is the database within [Store.Amend].
type Tx interface {
	User() user.User
	Outdated(ctx context.Context) ([]Outdated, error)
	Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error)
	// Drop removes unsent mails from the outbox that show one of the dishes, and the week's
	// own unsent mail. It reports whether the week's mail was ever sent.
	Drop(ctx context.Context, w Outdated, dishes []string) (sent bool, err error)
	// Replace stores the plan, the wishes it honours and the mail; nil: no mail.
	Replace(ctx context.Context, s plan.Plan, w plan.Wishes, m *mail.Mail) error
	// Checked records that the week's plan needs no change.
	Checked(ctx context.Context, week calendar.Date) error
}

// Planner amends one week.
type Planner interface {
	Amend(ctx context.Context, in planner.Inputs, why planner.Outdated, from plan.Slot) (planner.Amended, error)
	Revise(ctx context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error)
}

// Renderer renders the mails.
type Renderer interface {
	WeeklyPlan(u user.User, s plan.Plan) (mail.Mail, error)
	// ChangedPlan renders the plan mail of a week that the user was mailed before; was is the
	// week as they know it, and at distinguishes the mails of several changes.
	ChangedPlan(u user.User, s plan.Plan, was plan.Week, at time.Time) (mail.Mail, error)
}
