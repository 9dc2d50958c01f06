package diagnose

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config/override"
)

// lookAtSettings looks for limits that were lowered, jobs that are paused, and more jobs
// than the pool has connections. Other changes are reported, but not as a cause.
func (c *investigation) lookAtSettings(ctx context.Context) ([]Finding, error) {
	changed, err := c.Database.Settings(ctx)
	if err != nil {
		return nil, err
	}
	configured := override.New(c.Configured)
	connections := c.Configured.SchedulerPool
	for _, s := range changed {
		if s.Name == override.SchedulerPool {
			connections = max(connections, int(size(s.Value)))
		}
	}
	var out []Finding
	for _, s := range changed {
		was := configured.Current(s.Name)
		by := strings.TrimSpace(fmt.Sprintf("by %s at %s, until %s %s", cmp.Or(s.By, "unknown"), s.Set.UTC().Format("2006-01-02 15:04:05Z"), clock(s.Expires), short(s.Reason)))
		f := Finding{Evidence: []string{by}}
		switch {
		case strings.HasSuffix(s.Name, ".paused") && s.Value == "true":
			f.Cause = strings.Split(s.Name, ".")[1] + " jobs are paused by the setting " + s.Name
		case strings.HasSuffix(s.Name, ".attempts"): // what a schedule says is not known here
			c.changed = append(c.changed, fmt.Sprintf("%s = %s %s", s.Name, s.Value, by))
			continue
		case s.Name == override.Concurrency && int(size(s.Value)) > connections:
			f.Cause = fmt.Sprintf("%s was raised to %s, which is more than the scheduler's %d connections", s.Name, s.Value, connections)
		case size(s.Value) < size(was):
			f.Cause = fmt.Sprintf("%s was lowered to %s (otherwise %s)", s.Name, s.Value, was)
		default:
			c.changed = append(c.changed, fmt.Sprintf("%s = %s (otherwise %s) %s", s.Name, s.Value, was, by))
			continue
		}
		out = append(out, f)
	}
	return out, nil
}

// size is a setting's value as a number, a duration in seconds.
func size(value string) float64 {
	if d, err := time.ParseDuration(value); err == nil {
		return d.Seconds()
	}
	var n float64
	if _, err := fmt.Sscan(value, &n); err != nil {
		return 0
	}
	return n
}
