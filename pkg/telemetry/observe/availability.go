package observe

import (
	"context"
	"sync"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/jobs/loop"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// ProbeTimeout is how long an upstream may take to answer a probe.
const ProbeTimeout = 15 * time.Second

// Probe checks whether one upstream is up. Probes do not count as calls or cost, and bypass the
// breakers.
type Probe struct {
	API   string
	Every time.Duration
	// Up has [ProbeTimeout]; known is false if there is nothing to probe.
	Up func(ctx context.Context) (up, known bool)
}

func (p Probe) check(ctx context.Context) (up, known bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, ProbeTimeout)
	defer cancel()
	defer fault.Recover("probe", &err)
	up, known = p.Up(ctx)
	return up, known, nil
}

// Availability probes the upstreams and exports the results as an installation's gauge
// api_availability. Safe for concurrent use.
type Availability struct {
	probes []Probe
	to     *Installation

	mu sync.Mutex
	up map[string]bool // by API
}

var _ alerting.Upstreams = (*Availability)(nil)

// NewAvailability returns an Availability without results.
func NewAvailability(to *Installation, probes ...Probe) *Availability {
	return &Availability{probes: probes, to: to, up: map[string]bool{}}
}

// Run probes each upstream at once and then at its interval until ctx ends, then drops the
// results: another process becomes the leader.
func (a *Availability) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, p := range a.probes {
		wg.Go(func() {
			loop.Every(ctx, p.Every, func(ctx context.Context) { a.look(ctx, p) })
		})
	}
	wg.Wait()
	a.mu.Lock()
	defer a.mu.Unlock()
	clear(a.up)
}

// Look probes every upstream once.
func (a *Availability) Look(ctx context.Context) {
	for _, p := range a.probes {
		a.look(ctx, p)
	}
}

func (a *Availability) look(ctx context.Context, p Probe) {
	up, known, err := p.check(ctx)
	if err != nil {
		a.to.log.ErrorContext(ctx, "Probe failed", append([]any{"component", "telemetry", "api", p.API}, fault.Fields(fault.Internal, err)...)...)
	}
	if !known || err != nil {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.up[p.API] = up
	out := make([]metrics.Reading, 0, len(a.up))
	for api, up := range a.up {
		out = append(out, metrics.APIAvailability.At(Indicator(up), metrics.API(api)))
	}
	a.to.Set("availability", out)
}

// Probe implements [alerting.Upstreams]; the gauge stays as it is.
func (a *Availability) Probe(ctx context.Context, api string) (answered, silent []string) {
	for _, p := range a.probes {
		if api != "" && api != p.API {
			continue
		}
		switch up, known, err := p.check(ctx); {
		case err != nil:
		case up:
			answered = append(answered, p.API)
		case known:
			silent = append(silent, p.API)
		}
	}
	return answered, silent
}

// Indicator is 1 for true, 0 for false.
func Indicator(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
