package diagnose

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
)

// lookAtServices looks for roles that are not ready, silent, or come and go.
func (c *investigation) lookAtServices(ctx context.Context) ([]Finding, error) {
	level, err := c.query(ctx, "service:service_up:last1m")
	if err != nil {
		return nil, err
	}
	said, err := c.query(ctx, "max by (service) (service_up)")
	if err != nil {
		return nil, err
	}
	mean, err := c.query(ctx, "avg_over_time(service:service_up:last1m[%s])", span(c.Window))
	if err != nil {
		return nil, err
	}
	least, err := c.query(ctx, "min_over_time(service:service_up:last1m[%s])", span(c.recent))
	if err != nil {
		return nil, err
	}
	speaks, share, lately := by(said, "service"), by(mean, "service"), by(least, "service")
	var out []Finding
	for _, s := range level {
		name := s.Labels["service"]
		v, heard := speaks[name]
		evidence := []string{fmt.Sprintf("up for %.0f %% of the last %s", 100*share[name], c.Window)}
		switch {
		case s.Value == 0 && !heard:
			out = append(out, Finding{Cause: name + " is silent: it has stopped, hangs, or its telemetry is lost", Evidence: evidence})
		case s.Value == 0 && v == 0:
			out = append(out, Finding{Cause: name + " says that it is not ready: its database does not answer", Evidence: evidence})
		case lately[name] == 0:
			out = append(out, Finding{Cause: name + " has gaps: it is silent or not ready at times", Evidence: evidence})
		case share[name] < upShare:
			out = append(out, Finding{Cause: name + " had gaps: it was silent or not ready at times", Evidence: evidence, past: true})
		}
	}
	return out, nil
}

// budgets are what the two alerts about the availability of days look at, the longest window
// first: a role was down for over a share of so many days, and has been known for so many,
// as prometheus/rules/slo.yml has it.
var budgets = map[alert.Alert][]struct {
	days  int
	share float64
	known int // days
}{
	alert.AvailabilityBudgetBurnSlow: {{3, downShare, 3}, {1, 3 * downShare, 1}},
	alert.AvailabilitySLOMissed:      {{30, downShare, 7}},
}

// lookAtBudget adds up the outages of days, for the alerts that speak of days. They are over
// where the role is up again.
func (c *investigation) lookAtBudget(ctx context.Context) ([]Finding, error) {
	var out []Finding
	told := map[string]bool{}
	for _, b := range budgets[c.about] {
		down, err := c.query(ctx, "service:service_down:ratio%dd > %g and service:service_up:last1m offset %dd", b.days, b.share, b.known)
		if err != nil {
			return nil, err
		}
		down = slices.DeleteFunc(down, func(s Sample) bool { return told[s.Labels["service"]] })
		if len(down) == 0 {
			continue
		}
		// An outage ends, or goes on; so one that was under way when the days began counts.
		count, err := c.query(ctx, "changes(service:service_up:last1m[%[1]dd]) - resets(service:service_up:last1m[%[1]dd]) + 1 - last_over_time(service:service_up:last1m[%[1]dd])", b.days)
		if err != nil {
			return nil, err
		}
		last, err := c.query(ctx, "max_over_time(timestamp(service:service_up:last1m == 0)[%dd:15s])", b.days)
		if err != nil {
			return nil, err
		}
		least, err := c.query(ctx, "min_over_time(service:service_up:last1m[%s])", span(c.recent))
		if err != nil {
			return nil, err
		}
		outages, at, lately := by(count, "service"), by(last, "service"), by(least, "service")
		days := "day"
		if b.days > 1 {
			days = fmt.Sprintf("%d days", b.days)
		}
		for _, s := range down {
			name := s.Labels["service"]
			told[name] = true
			evidence := fmt.Sprintf("the budget is %g %%; outages: %.0f", 100*downShare, outages[name])
			if t, ok := at[name]; ok {
				evidence += ", down last at " + time.Unix(int64(t), 0).UTC().Format("2006-01-02 15:04:05Z")
			}
			out = append(out, Finding{
				Cause:    fmt.Sprintf("%s was down for %.2f %% of the last %s", name, 100*s.Value, days),
				Evidence: []string{evidence},
				past:     lately[name] == 1,
			})
		}
	}
	return out, nil
}
