package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Diagnosis reads the database's evidence for a diagnosis. It is read-only.
type Diagnosis struct {
	pool Conns
	q    *db.Queries
	jobs *Jobs
}

var _ diagnose.Database = (*Diagnosis)(nil)

// NewDiagnosis returns it. The pool's sessions should be read-only and give up waiting for
// locks soon: see [Options].
func NewDiagnosis(pool Conns) *Diagnosis { return &Diagnosis{pool, db.New(pool), NewJobs(pool)} }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// longestStatement bounds the shown part of a statement, in characters.
const longestStatement = 200

// literals are what a statement may hold of people's data: texts, also those between
// dollars, and numbers. Parameters ($1), which the expression finds too, are kept.
var literals = lazyregexp.New(`(?s)\$\d+|\$[A-Za-z_]*\$.*?\$[A-Za-z_]*\$|'(?:[^']|'')*'?|\b\d+(?:\.\d+)?\b`)

// outline is a statement on one line without its literals, cut. One of ours is its name.
func outline(sql string) string {
	if nameComment().MatchString(sql) {
		return QueryName(sql)
	}
	out := literals().ReplaceAllStringFunc(sql, func(s string) string {
		if len(s) > 1 && s[0] == '$' && s[1] >= '0' && s[1] <= '9' {
			return s
		}
		return "?"
	})
	out = strings.Join(strings.Fields(out), " ")
	if r := []rune(out); len(r) > longestStatement {
		out = string(r[:longestStatement]) + "…"
	}
	return out
}

// Ping implements [diagnose.Database].
func (d *Diagnosis) Ping(ctx context.Context) error {
	_, err := d.q.Alive(ctx)
	return failed("database", err)
}

// LockWaits implements [diagnose.Database].
func (d *Diagnosis) LockWaits(ctx context.Context) ([]diagnose.LockWait, error) {
	rows, err := d.q.ListLockWaits(ctx)
	out := make([]diagnose.LockWait, len(rows))
	for i, r := range rows {
		out[i] = diagnose.LockWait{
			Table: r.Relation, PID: int(r.Pid), Application: r.Application, State: r.State, Statement: outline(r.Statement),
			Held: seconds(r.HeldSeconds), Waited: seconds(r.WaitedSeconds), Waiting: int(r.Waiting), Waiters: r.Waiters,
		}
	}
	return out, failed("lock waits", err)
}

// Sessions implements [diagnose.Database].
func (d *Diagnosis) Sessions(ctx context.Context) ([]diagnose.Sessions, error) {
	rows, err := d.q.ListSessions(ctx)
	out := make([]diagnose.Sessions, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Sessions{Application: r.Application, State: r.State, Count: int(r.Sessions), Longest: seconds(r.LongestSeconds)}
	}
	return out, failed("sessions", err)
}

// LongTransactions implements [diagnose.Database].
func (d *Diagnosis) LongTransactions(ctx context.Context, least time.Duration) ([]diagnose.Transaction, error) {
	rows, err := d.q.ListLongTransactions(ctx, least.Seconds())
	out := make([]diagnose.Transaction, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Transaction{PID: int(r.Pid), Application: r.Application, State: r.State, Statement: outline(r.Statement), Open: seconds(r.OpenSeconds)}
	}
	return out, failed("long transactions", err)
}

// sqlSlowStatements needs the extension, which is the administrator's to install.
const sqlSlowStatements = `select query, calls, mean_exec_time / 1000 from pg_stat_statements s
join pg_database d on d.oid = s.dbid and d.datname = current_database()
where calls >= 5 and mean_exec_time > $1 * 1000 order by mean_exec_time desc limit 5`

// SlowStatements implements [diagnose.Database]. Without the extension pg_stat_statements
// there are none to tell.
func (d *Diagnosis) SlowStatements(ctx context.Context, least time.Duration) ([]diagnose.Statement, error) {
	rows, err := d.pool.Query(ctx, sqlSlowStatements, least.Seconds())
	if err == nil {
		var out []diagnose.Statement
		out, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s diagnose.Statement, err error) {
			var mean float64
			err = row.Scan(&s.Text, &s.Calls, &mean)
			s.Text, s.Mean = outline(s.Text), seconds(mean)
			return s, err
		})
		if err == nil {
			return out, nil
		}
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "42P01" || pg.Code == "55000" || pg.Code == "42501") {
		return nil, nil // not created, not preloaded, or not ours to read
	}
	return nil, failed("slow statements", err)
}

// FailingJobs implements [diagnose.Database].
func (d *Diagnosis) FailingJobs(ctx context.Context, window, recent time.Duration) ([]diagnose.FailingJobs, error) {
	rows, err := d.q.ListFailingJobs(ctx, recent.Seconds(), window.Seconds())
	out := make([]diagnose.FailingJobs, len(rows))
	for i, r := range rows {
		out[i] = diagnose.FailingJobs{
			Type: r.JobType, ErrorType: r.ErrorType, Message: r.Message, Trace: r.Trace, Jobs: r.Jobs, Last: r.Last,
			Failed: int(r.Failed), Recently: int(r.Recently), Unrecovered: int(r.Unrecovered), Attempts: int(r.Attempts),
		}
	}
	return out, failed("failing jobs", err)
}

// UsersWithoutPlan implements [diagnose.Database].
func (d *Diagnosis) UsersWithoutPlan(ctx context.Context, week string) ([]diagnose.Planless, error) {
	monday, err := calendar.Parse(week)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidInput, "week", err)
	}
	rows, err := d.q.ListUsersWithoutPlan(ctx, monday.Time())
	out := make([]diagnose.Planless, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Planless{User: r.ID, Status: r.Status, LastError: r.LastError, Scheduled: r.Scheduled}
	}
	return out, failed("users without a plan", err)
}

// Unbalanced implements [diagnose.Database].
func (d *Diagnosis) Unbalanced(ctx context.Context) ([]diagnose.Unbalanced, error) {
	rows, err := d.q.ListUnbalanced(ctx)
	out := make([]diagnose.Unbalanced, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Unbalanced{User: r.UserID, Plans: int(r.Plans), Count: int(r.Unbalanced), Steered: int(r.Steered), Lacking: int(r.Lacking), OwnTargets: r.OwnTargets}
	}
	return out, failed("unbalanced weeks", err)
}

// RefusedMails implements [diagnose.Database].
func (d *Diagnosis) RefusedMails(ctx context.Context, window, recent time.Duration) ([]diagnose.RefusedMails, error) {
	rows, err := d.q.ListRefusedMails(ctx, recent.Seconds(), window.Seconds())
	out := make([]diagnose.RefusedMails, len(rows))
	for i, r := range rows {
		out[i] = diagnose.RefusedMails{Final: r.Status == "failed", Message: r.Message, Types: r.Types, Last: r.Last, Count: int(r.Mails), Recently: int(r.Recently)}
	}
	return out, failed("refused mails", err)
}

// Settings implements [diagnose.Database].
func (d *Diagnosis) Settings(ctx context.Context) ([]diagnose.Setting, error) {
	rows, err := d.jobs.RuntimeSettings(ctx)
	out := make([]diagnose.Setting, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Setting{Name: r.Name, Value: r.Value, By: r.SetBy, Reason: r.Reason, Set: r.SetAt, Expires: r.ExpiresAt}
	}
	return out, err
}
