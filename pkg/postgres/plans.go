package postgres

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Plans stores weeks; it implements [planner.Store].
type Plans struct {
	pool Conns
	q    *db.Queries
	// TraceParent returns the W3C traceparent of the context, to be kept with a mail.
	traceParent func(context.Context) string
}

var _ planner.Store = (*Plans)(nil)

// NewPlans returns the store. traceParent gives the context's W3C traceparent, which a
// mail carries so that its delivery is found from the generation.
func NewPlans(pool Conns, traceParent func(context.Context) string) *Plans {
	return &Plans{pool, db.New(pool), traceParent}
}

// Inputs implements [planner.Store].
func (s *Plans) Inputs(ctx context.Context, userID string, week calendar.Date) (planner.Inputs, error) {
	const op = "load inputs"
	var in planner.Inputs
	row, err := s.q.GetUser(ctx, userID)
	if errors.Is(err, pgx.ErrNoRows) {
		return in, noUser(userID)
	}
	if err != nil {
		return in, failed(op, err)
	}
	if in.User, err = toUser(row); err != nil {
		return in, err
	}
	wishes, err := s.q.GetConstraints(ctx, userID, week.Time())
	switch {
	case errors.Is(err, pgx.ErrNoRows):
	case err != nil:
		return in, failed(op, err)
	default:
		if err := json.Unmarshal(wishes, &in.Wishes); err != nil {
			return in, fault.Wrap(fault.Internal, op+": constraints", err)
		}
	}
	if in.LastUsed, err = s.lastUsed(ctx, userID, week); err != nil {
		return in, err
	}
	if in.Proposal, err = s.proposal(ctx, userID); err != nil {
		return in, err
	}
	in.Existing, err = s.Get(ctx, userID, week)
	if fault.KindOf(err) == fault.NotFound {
		err = nil
	}
	return in, err
}

func (s *Plans) proposal(ctx context.Context, userID string) (bool, error) {
	_, err := s.q.GetFatSecret(ctx, userID, trendsKind)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	return err == nil, failed("load proposal", err)
}

func (s *Plans) lastUsed(ctx context.Context, userID string, week calendar.Date) (map[recipe.ID][3]calendar.Date, error) {
	rows, err := s.q.ListRotation(ctx, userID, week.Time())
	if err != nil {
		return nil, failed("load rotation", err)
	}
	out := map[recipe.ID][3]calendar.Date{}
	for _, r := range rows {
		meal, err := recipe.ParseMeal(r.Meal)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "load rotation", err)
		}
		used := out[recipe.ID(r.RecipeID)]
		used[meal] = calendar.On(r.LastUsed)
		out[recipe.ID(r.RecipeID)] = used
	}
	return out, nil
}

// Get loads the user's plan of a week; kind NotFound.
func (s *Plans) Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error) {
	row, err := s.q.GetPlan(ctx, userID, week.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.NotFound, "load plan", "nothing is planned for the week of %v", message.Day(week))
	}
	if err != nil {
		return nil, failed("load plan", err)
	}
	out, err := toStored(row.Data, row.Outdated)
	return &out, fault.Wrap(fault.Internal, "load plan", err)
}

// toStored decodes a plan; an outdated one gets a warning.
func toStored(data []byte, outdated *string) (plan.Plan, error) {
	var out plan.Plan
	err := json.Unmarshal(data, &out)
	if outdated != nil && planner.Outdated(*outdated).Grave() {
		out.Week.Notes = append([]message.Text{plan.OutdatedNote}, out.Week.Notes...)
	}
	return out, err
}

// Between loads the user's plans of the weeks from first to last, oldest first.
func (s *Plans) Between(ctx context.Context, userID string, first, last calendar.Date) ([]plan.Plan, error) {
	rows, err := s.q.ListPlans(ctx, db.ListPlansParams{UserID: userID, First: first.Time(), Last: last.Time()})
	if err != nil {
		return nil, failed("load plans", err)
	}
	out := make([]plan.Plan, len(rows))
	for i, r := range rows {
		if out[i], err = toStored(r.Data, r.Outdated); err != nil {
			return nil, fault.Wrap(fault.Internal, "load plans", err)
		}
	}
	return out, nil
}

// PlanState is a week that is planned. Mail is the state of its mail: sent, pending,
// failed, or empty for none.
type PlanState = db.ListPlanStatesRow

// States lists the weeks from the given one on, newest first, of one user or of all.
func (s *Plans) States(ctx context.Context, userID string, first calendar.Date) ([]PlanState, error) {
	rows, err := s.q.ListPlanStates(ctx, userID, first.Time())
	return rows, failed("list plans", err)
}

// SetWishes replaces the user's wishes for a week.
func (s *Plans) SetWishes(ctx context.Context, userID string, week calendar.Date, w plan.Wishes) error {
	data, err := json.Marshal(w)
	if err != nil {
		return fault.Wrap(fault.Internal, "save constraints", err)
	}
	return failed("save constraints", s.q.UpsertConstraints(ctx, db.UpsertConstraintsParams{UserID: userID, WeekOf: week.Time(), Data: data}))
}

// Save implements [planner.Store].
func (s *Plans) Save(ctx context.Context, d planner.Draft) (saved bool, err error) {
	const op = "save plan"
	data, err := json.Marshal(d.Plan)
	if err != nil {
		return false, fault.Wrap(fault.Internal, op, err)
	}
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		w := d.Week
		if err := unchanged(ctx, q, d); err != nil {
			return err
		}
		id, err := q.InsertPlan(ctx, db.InsertPlanParams{
			UserID: w.User, WeekOf: w.WeekOf.Time(), GenerationID: w.GenerationID,
			Status: string(w.Status), Optimal: w.Optimal, Data: data,
		})
		if errors.Is(err, pgx.ErrNoRows) {
			return nil // another run was first
		}
		if err != nil {
			return err
		}
		if err := firstError(q.InsertPlanMeal(ctx, planMeals(id, w)).Exec); err != nil {
			return err
		}
		if _, err := enqueue(ctx, q, w.User, d.Mail, s.traceParent(ctx)); err != nil {
			return err
		}
		saved = true
		return nil
	})
	if err != nil {
		return false, keepKind(op, err)
	}
	return saved, nil
}

// unchanged locks the user's row, so that no command changes the week meanwhile, and compares
// the inputs of the plan with the stored ones.
func unchanged(ctx context.Context, q *db.Queries, d planner.Draft) error {
	row, err := q.LockUser(ctx, d.Week.User)
	if err != nil {
		return err
	}
	u, err := toUser(row)
	if err != nil {
		return err
	}
	var wishes plan.Wishes
	data, err := q.GetConstraints(ctx, d.Week.User, d.Week.WeekOf.Time())
	if err == nil {
		err = json.Unmarshal(data, &wishes)
	}
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	if !same(u.Settings, d.User.Settings) || !same(wishes, d.Wishes) {
		return planner.ErrChanged
	}
	return nil
}

// same compares values in their stored form.
func same(a, b any) bool {
	x, xerr := json.Marshal(a)
	y, yerr := json.Marshal(b)
	return xerr == nil && yerr == nil && bytes.Equal(x, y)
}

func planMeals(planID int64, w plan.Week) []db.InsertPlanMealParams {
	var out []db.InsertPlanMealParams
	for _, d := range w.Days {
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			out = append(out, db.InsertPlanMealParams{
				PlanID: planID, UserID: w.User, Date: d.Date.Time(), Meal: recipe.Meals[m].String(),
				RecipeID: int64(sv.Recipe), Servings: int32(sv.Servings), Source: string(sv.Source), //nolint:gosec // at most 100 servings
			})
		}
	}
	return out
}

// firstError runs a batch and returns its first error.
func firstError(exec func(func(int, error))) error {
	var first error
	exec(func(_ int, err error) {
		if first == nil {
			first = err
		}
	})
	return first
}

// MacroBalance returns, per user, the share of the last four plans with all days in band.
func (s *Plans) MacroBalance(ctx context.Context) (map[string]float64, error) {
	rows, err := s.q.MacroBalance(ctx)
	if err != nil {
		return nil, failed("macro balance", err)
	}
	out := make(map[string]float64, len(rows))
	for _, r := range rows {
		out[r.UserID] = r.Rate
	}
	return out, nil
}

// DueWeeks returns those of the weeks that were due at the given time, newest first. A
// run is due when the user's settings say, on the user's clock; users added after their run
// are not counted.
func (s *Plans) DueWeeks(ctx context.Context, weeks []calendar.Date, at time.Time, grace time.Duration) ([]plan.DueWeek, error) {
	dates := make([]time.Time, len(weeks))
	for i, w := range weeks {
		dates[i] = w.Time()
	}
	rows, err := s.q.DueWeeks(ctx, db.DueWeeksParams{Weeks: dates, At: at, GraceSeconds: grace.Seconds()})
	if err != nil {
		return nil, failed("due weeks", err)
	}
	out := make([]plan.DueWeek, len(rows))
	for i, r := range rows {
		out[i] = plan.DueWeek{Week: calendar.On(r.Monday), Missing: int(r.Missing), Late: int(r.Late)}
	}
	return out, nil
}

// LastStored returns when the newest plan was stored; the zero time when there is none.
func (s *Plans) LastStored(ctx context.Context) (time.Time, error) {
	at, err := s.q.LastPlanStored(ctx)
	if err != nil || at.Unix() == 0 {
		return time.Time{}, failed("last plan", err)
	}
	return at, nil
}

// Planned lists the users who have a plan for the week.
func (s *Plans) Planned(ctx context.Context, week calendar.Date) ([]string, error) {
	ids, err := s.q.ListPlannedUsers(ctx, week.Time())
	return ids, failed("list planned users", err)
}
