package postgres

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Amendments finds the plans that a change has outdated and replaces them. The rows are
// marked by triggers, so that no way to change a user goes around it.
type Amendments struct {
	pool        Conns
	q           *db.Queries
	traceParent func(context.Context) string
}

var _ amend.Store = (*Amendments)(nil)

// NewAmendments returns the store; traceParent as in [NewPlans].
func NewAmendments(pool Conns, traceParent func(context.Context) string) *Amendments {
	return &Amendments{pool, db.New(pool), traceParent}
}

// OutdatedUsers lists the users with an outdated week.
func (s *Amendments) OutdatedUsers(ctx context.Context) ([]string, error) {
	ids, err := s.q.ListOutdatedUsers(ctx)
	return ids, failed("list outdated plans", err)
}

// Amend implements [amend.Store].
func (s *Amendments) Amend(ctx context.Context, userID string, fn func(context.Context, amend.Tx) error) error {
	return keepKind("amend", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		row, err := q.LockUser(ctx, userID)
		if errors.Is(err, pgx.ErrNoRows) {
			return noUser(userID)
		}
		if err != nil {
			return err
		}
		u, err := toUser(row)
		if err != nil {
			return err
		}
		return fn(ctx, &amending{s, q, u})
	}))
}

// amending implements [amend.Tx] for one user.
type amending struct {
	store *Amendments
	q     *db.Queries
	user  user.User
}

func (t *amending) User() user.User { return t.user }

func (t *amending) Outdated(ctx context.Context) ([]amend.Outdated, error) {
	rows, err := t.q.ListOutdatedPlans(ctx, t.user.ID)
	if err != nil {
		return nil, failed("amend", err)
	}
	out := make([]amend.Outdated, len(rows))
	for i, r := range rows {
		out[i] = amend.Outdated{Week: calendar.On(r.WeekOf), Why: planner.Outdated(r.Outdated)}
	}
	return out, nil
}

func (t *amending) Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error) {
	return (&Plans{q: t.q}).Inputs(ctx, t.user.ID, week)
}

func (t *amending) Drop(ctx context.Context, w amend.Outdated, dishes []string) (sent bool, err error) {
	monday := w.Week.Time()
	if _, err := t.q.DropPendingMails(ctx, db.DropPendingMailsParams{
		UserID: t.user.ID, WeekOf: &monday, Whenever: w.Why == planner.RecipesChanged, Dishes: append([]string{}, dishes...),
	}); err != nil {
		return false, failed("amend", err)
	}
	sent, err = t.q.HasMail(ctx, db.HasMailParams{UserID: t.user.ID, EmailType: "weekly_plan", Period: w.Week.String()})
	return sent, failed("amend", err)
}

func (t *amending) Replace(ctx context.Context, s plan.Plan, w plan.Wishes, m *mail.Mail) error {
	if err := replacePlan(ctx, t.q, t.user.ID, s); err != nil {
		return failed("amend", err)
	}
	data, err := json.Marshal(w)
	if err != nil {
		return err
	}
	if err := t.q.UpsertConstraints(ctx, db.UpsertConstraintsParams{UserID: t.user.ID, WeekOf: s.Week.WeekOf.Time(), Data: data}); err != nil {
		return failed("amend", err)
	}
	if _, err := enqueue(ctx, t.q, t.user.ID, m, t.store.traceParent(ctx)); err != nil {
		return failed("amend", err)
	}
	return t.Checked(ctx, s.Week.WeekOf)
}

func (t *amending) Checked(ctx context.Context, week calendar.Date) error {
	return failed("amend", t.q.MarkPlanChecked(ctx, t.user.ID, week.Time()))
}
