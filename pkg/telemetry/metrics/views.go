package metrics

import (
	"slices"
	"strings"

	"go.opentelemetry.io/otel/attribute"
	sdk "go.opentelemetry.io/otel/sdk/metric"
)

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

// requestDuration has a histogram for each route, method and status that was seen, so it has
// few bounds: the target of a page, what a person notices, and the alert's second.
const requestDuration = "http.server.request.duration"

var requestBounds = []float64{.01, .03, .1, .3, 1, 3, 10}

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
	if i.Name == requestDuration {
		s.Aggregation = sdk.AggregationExplicitBucketHistogram{Boundaries: requestBounds}
		return s, true
	}
	if i.Kind == sdk.InstrumentKindHistogram && i.Unit == "s" {
		s.Aggregation = sdk.AggregationExplicitBucketHistogram{
			Boundaries: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}
	}
	return s, s.AttributeFilter != nil || s.Aggregation != nil
}
