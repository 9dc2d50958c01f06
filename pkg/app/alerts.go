package app

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/mealplanner/mealplanner/docs/runbooks"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/ops/alertmanager"
	"github.com/mealplanner/mealplanner/pkg/ops/oncall"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/resilient"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/pkg/web"
)

// alertmanagerTimeout is the limit of one call to Alertmanager.
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

// watchHeartbeatEvery is how often a silent heartbeat is looked for.
const watchHeartbeatEvery = 10 * time.Second

// serveAlerts adds what Alertmanager calls, and watches its heartbeat.
func (a *App) serveAlerts(ctx context.Context, mux *http.ServeMux) error {
	c := a.opts.Config.Alerts
	store := postgres.NewAlerts(a.pools["api"])
	if c.OnCall != "" {
		rotation, err := ReadRotation(c.OnCall)
		if err != nil {
			return err
		}
		if err := a.observeGauge("on_call", func(context.Context) []metrics.Reading {
			out := make([]metrics.Reading, len(oncall.Tiers))
			for i, tier := range oncall.Tiers {
				out[i] = metrics.Reading{Label: strconv.Itoa(tier), Second: rotation.At(a.opts.Now(), tier).Name, Value: 1}
			}
			return out
		}); err != nil {
			return err
		}
	}
	if c.Token == "" {
		return nil
	}
	actor := observe.NewResponses(responses{a.JobStore, a.upstreams, a.pools}, a.telemetry.Tracer(), a.rec, a.Log)
	alerts := &web.Alerts{
		Responder: observe.NewNotified(alerting.NewResponder(actor, store, NewAlertmanager(c.AlertmanagerURL)), a.Log),
		Beat:      store.Beat, Token: c.Token, Log: a.Log,
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

// runbookPages are the runbooks as everybody may read them.
func (a *App) runbookPages() (*web.Runbooks, error) {
	all, err := runbook.All(runbooks.Files)
	return &web.Runbooks{All: all, Now: a.opts.Now, Log: a.Log}, err
}

// responsesTo says what was done automatically about an alert since a time.
func (a *App) responsesTo(store *postgres.Alerts) func(context.Context, string, time.Time) ([]web.AlertResponse, error) {
	return func(ctx context.Context, alert string, since time.Time) (out []web.AlertResponse, err error) {
		rows, err := store.Responses(ctx, alert, maxListed)
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

// readResponsesEvery is how soon a response is exported: the page of tier 2, a minute after
// the alert, names it.
const readResponsesEvery = 5 * time.Second

// observeResponses exports how the automatic responses of the last hour ended.
func (a *App) observeResponses(ctx context.Context, store *postgres.Alerts) error {
	var last atomic.Pointer[[]metrics.Reading]
	last.Store(&[]metrics.Reading{})
	a.background(ctx, "alert responses", func(ctx context.Context) {
		a.every(ctx, readResponsesEvery, "alert responses", "alerting", func(ctx context.Context) error {
			rows, err := store.LatestResponses(ctx)
			out := make([]metrics.Reading, len(rows))
			for i, r := range rows {
				out[i] = metrics.Reading{Label: r.Alert, Second: r.Action, Third: r.Result, Value: 1}
			}
			last.Store(&out)
			return err
		})
	})
	return a.observeGauge("alert_response", func(context.Context) []metrics.Reading { return *last.Load() })
}

// responses is what the program does about alerts by itself.
type responses struct {
	jobs      *postgres.Jobs
	upstreams *upstreams
	pools     map[string]*postgres.Pool
}

// Act implements [alerting.Actor].
func (r responses) Act(ctx context.Context, action alerting.Action, alert alerting.Alert) (int, string, error) {
	switch action {
	case alerting.RetryJobs:
		ids, err := r.jobs.RetryTransient(ctx, alert.Labels["job_type"])
		return len(ids), listed("will run again", ids), err
	case alerting.RefreshRecipes:
		ids, err := r.jobs.RefreshLibraries(ctx)
		return len(ids), listed("will run now", ids), err
	case alerting.ProbeUpstreams:
		return r.probe(ctx, alert.Labels["api"])
	case alerting.ResetConnections:
		var names []string
		for _, name := range metrics.Pools {
			if p := r.pools[name]; p != nil {
				p.Current().Reset()
				names = append(names, name)
			}
		}
		return len(names), listed("pools with new connections", names), nil
	default:
		return 0, "", fault.New(fault.Internal, "alert response", "%q is no action", action)
	}
}

// probe asks one upstream, or all. One that does not answer is an error.
func (r responses) probe(ctx context.Context, api string) (n int, detail string, err error) {
	var said, silent []string
	for _, u := range []struct {
		api     string
		answers func(context.Context) (up, known bool)
	}{
		{"tandoor", r.upstreams.tandoorAnswers},
		{"fatsecret", r.upstreams.fatsecretAnswers},
	} {
		if api != "" && api != u.api {
			continue
		}
		switch up, known := u.answers(ctx); {
		case up:
			said = append(said, u.api)
		case known:
			silent = append(silent, u.api)
		}
	}
	if len(silent) > 0 {
		return 0, "", fault.New(fault.Unavailable, "probe", "no answer from %s", strings.Join(silent, ", "))
	}
	return len(said), listed("answers", said), nil
}

// maxListed is how many ids the record of a response names.
const maxListed = 20

func listed(what string, ids []string) string {
	if len(ids) == 0 {
		return ""
	}
	more := ""
	if n := len(ids) - maxListed; n > 0 {
		ids, more = ids[:maxListed], fmt.Sprintf(" and %d more", n)
	}
	return what + ": " + strings.Join(ids, ", ") + more
}
