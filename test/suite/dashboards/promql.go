package dashboards

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// A node is a part of a parsed PromQL expression, as tools/promql/promlint writes it.
type node struct {
	Kind     string // selector, call, aggregate, binary, subquery, number or string
	Name     string // metric, function or operator; the text of a string
	Matchers []struct{ Name, Op, Value string }
	Range    time.Duration
	On       bool // Labels are those of by or on, not of without or ignoring
	Labels   []string
	Match    string // how two vectors match: one-to-one and so on
	Include  []string
	Args     []node
}

// parsed is the outcome for one expression.
type parsed struct {
	ID    string
	Tree  node
	Error string
}

// parse has expressions parsed by the program promlint, by id.
func parse(promlint string, exprs map[string]string) (map[string]parsed, error) {
	var in bytes.Buffer
	for _, id := range slices.Sorted(maps.Keys(exprs)) {
		if err := json.NewEncoder(&in).Encode(map[string]string{"id": id, "expr": exprs[id]}); err != nil {
			return nil, err
		}
	}
	cmd := exec.Command(promlint)
	cmd.Stdin = &in
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", promlint, err)
	}
	all := map[string]parsed{}
	for lines := json.NewDecoder(bytes.NewReader(out)); ; {
		var p parsed
		if err := lines.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		all[p.ID] = p
	}
	if len(all) != len(exprs) {
		return nil, fmt.Errorf("%s: %d answers to %d expressions", promlint, len(all), len(exprs))
	}
	return all, nil
}

// CheckQueries parses every PromQL expression with the program at promlint and returns
// what is wrong with them and with the LogQL ones.
//
// They may read what the rules make.
func CheckQueries(all []Dashboard, rules []Rule, promlint string) ([]string, error) {
	m, bad, err := checkRules(rules, promlint)
	if err != nil {
		return nil, err
	}
	exprs, wanted := map[string]string{}, map[string][]string{}
	for _, d := range all {
		w := Window{To: time.Unix(0, 0), Span: 7 * 24 * time.Hour, Step: time.Hour}
		for _, p := range d.Panels {
			for _, t := range p.Targets {
				id := fmt.Sprintf("%s: panel %d %q %s", d.UID, p.ID, p.Title, t.RefID)
				text, err := d.expand(t.Query(), w, scrape)
				if err != nil {
					bad = append(bad, id+": "+err.Error())
					continue
				}
				switch p.Datasource.Type {
				case "prometheus":
					exprs[id], wanted[id] = text, p.wants(t)
				case "loki":
					if err := checkLogQL(text); err != nil {
						bad = append(bad, id+": "+err.Error())
					}
				}
			}
		}
	}
	trees, err := parse(promlint, exprs)
	if err != nil {
		return nil, err
	}
	for _, id := range slices.Sorted(maps.Keys(trees)) {
		for _, finding := range checkPromQL(trees[id], m, wanted[id]...) {
			bad = append(bad, id+": "+finding)
		}
	}
	return bad, nil
}

var legendLabel = regexp.MustCompile(`\{\{(\w+)\}\}`)

// wants returns the labels that the panel reads of the target's result: those of the legend,
// and what tables are joined by.
func (p Panel) wants(t Target) []string {
	var names []string
	for _, m := range legendLabel.FindAllStringSubmatch(t.LegendFormat, -1) {
		names = append(names, m[1])
	}
	for _, tr := range p.Transformations {
		var o struct{ ByField, RowField string }
		if json.Unmarshal(tr.Options, &o) == nil && o.ByField+o.RowField != "" {
			names = append(names, o.ByField+o.RowField)
		}
	}
	return names
}

// series says what a metric name stands for.
type series struct {
	kind   metrics.Kind // a histogram's parts are counters
	bucket bool
	labels []string
}

// everywhere are the labels every series has or may have: those of the resource.
var everywhere = []string{"job", "instance", "service_name", environmentLabel}

const environmentLabel = "deployment_environment_name"

// foreign are the metrics of others that we read, as seen in the running stack.
var foreign = map[string]series{
	"up":                               {kind: metrics.Gauge},
	"process_resident_memory_bytes":    {kind: metrics.Gauge},
	"go_memory_used":                   {kind: metrics.Gauge, labels: []string{"go_memory_type"}},
	"prometheus_tsdb_head_series":      {kind: metrics.Gauge},
	"otelcol_process_memory_rss":       {kind: metrics.Gauge},
	"otelcol_process_memory_rss_bytes": {kind: metrics.Gauge}, // as Jaeger is scraped
	"otelcol_exporter_queue_size":      {kind: metrics.Gauge, labels: []string{"exporter", "data_type"}},
	"system_filesystem_utilization":    {kind: metrics.Gauge, labels: []string{"system_device", "system_filesystem_mountpoint", "system_filesystem_mode", "system_filesystem_type"}},
	"otelcol_exporter_queue_capacity":  {kind: metrics.Gauge, labels: []string{"exporter", "data_type"}},

	"otelcol_receiver_accepted_spans":         receiver,
	"otelcol_receiver_accepted_metric_points": receiver,
	"otelcol_receiver_accepted_log_records":   receiver,
	"otelcol_receiver_refused_spans":          receiver,
	"otelcol_receiver_refused_metric_points":  receiver,
	"otelcol_receiver_refused_log_records":    receiver,
	"otelcol_receiver_failed_spans":           receiver,
	"otelcol_receiver_failed_metric_points":   receiver,
	"otelcol_receiver_failed_log_records":     receiver,

	"otelcol_exporter_sent_spans":                   exporter,
	"otelcol_exporter_sent_metric_points":           exporter,
	"otelcol_exporter_sent_log_records":             exporter,
	"otelcol_exporter_send_failed_spans":            exporter,
	"otelcol_exporter_send_failed_metric_points":    exporter,
	"otelcol_exporter_send_failed_log_records":      exporter,
	"otelcol_exporter_enqueue_failed_spans":         exporter,
	"otelcol_exporter_enqueue_failed_metric_points": exporter,
	"otelcol_exporter_enqueue_failed_log_records":   exporter,

	"otelcol_processor_tail_sampling_global_count_traces_sampled":      {kind: metrics.Counter, labels: []string{"sampled"}},
	"otelcol_processor_tail_sampling_sampling_trace_dropped_too_early": {kind: metrics.Counter},

	"http_server_request_duration_bucket": {kind: metrics.Counter, bucket: true, labels: []string{"http_request_method", "http_response_status_code", "http_route", "le"}},
	"http_server_request_duration_count":  request,
	"http_server_request_duration_sum":    request,

	"otel_sdk_exporter_span_exported":              component,
	"otel_sdk_exporter_metric_data_point_exported": component,
	"otel_sdk_exporter_log_exported":               component,
	"otel_sdk_processor_span_processed":            component,
	"otel_sdk_processor_log_processed":             component,

	"loki_distributor_lines_received_total":     {kind: metrics.Counter, labels: []string{"tenant"}},
	"loki_discarded_samples_total":              {kind: metrics.Counter, labels: []string{"tenant", "reason"}},
	"alertmanager_notifications_total":          {kind: metrics.Counter, labels: []string{"integration"}},
	"alertmanager_notifications_failed_total":   {kind: metrics.Counter, labels: []string{"integration", "reason"}},
	"prometheus_notifications_dropped_total":    {kind: metrics.Counter, labels: []string{"alertmanager"}},
	"prometheus_rule_evaluation_failures_total": {kind: metrics.Counter, labels: []string{"rule_group"}},
}

var (
	receiver  = series{kind: metrics.Counter, labels: []string{"receiver", "transport"}}
	exporter  = series{kind: metrics.Counter, labels: []string{"exporter"}}
	request   = series{kind: metrics.Counter, labels: []string{"http_request_method", "http_response_status_code", "http_route"}}
	component = series{kind: metrics.Counter, labels: []string{"otel_component_type", "error_type"}} // of the SDK
)

// closed are the values of the labels whose values are known.
var closed = map[string][]string{
	string(metrics.KeyComponent): metrics.Components,
	string(metrics.KeyConflict):  metrics.ConflictTypes,
	string(metrics.KeyAPI):       metrics.APIs,
	string(metrics.KeyEmailType): metrics.EmailTypes,
	string(metrics.KeyPool):      metrics.Pools,
}

// What functions do to the series they are given.
var (
	counterFunctions = []string{"rate", "increase", "irate", "resets"}
	presence         = []string{"count", "absent", "timestamp", "absent_over_time", "present_over_time"}
)

// checkPromQL returns what is wrong with a parsed expression whose result must have the
// wanted labels.
func checkPromQL(p parsed, m made, wanted ...string) []string {
	if p.Error != "" {
		return []string{p.Error}
	}
	c := checker{made: m}
	result := c.visit(p.Tree, scope{})
	for _, l := range wanted {
		if !result[l] {
			c.say("the panel reads the label %s; the result has %s", l, result)
		}
	}
	return c.bad
}

type checker struct {
	made
	bad   []string
	rules bool // expressions of rules, which look at every environment
}

func (c *checker) say(format string, args ...any) {
	c.bad = append(c.bad, fmt.Sprintf(format, args...))
}

// scope is what encloses a node.
type scope struct {
	function string // the nearest call or aggregation
	quantile bool   // somewhere below histogram_quantile
}

// labels is the set of labels a vector may have; nil = not a vector.
type labels map[string]bool

func setOf(names ...string) labels {
	set := labels{}
	for _, n := range names {
		set[n] = true
	}
	return set
}

func (l labels) without(names ...string) labels {
	out := maps.Clone(l)
	for _, n := range names {
		delete(out, n)
	}
	return out
}

func (l labels) String() string { return "{" + strings.Join(slices.Sorted(maps.Keys(l)), ", ") + "}" }

// visit checks a node and returns the labels of its result.
func (c *checker) visit(n node, in scope) labels {
	switch n.Kind {
	case "selector":
		return c.selector(n, in)
	case "subquery":
		return c.visit(n.Args[0], scope{quantile: in.quantile})
	case "call":
		return c.call(n, in)
	case "aggregate":
		return c.aggregate(n, in)
	case "binary":
		return c.binary(n, in)
	default:
		return nil
	}
}

func (c *checker) selector(n node, in scope) labels {
	if l, ok := c.ruleRecord(n.Name); ok {
		return l
	}
	s := c.series(n.Name)
	have := setOf(append(slices.Clone(everywhere), s.labels...)...)
	have["__name__"] = true
	if n.Name == "" {
		have["otel_metric_overflow"] = true
	}
	follows, bounded := false, false
	for _, m := range n.Matchers {
		if !have[m.Name] {
			c.say("%s has no label %s", n.Name, m.Name)
		}
		follows, bounded = follows || m.Name == environmentLabel, bounded || m.Name == "le"
		if values := closed[m.Name]; values != nil && !matchesAny(m.Op, m.Value, values) {
			c.say("%s is never %s %q", m.Name, m.Op, m.Value)
		}
	}
	if _, ours := lookup(n.Name); ours && !follows && !c.rules {
		c.say("%s does not follow the environment", n.Name)
	}
	switch {
	case slices.Contains(presence, in.function):
	case n.Name == "" || strings.HasPrefix(n.Name, "="):
		c.say("many metrics at once can be counted only: their series may differ by name alone")
	case s.kind == metrics.Gauge && slices.Contains(counterFunctions, in.function):
		c.say("%s of the gauge %s", in.function, n.Name)
	case s.kind == metrics.Counter && !slices.Contains(counterFunctions, in.function):
		c.say("the counter %s without rate or increase", n.Name)
	case s.bucket && !in.quantile && !bounded:
		c.say("%s outside histogram_quantile", n.Name)
	}
	return have
}

// series finds out what a name stands for.
func (c *checker) series(name string) series {
	if s, ok := foreign[name]; ok {
		return s
	}
	if name == "ALERTS" && c.alerts != nil {
		return series{kind: metrics.Gauge, labels: slices.Collect(maps.Keys(c.alerts))}
	}
	d, ok := lookup(name)
	if !ok {
		if name != "" && !strings.HasPrefix(name, "=") {
			c.say("no metric %s", name)
		}
		return series{}
	}
	s := series{kind: d.Kind}
	for _, k := range d.Keys {
		s.labels = append(s.labels, string(k))
	}
	if d.Kind == metrics.Histogram {
		s.kind, s.bucket = metrics.Counter, strings.HasSuffix(name, "_bucket")
		if name == d.Name {
			c.say("the histogram %s by its bare name", name)
		}
		if s.bucket {
			s.labels = append(s.labels, "le")
		}
	}
	return s
}

func matchesAny(op, value string, values []string) bool {
	re, err := regexp.Compile("^(?:" + value + ")$")
	return slices.ContainsFunc(values, func(v string) bool {
		switch op {
		case "=":
			return v == value
		case "!=":
			return v != value
		case "=~":
			return err == nil && re.MatchString(v)
		default:
			return err == nil && !re.MatchString(v)
		}
	})
}

func (c *checker) call(n node, in scope) labels {
	inside := scope{function: n.Name, quantile: in.quantile || n.Name == "histogram_quantile"}
	var out labels
	for _, arg := range n.Args {
		if l := c.visit(arg, inside); l != nil {
			out = l.without("__name__")
		}
	}
	switch n.Name {
	case "time", "scalar":
		return nil
	case "vector", "absent":
		return labels{}
	case "label_replace", "label_join":
		out[n.Args[1].Name] = true
	case "histogram_quantile":
		if !out["le"] {
			c.say("histogram_quantile needs the label le")
		}
		delete(out, "le")
	}
	return out
}

func (c *checker) aggregate(n node, in scope) labels {
	have := c.visit(n.Args[0], scope{function: n.Name, quantile: in.quantile})
	for _, l := range n.Labels {
		if !have[l] {
			c.say("%s by or without %s, which is not one of %s", n.Name, l, have)
		}
	}
	switch {
	case n.Name == "topk" || n.Name == "bottomk":
		return have
	case n.On:
		return setOf(n.Labels...)
	default:
		return have.without(n.Labels...)
	}
}

func (c *checker) binary(n node, in scope) labels {
	inside := scope{quantile: in.quantile}
	left, right := c.visit(n.Args[0], inside), c.visit(n.Args[1], inside)
	if n.Match == "" {
		if left == nil {
			return right
		}
		return left
	}
	left, right = left.without("__name__"), right.without("__name__")
	if n.On {
		for _, l := range n.Labels {
			if !left[l] || !right[l] {
				c.say("%s on %s: the sides are %s and %s", n.Name, l, left, right)
			}
		}
	} else if l, r := left.without(n.Labels...), right.without(n.Labels...); n.Name == "or" && c.rules { // an alert of several things
		maps.Copy(left, right)
	} else if !maps.Equal(l, r) {
		c.say("%s never matches: the sides are %s and %s", n.Name, l, r)
	}
	out := left
	if n.Match == "one-to-many" {
		out = right
	}
	for _, l := range n.Include {
		out[l] = true
	}
	return out
}
