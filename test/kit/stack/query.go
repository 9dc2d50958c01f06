//go:build linux

package stack

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// client is for questions to the servers.
var client = &http.Client{Timeout: 30 * time.Second}

// Metrics is a client of the stack's Prometheus.
func (p Ports) Metrics() *telemetryapi.Prometheus {
	return telemetryapi.NewPrometheus(p.URL(Prometheus), client)
}

// Logs is a client of the stack's Loki, which has to be the real one.
func (p Ports) Logs() *telemetryapi.Loki { return telemetryapi.NewLoki(p.URL(Loki), client) }

// get decodes the JSON answer to a GET, where the program itself does not ask.
func get(ctx context.Context, address string, query url.Values, into any) error {
	body, err := fetch(ctx, address+"?"+query.Encode())
	if err != nil {
		return err
	}
	return json.Unmarshal(body, into)
}

// fetch reads the answer to a GET.
func fetch(ctx context.Context, address string) ([]byte, error) {
	req, err := resilient.JSON(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	resp, body, err := resilient.Exchange(client, req, 64<<20) //nolint:bodyclose // it closes it
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", req.URL, resp.Status, body[:min(len(body), 500)])
	}
	return body, err
}

// Point is a value at a time.
type Point struct {
	Time  time.Time
	Value float64
}

// QueryRange evaluates a PromQL expression with one result at each step of a window.
func (p Ports) QueryRange(ctx context.Context, expr string, from, to time.Time, step time.Duration) ([]Point, error) {
	second := func(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
	var answer struct {
		Data struct {
			Result []struct{ Values [][2]any }
		}
	}
	q := url.Values{"query": {expr}, "start": {second(from)}, "end": {second(to)}, "step": {step.String()}}
	if err := get(ctx, p.URL(Prometheus)+"/api/v1/query_range", q, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", expr, err)
	}
	if n := len(answer.Data.Result); n != 1 {
		return nil, fmt.Errorf("%s: %d results", expr, n)
	}
	var out []Point
	for _, pair := range answer.Data.Result[0].Values {
		at, _ := pair[0].(float64)
		text, _ := pair[1].(string)
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", expr, err)
		}
		out = append(out, Point{time.UnixMilli(int64(at * 1000)), v})
	}
	return out, nil
}

// AlertRule returns the expression of Prometheus' rule with this name.
func (p Ports) AlertRule(ctx context.Context, name string) (expr string, err error) {
	var answer struct {
		Data struct {
			Groups []struct{ Rules []struct{ Query string } }
		}
	}
	if err := get(ctx, p.URL(Prometheus)+"/api/v1/rules", url.Values{"rule_name[]": {name}, "type": {"alert"}}, &answer); err != nil {
		return "", err
	}
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			return r.Query, nil
		}
	}
	return "", fmt.Errorf("no rule %s", name)
}

// MetricNames lists the names of a selector's series.
func (p Ports) MetricNames(ctx context.Context, selector string) ([]string, error) {
	var answer struct{ Data []string }
	err := get(ctx, p.URL(Prometheus)+"/api/v1/label/__name__/values", url.Values{"match[]": {selector}}, &answer)
	return answer.Data, err
}

// Exemplar is a measurement that names its trace.
type Exemplar struct {
	Labels, Series map[string]string
	Value          float64
	Time           time.Time
}

// Exemplars returns those of a selector's series since a time.
func (p Ports) Exemplars(ctx context.Context, selector string, since time.Time) ([]Exemplar, error) {
	var answer struct {
		Data []struct {
			SeriesLabels map[string]string
			Exemplars    []struct {
				Labels    map[string]string
				Value     string
				Timestamp float64
			}
		}
	}
	q := url.Values{"query": {selector}, "start": {strconv.FormatInt(since.Unix(), 10)}, "end": {strconv.FormatInt(time.Now().Unix()+1, 10)}}
	if err := get(ctx, p.URL(Prometheus)+"/api/v1/query_exemplars", q, &answer); err != nil {
		return nil, err
	}
	var out []Exemplar
	for _, s := range answer.Data {
		for _, e := range s.Exemplars {
			v, err := strconv.ParseFloat(e.Value, 64)
			if err != nil {
				return nil, err
			}
			out = append(out, Exemplar{e.Labels, s.SeriesLabels, v, time.UnixMilli(int64(e.Timestamp * 1000))})
		}
	}
	return out, nil
}

// Span is a span as Jaeger answers it.
type Span struct {
	TraceID, SpanID, Parent, Name string
	Start                         time.Time
	Duration                      time.Duration
	Tags                          map[string]any
	Links                         []string // ids of the traces it links to
	Resource                      []string // names of the attributes of its process
	Events                        []string // names of the attributes of its events, and Jaeger's own "event"
}

type tags []struct {
	Key   string
	Value any
}

func (t tags) names() []string {
	out := make([]string, len(t))
	for i, tag := range t {
		out[i] = tag.Key
	}
	return out
}

type jaegerTraces struct {
	Data []struct {
		Spans []struct {
			TraceID, SpanID, OperationName, ProcessID string
			StartTime, Duration                       int64 // microseconds
			References                                []struct{ RefType, TraceID, SpanID string }
			Tags                                      tags
			Logs                                      []struct{ Fields tags }
		}
		Processes map[string]struct{ Tags tags }
	}
}

func (t jaegerTraces) spans() []Span {
	var out []Span
	for _, d := range t.Data {
		for _, s := range d.Spans {
			span := Span{TraceID: s.TraceID, SpanID: s.SpanID, Name: s.OperationName, Start: time.UnixMicro(s.StartTime), Duration: time.Duration(s.Duration) * time.Microsecond, Tags: map[string]any{}}
			for _, r := range s.References {
				if r.RefType == "CHILD_OF" {
					span.Parent = r.SpanID
				} else {
					span.Links = append(span.Links, r.TraceID)
				}
			}
			for _, tag := range s.Tags {
				span.Tags[tag.Key] = tag.Value
			}
			span.Resource = d.Processes[s.ProcessID].Tags.names()
			for _, e := range s.Logs {
				span.Events = append(span.Events, e.Fields.names()...)
			}
			out = append(out, span)
		}
	}
	return out
}

// Trace returns a trace's spans; none when Jaeger does not have it.
func (p Ports) Trace(ctx context.Context, id string) ([]Span, error) {
	var t jaegerTraces
	if err := get(ctx, p.URL(Jaeger)+"/api/traces/"+id, nil, &t); err != nil {
		return nil, err
	}
	return t.spans(), nil
}

// Spans returns all spans of the service's traces that hold an operation, since a time.
func (p Ports) Spans(ctx context.Context, service, operation string, since time.Time) ([]Span, error) {
	return p.spans(ctx, service, since, url.Values{"operation": {operation}})
}

// SpansTagged returns all spans of the service's traces that hold a span with the tag, since
// a time.
func (p Ports) SpansTagged(ctx context.Context, service, tag, value string, since time.Time) ([]Span, error) {
	b, err := json.Marshal(map[string]string{tag: value})
	if err != nil {
		return nil, err
	}
	return p.spans(ctx, service, since, url.Values{"tags": {string(b)}})
}

// AllSpans returns all spans of the service's traces since a time.
func (p Ports) AllSpans(ctx context.Context, service string, since time.Time) ([]Span, error) {
	return p.spans(ctx, service, since, url.Values{})
}

func (p Ports) spans(ctx context.Context, service string, since time.Time, q url.Values) ([]Span, error) {
	q.Set("service", service)
	q.Set("limit", "10000")
	q.Set("start", strconv.FormatInt(since.UnixMicro(), 10))
	q.Set("end", strconv.FormatInt(time.Now().Add(time.Minute).UnixMicro(), 10))
	var t jaegerTraces
	if err := get(ctx, p.URL(Jaeger)+"/api/traces", q, &t); err != nil {
		return nil, err
	}
	return t.spans(), nil
}

// LabelNames lists the names of the labels of a selector's series.
func (p Ports) LabelNames(ctx context.Context, selector string) ([]string, error) {
	var answer struct{ Data []string }
	err := get(ctx, p.URL(Prometheus)+"/api/v1/labels", url.Values{"match[]": {selector}}, &answer)
	return answer.Data, err
}

// PrometheusConfig is the configuration that Prometheus runs with, defaults included.
func (p Ports) PrometheusConfig(ctx context.Context) (string, error) {
	var answer struct{ Data struct{ YAML string } }
	err := get(ctx, p.URL(Prometheus)+"/api/v1/status/config", nil, &answer)
	return answer.Data.YAML, err
}

// Alertmanagers is how many Alertmanagers Prometheus sends alerts to.
func (p Ports) Alertmanagers(ctx context.Context) (int, error) {
	var answer struct {
		Data struct{ ActiveAlertmanagers []struct{ URL string } }
	}
	err := get(ctx, p.URL(Prometheus)+"/api/v1/alertmanagers", nil, &answer)
	return len(answer.Data.ActiveAlertmanagers), err
}

// Calls is how many calls a second of a service Jaeger's monitor tab shows, by operation.
func (p Ports) Calls(ctx context.Context, service string) (map[string]float64, error) {
	q := url.Values{"service": {service}, "groupByOperation": {"true"}, "lookback": {"600000"}, "step": {"5000"}, "ratePer": {"60000"}, "spanKind": {"internal", "client", "server", "producer"}}
	var answer struct {
		Metrics []struct {
			Labels       []struct{ Name, Value string }
			MetricPoints []struct {
				GaugeValue struct{ DoubleValue any }
			}
		}
	}
	if err := get(ctx, p.URL(Jaeger)+"/api/metrics/calls", q, &answer); err != nil {
		return nil, err
	}
	out := map[string]float64{}
	for _, m := range answer.Metrics {
		for _, l := range m.Labels {
			for _, point := range m.MetricPoints {
				if v, ok := point.GaugeValue.DoubleValue.(float64); ok && l.Name == "operation" {
					out[l.Value] = max(out[l.Value], v)
				}
			}
		}
	}
	return out, nil
}
