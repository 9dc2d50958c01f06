// Package mitigate is what an operator can safely do about trouble: each measure says
// whether it would help now, what it changes from what to what, and is recorded.
package mitigate

import (
	"cmp"
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
	// EndSession terminates a session that another waits for; false: none does.
	EndSession(ctx context.Context, pid int) (bool, error)
	Note(ctx context.Context, name, detail, by, reason string) error
}

// Request is one requested measure.
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

// takes is what a measure's Type names.
type takes int

const (
	nothing  takes = iota
	jobs           // a job type; required
	someJobs       // a job type, or none for all
	aPool          // a pool; none is the scheduler's
	aSetting       // a setting, or none for all
)

// Measure is one thing that can be done.
type Measure struct {
	Name, Help string
	of         takes
	to         bool // takes another value
	look       func(ctx context.Context, m *Mitigator, r Request) (step, error)
}

// Types are the values of Type that cover all that the measure can be taken for.
func (m Measure) Types() []string {
	switch m.of {
	case jobs:
		out := make([]string, len(schedule.Types))
		for i, t := range schedule.Types {
			out[i] = string(t)
		}
		return out
	case aPool:
		return []string{"api", "scheduler"}
	default:
		return []string{""}
	}
}

// check refuses what the measure would not heed.
func (m Measure) check(r Request) error {
	switch {
	case r.Type != "" && m.of == nothing:
		return fault.New(fault.InvalidInput, "--type", "%s takes none", m.Name)
	case r.To != "" && !m.to:
		return fault.New(fault.InvalidInput, "--to", "%s takes none", m.Name)
	default:
		return nil
	}
}

// step is a measure made ready. Without do there is nothing that could be done.
type step struct {
	needed bool
	why    string
	change string
	// do returns what it did where that differs from change.
	do func(ctx context.Context) (done string, err error)
}

// Mitigator does what measures say.
type Mitigator struct {
	db      Database
	current *override.Runtime
}

// New returns a mitigator; current are the settings in force.
func New(db Database, current *override.Runtime) *Mitigator { return &Mitigator{db, current} }

// Measures lists what can be done.
var Measures = []Measure{
	{"pause-jobs", "Keep a type of jobs (--type) from starting, e.g. until an upstream is back.", jobs, false, pause},
	{"resume-jobs", "End such a pause; what came due meanwhile runs once.", jobs, false, resume},
	{"retry-jobs", "Run jobs that failed again (--type: of one type).", someJobs, false, retry},
	{"raise-job-timeout", "Give the attempts of a job type (--type) twice the time.", jobs, true, timeout},
	{"raise-attempts", "Try jobs of a type (--type) 5 times.", jobs, true, attempts},
	{"raise-generation-timeout", "Give generations 5 seconds instead of 2.", nothing, true, generationTimeout},
	{"resize-pool", "Give a connection pool (--type api or scheduler) half as many connections more.", aPool, true, resizePool},
	{"limit-jobs", "Run fewer jobs at a time.", nothing, true, limitJobs},
	{"end-blocker", "End the database session that others wait for; --force also when it is one of ours.", nothing, false, endBlocker},
	{"refresh-recipes", "Bring the recipes of every library up to date now.", nothing, false, refresh},
	{"reset-setting", "Take back what was changed (--type NAME: one setting).", aSetting, false, reset},
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
	if err := measure.check(r); err != nil {
		return Outcome{}, err
	}
	s, err := measure.look(ctx, m, r)
	if err != nil {
		return Outcome{}, err
	}
	if s.do == nil {
		return Outcome{Why: s.why}, nil
	}
	o := Outcome{Needed: s.needed, Why: s.why, Change: s.change}
	if r.DryRun || !s.needed && !r.Force {
		return o, nil
	}
	done, err := s.do(ctx)
	if err != nil {
		return o, err
	}
	if done != "" {
		o.Change = done
	}
	o.Done = true
	return o, m.db.Note(ctx, measure.Name, o.Change, r.By, r.Reason)
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
	name, err := override.Check(name, value)
	if err != nil {
		return step{}, err
	}
	return step{
		change: fmt.Sprintf("%s: %s -> %s for %s", name, m.current.Current(name), value, r.For),
		do: func(ctx context.Context) (string, error) {
			return "", m.db.Set(ctx, name, value, r.By, r.Reason, r.For)
		},
	}, nil
}

// raise is change for values that grow, lower for those that shrink. A value of the
// measure's own that is no step in that direction leaves nothing to do; one of the
// request's is refused.
func (m *Mitigator) raise(ctx context.Context, name, value string, r Request, need need) (step, error) {
	return m.move(ctx, name, value, r, 1, need)
}

func (m *Mitigator) lower(ctx context.Context, name, value string, r Request, need need) (step, error) {
	return m.move(ctx, name, value, r, -1, need)
}

// need says whether a measure would help, and why or why not.
type need func(ctx context.Context) (needed bool, why string, err error)

func (m *Mitigator) move(ctx context.Context, name, value string, r Request, direction int, need need) (step, error) {
	s, err := m.change(name, value, r)
	if err != nil {
		return step{}, err
	}
	if r.To != "" {
		value = r.To
	}
	if was := m.current.Current(name); direction*compare(value, was) <= 0 {
		if r.To != "" {
			return step{}, fault.New(fault.InvalidInput, "--to", "%s: %s is %s: want %s", r.To, name, was, map[int]string{1: "more", -1: "less"}[direction])
		}
		return step{why: fmt.Sprintf("%s is %s already", name, was)}, nil
	}
	s.needed, s.why, err = need(ctx)
	return s, err
}

// compare orders two values of a setting, numbers or durations.
func compare(a, b string) int {
	if x, err := strconv.Atoi(a); err == nil {
		y, _ := strconv.Atoi(b) // both are of one setting
		return cmp.Compare(x, y)
	}
	x, _ := time.ParseDuration(a) // both were checked
	y, _ := time.ParseDuration(b)
	return cmp.Compare(x, y)
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
	if m.current.IsPaused(t) {
		return step{why: fmt.Sprintf("%s is paused already", t)}, nil
	}
	s, err := m.change(override.Of(t, "paused"), "true", r)
	if err != nil {
		return s, err
	}
	n, err := m.failing(ctx, func(j diagnose.FailingJobs) bool { return j.Type == string(t) })
	s.needed, s.why = n > 0, fmt.Sprintf("%d attempts of %s failed in the last %s", n, t, window)
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
		needed: n > 0, why: fmt.Sprintf("%d jobs failed for good", n), change: fmt.Sprintf("%d failed jobs -> run again", n),
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
	return fmt.Sprintf("%d jobs -> run now: %s%s", len(ids), strings.Join(ids[:min(len(ids), maxNamed)], ", "), more)
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
		return n > 0, fmt.Sprintf("%d attempts of %s ran out of time in the last %s", n, t, window), err
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
		return n > 0, fmt.Sprintf("%d attempts of %s failed for a reason that passes in the last %s", n, t, window), err
	})
}

func generationTimeout(ctx context.Context, m *Mitigator, r Request) (step, error) {
	return m.raise(ctx, override.GenerationTimeout, "5s", r, func(ctx context.Context) (bool, string, error) {
		n, err := m.failing(ctx, timedOut(schedule.WeeklyGeneration))
		return n > 0, fmt.Sprintf("%d generations ran out of time in the last %s", n, window), err
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
		do: func(ctx context.Context) (string, error) {
			ended, err := m.db.EndSession(ctx, worst.PID)
			if err == nil && !ended {
				err = fault.New(fault.NotFound, "end-blocker", "nobody waits for session %d any more: look again", worst.PID)
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
		needed: n > 0, why: fmt.Sprintf("%d attempts failed for want of recipes or in AutoSync in the last %s", n, window),
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
