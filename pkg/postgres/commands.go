package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Commands stores what users command, and how far their mails were read.
type Commands struct {
	pool        Conns
	q           *db.Queries
	traceParent func(context.Context) string
}

var _ replies.Store = (*Commands)(nil)

// NewCommands returns the store; traceParent as in [NewPlans].
func NewCommands(pool Conns, traceParent func(context.Context) string) *Commands {
	return &Commands{pool, db.New(pool), traceParent}
}

// Origin implements [replies.Store].
func (s *Commands) Origin(ctx context.Context, replyKey string) (replies.Origin, error) {
	const op = "find the mail that is answered"
	row, err := s.q.GetReplyOrigin(ctx, &replyKey)
	if err != nil {
		return replies.Origin{}, failed(op, err)
	}
	u, err := s.q.GetUser(ctx, row.UserID)
	if err != nil {
		return replies.Origin{}, failed(op, err)
	}
	o := replies.Origin{Week: calendar.On(*row.WeekOf), Sent: quotation.FromBytes(row.Fingerprint)}
	o.User, err = toUser(u)
	return o, err
}

// Transact implements [replies.Store].
func (s *Commands) Transact(ctx context.Context, userID string, fn func(context.Context, replies.Tx) error) error {
	return keepKind("command", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.LockUser(ctx, userID); err != nil {
			return failed("command", err)
		}
		return fn(ctx, &commandTx{s, q, userID})
	}))
}

// commandTx implements [replies.Tx] for one user.
type commandTx struct {
	store *Commands
	q     *db.Queries
	user  string
}

func (t *commandTx) Inputs(ctx context.Context, week calendar.Date) (planner.Inputs, error) {
	return (&Plans{q: t.q}).Inputs(ctx, t.user, week)
}

func (t *commandTx) Seen(ctx context.Context, messageID, digest string) (bool, error) {
	seen, err := t.q.SteeringSeen(ctx, db.SteeringSeenParams{UserID: t.user, MessageID: messageID, Digest: digest})
	return seen, failed("command", err)
}

func (t *commandTx) Recent(ctx context.Context, since time.Duration, by replies.Source, o command.Outcome) (int, error) {
	n, err := t.q.CountSteerings(ctx, db.CountSteeringsParams{UserID: t.user, Seconds: since.Seconds(), Source: string(by), Outcome: string(o)})
	return int(n), failed("command", err)
}

func (t *commandTx) Repeats(ctx context.Context, said string, since time.Duration) (int, error) {
	n, err := t.q.CountSaid(ctx, db.CountSaidParams{UserID: t.user, Said: said, Seconds: since.Seconds()})
	return int(n), failed("command", err)
}

// Proposal implements [replies.Store].
func (s *Commands) Proposal(ctx context.Context, userID, key string) (commands []string, err error) {
	data, err := s.q.ProposedSteering(ctx, userID, key)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("command", err)
	}
	return commands, fault.Wrap(fault.Internal, "command", json.Unmarshal(data, &commands))
}

func (t *commandTx) Last(ctx context.Context, week calendar.Date) (*replies.Last, error) {
	row, err := t.q.LastSteering(ctx, t.user, week.Time())
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, failed("command", err)
	}
	l := &replies.Last{ID: row.ID, MessageID: row.MessageID, Undone: row.UndoneAt != nil}
	return l, fault.Wrap(fault.Internal, "command", errors.Join(json.Unmarshal(row.Commands, &l.Commands), json.Unmarshal(row.Results, &l.Results), json.Unmarshal(row.Before, &l.Before)))
}

// Save implements [replies.Tx].
func (t *commandTx) Save(ctx context.Context, c replies.Change) error {
	return failed("command", errors.Join(t.record(ctx, c), t.change(ctx, c)))
}

func (t *commandTx) record(ctx context.Context, c replies.Change) error {
	p := db.InsertSteeringParams{
		UserID: t.user, WeekOf: c.Record.Week.Time(), Source: string(c.Record.Source), MessageID: c.Record.MessageID, Digest: c.Record.Digest,
		Outcome: string(c.Record.Outcome), TraceID: t.store.traceParent(ctx),
		Said: c.Record.Said,
	}
	var err, rerr, berr error
	p.Commands, err = json.Marshal(append([]string{}, c.Record.Commands...))
	p.Results, rerr = json.Marshal(append([]string{}, c.Record.Results...))
	if c.Record.Before != nil {
		p.Before, berr = json.Marshal(c.Record.Before)
	}
	if err := errors.Join(err, rerr, berr); err != nil {
		return err
	}
	return t.q.InsertSteering(ctx, p)
}

// change stores what the commands changed, and the answer.
func (t *commandTx) change(ctx context.Context, c replies.Change) error {
	week := c.Record.Week.Time()
	stale := false // UNDO brings back a plan that later settings may forbid
	if c.Undone != 0 {
		var err error
		if stale, err = t.q.SettingsChangedSince(ctx, c.Undone); err != nil {
			return err
		}
	}
	if c.User != nil {
		settings, err := json.Marshal(c.User.Settings)
		if err != nil {
			return err
		}
		if err := t.q.SetUserSettings(ctx, db.SetUserSettingsParams{Settings: settings, Enabled: c.User.Enabled, ID: t.user}); err != nil {
			return err
		}
	}
	if c.Wishes != nil {
		data, err := json.Marshal(c.Wishes)
		if err != nil {
			return err
		}
		if err := t.q.UpsertConstraints(ctx, db.UpsertConstraintsParams{UserID: t.user, WeekOf: week, Data: data}); err != nil {
			return err
		}
	}
	if c.Stored != nil {
		if err := replacePlan(ctx, t.q, t.user, *c.Stored); err != nil {
			return err
		}
		if stale {
			if err := t.q.OutdatePlan(ctx, t.user, week); err != nil {
				return err
			}
		}
	}
	for _, e := range c.Eaten {
		if err := t.ate(ctx, e); err != nil {
			return err
		}
	}
	if c.Undone != 0 {
		if err := t.q.MarkUndone(ctx, c.Undone); err != nil {
			return err
		}
	}
	_, err := enqueue(ctx, t.q, t.user, c.Mail, t.store.traceParent(ctx))
	return err
}

// ate stores what was eaten of a meal.
func (t *commandTx) ate(ctx context.Context, e replies.Eaten) error {
	if e.Servings == 0 {
		return t.q.ForgetMeal(ctx, db.ForgetMealParams{UserID: t.user, Date: e.Slot.Date.Time(), Meal: e.Slot.Meal.String()})
	}
	return t.q.LogMeal(ctx, db.LogMealParams{UserID: t.user, Date: e.Slot.Date.Time(), Meal: e.Slot.Meal.String(), Servings: int32(e.Servings)}) //nolint:gosec // a few portions
}

// Eaten implements [replies.Tx].
func (t *commandTx) Eaten(ctx context.Context, week calendar.Date) ([]replies.Eaten, error) {
	return eatenIn(ctx, t.q, t.user, week)
}

// Eaten returns the meals of a week that were said to be eaten.
func (s *Commands) Eaten(ctx context.Context, userID string, week calendar.Date) ([]replies.Eaten, error) {
	return eatenIn(ctx, s.q, userID, week)
}

func eatenIn(ctx context.Context, q *db.Queries, userID string, week calendar.Date) ([]replies.Eaten, error) {
	const op = "meals that were eaten"
	rows, err := q.ListConfirmedMeals(ctx, userID, (week - 1).Time())
	if err != nil {
		return nil, failed(op, err)
	}
	var out []replies.Eaten
	for _, r := range rows {
		meal, err := recipe.ParseMeal(r.Meal)
		if err != nil {
			return nil, fault.Wrap(fault.Internal, op, err)
		}
		if d := calendar.On(r.Date); d < week+7 {
			out = append(out, replies.Eaten{Slot: plan.Slot{Date: d, Meal: meal}, Servings: nutrition.Servings(r.Servings)})
		}
	}
	return out, nil
}

// replacePlan stores a user's week in the place of the one that is there.
func replacePlan(ctx context.Context, q *db.Queries, userID string, s plan.Plan) error {
	data, err := json.Marshal(s)
	if err != nil {
		return err
	}
	id, err := q.ReplacePlan(ctx, db.ReplacePlanParams{
		Status: string(s.Week.Status), Optimal: s.Week.Optimal, Data: data, UserID: userID, WeekOf: s.Week.WeekOf.Time(),
	})
	if err != nil {
		return err
	}
	if err := q.DeletePlanMeals(ctx, id); err != nil {
		return err
	}
	return firstError(q.InsertPlanMeal(ctx, planMeals(id, s.Week)).Exec)
}

// Watermark returns how far a folder was read; zeros when it never was.
func (s *Commands) Watermark(ctx context.Context, folder string) (validity, uid uint32, err error) {
	row, err := s.q.GetWatermark(ctx, folder)
	if errors.Is(err, pgx.ErrNoRows) {
		return 0, 0, nil
	}
	return uint32(row.UidValidity), uint32(row.Uid), failed("inbox watermark", err) //nolint:gosec // written by SetWatermark
}

// SetWatermark keeps how far a folder was read.
func (s *Commands) SetWatermark(ctx context.Context, folder string, validity, uid uint32) error {
	return failed("inbox watermark", s.q.SetWatermark(ctx, db.SetWatermarkParams{Folder: folder, UidValidity: int64(validity), Uid: int64(uid)}))
}

// History lists what was changed in a week by commands, the newest first.
func (s *Commands) History(ctx context.Context, userID string, week calendar.Date) ([]replies.Past, error) {
	rows, err := s.q.ListSteerings(ctx, userID, week.Time())
	if err != nil {
		return nil, failed("history", err)
	}
	out := make([]replies.Past, len(rows))
	for i, r := range rows {
		out[i] = replies.Past{At: r.CreatedAt, Source: replies.Source(r.Source), Undone: r.Undone, Undoable: r.Undoable}
		if err := json.Unmarshal(r.Results, &out[i].Results); err != nil {
			return nil, fault.Wrap(fault.Internal, "history", err)
		}
	}
	return out, nil
}
