package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/observe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/telemetry"
	"github.com/mealplanner/mealplanner/pkg/user"
)

// The weekly run: Friday, 06:00 in the user's zone, for the week that begins on Monday.
const (
	runsBefore = 3 // days from that Friday to the Monday
	runsAt     = 6 // o'clock
)

// NextWeek returns the Monday of the week a user is planned for next: that of the
// coming Monday, in the user's zone.
func NextWeek(u user.User, now time.Time) (calendar.Date, error) {
	loc, err := u.Location()
	if err != nil {
		return 0, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	return calendar.On(now.In(loc)).Monday() + 7, nil
}

// caughtUp is how many days into a week it is still planned, when the program was down
// at its time: Monday and Tuesday.
const caughtUp = 2

// Due returns the weeks that should have a plan by now: the coming one from Friday on,
// and on Monday and Tuesday the current one, if the user was there before its run. The
// two never come together.
func Due(u user.User, now time.Time) []calendar.Date {
	loc, err := u.Location()
	if err != nil || !u.Enabled {
		return nil
	}
	today := calendar.On(now.In(loc))
	current := today.Monday()
	var out []calendar.Date
	for _, week := range []calendar.Date{current, current + 7} {
		run := (week - runsBefore).At(runsAt, 0, loc)
		late := week == current
		if !now.Before(run) && (!late || today < current+caughtUp && u.Created.Before(run)) {
			out = append(out, week)
		}
	}
	return out
}

// weeklyTick is how often the scheduler looks for users whose run is due.
const weeklyTick = 15 * time.Second

// weeklyAttempts is how often a run is tried before it counts as failed. After that it
// is tried again every hour, as a new run.
const weeklyAttempts = 3

// weekly makes the runs that are due. It remembers failures of this process only.
type weekly struct {
	app *App

	mu      sync.Mutex
	retries map[slot]retry
}

type slot struct {
	user string
	week calendar.Date
}

type retry struct {
	failures int
	next     time.Time
}

func newWeekly(a *App) *weekly { return &weekly{app: a, retries: map[slot]retry{}} }

// run makes due runs for as long as ctx lasts.
func (w *weekly) run(ctx context.Context) {
	w.app.every(ctx, weeklyTick, "weekly run", "scheduler", w.tick)
}

// RunDue makes the weekly runs that are due now, and waits for them.
func (a *App) RunDue(ctx context.Context) error { return a.weekly.tick(ctx) }

// tick starts every run that is due and waits for all of them.
func (w *weekly) tick(ctx context.Context) error {
	var wg sync.WaitGroup
	defer wg.Wait()
	users, err := w.app.Users.List(ctx)
	if err != nil {
		return err
	}
	planned := map[calendar.Date]map[string]bool{}
	free := make(chan struct{}, w.app.opts.Config.Generation.Concurrency)
	for _, u := range users {
		for _, week := range Due(u, w.app.opts.Now()) {
			if planned[week] == nil {
				if planned[week], err = w.planned(ctx, week); err != nil {
					return err
				}
			}
			s := slot{u.ID, week}
			attempt, wait := w.attempt(s)
			if planned[week][u.ID] || wait {
				continue
			}
			select {
			case free <- struct{}{}:
			case <-ctx.Done():
				return ctx.Err()
			}
			wg.Go(func() {
				defer func() { <-free }()
				w.make(ctx, s, attempt)
			})
		}
	}
	return nil
}

func (w *weekly) planned(ctx context.Context, week calendar.Date) (map[string]bool, error) {
	ids, err := w.app.Plans.Planned(ctx, week)
	out := make(map[string]bool, len(ids))
	for _, id := range ids {
		out[id] = true
	}
	return out, err
}

// attempt returns the number of the next attempt, from 1, and whether it is too early for it.
func (w *weekly) attempt(s slot) (n int, wait bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.retries[s]
	return r.failures + 1, w.app.opts.Now().Before(r.next)
}

func (w *weekly) make(ctx context.Context, s slot, attempt int) {
	ctx = telemetry.WithJob(ctx, "job_weekly_generation_"+s.week.Week()+"_"+s.user)
	_, err := w.app.Generate(ctx, planner.Request{
		User: s.user, Week: s.week, Attempt: (attempt-1)%weeklyAttempts + 1, WillRetry: attempt%weeklyAttempts != 0,
	}, nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil {
		delete(w.retries, s)
		return
	}
	delay := time.Minute << ((attempt - 1) % weeklyAttempts) // 1 and 2 minutes
	if attempt%weeklyAttempts == 0 {
		delay = time.Hour
	}
	w.retries[s] = retry{attempt, w.app.opts.Now().Add(delay)}
}

// complainEvery is how often work that goes on failing says so.
const complainEvery = 5 * time.Minute

// every calls fn at once and then at an interval, until ctx ends; its first error in a row
// is logged, and then one every complainEvery.
func (a *App) every(ctx context.Context, interval time.Duration, work, component string, fn func(context.Context) error) {
	var complained time.Time
	repeat(ctx, interval, func(ctx context.Context) {
		err := fn(ctx)
		if err == nil || ctx.Err() != nil {
			complained = time.Time{}
			return
		}
		if now := a.opts.Now(); complained.IsZero() || now.Sub(complained) >= complainEvery {
			complained = now
			a.Log.ErrorContext(ctx, "Background work failed", append([]any{"component", component, "work", work},
				observe.Failure(fault.KindOf(err), err)...)...)
		}
	})
}

// syncEvery is how often each connection is asked for changes; the look at everything,
// which finds deletions, is due once a day.
const syncEvery = 3 * time.Hour

// refreshPools asks every connection for changes. One that fails does not keep the
// others from it.
func (a *App) refreshPools(ctx context.Context) error {
	conns, err := a.Users.Connections(ctx)
	if err != nil {
		return err
	}
	for _, c := range conns {
		if _, err := a.Sync.Refresh(ctx, c.ID, false, nil); err != nil && ctx.Err() == nil {
			a.Log.WarnContext(ctx, "Recipe refresh failed", append([]any{"component", "recipe_sync", "connection", c.ID},
				observe.Failure(fault.KindOf(err), err)...)...)
		}
	}
	return nil
}

// purgeEvery is how often what is too old is looked for. Of FatSecret's content, with rows leaving at 23
// hours, none becomes 24 hours old.
const purgeEvery = 10 * time.Minute

func (a *App) purge(ctx context.Context) error {
	_, err := a.accounts.store.Purge(ctx)
	return errors.Join(err, a.Users.PurgeDebug(ctx, a.opts.Now()))
}
