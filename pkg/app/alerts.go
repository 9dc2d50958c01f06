package app

import (
	"context"
	"net/http"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/ops/alertmanager"
	"github.com/mealplanner/mealplanner/pkg/ops/oncall"
	"github.com/mealplanner/mealplanner/pkg/ops/pagerduty"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// alertmanagerTimeout limits one call to Alertmanager.
const alertmanagerTimeout = 10 * time.Second

// NewAlertmanager returns a client for the configured Alertmanager.
func NewAlertmanager(base string) *alertmanager.Client {
	return alertmanager.New(base, resilient.NewClient(http.DefaultTransport, alertmanagerTimeout))
}

// ReadRotation reads the rotation file.
func ReadRotation(path string) (*oncall.Rotation, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, "ONCALL_FILE", err)
	}
	r, err := oncall.Read(f)
	if cerr := f.Close(); err == nil && cerr != nil {
		err = fault.Wrap(fault.InvalidConfig, "ONCALL_FILE", cerr)
	}
	return r, err
}

// watchHeartbeatEvery is the interval of the heartbeat check.
const watchHeartbeatEvery = 10 * time.Second

// serveAlerts adds Alertmanager's webhook endpoints and watches its heartbeat.
func (a *App) serveAlerts(ctx context.Context, mux *http.ServeMux) error {
	c := a.opts.Config.Alerts
	store := postgres.NewAlerts(a.pools["api"])
	if c.OnCall != "" {
		rotation, err := ReadRotation(c.OnCall)
		if err != nil {
			return err
		}
		if err := a.observeGauge(metrics.OnCall, func(context.Context) []metrics.Reading {
			out := make([]metrics.Reading, len(oncall.Tiers))
			for i, tier := range oncall.Tiers {
				out[i] = metrics.OnCall.At(1, metrics.Tier(strconv.Itoa(tier)), metrics.Person(rotation.At(a.opts.Now(), tier).Name))
			}
			return out
		}); err != nil {
			return err
		}
	}
	if c.Token == "" {
		mux.Handle("/alerts/", http.NotFoundHandler()) // else the pages would answer
		return nil
	}
	actor := observe.NewResponses(alerting.NewResponses(a.s.JobStore, a.availability, a.resetPools), a.telemetry.Tracer(), a.rec, a.log)
	alerts := &web.Alerts{
		Responder: observe.NewNotified(alerting.NewResponder(actor, store, NewAlertmanager(c.AlertmanagerURL)), a.log),
		Beat:      store.Beat, Token: c.Token, Log: a.log,
	}
	alerts.Register(mux)
	if err := a.observeResponses(ctx, store); err != nil {
		return err
	}
	if c.HeartbeatTimeout > 0 {
		pager, err := a.pager()
		if err != nil {
			return err
		}
		watch := alerting.NewWatch(store, pager, c.HeartbeatTimeout)
		a.background(ctx, "heartbeat watch", func(ctx context.Context) {
			a.every(ctx, watchHeartbeatEvery, "heartbeat watch", "alerting", watch.Look)
		})
	}
	return nil
}

// runbookPages serves the public runbooks.
func (a *App) runbookPages() (*web.Runbooks, error) {
	all, err := runbook.All(runbooks.Files)
	return &web.Runbooks{All: all, Now: a.opts.Now, Log: a.log}, err
}

// maxResponses is how many automatic responses a runbook's page shows.
const maxResponses = 20

// responsesTo returns the automatic responses to an alert since a time.
func (a *App) responsesTo(store *postgres.Alerts) func(context.Context, string, time.Time) ([]web.AlertResponse, error) {
	return func(ctx context.Context, alert string, since time.Time) (out []web.AlertResponse, err error) {
		rows, err := store.Responses(ctx, alert, maxResponses)
		for _, r := range rows {
			if r.BegunAt.Before(since) {
				continue
			}
			result := "goes on"
			if r.Result != nil {
				result = *r.Result
			}
			out = append(out, web.AlertResponse{At: r.BegunAt, Status: r.Status, Action: r.Action, Result: result})
		}
		return out, err
	}
}

// readResponsesEvery bounds the delay before a response is exported: the tier-2 page, a
// minute after the alert, names it.
const readResponsesEvery = 5 * time.Second

// observeResponses exports the results of the last hour's automatic responses.
func (a *App) observeResponses(ctx context.Context, store *postgres.Alerts) error {
	var last atomic.Pointer[[]metrics.Reading]
	last.Store(&[]metrics.Reading{})
	a.background(ctx, "alert responses", func(ctx context.Context) {
		a.every(ctx, readResponsesEvery, "alert responses", "alerting", func(ctx context.Context) error {
			rows, err := store.LatestResponses(ctx)
			out := make([]metrics.Reading, len(rows))
			for i, r := range rows {
				out[i] = metrics.AlertResponse.At(1, metrics.AlertName(r.Alert), metrics.Action(r.Action), metrics.Result(r.Result))
			}
			last.Store(&out)
			return err
		})
	})
	return a.observeGauge(metrics.AlertResponse, func(context.Context) []metrics.Reading { return *last.Load() })
}

// resetPools closes idle database connections and returns the pools' names.
func (a *App) resetPools() (names []string) {
	for _, name := range metrics.Pools {
		if p := a.pools[name]; p != nil {
			p.Current().Reset()
			names = append(names, name)
		}
	}
	return names
}

// pager returns the pager for broken alerting; without PagerDuty it only logs.
func (a *App) pager() (alerting.Pager, error) {
	c := a.opts.Config.Alerts
	if c.PagerDutyKey == "" {
		return pagerduty.NewHeartbeat(nil, a.instance, a.log), nil
	}
	client, err := pagerduty.New(pagerduty.Options{
		URL: c.PagerDutyURL, RoutingKey: c.PagerDutyKey, HTTP: resilient.NewClient(http.DefaultTransport, 10*time.Second),
	})
	return pagerduty.NewHeartbeat(client, a.instance, a.log), err
}
