package metrics

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Scope is the name of the instrumentation scope of every instrument.
const Scope = "github.com/mealplanner/mealplanner"

// Recorder holds the live instruments. Its methods are the label contract: no call
// site builds attributes.
type Recorder struct {
	meter      metric.Meter
	counters   map[string]metric.Int64Counter
	histograms map[string]metric.Float64Histogram
}

// New creates every counter and histogram of the catalogue and adds zero to each
// closed label set, so that the first event is seen as an increase.
func New(ctx context.Context, mp metric.MeterProvider) (*Recorder, error) {
	r := &Recorder{
		meter:      mp.Meter(Scope),
		counters:   map[string]metric.Int64Counter{},
		histograms: map[string]metric.Float64Histogram{},
	}
	var errs []error
	for _, d := range Catalogue {
		if d.Collector {
			continue
		}
		var err error
		switch d.Kind {
		case Counter:
			r.counters[d.Name], err = r.meter.Int64Counter(d.Name, metric.WithUnit(d.Unit), metric.WithDescription(d.Help))
		case Histogram:
			r.histograms[d.Name], err = r.meter.Float64Histogram(d.Name, metric.WithUnit(d.Unit), metric.WithDescription(d.Help))
		case Gauge: // registered by whoever can read the value: see Observe
		}
		errs = append(errs, err)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, fault.Wrap(fault.Internal, "metrics: create instruments", err)
	}
	r.zero(ctx)
	return r, nil
}

// zero adds zero to the label sets that belong to no user.
func (r *Recorder) zero(ctx context.Context) {
	for name := range r.counters {
		d, _ := Lookup(name)
		if sets, perUser := d.ZeroSeries(); !perUser {
			for _, s := range sets {
				r.add(ctx, name, 0, s...)
			}
		}
	}
}

// UserKnown adds zero to the user's counters.
func (r *Recorder) UserKnown(ctx context.Context, user string) {
	for name := range r.counters {
		d, _ := Lookup(name)
		if sets, perUser := d.ZeroSeries(); perUser {
			for _, s := range sets {
				r.add(ctx, name, 0, append(s, KeyUser.String(user))...)
			}
		}
	}
}

func (r *Recorder) add(ctx context.Context, name string, n int64, kv ...attribute.KeyValue) {
	r.counters[name].Add(ctx, n, metric.WithAttributes(kv...))
}

func (r *Recorder) record(ctx context.Context, name string, d time.Duration, kv ...attribute.KeyValue) {
	r.histograms[name].Record(ctx, d.Seconds(), metric.WithAttributes(kv...))
}

// GenerationSucceeded counts a run that ended with a stored plan. week is the plan's
// Monday as YYYY-MM-DD, took the root span's duration.
func (r *Recorder) GenerationSucceeded(ctx context.Context, user, week string, took time.Duration, balanced bool, conflicts []string) {
	GenerationExecutionTime.record(ctx, r, took, User(user), Week(week))
	GenerationAttempts.add(ctx, r, 1, User(user))
	GenerationSuccess.add(ctx, r, 1, User(user))
	if balanced {
		GenerationMacroBalanced.add(ctx, r, 1, User(user))
	}
	for _, c := range conflicts {
		GenerationRecipeSelectionConflicts.add(ctx, r, 1, ConflictType(c))
	}
}

// GenerationFailed counts a run that ended without a plan.
func (r *Recorder) GenerationFailed(ctx context.Context, user, week string, took time.Duration, kind fault.Kind) {
	GenerationExecutionTime.record(ctx, r, took, User(user), Week(week))
	GenerationAttempts.add(ctx, r, 1, User(user))
	GenerationFailures.add(ctx, r, 1, User(user), ErrorType(kind))
}

// ComponentEnded records one component of a generation.
func (r *Recorder) ComponentEnded(ctx context.Context, component string, took time.Duration) {
	GenerationComponentDuration.record(ctx, r, took, Component(component))
}

// APICall records one attempt against an upstream. endpoint is a template name, never
// a URL; status is an HTTP status, "timeout" or "network_error"; received is in bytes.
func (r *Recorder) APICall(ctx context.Context, api, endpoint, status string, received int64, took time.Duration) {
	APIRequestDuration.record(ctx, r, took, API(api), Endpoint(endpoint))
	APIRequests.add(ctx, r, 1, API(api), Endpoint(endpoint), StatusCode(status))
	CostMetricsAPICalls.add(ctx, r, 1, API(api))
	CostMetricsBandwidthBytes.add(ctx, r, received, Source("api"))
}

// QueryEnded records one named statement.
func (r *Recorder) QueryEnded(ctx context.Context, query string, took time.Duration) {
	DatabaseQueryDuration.record(ctx, r, took, Query(query))
}

// MailAccepted counts a mail the SMTP server took; waited is the time since it entered
// the outbox, size its bytes on the wire.
func (r *Recorder) MailAccepted(ctx context.Context, emailType string, waited time.Duration, size int64) {
	EmailDeliveryLatency.record(ctx, r, waited, EmailType(emailType))
	EmailDeliveryAttempts.add(ctx, r, 1, EmailType(emailType))
	EmailDeliverySuccess.add(ctx, r, 1, EmailType(emailType))
	CostMetricsBandwidthBytes.add(ctx, r, size, Source("email"))
}

// MailFailed counts a mail permanently rejected or given up.
func (r *Recorder) MailFailed(ctx context.Context, emailType string) {
	EmailDeliveryAttempts.add(ctx, r, 1, EmailType(emailType))
	EmailDeliveryFailures.add(ctx, r, 1, EmailType(emailType))
}

// MailBounced counts an accepted mail that came back; its attempt was counted before.
func (r *Recorder) MailBounced(ctx context.Context, emailType string) {
	EmailDeliveryFailures.add(ctx, r, 1, EmailType(emailType))
}

// MailOpened counts a mail that a person opened for the first time.
func (r *Recorder) MailOpened(ctx context.Context, emailType string) {
	EmailOpens.add(ctx, r, 1, EmailType(emailType))
}

// MailClicked counts a mail in which a person followed a link for the first time.
func (r *Recorder) MailClicked(ctx context.Context, emailType string) {
	EmailClicks.add(ctx, r, 1, EmailType(emailType))
}

// JobStarted counts a started attempt, from 1.
func (r *Recorder) JobStarted(ctx context.Context, jobType string, attempt int) {
	SchedulerJobExecutions.add(ctx, r, 1, JobType(jobType))
	if attempt > 1 {
		SchedulerJobRetries.add(ctx, r, 1, JobType(jobType))
	}
}

// JobWaited records the time from a job's due time to the start of its first attempt.
func (r *Recorder) JobWaited(ctx context.Context, jobType, priority string, waited time.Duration) {
	SchedulerJobExecutionLatency.record(ctx, r, waited, JobType(jobType), Priority(priority))
}

// JobCompleted counts a job that succeeded.
func (r *Recorder) JobCompleted(ctx context.Context, jobType string) {
	SchedulerJobCompletions.add(ctx, r, 1, JobType(jobType))
}

// JobFailed counts a job that failed terminally; exhausted: at its last allowed attempt.
func (r *Recorder) JobFailed(ctx context.Context, jobType string, kind fault.Kind, exhausted bool) {
	SchedulerJobFailures.add(ctx, r, 1, JobType(jobType), ErrorType(kind))
	if exhausted {
		SchedulerJobRetryExhausted.add(ctx, r, 1, JobType(jobType))
	}
}

// CommandRequest counts a mail or a click by outcome.
func (r *Recorder) CommandRequest(ctx context.Context, outcome string) {
	CommandRequests.add(ctx, r, 1, Outcome(outcome))
}

// CommandExecuted counts a command that was carried out.
func (r *Recorder) CommandExecuted(ctx context.Context, verb string) {
	CommandExecutionRate.add(ctx, r, 1, CommandType(verb))
}

// AlertAnswered counts an automatic response to an alert.
func (r *Recorder) AlertAnswered(ctx context.Context, action, result string) {
	AlertResponses.add(ctx, r, 1, Action(action), Result(result))
}

// Observe registers the gauge; read is called at every export and must not block for long.
// Readings of other gauges are left out. The returned function ends the registration.
func (r *Recorder) Observe(g AnyGauge, read func(context.Context) []Reading) (stop func() error, err error) {
	d := g.row()
	instrument, err := r.meter.Float64ObservableGauge(d.Name, metric.WithUnit(d.Unit), metric.WithDescription(d.Help))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "metrics: observe", err)
	}
	reg, err := r.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		for _, x := range read(ctx) {
			if !x.Of(g) {
				continue
			}
			labels := make([]attribute.KeyValue, len(d.Keys))
			for i, k := range d.Keys {
				labels[i] = k.String(x.labels[i])
			}
			o.ObserveFloat64(instrument, x.value, metric.WithAttributes(labels...))
		}
		return nil
	}, instrument)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "metrics: observe", err)
	}
	return reg.Unregister, nil
}
