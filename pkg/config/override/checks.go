package override

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
)

// Help names every setting with the values it takes.
const Help = "jobs.concurrency (1 to 100), jobs.TYPE.paused (true, false), jobs.TYPE.attempts (1 to 10), jobs.TYPE.timeout (1s to 30m), " +
	"generation.timeout (100ms to 60s), database.api_pool and database.scheduler_pool (4 to 200; fewer than configured has no effect)"

// number and duration are the bounds of settings.
type (
	number   struct{ least, most int }
	duration struct{ least, most time.Duration }
)

func (b number) check(name, value string) error {
	if n, err := strconv.Atoi(value); err != nil || n < b.least || n > b.most {
		return fault.New(fault.InvalidInput, name, "%q: want a number from %d to %d", value, b.least, b.most)
	}
	return nil
}

func (b duration) check(name, value string) error {
	if d, err := time.ParseDuration(value); err != nil || d < b.least || d > b.most {
		return fault.New(fault.InvalidInput, name, "%q: want a duration from %s to %s", value, b.least, b.most)
	}
	return nil
}

// Check says whether a setting exists and its value makes sense, and returns its canonical
// name. Errors have kind InvalidInput.
func Check(name, value string) (string, error) {
	name = Name(name)
	switch name {
	case Concurrency:
		return name, number{1, 100}.check(name, value)
	case APIPool, SchedulerPool:
		return name, number{4, 200}.check(name, value)
	case GenerationTimeout:
		return name, duration{100 * time.Millisecond, time.Minute}.check(name, value)
	}
	parts := strings.Split(name, ".")
	if len(parts) != 3 || parts[0] != "jobs" || !slices.Contains(schedule.Types, schedule.Type(parts[1])) {
		return "", fault.New(fault.InvalidInput, "setting", "%q is not one of %s", name, Help)
	}
	switch parts[2] {
	case "paused":
		if value != "true" && value != "false" {
			return "", fault.New(fault.InvalidInput, name, "%q: want true or false", value)
		}
		return name, nil
	case "attempts":
		return name, number{1, 10}.check(name, value)
	case "timeout":
		return name, duration{time.Second, 30 * time.Minute}.check(name, value)
	default:
		return "", fault.New(fault.InvalidInput, "setting", "%q is not one of paused, attempts, timeout", parts[2])
	}
}

// Name returns the canonical name of a setting, whose job type may be written either way.
func Name(name string) string {
	parts := strings.Split(name, ".")
	if len(parts) == 3 {
		if t, err := schedule.ParseType(parts[1]); err == nil {
			parts[1] = string(t)
		}
	}
	return strings.Join(parts, ".")
}
