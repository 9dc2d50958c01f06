package dashboards

import (
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Rule is one rule of Prometheus: a recording one, or an alert.
type Rule struct {
	Record, Alert, Expr string
	Labels, Annotations map[string]string
}

var annotationLabel = regexp.MustCompile(`\$labels\.(\w+)`)

// LoadRules reads the rule files of the repository.
func LoadRules(fsys fs.FS) (all []Rule, err error) {
	files, err := fs.Glob(fsys, "prometheus/rules/*.yml")
	if err != nil {
		return nil, err
	}
	for _, f := range files {
		b, err := fs.ReadFile(fsys, f)
		if err != nil {
			return nil, err
		}
		var file struct{ Groups []struct{ Rules []Rule } }
		if err := yaml.Unmarshal(b, &file); err != nil {
			return nil, err
		}
		for _, g := range file.Groups {
			all = append(all, g.Rules...)
		}
	}
	return all, nil
}

// made is what rules make: the labels of each record, and those of ALERTS.
type made struct {
	recorded map[string]labels
	alerts   labels // nil where nothing may read it
}

// CheckRules parses the rules' expressions with the program at promlint and returns what is
// wrong with them.
func CheckRules(rules []Rule, promlint string) ([]string, error) {
	_, bad, err := checkRules(rules, promlint)
	return bad, err
}

// checkRules also returns what the rules make. A record comes before what reads it. ALERTS
// has the labels of all alerts that do not read it.
func checkRules(rules []Rule, promlint string) (_ made, bad []string, err error) {
	exprs := map[string]string{}
	for _, r := range rules {
		exprs[r.Record+r.Alert] = r.Expr
	}
	trees, err := parse(promlint, exprs)
	if err != nil {
		return made{}, nil, err
	}
	recorded, alerts := map[string]labels{}, setOf("alertname", "alertstate", "tier")
	for _, r := range inOrder(rules, trees) {
		p := trees[r.Record+r.Alert]
		if p.Error != "" {
			bad = append(bad, r.Record+r.Alert+": "+p.Error)
			continue
		}
		c := checker{rules: true, made: made{recorded, alerts}}
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
	return made{recorded, alerts}, bad, nil
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
