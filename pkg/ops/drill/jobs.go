package drill

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// enough refuses an installation that has too few jobs for the fault to show; the
// condition on scheduled_jobs chooses them.
func enough(jobs int, where string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		n, err := one[int](ctx, i, "select count(*) from scheduled_jobs s join users u on u.id = s.user_id where s.enabled and u.enabled and ("+where+")")
		if err != nil {
			return nil, err
		}
		if n < jobs {
			return nil, fault.New(fault.InvalidInput, "drill", "takes %d jobs (%s), and there are %d: add users, or use make drill NAME=..., which brings its own", jobs, where, n)
		}
		return nil, nil
	}
}

// columnsBack puts back what columns of jobs were before the faults that follow, whatever
// the jobs do.
func columnsBack(where string, columns ...string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		before, err := one[string](ctx, i, rowsOf(where))
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			set := make([]string, len(columns))
			for n, c := range columns {
				set[n] = c + " = o." + c
			}
			return exec(ctx, i, "update scheduled_jobs s set "+strings.Join(set, ", ")+" from jsonb_populate_recordset(null::scheduled_jobs, $1::jsonb) o where s.id = o.id", before)
		}, nil
	}
}

func rowsOf(where string) string {
	return "select coalesce(jsonb_agg(to_jsonb(s)), '[]')::text from scheduled_jobs s where " + where
}

// jobsBack waits, when the faults that follow are healed, until jobs have ended, and puts
// back how they had ended before.
func jobsBack(where string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		before, err := one[string](ctx, i, rowsOf(where))
		if err != nil {
			return nil, err
		}
		idle := func(ctx context.Context) error {
			return exec(ctx, i, `update scheduled_jobs s
				set error_count = o.error_count, last_error = o.last_error, retry_at = o.retry_at,
					status = case when o.river_job_id is null then o.status else s.status end
				from jsonb_populate_recordset(null::scheduled_jobs, $1::jsonb) o where s.id = o.id and s.river_job_id is null`, before)
		}
		return func(ctx context.Context) error {
			// The first takes back what was asked for and is not queued yet.
			return errors.Join(idle(ctx), ended(ctx, i, where), idle(ctx))
		}, nil
	}
}

// endsWithin is how long the jobs of a drill may take to end after it.
const endsWithin = 2 * time.Minute

// ended waits until no job that the condition chooses waits or works. Pauses before
// further attempts are cut short.
func ended(ctx context.Context, i *Installation, where string, args ...any) error {
	ctx, cancel := context.WithTimeoutCause(ctx, endsWithin, fault.New(fault.TimeoutError, "drill",
		"jobs still wait or work %s after its end (%s), and will do what the drill asked for: is a scheduler running, is their type paused?", endsWithin, where))
	defer cancel()
	for {
		n, err := one[int](ctx, i, "select count(*) from scheduled_jobs where river_job_id is not null and ("+where+")", args...)
		if err != nil || n == 0 {
			return err
		}
		if err := hurried(ctx, i); err != nil {
			return err
		}
		if !sleep(ctx, 250*time.Millisecond) {
			return context.Cause(ctx)
		}
	}
}

// hurried has jobs that wait for a further attempt make it now.
func hurried(ctx context.Context, i *Installation) error {
	return exec(ctx, i, "update river_job set scheduled_at = now() where state = 'retryable' and scheduled_at > now()")
}

// running has jobs run again and again: those that the condition on scheduled_jobs
// chooses, each when it has ended. Pauses before further attempts are cut short.
func running(every time.Duration, where string) inject {
	return all(jobsBack(where), during(func(ctx context.Context, i *Installation) error {
		for {
			err := exec(ctx, i, "update scheduled_jobs set status = 'pending', error_count = 0, last_error = null where enabled and river_job_id is null and status <> 'pending' and ("+where+")")
			if err == nil {
				err = hurried(ctx, i)
			}
			if err != nil {
				return err
			}
			if !sleep(ctx, every) {
				return nil
			}
		}
	}))
}

// whenSynced injects a fault once a library was synced: a breaker that is still open, of whatever
// happened before, has jobs skipped instead, and is kept open by the fault.
func whenSynced(f inject) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		begin, err := one[time.Time](ctx, i, "select now()")
		if err != nil {
			return nil, err
		}
		var after Heal
		before, err := during(func(ctx context.Context, i *Installation) error {
			for synced := false; !synced; {
				var err error
				synced, err = one[bool](ctx, i, `select exists (select from job_executions e join scheduled_jobs s on s.id = e.job_id
					where s.connection_id is not null and e.started_at >= $1 and e.status = 'completed' and e.output->>'skipped' is null)`, begin)
				if err != nil || !synced && !sleep(ctx, 250*time.Millisecond) {
					return err
				}
			}
			var err error
			after, err = f(ctx, i)
			return err
		})(ctx, i)
		return func(ctx context.Context) error {
			err := before(ctx)
			if after != nil {
				err = errors.Join(err, after(ctx))
			}
			return err
		}, err
	}
}

// firstWeek is how many weeks ahead the weeks lie that drills plan.
const firstWeek = 60

// planning has everybody's weeks planned again and again, always others, far ahead. When
// it ends, the weeks are gone, and what is left of their mails; runs that were due
// meanwhile planned such a week, and are due again.
func planning(every time.Duration) inject {
	const where = "job_type = 'WeeklyGeneration'"
	weeksGone := func(_ context.Context, i *Installation) (Heal, error) {
		return func(ctx context.Context) error {
			var errs []error
			for _, table := range []string{"plans", "outbox"} {
				errs = append(errs, exec(ctx, i, fmt.Sprintf("delete from %s where week_of >= date_trunc('week', now()) + interval '%d weeks'", table, firstWeek)))
			}
			return errors.Join(errs...)
		}, nil
	}
	return all(weeksGone, jobsBack(where), columnsBack(where, "parameters", "next_run_at", "last_occurrence", "scheduled_for"), during(func(ctx context.Context, i *Installation) error {
		for n := firstWeek; ; n++ {
			err := exec(ctx, i, fmt.Sprintf(`update scheduled_jobs set status = 'pending', error_count = 0, last_error = null,
				parameters = parameters || jsonb_build_object('week', to_char(date_trunc('week', now()) + interval '%d weeks', 'YYYY-MM-DD'))
				where enabled and river_job_id is null and (%s)`, n, where))
			if err != nil {
				return err
			}
			if !sleep(ctx, every) {
				return nil
			}
		}
	}))
}

// planGone hides the plan of the week in force of one user, half a century back, and keeps
// the job from making another.
func planGone(ctx context.Context, i *Installation) (Heal, error) {
	week, err := i.WeekInForce(ctx)
	if err != nil {
		return nil, err
	}
	plan, user := 0, ""
	err = i.DB.QueryRow(ctx, `select p.id, p.user_id from plans p join users u on u.id = p.user_id join scheduled_jobs s on s.user_id = u.id
		where u.enabled and s.enabled and s.job_type = 'WeeklyGeneration' and p.week_of = $1::date order by 2 limit 1`, week).Scan(&plan, &user)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, fault.New(fault.Conflict, "drill", "no user whose weekly job is enabled has a plan for the week of %s", week)
	}
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "drill", err)
	}
	const where = "job_type = 'WeeklyGeneration' and user_id = $1"
	heal := func(ctx context.Context) error {
		err := ended(ctx, i, where, user)
		return errors.Join(err, fault.Wrap(fault.DatabaseError, "drill", pgx.BeginFunc(ctx, i.DB, func(tx pgx.Tx) error {
			// A plan that somebody had made meanwhile is newer.
			_, err := tx.Exec(ctx, "delete from plans where id = $1 and exists (select from plans p where p.user_id = $2 and p.week_of = $3::date)", plan, user, week)
			if err == nil {
				err = moved(ctx, tx, plan, "+")
			}
			if err == nil {
				_, err = tx.Exec(ctx, "update scheduled_jobs set enabled = true where "+where, user)
			}
			return err
		})))
	}
	return heal, fault.Wrap(fault.DatabaseError, "drill", pgx.BeginFunc(context.WithoutCancel(ctx), i.DB, func(tx pgx.Tx) error {
		_, err := tx.Exec(context.WithoutCancel(ctx), "update scheduled_jobs set enabled = false where "+where, user)
		if err == nil {
			err = moved(context.WithoutCancel(ctx), tx, plan, "-")
		}
		return err
	}))
}

// moved moves a plan and its meals by half a century; sign says whether forth or back.
func moved(ctx context.Context, tx pgx.Tx, plan int, sign string) error {
	_, err := tx.Exec(ctx, `with meals as (update plan_meals set date = date `+sign+` 7 * 2600 where plan_id = $1)
		update plans set week_of = week_of `+sign+` 7 * 2600 where id = $1`, plan)
	return err
}
