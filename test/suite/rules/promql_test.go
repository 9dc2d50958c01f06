//go:build rules

package rules

import (
	"flag"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/suite/dashboards"
)

var promlint = flag.String("promlint", "promlint", "path of the program built from tools/promql/promlint")

func TestExpressions(t *testing.T) {
	t.Parallel()
	var all []dashboards.Rule
	for _, r := range load(t) {
		all = append(all, dashboards.Rule{Record: r.Record, Alert: r.Alert, Expr: r.Expr, Labels: r.Labels, Annotations: r.Annotations})
	}
	bad, err := dashboards.CheckRules(all, *promlint)
	if err != nil {
		t.Fatal(err)
	}
	for _, finding := range bad {
		t.Error(finding)
	}
}

func TestExpressionsFindPlantedFaults(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expr, want string }{
		"no such metric":          {"max(service_upp) == 0", "no metric service_upp"},
		"no such record":          {"service:service_upp:last1m == 0", "no metric service:service_upp:last1m"},
		"no such label":           {"max by (service) (service_up) == 0", "reads the label api"},
		"no such label of alerts": {`count by (service) (ALERTS{severityy="critical"}) > 1`, "ALERTS has no label severityy"},
		"lifetime":                {"sum by (api) (api_request_total) > 5", "without rate or increase"},
	} {
		got, err := dashboards.CheckRules([]dashboards.Rule{{Alert: "A", Expr: c.expr, Annotations: map[string]string{"summary": "{{ $labels.api }}"}}}, *promlint)
		if err != nil || !strings.Contains(strings.Join(got, "\n"), c.want) {
			t.Errorf("%s: found %q, %v; want %q", name, got, err, c.want)
		}
	}
}
