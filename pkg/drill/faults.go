package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
)

// inject is one fault; all makes several one.
type inject = func(context.Context, *Installation) (Heal, error)

// all injects several faults, and heals them in the reverse order.
func all(faults ...inject) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		var heals []Heal
		heal := func(ctx context.Context) error {
			var errs []error
			for _, h := range slices.Backward(heals) {
				errs = append(errs, h(ctx))
			}
			return errors.Join(errs...)
		}
		for _, f := range faults {
			h, err := f(ctx, i)
			if err != nil {
				return nil, errors.Join(err, heal(context.WithoutCancel(ctx)))
			}
			heals = append(heals, h)
		}
		return heal, nil
	}
}

// upstream switches a fault of the sandbox on.
func upstream(r faultswitch.Rule) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		id, err := i.Faults.Set(ctx, r)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return i.Faults.Clear(ctx, id) }, nil
	}
}

// statement runs SQL, and on healing other SQL.
func statement(breaks, heals string, args ...any) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		if err := exec(ctx, i, breaks, args...); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return exec(ctx, i, heals) }, nil
	}
}

func exec(ctx context.Context, i *Installation, sql string, args ...any) error {
	_, err := i.DB.Exec(ctx, sql, args...)
	if err != nil {
		return fault.Wrap(fault.DatabaseError, "drill", err)
	}
	return nil
}

// during runs work until the fault is healed, which waits for its end.
func during(work func(ctx context.Context, i *Installation) error) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		var wg sync.WaitGroup
		var err error
		wg.Go(func() { err = work(ctx, i) })
		return func(context.Context) error {
			cancel()
			wg.Wait()
			if errors.Is(err, context.Canceled) {
				return nil
			}
			return err
		}, nil
	}
}

// sleep waits, and reports whether ctx goes on.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}

// locked holds a lock on a table that keeps everybody from it.
func locked(table string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		tx, err := lock(ctx, i, table)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return tx.Rollback(ctx) }, nil
	}
}

func lock(ctx context.Context, i *Installation, table string) (pgx.Tx, error) {
	tx, err := i.DB.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, "lock table "+pgx.Identifier{table}.Sanitize()+" in access exclusive mode")
	}
	if err != nil && tx != nil {
		err = errors.Join(err, tx.Rollback(ctx))
	}
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "drill: lock "+table, err)
	}
	return tx, nil
}

// lockedAtTimes locks a table for a time, again and again.
func lockedAtTimes(table string, on, off time.Duration) inject {
	return during(func(ctx context.Context, i *Installation) error {
		for ctx.Err() == nil {
			tx, err := lock(ctx, i, table)
			if err != nil {
				return err
			}
			sleep(ctx, on)
			if err := tx.Rollback(context.WithoutCancel(ctx)); err != nil {
				return fault.Wrap(fault.DatabaseError, "drill: unlock "+table, err)
			}
			sleep(ctx, off)
		}
		return nil
	})
}

// setting changes a runtime setting.
func setting(name, value string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		err := exec(ctx, i, `insert into runtime_settings (name, value, set_by, reason, expires_at) values ($1, $2, 'drill', 'drill', now() + interval '15 minutes')
			on conflict (name) do update set value = excluded.value, set_by = excluded.set_by, reason = excluded.reason, set_at = now(), expires_at = excluded.expires_at`, name, value)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			return exec(ctx, i, "delete from runtime_settings where name = $1 and set_by = 'drill'", name)
		}, nil
	}
}

// running has jobs run again and again: those that the condition on scheduled_jobs
// chooses, each when it has ended. Pauses before further attempts are cut short.
func running(every time.Duration, where string) inject {
	return during(func(ctx context.Context, i *Installation) error {
		for {
			err := exec(ctx, i, "update scheduled_jobs set status = 'pending', error_count = 0, last_error = null where enabled and river_job_id is null and status <> 'pending' and ("+where+")")
			if err == nil {
				err = exec(ctx, i, "update river_job set scheduled_at = now() where state = 'retryable' and scheduled_at > now()")
			}
			if err != nil && ctx.Err() == nil {
				return err
			}
			if !sleep(ctx, every) {
				return nil
			}
		}
	})
}

// firstWeek is how many weeks ahead the weeks lie that drills plan. They are deleted when
// the drill ends.
const firstWeek = 60

// planning has everybody's weeks planned again and again, always others, far ahead.
func planning(every time.Duration) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		heal, err := during(func(ctx context.Context, i *Installation) error {
			for n := firstWeek; ; n++ {
				err := exec(ctx, i, fmt.Sprintf(`update scheduled_jobs set status = 'pending', error_count = 0, last_error = null,
					parameters = jsonb_build_object('week', to_char(date_trunc('week', now()) + interval '%d weeks', 'YYYY-MM-DD'))
					where job_type = 'WeeklyGeneration' and enabled and river_job_id is null`, n))
				if err != nil && ctx.Err() == nil {
					return err
				}
				if !sleep(ctx, every) {
					return nil
				}
			}
		})(ctx, i)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			return errors.Join(heal(ctx),
				exec(ctx, i, "update scheduled_jobs set parameters = '{}' where job_type = 'WeeklyGeneration' and parameters ? 'week'"),
				exec(ctx, i, fmt.Sprintf("delete from plans where week_of >= date_trunc('week', now()) + interval '%d weeks'", firstWeek)))
		}, nil
	}
}

// settingsOf changes the settings of users; their old ones come back.
func settingsOf(who, change string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		rows, err := i.DB.Query(ctx, "select id, settings::text from users where enabled and ("+who+")")
		if err != nil {
			return nil, fault.Wrap(fault.DatabaseError, "drill", err)
		}
		old, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct{ ID, Settings string }])
		if err != nil {
			return nil, fault.Wrap(fault.DatabaseError, "drill", err)
		}
		heal := func(ctx context.Context) error {
			var errs []error
			for _, u := range old {
				errs = append(errs, exec(ctx, i, "update users set settings = $2::jsonb where id = $1", u.ID, u.Settings))
			}
			return errors.Join(errs...)
		}
		if err := exec(ctx, i, "update users set settings = settings || $1::jsonb where enabled and ("+who+")", change); err != nil {
			return nil, err
		}
		return heal, nil
	}
}

// frozen keeps a process from doing anything.
func frozen(name string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		if err := i.Processes.Freeze(ctx, name); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return i.Processes.Thaw(ctx, name) }, nil
	}
}

// frozenAtTimes freezes a process for a time, again and again.
func frozenAtTimes(name string, on, off time.Duration) inject {
	return during(func(ctx context.Context, i *Installation) error {
		for ctx.Err() == nil {
			if err := i.Processes.Freeze(ctx, name); err != nil {
				return err
			}
			sleep(ctx, on)
			if err := i.Processes.Thaw(context.WithoutCancel(ctx), name); err != nil {
				return err
			}
			sleep(ctx, off)
		}
		return nil
	})
}

// stopped ends a process.
func stopped(name string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		if err := i.Processes.Stop(ctx, name); err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { return i.Processes.Start(ctx, name) }, nil
	}
}

// planGone takes the plan of the week in force from one user, and keeps the job from
// making it again.
func planGone(ctx context.Context, i *Installation) (Heal, error) {
	week, err := i.WeekInForce(ctx)
	if err != nil {
		return nil, err
	}
	var user string
	err = i.DB.QueryRow(ctx, `update scheduled_jobs set enabled = false where job_type = 'WeeklyGeneration' and user_id =
		(select p.user_id from plans p join users u on u.id = p.user_id where u.enabled and p.week_of = $1::date order by 1 limit 1) returning user_id`, week).Scan(&user)
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "drill: nobody has a plan for the week of "+week, err)
	}
	heal := func(ctx context.Context) error {
		return exec(ctx, i, `update scheduled_jobs set enabled = true, status = 'pending', parameters = jsonb_build_object('week', $2::text)
			where job_type = 'WeeklyGeneration' and user_id = $1`, user, week)
	}
	if err := exec(ctx, i, "delete from plans where user_id = $1 and week_of = $2::date", user, week); err != nil {
		return nil, errors.Join(err, heal(context.WithoutCancel(ctx)))
	}
	return heal, nil
}
