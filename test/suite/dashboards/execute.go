package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/resilient"
)

// Servers are the data sources' addresses.
type Servers struct {
	Prometheus string // base URL
	Loki       string // base URL; "" leaves out the targets that ask it or its own metrics
	PostgreSQL string // connection string
}

// Window is the time a dashboard shows.
type Window struct {
	To         time.Time
	Span, Step time.Duration
}

// scrape is what the data source says the distance of samples is.
const scrape = 15 * time.Second

// Result is the outcome of one target.
type Result struct {
	Dashboard, Panel, RefID string
	Query                   string // as the dashboard has it, variables and all
	Rows                    int    // series, streams or rows
	MayBeEmpty              bool   // nothing to show is good news
	OfLosses                bool   // and something to show is a loss of telemetry
	Exemplars               int    // points that lead to a trace
	WantsExemplars          bool
	LeftOut                 bool // asks Loki, and there is none
	Answer                  json.RawMessage
	Err                     error
}

// OK reports whether the target showed what it should today, or was not asked.
func (r Result) OK() bool {
	if r.LeftOut {
		return true
	}
	if r.Err != nil || r.WantsExemplars && r.Exemplars == 0 {
		return false
	}
	return r.Rows > 0 || r.MayBeEmpty
}

// Panels, or single targets, that have nothing to show while all is well.
var (
	// ofLosses count from the first loss of telemetry on.
	ofLosses = map[string]bool{
		"telemetry/Collector: Failed": true,
		"telemetry/SDK: Lost":         true,
		"telemetry/Loki/B":            true,
	}
	calm = map[string]bool{
		"service-levels/Alerts That Fire":             true,
		"pages/Alerts of Pages":                       true,
		"scheduler/Throughput against Its Baseline/B": true, // in the first week
	}
)

// Run asks every target of every panel as Grafana would.
func Run(ctx context.Context, all []Dashboard, s Servers, w Window) []Result {
	var results []Result
	for _, d := range all {
		for _, p := range d.Panels {
			for _, t := range p.Targets {
				r := Result{Dashboard: d.UID, Panel: p.Title, RefID: t.RefID, Query: t.Query()}
				name := d.UID + "/" + p.Title
				r.OfLosses = ofLosses[name] || ofLosses[name+"/"+t.RefID]
				r.MayBeEmpty = r.OfLosses || calm[name] || calm[name+"/"+t.RefID]
				if r.LeftOut = s.Loki == "" && asksLoki(p, t); !r.LeftOut {
					s.query(ctx, d, p, t, w, &r)
				}
				results = append(results, r)
			}
		}
	}
	return results
}

func asksLoki(p Panel, t Target) bool {
	return p.Datasource.Type == "loki" || strings.Contains(t.Expr, "loki_") || strings.Contains(t.Expr, `job="loki"`)
}

// WriteTable prints results.
func WriteTable(out io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range results {
		state := "ok"
		switch {
		case r.LeftOut:
			state = "LEFT OUT, NO LOKI"
		case r.Err != nil:
			state = "ERROR " + r.Err.Error()
		case r.Rows > 0 && !r.OK():
			state = "NO EXEMPLARS"
		case !r.OK():
			state = "EMPTY"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\n", r.Dashboard, r.Panel, r.RefID, r.Rows, state)
	}
	return tw.Flush()
}

func (s Servers) query(ctx context.Context, d Dashboard, p Panel, t Target, w Window, r *Result) {
	text, w, err := d.prepare(p, t, w)
	if err != nil {
		r.Err = err
		return
	}
	switch p.Datasource.Type {
	case "prometheus":
		r.Answer, r.Err = prometheus(ctx, s.Prometheus, text, t.Instant, w)
		if r.WantsExemplars = t.Exemplar; t.Exemplar && r.Err == nil {
			r.Exemplars, r.Err = exemplars(ctx, s.Prometheus, text, w)
		}
	case "loki":
		r.Err = post(ctx, s.Loki+"/loki/api/v1/query_range", url.Values{
			"query": {text}, "start": {nanos(w.To.Add(-w.Span))}, "end": {nanos(w.To)}, "step": {prometheusDuration(w.Step)}, "limit": {"1000"},
		}, &r.Answer)
	default:
		r.Rows, r.Answer, r.Err = rows(ctx, s.PostgreSQL, text, w)
		return
	}
	if r.Err == nil {
		r.Rows, r.Err = shown(r.Answer)
	}
}

// prepare returns the target's query without variables, and the window as the panel has it.
func (d Dashboard) prepare(p Panel, t Target, w Window) (string, Window, error) {
	if p.TimeFrom != "" {
		span, err := duration(p.TimeFrom)
		if err != nil {
			return "", w, err
		}
		w.Span = span
	}
	least := scrape
	for _, interval := range []string{p.Interval, t.Interval} {
		if interval == "" {
			continue
		}
		step, err := duration(interval)
		if err != nil {
			return "", w, err
		}
		w.Step = max(w.Step, step)
		if interval == t.Interval {
			least = step
		}
	}
	text, err := d.expand(t.Query(), w, least)
	return text, w, err
}

func prometheus(ctx context.Context, base, expr string, instant bool, w Window) (answer json.RawMessage, err error) {
	endpoint, form := base+"/api/v1/query", url.Values{"query": {expr}, "time": {seconds(w.To)}}
	if !instant {
		endpoint, form = base+"/api/v1/query_range", url.Values{
			"query": {expr}, "start": {seconds(w.To.Add(-w.Span))}, "end": {seconds(w.To)}, "step": {seconds(time.Unix(0, int64(w.Step)))},
		}
	}
	err = post(ctx, endpoint, form, &answer)
	return answer, err
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixNano())/1e9, 'f', 3, 64) }
func nanos(t time.Time) string   { return strconv.FormatInt(t.UnixNano(), 10) }

// exemplars counts those with a trace id behind an expression.
func exemplars(ctx context.Context, base, expr string, w Window) (int, error) {
	var found []struct {
		Exemplars []struct {
			Labels struct {
				TraceID string `json:"trace_id"`
			}
		}
	}
	err := post(ctx, base+"/api/v1/query_exemplars", url.Values{"query": {expr}, "start": {seconds(w.To.Add(-w.Span))}, "end": {seconds(w.To)}}, &found)
	n := 0
	for _, series := range found {
		for _, e := range series.Exemplars {
			if e.Labels.TraceID != "" {
				n++
			}
		}
	}
	return n, err
}

// shown counts the series or streams of an answer with something to show.
func shown(answer json.RawMessage) (n int, err error) {
	var found struct {
		Result []struct {
			Value  [2]any   // of an instant
			Values [][2]any // of a range, or a stream's lines
		}
	}
	if err := json.Unmarshal(answer, &found); err != nil {
		return 0, err
	}
	for _, r := range found.Result {
		if slices.ContainsFunc(append(r.Values, r.Value), func(v [2]any) bool { return v[1] != nil && v[1] != "NaN" }) {
			n++
		}
	}
	return n, nil
}

// maxAnswer bounds an answer, in bytes.
const maxAnswer = 64 << 20

// post sends a form in the API that Prometheus and Loki share, and reads the answer's data.
func post(ctx context.Context, endpoint string, form url.Values, data any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, body, err := resilient.Exchange(http.DefaultClient, req, maxAnswer) //nolint:bodyclose // it closes it
	if err != nil {
		return err
	}
	answer := struct{ Data any }{data}
	if err := json.Unmarshal(body, &answer); err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s", endpoint, resp.Status, strings.TrimSpace(string(body)))
	}
	return nil
}

var timeFilter = regexp.MustCompile(`\$__timeFilter\(([a-z_.]+)\)`)

// rows runs a statement and counts its rows. The answer has them in the shape of Loki's and
// Prometheus' answers: what it is first, then what it holds.
func rows(ctx context.Context, dsn, statement string, w Window) (n int, answer json.RawMessage, err error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, nil, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	at := func(t time.Time) string { return "'" + t.UTC().Format(time.RFC3339) + "'" }
	statement = timeFilter.ReplaceAllString(statement, "$1 BETWEEN "+at(w.To.Add(-w.Span))+" AND "+at(w.To))
	result, err := conn.Query(ctx, statement)
	if err != nil {
		return 0, nil, err
	}
	defer result.Close()
	found := table{ResultType: "table"}
	for _, f := range result.FieldDescriptions() {
		found.Columns = append(found.Columns, f.Name)
	}
	for result.Next() {
		row, err := result.Values()
		if err != nil {
			return 0, nil, err
		}
		found.Result = append(found.Result, row)
	}
	if err := result.Err(); err != nil {
		return 0, nil, err
	}
	answer, err = json.Marshal(found)
	return len(found.Result), answer, err
}

// table is the answer of a statement.
type table struct {
	ResultType string   `json:"resultType"`
	Columns    []string `json:"columns"`
	Result     [][]any  `json:"result"`
}

var variable = regexp.MustCompile(`\$([a-z_]\w*)`) // not a group of label_replace

// expand puts values in place of Grafana's variables and the dashboard's own. least is the
// target's own least step, or the data source's.
func (d Dashboard) expand(text string, w Window, least time.Duration) (string, error) {
	values := map[string]string{
		"__range":         prometheusDuration(w.Span),
		"__interval":      prometheusDuration(w.Step),
		"__auto":          prometheusDuration(w.Step),
		"__rate_interval": prometheusDuration(max(w.Step+least, 4*least)),
		"__timeFilter":    "$__timeFilter", // of SQL: see rows
	}
	for _, v := range d.Templating.List {
		switch current := v.Current.Value.(type) {
		case string:
			values[v.Name] = current
		default:
			return "", fmt.Errorf("variable %s has no single value", v.Name)
		}
		if values[v.Name] == "$__all" {
			values[v.Name] = v.AllValue
		}
	}
	var unknown error
	text = variable.ReplaceAllStringFunc(text, func(name string) string {
		value, ok := values[name[1:]]
		if !ok {
			unknown = fmt.Errorf("no variable %s", name)
		}
		return value
	})
	return text, unknown
}

func prometheusDuration(d time.Duration) string {
	return strconv.FormatInt(int64(d/time.Second), 10) + "s"
}

// duration reads what Grafana and Prometheus write: 10m, 24h, 7d.
func duration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		return time.Duration(n) * 24 * time.Hour, err
	}
	return time.ParseDuration(s)
}
