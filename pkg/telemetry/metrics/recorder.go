package metrics

import (
	"context"
	"errors"
	"strconv"
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
	r.record(ctx, "generation_execution_time_seconds", took, KeyUser.String(user), KeyWeek.String(week))
	r.add(ctx, "generation_attempts_total", 1, KeyUser.String(user))
	r.add(ctx, "generation_success_total", 1, KeyUser.String(user))
	if balanced {
		r.add(ctx, "generation_macro_balanced_total", 1, KeyUser.String(user))
	}
	for _, c := range conflicts {
		r.add(ctx, "generation_recipe_selection_conflicts_total", 1, KeyConflict.String(c))
	}
}

// GenerationFailed counts a run that ended without a plan.
func (r *Recorder) GenerationFailed(ctx context.Context, user, week string, took time.Duration, kind fault.Kind) {
	r.record(ctx, "generation_execution_time_seconds", took, KeyUser.String(user), KeyWeek.String(week))
	r.add(ctx, "generation_attempts_total", 1, KeyUser.String(user))
	r.add(ctx, "generation_failures_total", 1, KeyUser.String(user), KeyErrorType.String(string(kind)))
}

// ComponentEnded records one component of a generation.
func (r *Recorder) ComponentEnded(ctx context.Context, component string, took time.Duration) {
	r.record(ctx, "generation_component_duration_seconds", took, KeyComponent.String(component))
}

// APICall records one attempt against an upstream. endpoint is a template name, never
// a URL; status is an HTTP status, "timeout" or "network_error"; received is in bytes.
func (r *Recorder) APICall(ctx context.Context, api, endpoint, status string, received int64, took time.Duration) {
	r.record(ctx, "api_request_duration_seconds", took, KeyAPI.String(api), KeyEndpoint.String(endpoint))
	r.add(ctx, "api_request_total", 1, KeyAPI.String(api), KeyEndpoint.String(endpoint), KeyStatus.String(status))
	r.add(ctx, "cost_metrics_api_calls", 1, KeyAPI.String(api))
	r.add(ctx, "cost_metrics_bandwidth_bytes", received, KeySource.String("api"))
}

// QueryEnded records one named statement.
func (r *Recorder) QueryEnded(ctx context.Context, query string, took time.Duration) {
	r.record(ctx, "database_query_duration_seconds", took, KeyQuery.String(query))
}

// MailAccepted counts a mail the SMTP server took; waited is the time since it entered
// the outbox, size its bytes on the wire.
func (r *Recorder) MailAccepted(ctx context.Context, emailType string, waited time.Duration, size int64) {
	r.record(ctx, "email_delivery_latency_seconds", waited, KeyEmailType.String(emailType))
	r.add(ctx, "email_delivery_attempts_total", 1, KeyEmailType.String(emailType))
	r.add(ctx, "email_delivery_success_total", 1, KeyEmailType.String(emailType))
	r.add(ctx, "cost_metrics_bandwidth_bytes", size, KeySource.String("email"))
}

// MailFailed counts a mail refused for good or given up.
func (r *Recorder) MailFailed(ctx context.Context, emailType string) {
	r.add(ctx, "email_delivery_attempts_total", 1, KeyEmailType.String(emailType))
	r.add(ctx, "email_delivery_failures_total", 1, KeyEmailType.String(emailType))
}

// MailBounced counts an accepted mail that came back; its attempt was counted before.
func (r *Recorder) MailBounced(ctx context.Context, emailType string) {
	r.add(ctx, "email_delivery_failures_total", 1, KeyEmailType.String(emailType))
}

// MailOpened counts a mail that a person opened for the first time.
func (r *Recorder) MailOpened(ctx context.Context, emailType string) {
	r.add(ctx, "email_opens_total", 1, KeyEmailType.String(emailType))
}

// MailClicked counts a mail in which a person followed a link for the first time.
func (r *Recorder) MailClicked(ctx context.Context, emailType string) {
	r.add(ctx, "email_clicks_total", 1, KeyEmailType.String(emailType))
}

// JobStarted counts a started attempt, from 1.
func (r *Recorder) JobStarted(ctx context.Context, jobType string, attempt int) {
	r.add(ctx, "scheduler_job_executions_total", 1, KeyJobType.String(jobType))
	if attempt > 1 {
		r.add(ctx, "scheduler_job_retries_total", 1, KeyJobType.String(jobType))
	}
}

// JobWaited records the time from a job's due time to the start of its first attempt.
func (r *Recorder) JobWaited(ctx context.Context, jobType, priority string, waited time.Duration) {
	r.record(ctx, "scheduler_job_execution_latency_seconds", waited, KeyJobType.String(jobType), KeyPriority.String(priority))
}

// JobCompleted counts a job that succeeded.
func (r *Recorder) JobCompleted(ctx context.Context, jobType string) {
	r.add(ctx, "scheduler_job_completions_total", 1, KeyJobType.String(jobType))
}

// JobFailed counts a job that failed for good; exhausted: at its last allowed attempt.
func (r *Recorder) JobFailed(ctx context.Context, jobType string, kind fault.Kind, exhausted bool) {
	r.add(ctx, "scheduler_job_failures_total", 1, KeyJobType.String(jobType), KeyErrorType.String(string(kind)))
	if exhausted {
		r.add(ctx, "scheduler_job_retry_exhausted_total", 1, KeyJobType.String(jobType))
	}
}

// CommandRequest counts a mail or a click by what became of it.
func (r *Recorder) CommandRequest(ctx context.Context, outcome string) {
	r.add(ctx, "command_requests_total", 1, KeyOutcome.String(outcome))
}

// CommandExecuted counts a command that was carried out.
func (r *Recorder) CommandExecuted(ctx context.Context, verb string) {
	r.add(ctx, "command_execution_rate", 1, KeyCommand.String(verb))
}

// AlertAnswered counts an automatic response to an alert.
func (r *Recorder) AlertAnswered(ctx context.Context, action, result string) {
	r.add(ctx, "alert_responses_total", 1, KeyAction.String(action), KeyResult.String(result))
}

// Reading is one value of an observable gauge.
type Reading struct {
	Label  string // value of the gauge's first label, if it has one
	Second string // value of its second
	Third  string // value of its third
	Value  float64
}

// Observe registers the gauge; read is called at every export and must not block for
// long. The returned function ends the registration.
func (r *Recorder) Observe(name string, read func(context.Context) []Reading) (stop func() error, err error) {
	d, ok := Lookup(name)
	if !ok || d.Collector || d.Kind != Gauge || len(d.Keys) > 3 {
		return nil, fault.New(fault.Internal, "metrics: observe", "%s is not a gauge with three labels at most", strconv.Quote(name))
	}
	g, err := r.meter.Float64ObservableGauge(d.Name, metric.WithUnit(d.Unit), metric.WithDescription(d.Help))
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "metrics: observe", err)
	}
	reg, err := r.meter.RegisterCallback(func(ctx context.Context, o metric.Observer) error {
		for _, x := range read(ctx) {
			var labels []attribute.KeyValue
			for i, k := range d.Keys {
				labels = append(labels, k.String([]string{x.Label, x.Second, x.Third}[i]))
			}
			o.ObserveFloat64(g, x.Value, metric.WithAttributes(labels...))
		}
		return nil
	}, g)
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "metrics: observe", err)
	}
	return reg.Unregister, nil
}
