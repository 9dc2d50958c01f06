package app

import (
	"io"
	"log/slog"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/mealplanner/mealplanner/pkg/config"
)

// Role is what a process does.
type Role string

// The roles. A tool runs one command and exits.
const (
	API       Role = "api"
	Scheduler Role = "scheduler"
	Serve     Role = "serve" // both, in one process
	Tool      Role = "tool"
)

// Admin names a process's listener for operators; see [App.Addr].
const Admin Role = "admin"

func (r Role) service() string {
	switch r {
	case API:
		return "meal-planner-api"
	case Scheduler:
		return "meal-planner-scheduler"
	default:
		return "meal-planner"
	}
}

func (r Role) serves() bool { return r == API || r == Serve }

func (r Role) schedules() bool { return r == Scheduler || r == Serve }

// Options configure [New].
type Options struct {
	Config  config.Config
	Role    Role
	Version string
	Log     io.Writer
	// LogLevel is the default for a configuration without a level.
	LogLevel slog.Level
	Now      func() time.Time
	// Sequential fetches recipes and profile sequentially; for comparison only.
	Sequential bool

	SpanProcessors []sdktrace.SpanProcessor // for tests
	Readers        []sdkmetric.Reader       // for tests
}
