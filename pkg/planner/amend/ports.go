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

// Outdated is a week whose plan may not be followed as it is.
type Outdated struct {
	Week calendar.Date
	Why  planner.Outdated
}

// Store is the database.
type Store interface {
	// Amend calls fn in a transaction that holds the user: nobody changes them or their
	// plans meanwhile.
	Amend(ctx context.Context, userID string, fn func(context.Context, Tx) error) error
}

// Tx is the database as one user's amendment sees it.
type Tx interface {
	User() user.User
	Outdated(ctx context.Context) ([]Outdated, error)
	Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error)
	// Drop takes out of the outbox what is not sent yet and shows one of the dishes, and
	// the week's own mail. It reports whether the week's mail was ever sent.
	Drop(ctx context.Context, w Outdated, dishes []string) (sent bool, err error)
	// Replace stores the plan, the wishes that it keeps and the mail, nil for none.
	Replace(ctx context.Context, s plan.Plan, w plan.Wishes, m *mail.Mail) error
	// Checked says that the week's plan may be followed as it is.
	Checked(ctx context.Context, week calendar.Date) error
}

// Planner amends one week.
type Planner interface {
	Amend(ctx context.Context, in planner.Inputs, why planner.Outdated, from plan.Slot) (planner.Amended, error)
	Revise(ctx context.Context, in planner.Inputs, r planner.Revision) (plan.Plan, error)
}

// Renderer makes the mails.
type Renderer interface {
	WeeklyPlan(u user.User, s plan.Plan) (mail.Mail, error)
	// ChangedPlan is the plan mail of a week whose first mail the user has; was is the week
	// as they know it, and at keeps the mails of several changes apart.
	ChangedPlan(u user.User, s plan.Plan, was plan.Week, at time.Time) (mail.Mail, error)
}
