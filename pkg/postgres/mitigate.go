package postgres

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/mitigate"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Mitigations applies the mitigation measures, and records them.
type Mitigations struct{ *Diagnosis }

var _ mitigate.Database = (*Mitigations)(nil)

// NewMitigations returns it.
func NewMitigations(pool Conns) *Mitigations { return &Mitigations{NewDiagnosis(pool)} }

// FailedJobs implements [mitigate.Database].
func (m *Mitigations) FailedJobs(ctx context.Context, jobType string) (int, error) {
	n, err := m.q.CountFailedJobs(ctx, jobType)
	return int(n), failed("failed jobs", err)
}

// Set implements [mitigate.Database].
func (m *Mitigations) Set(ctx context.Context, name, value, by, reason string, valid time.Duration) error {
	return m.jobs.SetRuntime(ctx, name, value, by, reason, valid)
}

// Reset implements [mitigate.Database].
func (m *Mitigations) Reset(ctx context.Context, name, by, reason string) (bool, error) {
	return m.jobs.DropRuntime(ctx, name, by, reason)
}

// RetryFailed implements [mitigate.Database].
func (m *Mitigations) RetryFailed(ctx context.Context, jobType string) ([]string, error) {
	return m.jobs.MarkDue(ctx, Filter{Type: jobType, FailedOnly: true})
}

// RefreshLibraries implements [mitigate.Database].
func (m *Mitigations) RefreshLibraries(ctx context.Context) ([]string, error) {
	return m.jobs.RefreshLibraries(ctx)
}

// EndSession implements [mitigate.Database].
func (m *Mitigations) EndSession(ctx context.Context, pid int) (bool, error) {
	ended, err := m.q.EndSession(ctx, int32(pid)) //nolint:gosec // a process id of the server's
	return ended, failed("end a session", err)
}

// Note implements [mitigate.Database].
func (m *Mitigations) Note(ctx context.Context, name, detail, by, reason string) error {
	return failed("mitigations", m.q.NoteMitigation(ctx, db.NoteMitigationParams{Name: name, Detail: detail, DoneBy: by, Reason: reason}))
}

// Mitigation is a recorded one.
type Mitigation = db.Mitigation

// List lists the measures taken, newest first.
func (m *Mitigations) List(ctx context.Context, most int) ([]Mitigation, error) {
	rows, err := m.q.ListMitigations(ctx, int32(most)) //nolint:gosec // callers bound it
	return rows, failed("mitigations", err)
}
