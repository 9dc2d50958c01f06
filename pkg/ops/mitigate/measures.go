package mitigate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
)

// failing counts the failed attempts of the window that the condition chooses.
func (m *Mitigator) failing(ctx context.Context, choose func(diagnose.FailingJobs) bool) (n int, err error) {
	rows, err := m.db.FailingJobs(ctx, window, window)
	for _, j := range rows {
		if choose(j) {
			n += j.Failed
		}
	}
	return n, err
}

func pause(ctx context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	if m.current.IsPaused(t) {
		return step{why: fmt.Sprintf("%s is paused already", t)}, nil
	}
	s, err := m.change(override.Of(t, "paused"), "true", r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool { return j.Type == string(t) })
	s.needed, s.why = n > 0, fmt.Sprintf("%s of %s failed in the last %s", counted(n, "attempt"), t, window)
	return s, err
}

func resume(_ context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	if !m.current.IsPaused(t) {
		return step{why: fmt.Sprintf("%s is not paused", t)}, nil
	}
	name := override.Of(t, "paused")
	return step{
		needed: true, why: fmt.Sprintf("%s is paused", t), change: name + ": true -> false",
		do: func(ctx context.Context) (string, error) {
			_, err := m.db.Reset(ctx, name, r.By, r.Reason)
			return "", err
		},
	}, nil
}

func retry(ctx context.Context, m *Mitigator, r Request) (step, error) {
	name := ""
	if r.Type != "" {
		t, err := jobType(r)
		if err != nil {
			return step{}, err
		}
		name = string(t)
	}
	n, err := m.db.FailedJobs(ctx, name)
	return step{
		needed: n > 0, why: counted(n, "job") + " failed terminally", change: counted(n, "failed job") + " -> run again",
		do: func(ctx context.Context) (string, error) {
			ids, err := m.db.RetryFailed(ctx, name)
			return runAgain(ids), err
		},
	}, err
}

// maxNamed is how many jobs a record names.
const maxNamed = 20

func runAgain(ids []string) string {
	more := ""
	if n := len(ids) - maxNamed; n > 0 {
		more = fmt.Sprintf(" and %d more", n)
	}
	return fmt.Sprintf("%s -> run now: %s%s", counted(len(ids), "job"), strings.Join(ids[:min(len(ids), maxNamed)], ", "), more)
}

func timedOut(t schedule.Type) func(diagnose.FailingJobs) bool {
	return func(j diagnose.FailingJobs) bool {
		return j.Type == string(t) && j.ErrorType == string(fault.TimeoutError)
	}
}

func timeout(ctx context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	value := min(2*max(m.current.Timeout(t), t.Defaults().Timeout), 30*time.Minute).String()
	return m.raise(ctx, override.Of(t, "timeout"), value, r, func(ctx context.Context) (bool, string, error) {
		n, err := m.failing(ctx, timedOut(t))
		return n > 0, fmt.Sprintf("%s of %s ran out of time in the last %s", counted(n, "attempt"), t, window), err
	})
}

func attempts(ctx context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	return m.raise(ctx, override.Of(t, "attempts"), "5", r, func(ctx context.Context) (bool, string, error) {
		n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool {
			return j.Type == string(t) && fault.Kind(j.ErrorType).Transient()
		})
		return n > 0, fmt.Sprintf("%s of %s failed for a transient reason in the last %s", counted(n, "attempt"), t, window), err
	})
}

func generationTimeout(ctx context.Context, m *Mitigator, r Request) (step, error) {
	return m.raise(ctx, override.GenerationTimeout, "5s", r, func(ctx context.Context) (bool, string, error) {
		n, err := m.failing(ctx, timedOut(schedule.WeeklyGeneration))
		return n > 0, fmt.Sprintf("%s ran out of time in the last %s", counted(n, "generation"), window), err
	})
}

// pool reads the request's pool.
func pool(r Request) (string, error) {
	if r.Type == "" {
		return "scheduler", nil
	}
	if r.Type != "api" && r.Type != "scheduler" {
		return "", fault.New(fault.InvalidInput, "--type", "%q is neither api nor scheduler", r.Type)
	}
	return r.Type, nil
}

// busy counts the sessions of a pool that do something.
func (m *Mitigator) busy(ctx context.Context, pool string) (n int, err error) {
	rows, err := m.db.Sessions(ctx)
	for _, s := range rows {
		if s.Application == "mealplanner-"+pool && s.State != "idle" {
			n += s.Count
		}
	}
	return n, err
}

func resizePool(ctx context.Context, m *Mitigator, r Request) (step, error) {
	name, err := pool(r)
	if err != nil {
		return step{}, err
	}
	size := m.current.PoolSize(name)
	return m.raise(ctx, "database."+name+"_pool", strconv.Itoa(min(size*3/2, 200)), r, func(ctx context.Context) (bool, string, error) {
		n, err := m.busy(ctx, name)
		return float64(n) >= full*float64(size), fmt.Sprintf("%d of %d connections of the pool %s are at work", n, size, name), err
	})
}

// full is the share of a pool's connections at work from which on it is short of them.
const full = 0.7

func limitJobs(ctx context.Context, m *Mitigator, r Request) (step, error) {
	limit, size := m.current.Concurrency(), m.current.PoolSize("scheduler")
	return m.lower(ctx, override.Concurrency, strconv.Itoa(max(1, min(limit/2, 5))), r, func(ctx context.Context) (bool, string, error) {
		n, err := m.busy(ctx, "scheduler")
		return float64(n) >= full*float64(size), fmt.Sprintf("%d of %d connections of the scheduler are at work, %d jobs may run", n, size, limit), err
	})
}

func endBlocker(ctx context.Context, m *Mitigator, _ Request) (step, error) {
	var worst diagnose.LockWait
	for range blockerLooks {
		waits, err := m.db.LockWaits(ctx)
		if err != nil {
			return step{}, err
		}
		for _, w := range waits {
			if w.Waiting > worst.Waiting || w.Waiting == worst.Waiting && w.Held > worst.Held {
				worst = w
			}
		}
		if worst.Waiting > 0 {
			break
		}
		select {
		case <-ctx.Done():
			return step{}, ctx.Err()
		case <-time.After(blockerEvery):
		}
	}
	if worst.Waiting == 0 {
		return step{why: "nothing waits for a lock"}, nil
	}
	ours := slices.Contains([]string{"mealplanner-api", "mealplanner-scheduler", "mealplanner-queue"}, worst.Application)
	s := step{
		needed: !ours,
		why:    fmt.Sprintf("%d sessions wait for the table %s, which pid %d (%s) has held for %s", worst.Waiting, worst.Table, worst.PID, worst.Application, worst.Held.Round(time.Millisecond)),
		change: fmt.Sprintf("session %d (%s) -> ended", worst.PID, worst.Application),
		do: func(ctx context.Context) (string, error) {
			ended, err := m.db.EndSession(ctx, worst.PID)
			if err == nil && !ended {
				err = fault.New(fault.NotFound, "end-blocker", "session %d no longer blocks anyone: look again", worst.PID)
			}
			return "", err
		},
	}
	if ours {
		s.why += "; it is one of ours (--force ends it all the same)"
	}
	return s, nil
}

func refresh(ctx context.Context, m *Mitigator, _ Request) (step, error) {
	n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool {
		return j.Type == string(schedule.AutoSync) || j.ErrorType == string(fault.NoRecipesAvailable) || j.ErrorType == string(fault.NotEnoughRecipes)
	})
	return step{
		needed: n > 0, why: fmt.Sprintf("%s failed for want of recipes or in AutoSync in the last %s", counted(n, "attempt"), window),
		change: "libraries -> synchronised now",
		do: func(ctx context.Context) (string, error) {
			ids, err := m.db.RefreshLibraries(ctx)
			return runAgain(ids), err
		},
	}, err
}

func reset(ctx context.Context, m *Mitigator, r Request) (step, error) {
	rows, err := m.db.Settings(ctx)
	if err != nil {
		return step{}, err
	}
	var names, changes []string
	for _, s := range rows {
		if r.Type == "" || override.Name(r.Type) == s.Name {
			names = append(names, s.Name)
			changes = append(changes, fmt.Sprintf("%s: %s -> as configured", s.Name, s.Value))
		}
	}
	if len(names) == 0 {
		return step{why: "no such setting was changed"}, nil
	}
	return step{
		needed: true, why: fmt.Sprintf("%d settings were changed", len(names)), change: strings.Join(changes, ", "),
		do: func(ctx context.Context) (string, error) {
			for _, n := range names {
				if _, err := m.db.Reset(ctx, n, r.By, r.Reason); err != nil {
					return "", err
				}
			}
			return "", nil
		},
	}, nil
}

// counted is a number with its noun: 1 job, 2 jobs.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return fmt.Sprintf("%d %s", n, noun)
}
