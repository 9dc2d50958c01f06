// Package override is what can be changed while the program runs, on top of its
// configuration.
package override

import (
	"context"
	"strconv"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// Every is how often processes read the settings.
const Every = 3 * time.Second

// Names of the settings that are not of a job type.
const (
	Concurrency       = "jobs.concurrency"
	GenerationTimeout = "generation.timeout"
	APIPool           = "database.api_pool"
	SchedulerPool     = "database.scheduler_pool"
)

// Of returns the name of a job type's setting: paused, attempts or timeout.
func Of(t schedule.Type, what string) string { return "jobs." + string(t) + "." + what }

// Configured is what holds where nothing was set.
type Configured struct {
	Concurrency            int
	GenerationTimeout      time.Duration
	APIPool, SchedulerPool int
}

// Store gives what was set and has not expired, by name.
type Store interface {
	Values(ctx context.Context) (map[string]string, error)
}

// Runtime is the settings in force. Safe for concurrent use.
type Runtime struct {
	configured Configured

	mu    sync.RWMutex
	force map[string]string
}

// New returns settings of which none was changed.
func New(c Configured) *Runtime { return &Runtime{configured: c} }

// Read takes over what the store says. A value that makes no sense is left out: it was
// not set by this program.
func (r *Runtime) Read(ctx context.Context, s Store) error {
	values, err := s.Values(ctx)
	if err != nil {
		return err
	}
	force := map[string]string{}
	for name, v := range values {
		if name, err := Check(name, v); err == nil {
			force[name] = v
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.force = force
	return nil
}

func (r *Runtime) get(name string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.force[name]
}

func (r *Runtime) number(name string, otherwise int) int {
	if n, err := strconv.Atoi(r.get(name)); err == nil {
		return n
	}
	return otherwise
}

func (r *Runtime) duration(name string, otherwise time.Duration) time.Duration {
	if d, err := time.ParseDuration(r.get(name)); err == nil {
		return d
	}
	return otherwise
}

// Current returns the value of a setting as text, "" for one that does not exist.
func (r *Runtime) Current(name string) string {
	switch name = Name(name); name {
	case Concurrency:
		return strconv.Itoa(r.Concurrency())
	case GenerationTimeout:
		return r.GenerationTimeout().String()
	case APIPool:
		return strconv.Itoa(r.PoolSize("api"))
	case SchedulerPool:
		return strconv.Itoa(r.PoolSize("scheduler"))
	}
	for _, t := range schedule.Types {
		switch name {
		case Of(t, "paused"):
			return strconv.FormatBool(r.IsPaused(t))
		case Of(t, "attempts"):
			return strconv.Itoa(r.Attempts(t, t.Defaults().Attempts))
		case Of(t, "timeout"):
			return r.Timeout(t).String()
		}
	}
	return ""
}

// Concurrency is the most jobs of this process at a time.
func (r *Runtime) Concurrency() int { return r.number(Concurrency, r.configured.Concurrency) }

// GenerationTimeout is the limit of one week's generation.
func (r *Runtime) GenerationTimeout() time.Duration {
	return r.duration(GenerationTimeout, r.configured.GenerationTimeout)
}

// PoolSize is the most connections of the pool "api" or "scheduler", never fewer than
// configured: what runs at the same time was bounded by that.
func (r *Runtime) PoolSize(pool string) int {
	if pool == "api" {
		return max(r.configured.APIPool, r.number(APIPool, 0))
	}
	return max(r.configured.SchedulerPool, r.number(SchedulerPool, 0))
}

// IsPaused reports whether jobs of the type are not to begin.
func (r *Runtime) IsPaused(t schedule.Type) bool { return r.get(Of(t, "paused")) == "true" }

// Paused lists the types that are paused.
func (r *Runtime) Paused() []string {
	var out []string
	for _, t := range schedule.Types {
		if r.IsPaused(t) {
			out = append(out, string(t))
		}
	}
	return out
}

// Timeout is the limit of one attempt.
func (r *Runtime) Timeout(t schedule.Type) time.Duration {
	return r.duration(Of(t, "timeout"), t.Defaults().Timeout)
}

// Attempts is how often a job is tried, given what its schedule says.
func (r *Runtime) Attempts(t schedule.Type, scheduled int) int {
	return r.number(Of(t, "attempts"), scheduled)
}
