// Package metrics is the one list of every metric this program emits. Instruments,
// views, zero series and docs/metrics.md are derived from it, and no other package
// creates an instrument. Names are required (docs/evidence/spec-coverage.md); they reach
// Prometheus unchanged (translation strategy without suffixes).
package metrics

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/alerting"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Kind is the instrument kind of a [Def].
type Kind string

// The instrument kinds in use. Gauges are observable: they are read at export.
const (
	Counter   Kind = "counter"
	Histogram Kind = "histogram"
	Gauge     Kind = "gauge"
)

// Def is one row of the catalogue.
type Def struct {
	Name string
	Kind Kind
	Unit string // UCUM, as OpenTelemetry advises
	Help string // what one data point says, with its window
	Keys []attribute.Key
	// Buckets are the upper bounds of a histogram, in its unit. Every threshold of
	// docs/thresholds.md is one of them, and there are bounds above the highest.
	Buckets []float64
	Section string // of docs/evidence/spec-coverage.md; "design" where we added the metric
	// Collector marks what the Collector makes of our spans; the program has no instrument.
	Collector bool
}

// The label keys.
const (
	KeyUser      = attribute.Key("user_id")
	KeyWeek      = attribute.Key("week_of")
	KeyErrorType = attribute.Key("error_type")
	KeyConflict  = attribute.Key("conflict_type")
	KeyComponent = attribute.Key("component")
	KeyAPI       = attribute.Key("api")
	KeyEndpoint  = attribute.Key("endpoint")
	KeyStatus    = attribute.Key("status_code")
	KeyPool      = attribute.Key("pool")
	KeyQuery     = attribute.Key("query")
	KeyEmailType = attribute.Key("email_type")
	KeySource    = attribute.Key("source")
	KeyService   = attribute.Key("service")
	KeyJobType   = attribute.Key("job_type")
	KeyPriority  = attribute.Key("priority")
	KeyCommand   = attribute.Key("command_type")
	KeyOutcome   = attribute.Key("outcome")
	KeyAlert     = attribute.Key("alert")
	KeyAction    = attribute.Key("action")
	KeyResult    = attribute.Key("result")
	KeyTier      = attribute.Key("tier")
	KeyPerson    = attribute.Key("person")
)

// Closed label values.
var (
	// Components are the timed parts of a generation, in the order of docs/thresholds.md.
	Components = []string{
		"recipe_fetch", "profile_fetch", "generation_algorithm",
		"macro_validation", "grocery_consolidation", "email_render",
	}
	// ConflictTypes are why the best selection is not the unconstrained one.
	ConflictTypes = []string{"DuplicateRecipe", "MacroImbalance", "ConstraintViolation"}
	// APIs are the upstreams.
	APIs = []string{"tandoor", "fatsecret"}
	// EmailTypes are the mails that are measured.
	EmailTypes = []string{"weekly_plan", "daily_advisor", "weekly_trends", "confirmation"}
	// Pools are the two database pools.
	Pools = []string{"api", "scheduler"}
	// JobTypes are the scheduler's jobs.
	JobTypes = []string{"WeeklyGeneration", "AutoSync", "DailyAdvisor", "WeeklyTrends"}
	// Priorities are those of jobs.
	Priorities = []string{"Low", "Medium", "High", "Critical"}
	// CommandTypes are the commands of mails, and TARGETS, which only buttons carry.
	CommandTypes = func() []string {
		out := []string{"TARGETS"}
		for _, v := range command.Verbs {
			out = append(out, string(v))
		}
		return out
	}()
	// BandwidthSources are what moves bytes that cost.
	BandwidthSources = []string{"api", "email"}
)

// closed are the values of the labels whose values are known beforehand.
func closed(k attribute.Key) []string {
	switch k {
	case KeyConflict:
		return ConflictTypes
	case KeyComponent:
		return Components
	case KeyAPI:
		return APIs
	case KeyEmailType:
		return EmailTypes
	case KeyPool:
		return Pools
	case KeySource:
		return BandwidthSources
	case KeyJobType:
		return JobTypes
	case KeyPriority:
		return Priorities
	case KeyCommand:
		return CommandTypes
	case KeyOutcome:
		return texts(replies.Outcomes)
	case KeyAction:
		return texts(alerting.Actions)
	case KeyResult:
		return texts(alerting.Results)
	case KeyErrorType:
		return texts(fault.Kinds)
	default:
		return nil
	}
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

// ZeroSeries are the label sets that a counter exports at zero from the start, without
// user_id: perUser says that each user gets them. A counter with another open label has
// none.
func (d Def) ZeroSeries() (sets [][]attribute.KeyValue, perUser bool) {
	if d.Kind != Counter {
		return nil, false
	}
	sets = [][]attribute.KeyValue{nil}
	for _, k := range d.Keys {
		if k == KeyUser {
			perUser = true
			continue
		}
		var longer [][]attribute.KeyValue
		for _, s := range sets {
			for _, v := range closed(k) {
				longer = append(longer, append(slices.Clone(s), k.String(v)))
			}
		}
		sets = longer
	}
	return sets, perUser
}

// componentBuckets are those of the component histogram, of the program's and of the
// Collector's copy alike.
var componentBuckets = []float64{.001, .002, .005, .01, .02, .05, .1, .15, .2, .3, .45, .5, .6, 1, 2, 5}

// Catalogue lists every metric.
var Catalogue = []Def{
	{
		Name: "generation_execution_time_seconds", Kind: Histogram, Unit: "s", Section: "1.1",
		Help:    "Duration of one weekly generation, from its root span. user_id and week_of are dropped in installations with more than 25 users.",
		Keys:    []attribute.Key{KeyUser, KeyWeek},
		Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 1.5, 2, 3, 5, 10, 30},
	},
	{
		Name: "generation_attempts_total", Kind: Counter, Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations by final outcome: successes plus failures.", Keys: []attribute.Key{KeyUser},
	},
	{
		Name: "generation_success_total", Kind: Counter, Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations that ended with a stored plan.", Keys: []attribute.Key{KeyUser},
	},
	{
		Name: "generation_failures_total", Kind: Counter, Unit: "{generation}", Section: "1.1",
		Help: "Weekly generations that ended without a plan, after the last attempt of the run.", Keys: []attribute.Key{KeyUser, KeyErrorType},
	},
	{
		Name: "generation_recipe_selection_conflicts_total", Kind: Counter, Unit: "{conflict}", Section: "1.1",
		Help: "Generations whose best selection needs a repeat or rotation debt (DuplicateRecipe), has a day out of band (MacroImbalance), or was worsened by a constraint (ConstraintViolation); at most one per type and run.",
		Keys: []attribute.Key{KeyConflict},
	},
	{
		Name: "generation_macro_balance_success_rate", Kind: Gauge, Unit: "1", Section: "1.1",
		Help: "Share of the user's last 4 plans with all days in band, 0 to 1, read from the database.", Keys: []attribute.Key{KeyUser},
	},
	{
		Name: "generation_macro_balanced_total", Kind: Counter, Unit: "{generation}", Section: "design",
		Help: "Weekly generations whose plan has all days in band.", Keys: []attribute.Key{KeyUser},
	},
	{
		Name: "generation_component_duration_seconds", Kind: Histogram, Unit: "s", Section: "1.1",
		Help:    "Duration of one component of a generation, or of a week's revision by command, from its span.",
		Keys:    []attribute.Key{KeyComponent},
		Buckets: componentBuckets,
	},
	{
		Name: "generation_component_duration_spanmetrics_seconds", Kind: Histogram, Unit: "s", Section: "design", Collector: true,
		Help:    "The same, made from the spans by the Collector: the independent copy.",
		Keys:    []attribute.Key{KeyComponent},
		Buckets: componentBuckets,
	},
	{
		Name: "scheduler_job_queue_depth", Kind: Gauge, Unit: "{job}", Section: "1.2",
		Help: "Due jobs that wait for a worker.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_oldest_pending_age_seconds", Kind: Gauge, Unit: "s", Section: "design",
		Help: "Time since the oldest due job should have begun; 0 when none is due.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_execution_latency_seconds", Kind: Histogram, Unit: "s", Section: "1.2",
		Help: "Time from a job's due time to the start of its first attempt.", Keys: []attribute.Key{KeyJobType, KeyPriority},
		Buckets: []float64{.5, 1, 2, 5, 10, 30, 60, 120, 300, 900, 3600},
	},
	{
		Name: "scheduler_job_retry_rate", Kind: Gauge, Unit: "1", Section: "1.2",
		Help: "Retries over started attempts of the last 24 h, 0 to 1, read from the database.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_error_rate", Kind: Gauge, Unit: "1", Section: "1.2",
		Help: "Jobs that failed for good over finished jobs of the last 24 h, 0 to 1, read from the database; the error types of a job type add up.",
		Keys: []attribute.Key{KeyJobType, KeyErrorType},
	},
	{
		Name: "scheduler_concurrent_jobs", Kind: Gauge, Unit: "{job}", Section: "1.2",
		Help: "Jobs that this process is working on.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_concurrency_limit", Kind: Gauge, Unit: "{job}", Section: "design",
		Help: "Jobs this process works on at most at a time.",
	},
	{
		Name: "scheduler_job_executions_total", Kind: Counter, Unit: "{attempt}", Section: "1.2",
		Help: "Started attempts.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_retries_total", Kind: Counter, Unit: "{attempt}", Section: "1.2",
		Help: "Started attempts that were not the first.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_completions_total", Kind: Counter, Unit: "{job}", Section: "1.3",
		Help: "Jobs that succeeded.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "scheduler_job_failures_total", Kind: Counter, Unit: "{job}", Section: "1.2",
		Help: "Jobs that failed for good: permanently, or with their retries exhausted.", Keys: []attribute.Key{KeyJobType, KeyErrorType},
	},
	{
		Name: "scheduler_job_retry_exhausted_total", Kind: Counter, Unit: "{job}", Section: "4.5",
		Help: "Jobs that failed at their last allowed attempt.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "job_processing_throughput", Kind: Gauge, Unit: "{job}/h", Section: "1.3",
		Help: "Finished jobs an hour over the last 24 h, read from the database.", Keys: []attribute.Key{KeyJobType},
	},
	{
		Name: "weekly_generation_success_all_users", Kind: Gauge, Unit: "1", Section: "1.4",
		Help: "0 while an enabled user whose run was due over 30 minutes ago has no plan for the week, else 1; the running and the last week that had a due run, read from the database.",
		Keys: []attribute.Key{KeyWeek},
	},
	{
		Name: "weekly_generation_current_week", Kind: Gauge, Unit: "1", Section: "design",
		Help: "1 for the week whose plans were due last, 0 for the one before.", Keys: []attribute.Key{KeyWeek},
	},
	{
		Name: "weekly_generation_success_streak_weeks", Kind: Gauge, Unit: "{week}", Section: "design",
		Help: "Weeks in a row, up to the last due one, for which every enabled user has a plan; 26 at most, read from the database.",
	},
	{
		Name: "weekly_generation_last_success_timestamp_seconds", Kind: Gauge, Unit: "s", Section: "design",
		Help: "When the newest plan was stored, in seconds since 1970.",
	},
	{
		Name: "api_availability", Kind: Gauge, Unit: "1", Section: "1.3",
		Help: "1 while the last probe of the upstream was answered, else 0.", Keys: []attribute.Key{KeyAPI},
	},
	{
		Name: "api_request_duration_seconds", Kind: Histogram, Unit: "s", Section: "1.3",
		Help:    "Duration of one request to an upstream, one attempt each.",
		Keys:    []attribute.Key{KeyAPI, KeyEndpoint},
		Buckets: []float64{.05, .1, .2, .3, .5, .75, 1, 2, 5, 10},
	},
	{
		Name: "api_request_total", Kind: Counter, Unit: "{request}", Section: "1.3",
		Help: "Requests to an upstream. status_code is the HTTP status, timeout or network_error; FatSecret's errors inside HTTP 200 are mapped to 400, 401, 429 and 503.",
		Keys: []attribute.Key{KeyAPI, KeyEndpoint, KeyStatus},
	},
	{
		Name: "cost_metrics_api_calls", Kind: Counter, Unit: "{request}", Section: "1.4",
		Help: "Requests to an upstream that count against its plan.", Keys: []attribute.Key{KeyAPI},
	},
	{
		Name: "cost_metrics_bandwidth_bytes", Kind: Counter, Unit: "By", Section: "1.4",
		Help: "Bytes received from upstreams (api) and sent as mail (email).", Keys: []attribute.Key{KeySource},
	},
	{
		Name: "api_daily_budget_usage", Kind: Gauge, Unit: "1", Section: "design",
		Help: "Today's calls (UTC) over the application's daily budget, 0 to 1.", Keys: []attribute.Key{KeyAPI},
	},
	{
		Name: "database_connection_pool_usage", Kind: Gauge, Unit: "1", Section: "1.3",
		Help: "Acquired connections over the pool's maximum, 0 to 1.", Keys: []attribute.Key{KeyPool},
	},
	{
		Name: "database_query_duration_seconds", Kind: Histogram, Unit: "s", Section: "1.3",
		Help:    "Duration of one named statement.",
		Keys:    []attribute.Key{KeyQuery},
		Buckets: []float64{.001, .005, .025, .05, .1, .25, 1, 5},
	},
	{
		Name: "email_delivery_attempts_total", Kind: Counter, Unit: "{mail}", Section: "1.3",
		Help: "Mails by final outcome: accepted plus refused for good.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_success_total", Kind: Counter, Unit: "{mail}", Section: "1.3",
		Help: "Mails accepted by the SMTP server.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_failures_total", Kind: Counter, Unit: "{mail}", Section: "1.3",
		Help: "Mails refused for good, given up, or accepted and bounced later.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_success_rate", Kind: Gauge, Unit: "1", Section: "1.3",
		Help: "Accepted mails that did not bounce over finished mails of the last 24 h, 0 to 1, read from the database; 1 when none finished.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_latency_seconds", Kind: Histogram, Unit: "s", Section: "1.3",
		Help:    "Time from the mail's entry into the outbox to its acceptance by the SMTP server.",
		Keys:    []attribute.Key{KeyEmailType},
		Buckets: []float64{.5, 1, 2, 5, 10, 20, 30, 60, 300},
	},
	{
		Name: "email_opens_total", Kind: Counter, Unit: "{mail}", Section: "1.4",
		Help: "Mails opened by a person for the first time; only users who opted in.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_clicks_total", Kind: Counter, Unit: "{mail}", Section: "1.4",
		Help: "Mails in which a person followed a link for the first time.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_engagement_rate", Kind: Gauge, Unit: "1", Section: "1.4",
		Help: "Mails accepted in the last 30 days that a person opened or clicked over all of these, 0 to 1; 0 when there were none. Read from the database.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "command_execution_rate", Kind: Counter, Unit: "{command}", Section: "1.4",
		Help: "Commands by mail and button that were carried out. A counter in spite of its name.", Keys: []attribute.Key{KeyCommand},
	},
	{
		Name: "command_requests_total", Kind: Counter, Unit: "{request}", Section: "design",
		Help: "Mails to the inbox and clicks of buttons by what became of them; only applied changed anything.", Keys: []attribute.Key{KeyOutcome},
	},
	{
		Name: "alert_responses_total", Kind: Counter, Unit: "{response}", Section: "4.2",
		Help: "Automatic responses to alerts (tier 1), by what was done and how it ended.", Keys: []attribute.Key{KeyAction, KeyResult},
	},
	{
		Name: "alert_response", Kind: Gauge, Unit: "1", Section: "4.2",
		Help: "1 for the newest automatic response of the last hour to an alert, by what was done and how it ended. Read from the database.", Keys: []attribute.Key{KeyAlert, KeyAction, KeyResult},
	},
	{
		Name: "on_call", Kind: Gauge, Unit: "1", Section: "4.2",
		Help: "1 for who of an escalation tier is on call now, by the rotation file.", Keys: []attribute.Key{KeyTier, KeyPerson},
	},
	{
		Name: "service_up", Kind: Gauge, Unit: "1", Section: "design",
		Help: "1 while the role is ready: its database answers.", Keys: []attribute.Key{KeyService},
	},
}

// Lookup returns the row with the name.
func Lookup(name string) (Def, bool) {
	for _, d := range Catalogue {
		if d.Name == name {
			return d, true
		}
	}
	return Def{}, false
}

// Labels says which labels an installation of some size can afford.
type Labels struct {
	UserOnHistogram bool // user_id and week_of on the generation histogram: up to 25 users
	UserOnCounters  bool // user_id on counters and gauges: up to 500 users
}

// LabelsFor decides the labels for a number of users.
func LabelsFor(users int) Labels {
	return Labels{UserOnHistogram: users <= 25, UserOnCounters: users <= 500}
}

func (l Labels) keeps(d Def, k attribute.Key) bool {
	switch k {
	case KeyUser, KeyWeek:
		if d.Kind == Histogram {
			return l.UserOnHistogram
		}
		return l.UserOnCounters
	default:
		return true
	}
}

// Views make the SDK enforce the catalogue: bounds and allowed label keys. The last view
// tames the instruments of libraries.
func Views(l Labels) []sdk.View {
	var views []sdk.View
	for _, d := range Catalogue {
		if d.Collector {
			continue
		}
		var keys []attribute.Key
		for _, k := range d.Keys {
			if l.keeps(d, k) {
				keys = append(keys, k)
			}
		}
		s := sdk.Stream{AttributeFilter: attribute.NewAllowKeysFilter(keys...)}
		if d.Buckets != nil {
			s.Aggregation = sdk.AggregationExplicitBucketHistogram{Boundaries: d.Buckets}
		}
		views = append(views, sdk.NewView(sdk.Instrument{Name: d.Name}, s))
	}
	return append(views, foreignView)
}

// unwanted are instruments of libraries that say less than ours do, in many series.
var unwanted = []string{
	"db.client.operation.duration", // database_query_duration_seconds
	"http.client.request.duration", // api_request_duration_seconds
	"http.client.request.body.size", "http.server.request.body.size", "http.server.response.body.size",
}

// foreignView gives histograms in seconds bounds that suit seconds, because the SDK's
// defaults suit milliseconds, and HTTP instruments labels that a stranger cannot choose:
// a server's address, for one, is whatever the Host header says.
func foreignView(i sdk.Instrument) (sdk.Stream, bool) {
	s := sdk.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit}
	if _, ours := Lookup(i.Name); ours {
		return s, false
	}
	if slices.Contains(unwanted, i.Name) {
		s.Aggregation = sdk.AggregationDrop{}
		return s, true
	}
	if strings.HasPrefix(i.Name, "http.server.") {
		s.AttributeFilter = attribute.NewAllowKeysFilter("http.request.method", "http.route", "http.response.status_code")
	}
	if i.Kind == sdk.InstrumentKindHistogram && i.Unit == "s" {
		s.Aggregation = sdk.AggregationExplicitBucketHistogram{
			Boundaries: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}
	}
	return s, s.AttributeFilter != nil || s.Aggregation != nil
}
