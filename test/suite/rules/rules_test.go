// Package rules checks prometheus/rules: that every alert is complete, leads somewhere, is
// tested and is described in docs/alerts.md.
package rules

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/mealplanner/mealplanner/test/suite/dashboards"
)

const root = "../../.."

// rule is one rule of the shipping files.
type rule struct {
	Record, Alert, Expr, For string
	Labels, Annotations      map[string]string
}

func read(t *testing.T, pattern string, each func(decode func(any))) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, pattern))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s: %v, %v", pattern, files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		each(func(into any) {
			if err := yaml.Unmarshal(b, into); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
		})
	}
}

func load(t *testing.T) []rule {
	t.Helper()
	var all []rule
	read(t, "prometheus/rules/*.yml", func(decode func(any)) {
		var file struct{ Groups []struct{ Rules []rule } }
		decode(&file)
		for _, g := range file.Groups {
			all = append(all, g.Rules...)
		}
	})
	return all
}

func alerts(t *testing.T) []rule {
	t.Helper()
	return slices.DeleteFunc(load(t), func(r rule) bool { return r.Alert == "" })
}

// isCopy says whether an alert copies others for a tier of escalation: what it says of
// itself is its alerts'.
func (r rule) isCopy() bool { return strings.Contains(r.Expr, "ALERTS") && r.Labels["severity"] == "" }

var (
	slug      = regexp.MustCompile(`^/runbook/[a-z0-9]+(-[a-z0-9]+)*$`)
	dashboard = regexp.MustCompile(`^/d/([a-z-]+)\?viewPanel=(\d+)$`)
)

func TestAlertsAreComplete(t *testing.T) {
	t.Parallel()
	panels, boards := map[string]bool{}, map[string]bool{}
	all, err := dashboards.Load(os.DirFS(root), "grafana/dashboards")
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		boards["/d/"+d.UID] = true
		for _, p := range d.Panels {
			panels[fmt.Sprintf("/d/%s?viewPanel=%d", d.UID, p.ID)] = true
		}
	}
	names, slugs := map[string]bool{}, map[string]bool{}
	for _, r := range alerts(t) {
		a := r.Annotations
		leads := dashboard.MatchString(a["dashboard"]) && panels[a["dashboard"]]
		if r.Labels["tier"] != "" { // about no one thing, hence no panel
			leads = boards[a["dashboard"]]
		}
		switch {
		case names[r.Alert]:
			t.Errorf("%s occurs twice", r.Alert)
		case r.isCopy():
			if r.Labels["tier"] == "" || a["runbook_url"] != "/runbook/{{ $labels.alert }}" || a["summary"] == "" || a["description"] == "" || !leads {
				t.Errorf("%s needs a tier, its alert's runbook, a summary, a description and a dashboard", r.Alert)
			}
		case !slices.Contains([]string{"critical", "warning", "info", "none"}, r.Labels["severity"]):
			t.Errorf("%s has the severity %q", r.Alert, r.Labels["severity"])
		case a["summary"] == "" || !strings.Contains(a["description"], "{{ $value"):
			t.Errorf("%s needs a summary, and a description with the value", r.Alert)
		case !slug.MatchString(a["runbook_url"]) || slugs[a["runbook_url"]]:
			t.Errorf("%s has the runbook %q", r.Alert, a["runbook_url"])
		case !leads:
			t.Errorf("%s leads to %q, which is not there", r.Alert, a["dashboard"])
		}
		names[r.Alert], slugs[a["runbook_url"]] = true, !r.isCopy()
	}
}

// Who updates an installation reads in a file of rules what is new in it.
func TestRuleFilesTellWhatIsNew(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(root + "/prometheus/rules/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if head, _, _ := strings.Cut(string(b), "groups:"); !regexp.MustCompile(`(?m)^# Version [1-9]\d*: .+\.$`).MatchString(head) {
			t.Errorf("%s has no version and change note at its head", f)
		}
	}
}

// Every alert fires in a test, and in another stays silent.
func TestAlertsAreTested(t *testing.T) {
	t.Parallel()
	fires, silent := map[string]bool{}, map[string]bool{}
	read(t, "prometheus/tests/*.yml", func(decode func(any)) {
		var file struct {
			Tests []struct {
				Cases []struct {
					Name   string `yaml:"alertname"`
					Alerts []any  `yaml:"exp_alerts"`
				} `yaml:"alert_rule_test"`
			}
		}
		decode(&file)
		for _, test := range file.Tests {
			for _, c := range test.Cases {
				if len(c.Alerts) > 0 {
					fires[c.Name] = true
				} else {
					silent[c.Name] = true
				}
			}
		}
	})
	for _, r := range alerts(t) {
		if !fires[r.Alert] || !silent[r.Alert] && r.Alert != "Watchdog" {
			t.Errorf("%s: tested to fire: %t, to stay silent: %t", r.Alert, fires[r.Alert], silent[r.Alert])
		}
		delete(fires, r.Alert)
	}
	if len(fires) > 0 {
		t.Errorf("tests of alerts that do not exist: %v", fires)
	}
}

var (
	row     = regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (\\w+) \\| (.+) \\| (\\S+) \\| `(\\S+)` \\|$")
	copyRow = regexp.MustCompile("(?m)^\\| (\\d) \\| `(\\w+)` \\| (\\S+) \\| .+ \\|$")
)

// docs/thresholds.md gives each alert's hold, and a reason.
func TestThresholdsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs/thresholds.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range alerts(t) {
		if !r.isCopy() {
			want = append(want, r.Alert+" "+cmp.Or(r.For, "0m"))
		}
	}
	for _, m := range regexp.MustCompile("(?m)^\\| `([A-Z]\\w+)` \\| [^|]+ \\| (\\d+[mh]) \\| [^|]{10,} \\|$").FindAllStringSubmatch(string(page), -1) {
		got = append(got, m[1]+" "+m[2])
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("docs/thresholds.md lists\n%s\nthe rules are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAlertsPage(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join(root, "docs/alerts.md"))
	if err != nil {
		t.Fatal(err)
	}
	var want, got []string
	for _, r := range alerts(t) {
		hold := r.For
		if hold == "" {
			hold = "0m"
		}
		if r.isCopy() {
			want = append(want, strings.Join([]string{r.Alert, "tier", r.Labels["tier"], hold}, " "))
			continue
		}
		want = append(want, strings.Join([]string{r.Alert, r.Labels["severity"], hold, strings.TrimPrefix(r.Annotations["runbook_url"], "/runbook/")}, " "))
	}
	for _, m := range row.FindAllStringSubmatch(string(page), -1) {
		got = append(got, strings.Join([]string{m[1], m[2], m[4], m[5]}, " "))
	}
	for _, m := range copyRow.FindAllStringSubmatch(string(page), -1) {
		got = append(got, strings.Join([]string{m[2], "tier", m[1], m[3]}, " "))
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(want, got) {
		t.Errorf("docs/alerts.md lists\n%s\nthe rules are\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
