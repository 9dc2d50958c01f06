package dashboards

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/jackc/pgx/v5"
)

// Servers are the data sources' addresses.
type Servers struct {
	Prometheus, Loki string // base URLs
	PostgreSQL       string // connection string
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
	Planned                 []string // what the target waits for
	Rows                    int      // series, streams or rows
	MayBeEmpty              bool     // nothing to show is good news
	Err                     error
}

// OK reports whether the target showed what it should today.
func (r Result) OK() bool { return r.Err == nil && (r.Rows > 0 || r.MayBeEmpty || len(r.Planned) > 0) }

// mayBeEmpty are the targets that have nothing to show while all is well.
var mayBeEmpty = map[string]bool{
	"telemetry/Collector: Refused and Failed/C": true, // counters that are born with the first failure
	"telemetry/Loki/B":                          true,
	"telemetry/Alerts/D":                        true, // no rules, no series
}

// Run asks every target of every panel as Grafana would. Targets on planned metrics are
// asked too: they must be well-formed.
func Run(ctx context.Context, all []Dashboard, s Servers, w Window, migrations string) []Result {
	var results []Result
	for _, d := range all {
		for _, p := range d.Panels {
			for _, t := range p.Targets {
				r := Result{Dashboard: d.UID, Panel: p.Title, RefID: t.RefID, Planned: t.Planned(migrations)}
				r.MayBeEmpty = mayBeEmpty[d.UID+"/"+p.Title+"/"+t.RefID]
				r.Rows, r.Err = s.ask(ctx, d, p, t, w)
				results = append(results, r)
			}
		}
	}
	return results
}

// WriteTable prints results.
func WriteTable(out io.Writer, results []Result) error {
	tw := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, r := range results {
		state := "ok"
		switch {
		case r.Err != nil:
			state = "ERROR " + r.Err.Error()
		case len(r.Planned) > 0:
			state = "planned: " + strings.Join(r.Planned, ", ")
		case !r.OK():
			state = "EMPTY"
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%d\t%s\n", r.Dashboard, r.Panel, r.RefID, r.Rows, state)
	}
	return tw.Flush()
}

func (s Servers) ask(ctx context.Context, d Dashboard, p Panel, t Target, w Window) (int, error) {
	if p.TimeFrom != "" {
		span, err := duration(p.TimeFrom)
		if err != nil {
			return 0, err
		}
		w.Span = span
	}
	for _, least := range []string{p.Interval, t.Interval} {
		if least == "" {
			continue
		}
		step, err := duration(least)
		if err != nil {
			return 0, err
		}
		w.Step = max(w.Step, step)
	}
	text, err := d.expand(t.Query(), w)
	if err != nil {
		return 0, err
	}
	switch p.Datasource.Type {
	case "prometheus":
		return prometheus(ctx, s.Prometheus, text, t.Instant, w)
	case "loki":
		return count(ctx, s.Loki+"/loki/api/v1/query_range", url.Values{
			"query": {text}, "start": {nanos(w.To.Add(-w.Span))}, "end": {nanos(w.To)}, "step": {prometheusDuration(w.Step)}, "limit": {"1000"},
		})
	default:
		return rows(ctx, s.PostgreSQL, text, w)
	}
}

func prometheus(ctx context.Context, base, expr string, instant bool, w Window) (int, error) {
	if instant {
		return count(ctx, base+"/api/v1/query", url.Values{"query": {expr}, "time": {seconds(w.To)}})
	}
	return count(ctx, base+"/api/v1/query_range", url.Values{
		"query": {expr}, "start": {seconds(w.To.Add(-w.Span))}, "end": {seconds(w.To)}, "step": {seconds(time.Unix(0, int64(w.Step)))},
	})
}

func seconds(t time.Time) string { return strconv.FormatFloat(float64(t.UnixNano())/1e9, 'f', 3, 64) }
func nanos(t time.Time) string   { return strconv.FormatInt(t.UnixNano(), 10) }

// count posts a query in the API that Prometheus and Loki share, and counts what comes back.
func count(ctx context.Context, endpoint string, form url.Values) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err
	}
	var answer struct {
		Error string
		Data  struct{ Result []json.RawMessage }
	}
	if err := json.Unmarshal(body, &answer); err != nil || resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s %s", endpoint, resp.Status, strings.TrimSpace(string(body)))
	}
	return len(answer.Data.Result), nil
}

var timeFilter = regexp.MustCompile(`\$__timeFilter\(([a-z_.]+)\)`)

// rows runs a statement and counts its rows.
func rows(ctx context.Context, dsn, statement string, w Window) (int, error) {
	conn, err := pgx.Connect(ctx, dsn)
	if err != nil {
		return 0, err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	at := func(t time.Time) string { return "'" + t.UTC().Format(time.RFC3339) + "'" }
	statement = timeFilter.ReplaceAllString(statement, "$1 BETWEEN "+at(w.To.Add(-w.Span))+" AND "+at(w.To))
	result, err := conn.Query(ctx, statement)
	if err != nil {
		return 0, err
	}
	defer result.Close()
	n := 0
	for result.Next() {
		n++
	}
	return n, result.Err()
}

var variable = regexp.MustCompile(`\$(\w+)`)

// expand puts values in place of Grafana's variables and the dashboard's own.
func (d Dashboard) expand(text string, w Window) (string, error) {
	values := map[string]string{
		"__range":         prometheusDuration(w.Span),
		"__interval":      prometheusDuration(w.Step),
		"__auto":          prometheusDuration(w.Step),
		"__rate_interval": prometheusDuration(max(w.Step+scrape, 4*scrape)),
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
