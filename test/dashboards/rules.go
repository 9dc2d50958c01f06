package dashboards

import (
	"maps"
	"regexp"
	"slices"
	"strings"
)

// Rule is one rule of Prometheus: a recording one, or an alert.
type Rule struct {
	Record, Alert, Expr string
	Labels, Annotations map[string]string
}

var annotationLabel = regexp.MustCompile(`\$labels\.(\w+)`)

// CheckRules parses the rules' expressions with the program at promlint and returns what is
// wrong with them. A record comes before what reads it. ALERTS has the labels of all alerts
// that do not read it.
func CheckRules(rules []Rule, promlint string) ([]string, error) {
	exprs := map[string]string{}
	for _, r := range rules {
		exprs[r.Record+r.Alert] = r.Expr
	}
	trees, err := parse(promlint, exprs)
	if err != nil {
		return nil, err
	}
	var bad []string
	recorded, alerts := map[string]labels{}, setOf("alertname", "alertstate", "tier")
	for _, r := range inOrder(rules, trees) {
		p := trees[r.Record+r.Alert]
		if p.Error != "" {
			bad = append(bad, r.Record+r.Alert+": "+p.Error)
			continue
		}
		c := checker{rules: true, recorded: recorded, alerts: alerts}
		result := c.visit(p.Tree, scope{}).without("__name__")
		own := setOf(slices.Collect(maps.Keys(r.Labels))...) // not seen by $labels
		if r.Record != "" {
			recorded[r.Record] = result
			maps.Copy(result, own)
		} else {
			maps.Copy(alerts, result)
			maps.Copy(alerts, own)
		}
		for _, key := range slices.Sorted(maps.Keys(r.Annotations)) {
			for _, m := range annotationLabel.FindAllStringSubmatch(r.Annotations[key], -1) {
				if !result[m[1]] {
					c.say("%s reads the label %s; the result has %s", key, m[1], result)
				}
			}
		}
		for _, finding := range c.bad {
			bad = append(bad, r.Record+r.Alert+": "+finding)
		}
	}
	return bad, nil
}

// inOrder returns records first and what reads ALERTS last.
func inOrder(rules []Rule, trees map[string]parsed) []Rule {
	turn := func(r Rule) int {
		switch {
		case r.Record != "":
			return 0
		case trees[r.Alert].Tree.selects("ALERTS"):
			return 2
		default:
			return 1
		}
	}
	return slices.SortedStableFunc(slices.Values(rules), func(a, b Rule) int { return turn(a) - turn(b) })
}

func (n node) selects(metric string) bool {
	return n.Kind == "selector" && n.Name == metric || slices.ContainsFunc(n.Args, func(arg node) bool { return arg.selects(metric) })
}

// ruleRecord finds what a rule recorded; its name has colons.
func (c *checker) ruleRecord(name string) (labels, bool) {
	l, ok := c.recorded[name]
	if !ok || !strings.Contains(name, ":") {
		return nil, false
	}
	l = maps.Clone(l)
	l["__name__"] = true
	return l, true
}
