package observe

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

const (
	gaugeAge     = 15 * time.Second // how old a gauge's value may be
	gaugeTimeout = 2 * time.Second  // of one read
	// gaugeFailures is how many reads in a row may fail before the old value is no longer
	// exported.
	gaugeFailures = 4
)

// GaugeGroup is a set of gauges filled by one query.
type GaugeGroup struct {
	Name string
	Read func(ctx context.Context) ([]metrics.Reading, error)
}

// Installation holds the gauges of the whole installation. One process, the leader, reads them
// from the database; exports use the stored values and never wait for the database. Safe for
// concurrent use.
type Installation struct {
	groups []GaugeGroup
	log    *slog.Logger
	last   readings
}

// NewInstallation returns gauges that the groups read.
func NewInstallation(log *slog.Logger, groups ...GaugeGroup) *Installation {
	return &Installation{groups: groups, log: log}
}

// Of returns the last readings of a gauge; nil while this process is not the leader.
func (i *Installation) Of(g metrics.AnyGauge) []metrics.Reading { return i.last.of(g) }

// Set stores readings of a group that is read elsewhere.
func (i *Installation) Set(group string, values []metrics.Reading) {
	i.last.set(group, values, nil)
}

// Run reads the groups every 15 seconds until ctx ends.
func (i *Installation) Run(ctx context.Context) {
	loop.Every(ctx, gaugeAge, i.Read)
}

// Clear drops every reading: another process is the leader.
func (i *Installation) Clear() { i.last.clear() }

// Read reads each group once. One that fails keeps its values for a minute.
func (i *Installation) Read(ctx context.Context) {
	for _, g := range i.groups {
		limited, cancel := context.WithTimeout(ctx, gaugeTimeout)
		var values []metrics.Reading
		err := fault.Guarded("gauges", func() (err error) { values, err = g.Read(limited); return err })()
		cancel()
		if ctx.Err() == nil && i.last.set(g.Name, values, err) {
			i.log.WarnContext(ctx, "Reading gauges failed", append([]any{"component", "telemetry", "gauges", g.Name}, fault.Fields(fault.KindOf(err), err)...)...)
		}
	}
}

// readings are the last values of gauges, by the group that is read together.
// Safe for concurrent use.
type readings struct {
	mu       sync.Mutex
	groups   map[string][]metrics.Reading
	failures map[string]int
}

func (r *readings) of(g metrics.AnyGauge) (out []metrics.Reading) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, group := range r.groups {
		for _, x := range group {
			if x.Of(g) {
				out = append(out, x)
			}
		}
	}
	return out
}

// set stores the result of a read, and reports whether a failure is the first in a row.
func (r *readings) set(group string, values []metrics.Reading, err error) (news bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.groups == nil {
		r.groups, r.failures = map[string][]metrics.Reading{}, map[string]int{}
	}
	if err == nil {
		r.groups[group], r.failures[group] = values, 0
		return false
	}
	r.failures[group]++
	if r.failures[group] == gaugeFailures {
		delete(r.groups, group)
	}
	return r.failures[group] == 1
}

func (r *readings) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.groups)
	clear(r.failures)
}
