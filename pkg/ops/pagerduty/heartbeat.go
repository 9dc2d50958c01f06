package pagerduty

import (
	"context"
	"log/slog"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
)

// heartbeatIncident names the incident of a stopped heartbeat, so that several processes that
// notice make one.
const heartbeatIncident = "meal-planner-heartbeat"

// Heartbeat pages on-call about a stopped heartbeat, and writes an ERROR line.
type Heartbeat struct {
	client *Client
	source string
	log    *slog.Logger
}

var _ alerting.Pager = (*Heartbeat)(nil)

// NewHeartbeat returns the pager of the process named by source. A nil client only logs.
func NewHeartbeat(client *Client, source string, log *slog.Logger) *Heartbeat {
	return &Heartbeat{client, source, log}
}

// Call implements [alerting.Pager].
func (h *Heartbeat) Call(ctx context.Context, summary string, since time.Time) error {
	h.log.ErrorContext(ctx, "Alerting is broken", "error_message", summary, "component", "alerting", "error_type", string(fault.Unavailable), "last_heard", since.UTC().Format(time.RFC3339))
	if h.client == nil {
		return nil
	}
	_, err := h.client.Trigger(ctx, Event{
		DedupKey: heartbeatIncident, Summary: summary, Source: h.source, Severity: Critical,
		Component: "alertmanager", Class: "heartbeat", Client: "mealplanner",
		Details: map[string]any{"last_heard": since.UTC().Format(time.RFC3339), "runbook": "/runbook/watchdog"},
	})
	return err
}

// CallOff implements [alerting.Pager].
func (h *Heartbeat) CallOff(ctx context.Context) error {
	h.log.InfoContext(ctx, "Alertmanager heartbeat resumed", "component", "alerting")
	if h.client == nil {
		return nil
	}
	return h.client.Resolve(ctx, heartbeatIncident)
}
