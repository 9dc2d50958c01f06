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
	Annotations         map[string]string
}

var annotationLabel = regexp.MustCompile(`\$labels\.(\w+)`)

// CheckRules parses the rules' expressions with the program at promlint and returns what is
// wrong with them. A record comes before what reads it.
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
	recorded := map[string]labels{}
	for _, r := range slices.Concat(only(rules, true), only(rules, false)) {
		p := trees[r.Record+r.Alert]
		if p.Error != "" {
			bad = append(bad, r.Record+r.Alert+": "+p.Error)
			continue
		}
		c := checker{rules: true, recorded: recorded}
		result := c.visit(p.Tree, scope{})
		if r.Record != "" {
			recorded[r.Record] = result.without("__name__")
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

func only(rules []Rule, records bool) []Rule {
	var out []Rule
	for _, r := range rules {
		if (r.Record != "") == records {
			out = append(out, r)
		}
	}
	return out
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
