// Package metrics is the one list of every metric this program emits. Instruments,
// views, zero series and docs/metrics.md are derived from it, and no other package
// creates an instrument. Names are those of the monitoring document; they reach
// Prometheus unchanged (translation strategy without suffixes).
package metrics

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
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
	// Buckets are the upper bounds of a histogram, in its unit. Every threshold of the
	// monitoring document is one of them, and there are bounds above the highest.
	Buckets []float64
	Section string // of the monitoring document; "design" where we added the metric
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
)

// Closed label values that are not a Go type elsewhere.
var (
	// Components are the timed parts of a generation, in the monitoring document's order.
	Components = []string{
		"recipe_fetch", "profile_fetch", "generation_algorithm",
		"macro_validation", "grocery_consolidation", "email_render",
	}
	// ConflictTypes are why the best selection is not the unconstrained one.
	ConflictTypes = []string{"DuplicateRecipe", "MacroImbalance", "ConstraintViolation"}
	// APIs are the upstreams.
	APIs = []string{"tandoor", "fatsecret"}
	// EmailTypes are the mails that are measured.
	EmailTypes = []string{"weekly_plan", "daily_advisor", "weekly_trends"}
	// Pools are the two database pools.
	Pools = []string{"api", "scheduler"}
)

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
		Help:    "Duration of one component of a generation, from its span.",
		Keys:    []attribute.Key{KeyComponent},
		Buckets: []float64{.001, .002, .005, .01, .02, .05, .1, .15, .2, .3, .45, .5, .6, 1, 2, 5},
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
		Name: "database_connection_pool_usage", Kind: Gauge, Unit: "1", Section: "1.3",
		Help: "Acquired connections over the pool's maximum, 0 to 1.", Keys: []attribute.Key{KeyPool},
	},
	{
		Name: "database_query_duration_seconds", Kind: Histogram, Unit: "s", Section: "1.3",
		Help:    "Duration of one named statement.",
		Keys:    []attribute.Key{KeyQuery},
		Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 5},
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
		Help: "Mails refused for good or given up.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_success_rate", Kind: Gauge, Unit: "1", Section: "1.3",
		Help: "Accepted over finished mails of the last 24 h, 0 to 1, read from the database; 1 when none finished.", Keys: []attribute.Key{KeyEmailType},
	},
	{
		Name: "email_delivery_latency_seconds", Kind: Histogram, Unit: "s", Section: "1.3",
		Help:    "Time from the mail's entry into the outbox to its acceptance by the SMTP server.",
		Keys:    []attribute.Key{KeyEmailType},
		Buckets: []float64{.5, 1, 2, 5, 10, 20, 30, 60, 300},
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

// foreignView gives histograms in seconds bounds that suit seconds, because the SDK's
// defaults suit milliseconds, and HTTP instruments labels that a stranger cannot choose:
// a server's address, for one, is whatever the Host header says.
func foreignView(i sdk.Instrument) (sdk.Stream, bool) {
	s := sdk.Stream{Name: i.Name, Description: i.Description, Unit: i.Unit}
	if _, ours := Lookup(i.Name); ours {
		return s, false
	}
	switch {
	case strings.HasPrefix(i.Name, "http.server."):
		s.AttributeFilter = attribute.NewAllowKeysFilter("http.request.method", "http.route", "http.response.status_code")
	case strings.HasPrefix(i.Name, "http.client."):
		s.AttributeFilter = attribute.NewAllowKeysFilter("http.request.method", "http.response.status_code", "server.address")
	}
	if i.Kind == sdk.InstrumentKindHistogram && i.Unit == "s" {
		s.Aggregation = sdk.AggregationExplicitBucketHistogram{
			Boundaries: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}
	}
	return s, s.AttributeFilter != nil || s.Aggregation != nil
}
