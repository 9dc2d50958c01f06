package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// heartbeatIncident names the incident of a stopped heartbeat at the pager, so that
// several processes that notice make one.
const heartbeatIncident = "meal-planner-heartbeat"

// pager calls a person about a stopped heartbeat; without a pager it is an ERROR line.
type pager struct {
	client *pagerduty.Client // nil: there is none
	source string
	log    *slog.Logger
}

var _ alerting.Pager = (*pager)(nil)

func (a *App) pager() (*pager, error) {
	c := a.opts.Config.Alerts
	p := &pager{source: a.instance, log: a.Log}
	if c.PagerDutyKey == "" {
		return p, nil
	}
	var err error
	p.client, err = pagerduty.New(pagerduty.Options{
		URL: c.PagerDutyURL, RoutingKey: c.PagerDutyKey, HTTP: resilient.NewClient(http.DefaultTransport, 10*time.Second),
	})
	return p, err
}

// Call implements [alerting.Pager].
func (p *pager) Call(ctx context.Context, summary string, since time.Time) error {
	p.log.ErrorContext(ctx, "Alerting is broken", "error_message", summary, "component", "alerting", "error_type", string(fault.Unavailable), "last_heard", since.UTC().Format(time.RFC3339))
	if p.client == nil {
		return nil
	}
	_, err := p.client.Trigger(ctx, pagerduty.Event{
		DedupKey: heartbeatIncident, Summary: summary, Source: p.source, Severity: pagerduty.Critical,
		Component: "alertmanager", Class: "heartbeat", Client: "mealplanner",
		Details: map[string]any{"last_heard": since.UTC().Format(time.RFC3339), "runbook": "/runbook/watchdog"},
	})
	return err
}

// CallOff implements [alerting.Pager].
func (p *pager) CallOff(ctx context.Context) error {
	p.log.InfoContext(ctx, "Alertmanager's heartbeat is back", "component", "alerting")
	if p.client == nil {
		return nil
	}
	return p.client.Resolve(ctx, heartbeatIncident)
}
