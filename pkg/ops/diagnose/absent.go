package diagnose

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// NotConfigured stands for the servers of an installation that sends its telemetry nowhere.
type NotConfigured struct{}

var errNotConfigured = fault.New(fault.InvalidConfig, "telemetry", "not configured: nothing is exported (OTEL_EXPORTER_OTLP_ENDPOINT), and PROMETHEUS_URL, LOKI_URL and JAEGER_URL are the defaults")

// Query implements [Metrics].
func (NotConfigured) Query(context.Context, string) ([]Sample, error) {
	return nil, errNotConfigured
}

// Lines implements [Logs].
func (NotConfigured) Lines(context.Context, string, time.Time, int) ([]Line, error) {
	return nil, errNotConfigured
}

// Slow implements [Traces].
func (NotConfigured) Slow(context.Context, string, string, time.Time, time.Duration, int) ([]Span, error) {
	return nil, errNotConfigured
}

// Unreachable is a database that does not answer, which may be the cause: whatever is asked,
// it returns why.
type Unreachable struct{ Err error }

var _ Database = Unreachable{}

// Ping implements [Database].
func (d Unreachable) Ping(context.Context) error { return d.Err }

// LockWaits implements [Database].
func (d Unreachable) LockWaits(context.Context) ([]LockWait, error) { return nil, d.Err }

// Sessions implements [Database].
func (d Unreachable) Sessions(context.Context) ([]Sessions, error) { return nil, d.Err }

// LongTransactions implements [Database].
func (d Unreachable) LongTransactions(context.Context, time.Duration) ([]Transaction, error) {
	return nil, d.Err
}

// SlowStatements implements [Database].
func (d Unreachable) SlowStatements(context.Context, time.Duration) ([]Statement, error) {
	return nil, d.Err
}

// FailingJobs implements [Database].
func (d Unreachable) FailingJobs(context.Context, time.Duration, time.Duration) ([]FailingJobs, error) {
	return nil, d.Err
}

// UsersWithoutPlan implements [Database].
func (d Unreachable) UsersWithoutPlan(context.Context, string) ([]Planless, error) {
	return nil, d.Err
}

// Unbalanced implements [Database].
func (d Unreachable) Unbalanced(context.Context) ([]Unbalanced, error) { return nil, d.Err }

// RefusedMails implements [Database].
func (d Unreachable) RefusedMails(context.Context, time.Duration, time.Duration) ([]RefusedMails, error) {
	return nil, d.Err
}

// Settings implements [Database].
func (d Unreachable) Settings(context.Context) ([]Setting, error) { return nil, d.Err }
