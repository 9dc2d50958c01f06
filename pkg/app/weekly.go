package app

import (
	"context"
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

// due returns the week that should have a plan by now, if the coming one should.
func due(u user.User, now time.Time) (calendar.Date, bool) {
	loc, err := u.Location()
	if err != nil || !u.Enabled {
		return 0, false
	}
	week, err := NextWeek(u, now)
	if err != nil {
		return 0, false
	}
	return week, !now.Before((week - runsBefore).At(runsAt, 0, loc))
}

// weeklyTick is how often the scheduler looks for users whose run is due.
const weeklyTick = 15 * time.Second

// runWeekly generates due weeks and writes plans back for as long as ctx lasts. A run that fails is tried
// again with a delay that doubles from one minute to an hour.
func (a *App) runWeekly(ctx context.Context) {
	retry := map[string]backoff{}
	tick := time.NewTicker(weeklyTick)
	defer tick.Stop()
	for {
		if err := a.runDue(ctx, retry); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "Weekly run failed", append([]any{"component", "scheduler"}, observe.Failure(fault.KindOf(err), err)...)...)
		}
		if _, err := a.Publish(ctx); err != nil && fault.KindOf(err) == fault.DatabaseError {
			a.Log.ErrorContext(ctx, "Write-back failed", append([]any{"component", "write_back"}, observe.Failure(fault.DatabaseError, err)...)...)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

type backoff struct {
	failures int
	next     time.Time
}

func (a *App) runDue(ctx context.Context, retry map[string]backoff) error {
	users, err := a.Users.List(ctx)
	if err != nil {
		return err
	}
	planned := map[calendar.Date]map[string]bool{}
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		slot = make(chan struct{}, a.opts.Config.Generation.Concurrency)
	)
	for _, u := range users {
		now := a.opts.Now()
		week, ok := due(u, now)
		if !ok || now.Before(retry[u.ID].next) {
			continue
		}
		if planned[week] == nil {
			ids, err := a.Plans.Planned(ctx, week)
			if err != nil {
				return err
			}
			planned[week] = map[string]bool{}
			for _, id := range ids {
				planned[week][id] = true
			}
		}
		if planned[week][u.ID] {
			continue
		}
		slot <- struct{}{}
		wg.Go(func() {
			defer func() { <-slot }()
			job := telemetry.WithJob(ctx, "job_weekly_generation_"+week.Week()+"_"+u.ID)
			_, err := a.Generate(job, planner.Request{User: u.ID, Week: week}, nil)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				delete(retry, u.ID)
				return
			}
			b := retry[u.ID]
			b.failures++
			b.next = a.opts.Now().Add(min(time.Minute<<min(b.failures-1, 10), time.Hour))
			retry[u.ID] = b
		})
	}
	wg.Wait()
	return nil
}

// purgeEvery is how often FatSecret's content is looked through; with rows leaving at 23
// hours, none becomes 24 hours old.
const purgeEvery = 10 * time.Minute

// purge deletes FatSecret's content before its terms want it gone.
func (a *App) purge(ctx context.Context) {
	tick := time.NewTicker(purgeEvery)
	defer tick.Stop()
	for {
		if _, err := a.accounts.store.Purge(ctx); err != nil && ctx.Err() == nil {
			a.Log.ErrorContext(ctx, "Purge failed", append([]any{"component", "scheduler"}, observe.Failure(fault.KindOf(err), err)...)...)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
