//go:build dashboards

package dashboards

import (
	"flag"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var promlint = flag.String("promlint", "promlint", "path of the program built from tools/promql/promlint")

func rules(t *testing.T) []Rule {
	t.Helper()
	all, err := LoadRules(root)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestQueries(t *testing.T) {
	t.Parallel()
	bad, err := CheckQueries(load(t), rules(t), *promlint)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range bad {
		t.Error(finding)
	}
}

// The query that leads from a trace to its component's metrics.
func TestQueryOfTheLinkFromTraces(t *testing.T) {
	t.Parallel()
	m := regexp.MustCompile(`(?m)^ +query: (histogram_quantile.*)$`).FindStringSubmatch(read(t, provision))
	if m == nil {
		t.Fatal("there is no such query")
	}
	expr := strings.Replace(m[1], "$$__tags", `component="email_render", deployment_environment_name="demo"`, 1)
	trees, err := parse(*promlint, map[string]string{"link": expr})
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range checkPromQL(trees["link"], made{}) {
		t.Error(finding)
	}
}

func TestQueriesFindPlantedFaults(t *testing.T) {
	t.Parallel()
	const env = `{deployment_environment_name=~".*"}`
	cases := map[string]struct{ expr, want string }{
		"by without an aggregation": {`api_availability by (api)`, "parse error"},
		"no such metric":            {`sum(generation_successes_total` + env + `)`, "no metric generation_successes_total"},
		"no such label":             {`sum(increase(generation_success_total{deployment_environment_name="a", api="tandoor"}[7d]))`, "generation_success_total has no label api"},
		"no such value":             {`api_availability{deployment_environment_name="a", api="tandor"}`, `api is never = "tandor"`},
		"grouped by nothing":        {`max by (job_type) (api_availability` + env + `)`, "max by or without job_type"},
		"lost on the way":           {`sum by (api) (sum(rate(api_request_total` + env + `[5m])))`, "sum by or without api"},
		"rate of a gauge":           {`rate(api_availability` + env + `[5m])`, "rate of the gauge api_availability"},
		"lifetime of a counter":     {`sum(generation_success_total` + env + `)`, "without rate or increase"},
		"bare histogram":            {`email_delivery_latency_seconds` + env, "by its bare name"},
		"quantile without le":       {`histogram_quantile(0.95, sum by (api) (rate(api_request_duration_seconds_bucket` + env + `[5m])))`, "needs the label le"},
		"buckets added up":          {`sum(increase(api_request_duration_seconds_bucket` + env + `[5m]))`, "outside histogram_quantile"},
		"sides that never match":    {`sum by (conflict_type) (increase(generation_recipe_selection_conflicts_total` + env + `[7d])) / sum(increase(generation_attempts_total` + env + `[7d]))`, "never matches: the sides are {conflict_type} and {}"},
		"on a label of one side":    {`max by (api) (api_availability` + env + `) * on (api) max by (pool) (database_connection_pool_usage` + env + `)`, "* on api"},
		"every environment":         {`max(service_up)`, "does not follow the environment"},
		"all there is":              {`sum({job="x"})`, "can be counted only"},
		"foreign label":             {`sum by (receiver) (rate(otelcol_exporter_sent_spans[5m]))`, "sum by or without receiver"},
		"foreign metric":            {`rate(otelcol_exporter_sent_spans_total[5m])`, "no metric otelcol_exporter_sent_spans_total"},
		"rate of a pattern":         {`sum(rate({__name__=~"otelcol_exporter_sent_.*"}[5m]))`, "can be counted only"},
		"joined from nothing":       {`sum by (of) (label_join(max by (api) (api_availability` + env + `), "from", "", "api"))`, "sum by or without of"},
		"fine":                      {`histogram_quantile(0.95, sum by (api, le) (rate(api_request_duration_seconds_bucket` + env + `[5m] anchored)))`, ""},
	}
	exprs := map[string]string{}
	for name, c := range cases {
		exprs[name] = c.expr
	}
	trees, err := parse(*promlint, exprs)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range cases {
		got := strings.Join(checkPromQL(trees[name], made{}), "\n")
		if !strings.Contains(got, c.want) || (c.want == "") != (got == "") {
			t.Errorf("%s: found %q; want %q", name, got, c.want)
		}
	}
}

// Faults in a dashboard reach the report under the panel's name.
func TestQueriesOfPlantedDashboards(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ uid, old, replacement, want string }{
		"metric":         {"system-health", "api_availability{", "api_available{", `panel 1 "API Availability" A: no metric api_available`},
		"legend":         {"system-health", `"legendFormat": "{{pool}}"`, `"legendFormat": "{{pools}}"`, "the panel reads the label pools; the result has {pool}"},
		"join":           {"system-health", `"byField": "query"`, `"byField": "statement"`, "the panel reads the label statement; the result has {query}"},
		"variable":       {"system-health", `\"$environment\"`, `\"$env\"`, "no variable $env"},
		"log label":      {"telemetry", "{service_name=~", "{service=~", "does not select by an index label"},
		"log grouping":   {"telemetry", "by (level)", "by (user_id)", "not an index label"},
		"log expression": {"telemetry", "count_over_time(", "count_of(", "not a log query"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bad, err := CheckQueries(loadFrom(t, planted(t, c.uid, c.old, c.replacement)), rules(t), *promlint)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(bad, "\n"); !strings.Contains(got, c.want) {
				t.Errorf("found %q; want %q", got, c.want)
			}
		})
	}
}

// Of two alerts of one name, the list says which is of what: it shows every label in which
// the alerts of one rule differ.
func TestAlertsNameWhatTheyAreOf(t *testing.T) {
	t.Parallel()
	m, bad, err := checkRules(rules(t), *promlint)
	if err != nil || len(bad) > 0 {
		t.Fatal(bad, err)
	}
	p, ok := find(load(t), "service-levels", "Alerts That Fire")
	if !ok {
		t.Fatal("no such panel")
	}
	// The same for all; of a loss at Loki, beside the station; of the process that evaluates.
	detail := []string{"alertstate", "reason", "service_name", "instance", environmentLabel}
	for label := range m.alerts {
		if !slices.Contains(detail, label) && !regexp.MustCompile(`\b`+label+`\b.*\bALERTS\b|"`+label+`"`).MatchString(p.Targets[0].Expr) {
			t.Errorf("the list does not show the label %s", label)
		}
	}
}
