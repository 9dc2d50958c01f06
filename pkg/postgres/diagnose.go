package postgres

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/diagnose"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Diagnosis says what the database knows about what is wrong. It reads only.
type Diagnosis struct {
	q    *db.Queries
	jobs *Jobs
}

var _ diagnose.Database = (*Diagnosis)(nil)

// NewDiagnosis returns it.
func NewDiagnosis(pool Conns) *Diagnosis { return &Diagnosis{db.New(pool), NewJobs(pool)} }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// LockWaits implements [diagnose.Database].
func (d *Diagnosis) LockWaits(ctx context.Context) ([]diagnose.LockWait, error) {
	rows, err := d.q.ListLockWaits(ctx)
	out := make([]diagnose.LockWait, len(rows))
	for i, r := range rows {
		out[i] = diagnose.LockWait{
			Table: r.Relation, PID: int(r.Pid), Application: r.Application, State: r.State, Statement: r.Statement,
			Held: seconds(r.HeldSeconds), Waited: seconds(r.WaitedSeconds), Waiting: int(r.Waiting),
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

// FailingJobs implements [diagnose.Database].
func (d *Diagnosis) FailingJobs(ctx context.Context, window time.Duration) ([]diagnose.FailingJobs, error) {
	rows, err := d.q.ListFailingJobs(ctx, window.Seconds())
	out := make([]diagnose.FailingJobs, len(rows))
	for i, r := range rows {
		out[i] = diagnose.FailingJobs{Type: r.JobType, ErrorType: r.ErrorType, Message: r.Message, Trace: r.Trace, Failed: int(r.Failed), Attempts: int(r.Attempts)}
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
func (d *Diagnosis) Unbalanced(ctx context.Context, window time.Duration) (diagnose.Unbalanced, error) {
	r, err := d.q.CountUnbalanced(ctx, window.Seconds())
	return diagnose.Unbalanced{Planned: int(r.Planned), Count: int(r.Unbalanced), Users: r.Users}, failed("unbalanced weeks", err)
}

// RefusedMails implements [diagnose.Database].
func (d *Diagnosis) RefusedMails(ctx context.Context, window time.Duration) ([]diagnose.RefusedMails, error) {
	rows, err := d.q.ListRefusedMails(ctx, window.Seconds())
	out := make([]diagnose.RefusedMails, len(rows))
	for i, r := range rows {
		out[i] = diagnose.RefusedMails{Status: r.Status, Message: r.Message, Count: int(r.Mails)}
	}
	return out, failed("refused mails", err)
}

// Settings implements [diagnose.Database].
func (d *Diagnosis) Settings(ctx context.Context) ([]diagnose.Setting, error) {
	rows, err := d.jobs.RuntimeSettings(ctx)
	out := make([]diagnose.Setting, len(rows))
	for i, r := range rows {
		out[i] = diagnose.Setting{Name: r.Name, Value: r.Value, By: r.SetBy, Reason: r.Reason, Set: r.SetAt}
	}
	return out, err
}
