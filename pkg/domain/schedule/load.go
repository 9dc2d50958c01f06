package schedule

import (
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Backlog is what is due and waits of one type of job.
type Backlog struct {
	Type   Type
	Jobs   int
	Oldest time.Duration // how long the oldest has waited
}

// Day is what the last 24 hours say of the jobs.
type Day struct {
	Attempts []Attempts
	Failures []Failures
}

// Attempts are those at the jobs of one type.
type Attempts struct {
	Type                       Type
	Started, Retries, Finished int
}

// Failures are the jobs of one type that failed terminally with one kind of error.
type Failures struct {
	Type Type
	Kind fault.Kind
	Jobs int
}
