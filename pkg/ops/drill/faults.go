package drill

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// inject is one fault. A heal that comes with an error ends what may have begun all the same.
type inject = func(context.Context, *Installation) (Heal, error)

// all injects several faults, and heals them in the reverse order: what has jobs run comes
// first, so that they end before they are put back.
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
			if h != nil {
				heals = append(heals, h)
			}
			if err != nil {
				return heal, err
			}
		}
		return heal, nil
	}
}

// upstream switches a fault of the sandbox on.
func upstream(r faultswitch.Rule) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		r.ID = "drill-" + rand.Text() // known also when the answer is lost
		_, err := i.Faults.Set(ctx, r)
		return func(ctx context.Context) error {
			if err := i.Faults.Clear(ctx, r.ID); fault.KindOf(err) != fault.NotFound {
				return err
			}
			return nil
		}, err
	}
}

// exec runs a statement to its end, also when the drill is interrupted: what was done to
// which rows must be known to be put back.
func exec(ctx context.Context, i *Installation, sql string, args ...any) error {
	_, err := i.DB.Exec(context.WithoutCancel(ctx), sql, args...)
	return fault.Wrap(fault.DatabaseError, "drill", err)
}

// one returns what a query has to say in one column of one row, zero if it has no row.
// As part of a change it runs to its end too.
func one[T any](ctx context.Context, i *Installation, sql string, args ...any) (T, error) {
	var out T
	err := i.DB.QueryRow(context.WithoutCancel(ctx), sql, args...).Scan(&out)
	if errors.Is(err, pgx.ErrNoRows) {
		return out, nil
	}
	return out, fault.Wrap(fault.DatabaseError, "drill", err)
}

// during runs work until the fault is healed, which waits for its end and returns its
// error. That it ends by itself is said at once.
func during(work func(ctx context.Context, i *Installation) error) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
		var wg sync.WaitGroup
		var failed error
		wg.Go(func() {
			if err := work(ctx, i); err != nil && !errors.Is(err, context.Canceled) {
				failed = err
				if i.Failed != nil {
					i.Failed(err)
				}
			}
		})
		return func(context.Context) error {
			cancel()
			wg.Wait()
			return failed
		}, nil
	}
}

// sleep waits, and reports whether ctx is still alive.
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

// What a lock on a table keeps others from.
const (
	use   = "access exclusive" // from reading it too
	write = "share"
)

// locked keeps others from using a table.
func locked(table string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		unlock, err := lock(ctx, i, table, use)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error { unlock(ctx); return nil }, nil
	}
}

// lock locks a table. A session that cannot unlock it has ended, perhaps by the hand of
// somebody who mitigated the drill, and its lock with it.
func lock(ctx context.Context, i *Installation, table, mode string) (unlock func(context.Context), err error) {
	tx, err := i.DB.Begin(ctx)
	if err == nil {
		_, err = tx.Exec(ctx, "lock table "+pgx.Identifier{table}.Sanitize()+" in "+mode+" mode")
	}
	if err != nil && tx != nil {
		err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx)))
	}
	if err != nil {
		return nil, fault.Wrap(fault.DatabaseError, "drill: lock "+table, err)
	}
	return func(ctx context.Context) { _ = tx.Rollback(ctx) }, nil
}

// lockedAtTimes keeps others from using or writing a table for a time, again and again. Who
// reads it before the work that is to be slow, and again within it, waits before that work if
// it cannot be used, and has the time to do all of it when it can.
func lockedAtTimes(table, mode string, on, off time.Duration) inject {
	return during(func(ctx context.Context, i *Installation) error {
		for ctx.Err() == nil {
			unlock, err := lock(ctx, i, table, mode)
			if err != nil {
				return err
			}
			sleep(ctx, on)
			unlock(context.WithoutCancel(ctx))
			sleep(ctx, off)
		}
		return nil
	})
}

// A runtime setting of a drill ends by itself when the drill was killed.
const (
	settingLasts   = 15 * time.Minute
	settingRenewed = 5 * time.Minute
)

// setting sets an override. Healing keeps a value that others set meanwhile, and otherwise
// restores the previous one.
func setting(name, value string) inject {
	set := func(ctx context.Context, i *Installation) (Heal, error) {
		before, err := one[string](ctx, i, "select to_jsonb(r)::text from runtime_settings r where name = $1 and set_by <> 'drill'", name)
		if err != nil {
			return nil, err
		}
		err = exec(ctx, i, `insert into runtime_settings (name, value, set_by, reason, expires_at) values ($1, $2, 'drill', 'drill', now() + make_interval(secs => $3))
			on conflict (name) do update set value = excluded.value, set_by = excluded.set_by, reason = excluded.reason, set_at = now(), expires_at = excluded.expires_at`,
			name, value, settingLasts.Seconds())
		return func(ctx context.Context) error {
			err := exec(ctx, i, "delete from runtime_settings where name = $1 and set_by = 'drill'", name)
			if before != "" {
				err = errors.Join(err, exec(ctx, i, "insert into runtime_settings select * from jsonb_populate_record(null::runtime_settings, $1::jsonb) on conflict (name) do nothing", before))
			}
			return err
		}, err
	}
	return all(set, during(func(ctx context.Context, i *Installation) error {
		for sleep(ctx, settingRenewed) {
			if err := exec(ctx, i, "update runtime_settings set expires_at = now() + make_interval(secs => $2) where name = $1 and set_by = 'drill'", name, settingLasts.Seconds()); err != nil {
				return err
			}
		}
		return nil
	}))
}

// settingsOf changes settings of enabled users; the old ones come back where nobody has
// changed them since.
func settingsOf(who, change string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		before, err := one[string](ctx, i, `with o as (select id, settings from users where enabled and (`+who+`) for update),
			n as (update users u set settings = o.settings || $1::jsonb from o where u.id = o.id)
			select coalesce(jsonb_agg(to_jsonb(o)), '[]')::text from o`, change)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			return exec(ctx, i, `update users u set settings = (u.settings - drilled.names) ||
				(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(o.settings) where key = any(drilled.names))
				from jsonb_to_recordset($1::jsonb) o(id text, settings jsonb), (select array_agg(k) as names from jsonb_object_keys($2::jsonb) k) drilled
				where u.id = o.id and (select bool_and(u.settings->key = value) from jsonb_each($2::jsonb))`, before, change)
		}, nil
	}
}

// plansBack puts the plans of enabled users back as they were before their settings changed.
func plansBack(who string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		var plans, meals string
		err := i.DB.QueryRow(ctx, `with p as (select p.* from plans p where user_id in (select id from users where enabled and (`+who+`)))
			select coalesce((select jsonb_agg(to_jsonb(p)) from p), '[]')::text,
				coalesce((select jsonb_agg(to_jsonb(m)) from plan_meals m where plan_id in (select id from p)), '[]')::text`).Scan(&plans, &meals)
		if err != nil {
			return nil, fault.Wrap(fault.DatabaseError, "drill", err)
		}
		return func(ctx context.Context) error {
			return errors.Join(
				exec(ctx, i, `update plans p set data = o.data, status = o.status, optimal = o.optimal, outdated = o.outdated, published_at = o.published_at
					from jsonb_populate_recordset(null::plans, $1::jsonb) o where p.id = o.id`, plans),
				exec(ctx, i, `delete from plan_meals where plan_id in (select id from jsonb_populate_recordset(null::plans, $1::jsonb))`, plans),
				exec(ctx, i, `insert into plan_meals select m.* from jsonb_populate_recordset(null::plan_meals, $1::jsonb) m join plans p on p.id = m.plan_id`, meals),
			)
		}, nil
	}
}

// unasked reports whether an error of [Processes] says that nothing was tried.
func unasked(err error) bool { return fault.KindOf(err) == fault.InvalidInput }

// frozen keeps a process from doing anything.
func frozen(name string) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		err := i.Processes.Freeze(ctx, name)
		if unasked(err) {
			return nil, err
		}
		return func(ctx context.Context) error { return i.Processes.Thaw(ctx, name) }, err
	}
}

// frozenAtTimes freezes a process for a time, again and again: longer than the window in
// which one sign of life is enough, and shorter than what makes it count as down.
func frozenAtTimes(name string) inject {
	return during(func(ctx context.Context, i *Installation) error {
		on, off := 90*time.Second, time.Minute
		if i.Hastened {
			on, off = 6*time.Second, 5*time.Second
		}
		for ctx.Err() == nil {
			err := i.Processes.Freeze(ctx, name)
			if unasked(err) {
				return err
			}
			if err == nil {
				sleep(ctx, on)
			}
			thawed := i.Processes.Thaw(context.WithoutCancel(ctx), name)
			if ctx.Err() != nil { // what was interrupted did not fail
				return thawed
			}
			if err := errors.Join(err, thawed); err != nil {
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
		err := i.Processes.Stop(ctx, name)
		if unasked(err) {
			return nil, err
		}
		return func(ctx context.Context) error { return i.Processes.Start(ctx, name) }, err
	}
}

// heardWithin bounds the wait for the first heartbeat: Prometheus sends the Watchdog again
// after a minute if Alertmanager was not there yet, and Alertmanager passes it on every minute.
const heardWithin = 3 * time.Minute

// heard waits for Alertmanager's first heartbeat: one that was never heard is not missed.
func heard(ctx context.Context, i *Installation) (Heal, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, heardWithin, fault.New(fault.TimeoutError, "drill",
		"Alertmanager's heartbeat was not heard within %s: see docs/runbooks/watchdog.md", heardWithin))
	defer cancel()
	for told := false; ; told = true {
		beats, err := one[bool](ctx, i, "select exists (select from alert_heartbeat)")
		if err != nil || beats {
			return nil, err
		}
		if !told && i.Waiting != nil {
			i.Waiting("Alertmanager's first heartbeat")
		}
		if !sleep(ctx, 250*time.Millisecond) {
			return nil, context.Cause(ctx)
		}
	}
}

// callsSpent counts calls of FatSecret's day that nobody made.
func callsSpent(calls int) inject {
	return func(ctx context.Context, i *Installation) (Heal, error) {
		day, err := one[string](ctx, i, `insert into api_budget (api, day, calls) values ('fatsecret', (now() at time zone 'utc')::date, $1)
			on conflict (api, day) do update set calls = api_budget.calls + $1 returning day::text`, calls)
		if err != nil {
			return nil, err
		}
		return func(ctx context.Context) error {
			return exec(ctx, i, "update api_budget set calls = greatest(calls - $1, 0) where api = 'fatsecret' and day = $2::date", calls, day)
		}, nil
	}
}
