// Package mitigate is what an operator can safely do about trouble: each measure says
// whether it would help now, what it changes from what to what, and is recorded.
package mitigate

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/diagnose"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/schedule"
	"github.com/mealplanner/mealplanner/pkg/setting"
)

// window is how far back trouble counts.
const window = 15 * time.Minute

// Database is what measures read and change.
type Database interface {
	FailingJobs(ctx context.Context, window, recent time.Duration) ([]diagnose.FailingJobs, error)
	LockWaits(ctx context.Context) ([]diagnose.LockWait, error)
	Sessions(ctx context.Context) ([]diagnose.Sessions, error)
	Settings(ctx context.Context) ([]diagnose.Setting, error)
	FailedJobs(ctx context.Context, jobType string) (int, error)

	Set(ctx context.Context, name, value, by, reason string, valid time.Duration) error
	Reset(ctx context.Context, name, by, reason string) (bool, error)
	RetryFailed(ctx context.Context, jobType string) ([]string, error)
	RefreshLibraries(ctx context.Context) ([]string, error)
	EndSession(ctx context.Context, pid int) (bool, error)
	Note(ctx context.Context, name, detail, by, reason string) error
}

// Request is what somebody wants.
type Request struct {
	Type   string        // a job type, a pool or a setting, as the measure wants
	To     string        // a value instead of the measure's own
	For    time.Duration // how long a changed setting holds
	By     string
	Reason string
	DryRun bool
	Force  bool // also when it is not needed
}

// Outcome is what came of it.
type Outcome struct {
	Needed bool
	Why    string // it is needed, or not
	Change string // before -> after; "" when nothing was to be done
	Done   bool
}

// Measure is one thing that can be done.
type Measure struct {
	Name, Help string
	look       func(ctx context.Context, m *Mitigator, r Request) (step, error)
}

// step is a measure made ready.
type step struct {
	needed bool
	why    string
	change string
	do     func(ctx context.Context) error
}

// Mitigator does what measures say.
type Mitigator struct {
	db      Database
	current *setting.Runtime
}

// New returns a mitigator; current are the settings in force.
func New(db Database, current *setting.Runtime) *Mitigator { return &Mitigator{db, current} }

// Measures lists what can be done.
var Measures = []Measure{
	{"pause-jobs", "Keep a type of jobs (--type) from starting, e.g. until an upstream is back.", pause},
	{"resume-jobs", "End such a pause; what came due meanwhile runs once.", resume},
	{"retry-jobs", "Run jobs that failed again (--type: of one type).", retry},
	{"raise-job-timeout", "Give the attempts of a job type (--type) twice the time.", timeout},
	{"raise-attempts", "Try jobs of a type (--type) 5 times.", attempts},
	{"raise-generation-timeout", "Give generations 5 seconds instead of 2.", generationTimeout},
	{"resize-pool", "Give a connection pool (--type api or scheduler) half as many connections more.", resizePool},
	{"limit-jobs", "Run fewer jobs at a time.", limitJobs},
	{"end-blocker", "End the database session that others wait for; --force also when it is one of ours.", endBlocker},
	{"refresh-recipes", "Bring the recipes of every library up to date now.", refresh},
	{"reset-setting", "Take back what was changed (--type NAME: one setting).", reset},
}

// Lookup returns the measure with the name. Errors have kind InvalidInput.
func Lookup(name string) (Measure, error) {
	names := make([]string, len(Measures))
	for i, m := range Measures {
		if m.Name == name {
			return m, nil
		}
		names[i] = m.Name
	}
	return Measure{}, fault.New(fault.InvalidInput, "mitigation", "%q is none of %s", name, strings.Join(names, ", "))
}

// Do looks whether the measure would help, and takes it unless the request is a dry run.
func (m *Mitigator) Do(ctx context.Context, measure Measure, r Request) (Outcome, error) {
	s, err := measure.look(ctx, m, r)
	if err != nil {
		return Outcome{}, err
	}
	o := Outcome{Needed: s.needed, Why: s.why, Change: s.change}
	if s.do == nil || r.DryRun || !s.needed && !r.Force {
		return o, nil
	}
	if err := s.do(ctx); err != nil {
		return o, err
	}
	o.Done = true
	return o, m.db.Note(ctx, measure.Name, s.change, r.By, r.Reason)
}

// jobType reads the request's job type.
func jobType(r Request) (schedule.Type, error) {
	t, err := schedule.ParseType(r.Type)
	if err != nil {
		return "", fault.New(fault.InvalidInput, "--type", "%q: say which jobs, e.g. AutoSync", r.Type)
	}
	return t, nil
}

// change makes the step that gives a setting a value.
func (m *Mitigator) change(name, value string, r Request) (step, error) {
	if r.To != "" {
		value = r.To
	}
	name, err := setting.Check(name, value)
	if err != nil {
		return step{}, err
	}
	return step{
		change: fmt.Sprintf("%s: %s -> %s for %s", name, m.current.Current(name), value, r.For),
		do:     func(ctx context.Context) error { return m.db.Set(ctx, name, value, r.By, r.Reason, r.For) },
	}, nil
}

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
	r.To = "true"
	s, err := m.change(setting.Of(t, "paused"), r.To, r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool { return j.Type == string(t) })
	s.needed, s.why = n > 0 && !m.current.IsPaused(t), fmt.Sprintf("%d attempts of %s failed in the last %s", n, t, window)
	return s, err
}

func resume(_ context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	name := setting.Of(t, "paused")
	return step{
		needed: m.current.IsPaused(t), why: fmt.Sprintf("%s is paused: %t", t, m.current.IsPaused(t)),
		change: name + ": true -> false",
		do:     func(ctx context.Context) error { _, err := m.db.Reset(ctx, name, r.By, r.Reason); return err },
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
		needed: n > 0, why: fmt.Sprintf("%d jobs failed for good", n), change: fmt.Sprintf("%d failed jobs -> run again", n),
		do: func(ctx context.Context) error { _, err := m.db.RetryFailed(ctx, name); return err },
	}, err
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
	s, err := m.change(setting.Of(t, "timeout"), min(2*max(m.current.Timeout(t), t.Defaults().Timeout), 30*time.Minute).String(), r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, timedOut(t))
	s.needed, s.why = n > 0, fmt.Sprintf("%d attempts of %s ran out of time in the last %s", n, t, window)
	return s, err
}

func attempts(ctx context.Context, m *Mitigator, r Request) (step, error) {
	t, err := jobType(r)
	if err != nil {
		return step{}, err
	}
	s, err := m.change(setting.Of(t, "attempts"), "5", r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool {
		return j.Type == string(t) && fault.Kind(j.ErrorType).Transient()
	})
	s.needed, s.why = n > 0, fmt.Sprintf("%d attempts of %s failed for a reason that passes in the last %s", n, t, window)
	return s, err
}

func generationTimeout(ctx context.Context, m *Mitigator, r Request) (step, error) {
	s, err := m.change(setting.GenerationTimeout, max(5*time.Second, m.current.GenerationTimeout()).String(), r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, timedOut(schedule.WeeklyGeneration))
	s.needed, s.why = n > 0, fmt.Sprintf("%d generations ran out of time in the last %s", n, window)
	return s, err
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
	s, err := m.change("database."+name+"_pool", strconv.Itoa(min(size*3/2, 200)), r)
	if err != nil {
		return s, err
	}
	n, err := m.busy(ctx, name)
	s.needed, s.why = float64(n) >= 0.7*float64(size), fmt.Sprintf("%d of %d connections of the pool %s are at work", n, size, name)
	return s, err
}

func limitJobs(ctx context.Context, m *Mitigator, r Request) (step, error) {
	limit := m.current.Concurrency()
	s, err := m.change(setting.Concurrency, strconv.Itoa(max(1, min(limit/2, 5))), r)
	if err != nil {
		return s, err
	}
	n, err := m.busy(ctx, "scheduler")
	s.needed = limit > 1 && float64(n) >= 0.7*float64(m.current.PoolSize("scheduler"))
	s.why = fmt.Sprintf("%d of %d connections of the scheduler are at work, %d jobs may run", n, m.current.PoolSize("scheduler"), limit)
	return s, err
}

// How often and how long blockers are looked for.
const (
	blockerLooks = 10
	blockerEvery = 150 * time.Millisecond
)

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
		return step{why: "nobody waits for a lock"}, nil
	}
	ours := slices.Contains([]string{"mealplanner-api", "mealplanner-scheduler", "mealplanner-queue"}, worst.Application)
	s := step{
		needed: !ours,
		why:    fmt.Sprintf("%d sessions wait for the table %s, which pid %d (%s) has held for %s", worst.Waiting, worst.Table, worst.PID, worst.Application, worst.Held.Round(time.Millisecond)),
		change: fmt.Sprintf("session %d (%s) -> ended", worst.PID, worst.Application),
		do: func(ctx context.Context) error {
			ended, err := m.db.EndSession(ctx, worst.PID)
			if err == nil && !ended {
				err = fault.New(fault.NotFound, "end-blocker", "session %d has gone by itself", worst.PID)
			}
			return err
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
		needed: n > 0, why: fmt.Sprintf("%d attempts failed for want of recipes or in AutoSync in the last %s", n, window),
		change: "libraries -> synchronised now",
		do:     func(ctx context.Context) error { _, err := m.db.RefreshLibraries(ctx); return err },
	}, err
}

func reset(ctx context.Context, m *Mitigator, r Request) (step, error) {
	rows, err := m.db.Settings(ctx)
	if err != nil {
		return step{}, err
	}
	var names, changes []string
	for _, s := range rows {
		if r.Type == "" || setting.Name(r.Type) == s.Name {
			names = append(names, s.Name)
			changes = append(changes, fmt.Sprintf("%s: %s -> as configured", s.Name, s.Value))
		}
	}
	return step{
		needed: len(names) > 0, why: fmt.Sprintf("%d settings were changed", len(names)), change: strings.Join(changes, ", "),
		do: func(ctx context.Context) error {
			for _, n := range names {
				if _, err := m.db.Reset(ctx, n, r.By, r.Reason); err != nil {
					return err
				}
			}
			return nil
		},
	}, nil
}
