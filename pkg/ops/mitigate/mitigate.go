// Package mitigate is what an operator can safely do about trouble: each measure says
// whether it would help now, what it changes from what to what, and is recorded.
package mitigate

import (
	"context"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/ops/diagnose"
)

// window is how far back failures count.
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
	return Measure{}, fault.New(fault.InvalidInput, "mitigation", "%q is not one of %s", name, strings.Join(names, ", "))
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

// How often and how long blockers are looked for.
const (
	blockerLooks = 10
	blockerEvery = 150 * time.Millisecond
)
