package postgres

import (
	"context"
	"encoding/json"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Alerts stores responses to alerts and acknowledgements.
type Alerts struct{ q *db.Queries }

var (
	_ alerting.Store = (*Alerts)(nil)
	_ alerting.Beats = (*Alerts)(nil)
)

// NewAlerts returns the store.
func NewAlerts(pool Conns) *Alerts { return &Alerts{db.New(pool)} }

// BeginResponse implements [alerting.Store].
func (s *Alerts) BeginResponse(ctx context.Context, a alerting.Alert, action alerting.Action) (int64, bool, error) {
	labels, err := json.Marshal(a.Labels)
	if err != nil {
		return 0, false, fault.Wrap(fault.Internal, "alert labels", err)
	}
	ids, err := s.q.BeginAlertResponse(ctx, db.BeginAlertResponseParams{
		Fingerprint: a.Fingerprint, StartsAt: a.StartsAt, Status: string(a.Status), Action: string(action), Alert: a.Name(), Labels: labels,
	})
	if err != nil || len(ids) == 0 {
		return 0, false, failed("alert response", err)
	}
	return ids[0], true, nil
}

// FinishResponse implements [alerting.Store].
func (s *Alerts) FinishResponse(ctx context.Context, id int64, r alerting.Result, detail string) error {
	return failed("alert response", s.q.FinishAlertResponse(ctx, db.FinishAlertResponseParams{ID: id, Result: string(r), Detail: detail}))
}

// AlertResponse is an automatic response to an alert.
type AlertResponse = db.ListAlertResponsesRow

// Responses lists the responses, newest first; alert "" means all.
func (s *Alerts) Responses(ctx context.Context, alert string, most int) ([]AlertResponse, error) {
	rows, err := s.q.ListAlertResponses(ctx, alert, int32(most)) //nolint:gosec // callers bound it
	return rows, failed("alert responses", err)
}

// LatestResponse is how an action about an alert ended.
type LatestResponse = db.LatestAlertResponsesRow

// LatestResponses returns the result of each action of the last hour, by alert.
func (s *Alerts) LatestResponses(ctx context.Context) ([]LatestResponse, error) {
	rows, err := s.q.LatestAlertResponses(ctx)
	return rows, failed("alert responses", err)
}

// Acknowledgement records who acknowledged an alert.
type Acknowledgement struct {
	Silence, Alert, By, Comment string
	Labels                      map[string]string // of the alert, without tier
	Expires                     time.Time
}

// Acknowledge records an acknowledgement.
func (s *Alerts) Acknowledge(ctx context.Context, a Acknowledgement) error {
	labels, err := json.Marshal(a.Labels)
	if err != nil {
		return fault.Wrap(fault.Internal, "alert labels", err)
	}
	return failed("acknowledgement", s.q.Acknowledge(ctx, db.AcknowledgeParams{
		SilenceID: a.Silence, Alert: a.Alert, Labels: labels, AcknowledgedBy: a.By, Comment: a.Comment, ExpiresAt: a.Expires,
	}))
}

// AcknowledgementRow is a recorded acknowledgement.
type AcknowledgementRow = db.AlertAcknowledgement

// ListAcknowledgements lists the acknowledgements, newest first.
func (s *Alerts) ListAcknowledgements(ctx context.Context, most int) ([]AcknowledgementRow, error) {
	rows, err := s.q.ListAcknowledgements(ctx, int32(most)) //nolint:gosec // callers bound it
	return rows, failed("acknowledgements", err)
}

// Acknowledgements implements [alerting.Store].
func (s *Alerts) Acknowledgements(ctx context.Context, labels map[string]string) ([]string, error) {
	b, err := json.Marshal(labels)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "alert labels", err)
	}
	ids, err := s.q.OpenAcknowledgements(ctx, labels["alertname"], b)
	return ids, failed("acknowledgements", err)
}

// EndAcknowledgement implements [alerting.Store].
func (s *Alerts) EndAcknowledgement(ctx context.Context, silence string) error {
	return failed("acknowledgement", s.q.EndAcknowledgement(ctx, silence))
}

// Beat implements [alerting.Beats].
func (s *Alerts) Beat(ctx context.Context) error { return failed("heartbeat", s.q.Beat(ctx)) }

// Pulse implements [alerting.Beats].
func (s *Alerts) Pulse(ctx context.Context) (alerting.Pulse, error) {
	rows, err := s.q.GetPulse(ctx)
	if err != nil || len(rows) == 0 {
		return alerting.Pulse{}, failed("heartbeat", err)
	}
	age := time.Duration(rows[0].AgeSeconds * float64(time.Second))
	return alerting.Pulse{Last: rows[0].LastBeat, Age: age, Silent: rows[0].Silent}, nil
}

// SetSilent implements [alerting.Beats].
func (s *Alerts) SetSilent(ctx context.Context, silent bool) error {
	return failed("heartbeat", s.q.SetSilent(ctx, silent))
}

// RetryTransient asks for jobs again whose last attempt failed for a transient reason, of
// one type or, with "", of all.
func (s *Jobs) RetryTransient(ctx context.Context, jobType string) ([]string, error) {
	var transient []string
	for _, k := range fault.Kinds {
		if k.Transient() {
			transient = append(transient, string(k))
		}
	}
	ids, err := s.q.AskForTransientRetries(ctx, jobType, transient)
	return ids, failed("retry of jobs", err)
}

// RefreshLibraries asks for the synchronisation of every library.
func (s *Jobs) RefreshLibraries(ctx context.Context) ([]string, error) {
	ids, err := s.q.AskForLibraries(ctx)
	return ids, failed("refresh of libraries", err)
}
