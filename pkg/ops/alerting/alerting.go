// Package alerting is what the service does about its own alerts: the automatic response
// to a notification of Alertmanager (tier 1 of docs/on-call.md), the end of
// an acknowledgement, and the watch over the heartbeat that proves that alerting works.
package alerting

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Status is that of an alert.
type Status string

// The statuses of Alertmanager's webhook.
const (
	Firing   Status = "firing"
	Resolved Status = "resolved"
)

// Alert is one alert of a notification.
type Alert struct {
	Status      Status            `json:"status"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	// Fingerprint names the alert's labels.
	Fingerprint string `json:"fingerprint"`
}

// Name is the alert's name.
func (a Alert) Name() string { return a.Labels["alertname"] }

// identity are the labels that an alert shares with its copies for the tiers.
func (a Alert) identity() map[string]string {
	out := maps.Clone(a.Labels)
	delete(out, "tier")
	return out
}

// Action is what the service can do by itself. None of them does harm, and each may be
// done again.
type Action string

// The actions.
const (
	// RetryJobs runs jobs again that failed for a transient reason.
	RetryJobs Action = "retry_jobs"
	// ProbeUpstreams probes the upstreams at once.
	ProbeUpstreams Action = "probe_upstreams"
	// RefreshRecipes brings the recipe pools up to date.
	RefreshRecipes Action = "refresh_recipes"
	// ResetConnections gives up the idle database connections, so that new ones are made.
	ResetConnections Action = "reset_connections"
)

// Actions lists them.
var Actions = []Action{RetryJobs, ProbeUpstreams, RefreshRecipes, ResetConnections}

// Result is how an action ended.
type Result string

// The results.
const (
	Done        Result = "done"
	NothingToDo Result = "nothing_to_do"
	Failed      Result = "failed"
)

// Results lists them.
var Results = []Result{Done, NothingToDo, Failed}

// ResultOf says how an action ended that did so much, or failed.
func ResultOf(n int, err error) Result {
	switch {
	case err != nil:
		return Failed
	case n == 0:
		return NothingToDo
	default:
		return Done
	}
}

type moment struct {
	status Status
	alert  alert.Alert
}

// responses are what is done about an alert, in this order.
var responses = map[moment][]Action{
	{Firing, alert.WeeklyGenerationIncomplete}:      {RefreshRecipes, RetryJobs},
	{Firing, alert.WeeklyGenerationMissing}:         {RetryJobs},
	{Firing, alert.GenerationSuccessRateLow}:        {RefreshRecipes, RetryJobs},
	{Firing, alert.SchedulerJobFailureRateHigh}:     {RetryJobs},
	{Firing, alert.SchedulerRetryRateHigh}:          {ProbeUpstreams},
	{Firing, alert.ExternalAPIDown}:                 {ProbeUpstreams},
	{Firing, alert.APIErrorRateHigh}:                {ProbeUpstreams},
	{Firing, alert.APIErrorBudgetBurn}:              {ProbeUpstreams},
	{Firing, alert.GenerationEngineSlow}:            {ProbeUpstreams},
	{Firing, alert.GenerationLatencySLOMissed}:      {ProbeUpstreams},
	{Firing, alert.MacroBalanceRateLow}:             {RefreshRecipes},
	{Firing, alert.DatabaseConnectionPoolSaturated}: {ResetConnections},
	{Firing, alert.DatabaseConnectionPoolHigh}:      {ResetConnections},
	{Firing, alert.ServiceDown}:                     {ResetConnections},
	{Resolved, alert.ExternalAPIDown}:               {RefreshRecipes, RetryJobs},
}

// Actor does what an action says, as far as the alert's labels (api, job_type) narrow it.
type Actor interface {
	// Act returns how much was done (0: there was nothing to do) and what in words.
	Act(ctx context.Context, action Action, a Alert) (n int, detail string, err error)
}

// Store keeps what was done.
type Store interface {
	// BeginResponse records the beginning of an action; fresh is false when it was begun
	// for this firing before, within a minute or to its end.
	BeginResponse(ctx context.Context, a Alert, action Action) (id int64, fresh bool, err error)
	FinishResponse(ctx context.Context, id int64, r Result, detail string) error
	// Acknowledgements lists the silences of the alert's acknowledgements that have not ended.
	Acknowledgements(ctx context.Context, labels map[string]string) ([]string, error)
	EndAcknowledgement(ctx context.Context, silence string) error
}

// Silences ends silences.
type Silences interface {
	// Expire ends a silence; one that is gone is no error.
	Expire(ctx context.Context, id string) error
}

// Responder answers notifications.
type Responder struct {
	actor    Actor
	store    Store
	silences Silences
}

// NewResponder returns a responder; silences may be nil.
func NewResponder(actor Actor, store Store, silences Silences) *Responder {
	return &Responder{actor, store, silences}
}

// Respond does what the alert asks for, once for each time it begins to fire or resolves,
// however often it is notified. An action that fails is recorded and is no error; an error
// means that the notification should come again.
func (r *Responder) Respond(ctx context.Context, a Alert) error {
	if a.Labels["tier"] != "" {
		return nil // the copy of an alert that has its own notification
	}
	var errs []error
	for _, action := range responses[moment{a.Status, alert.Alert(a.Name())}] {
		errs = append(errs, r.respond(ctx, a, action))
	}
	if a.Status == Resolved {
		errs = append(errs, r.endAcknowledgements(ctx, a))
	}
	return errors.Join(errs...)
}

func (r *Responder) respond(ctx context.Context, a Alert, action Action) error {
	id, fresh, err := r.store.BeginResponse(ctx, a, action)
	if err != nil || !fresh {
		return err
	}
	n, detail, err := r.actor.Act(ctx, action, a)
	if err != nil {
		detail = err.Error()
	}
	return r.store.FinishResponse(context.WithoutCancel(ctx), id, ResultOf(n, err), detail)
}

func (r *Responder) endAcknowledgements(ctx context.Context, a Alert) error {
	silences, err := r.store.Acknowledgements(ctx, a.identity())
	if err != nil || r.silences == nil {
		return err
	}
	for _, id := range silences {
		if err := r.silences.Expire(ctx, id); err != nil {
			return fault.Wrap(fault.Unavailable, "end of an acknowledgement", err)
		}
		if err := r.store.EndAcknowledgement(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
