//go:build routes

package alerting

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

var amtool = flag.String("amtool", "", "the program")

const config = root + "/alertmanager/alertmanager.yml"

// routed asks Alertmanager's own tool where labels lead.
func routed(t *testing.T, l labels) string {
	t.Helper()
	args := []string{"config", "routes", "test", "--config.file=" + config}
	for k, v := range l {
		args = append(args, k+"="+v)
	}
	out, err := exec.CommandContext(t.Context(), *amtool, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// The routes: labels, and who gets them. The order is that of the file.
func TestRoutes(t *testing.T) {
	t.Parallel()
	for want, sets := range map[string][]labels{
		"heartbeat": {
			{"alertname": "Watchdog", "severity": "none"},
		},
		"on-call": {
			{"alertname": "ExternalAPIDown", "severity": "critical", "tier": "2"},
		},
		"lead":     {{"alertname": "ServiceDown", "severity": "critical", "tier": "3"}},
		"incident": {{"alertname": "ServiceDown", "severity": "critical", "tier": "4"}, {"alertname": "SeveralSystemsAffected", "severity": "critical", "tier": "4", "system": "several"}},
		"respond,slack-alerts": {
			{"alertname": "ExternalAPIDown", "severity": "critical", "api": "tandoor"},
			{"alertname": "APIErrorRateHigh", "severity": "warning", "api": "tandoor"},
			{"alertname": "PageErrorRateHigh", "severity": "warning", "http_route": "/week"},
			{"alertname": "PageLatencyHigh", "severity": "warning", "http_route": "/week"},
		},
		"respond": {
			{"alertname": "MacroBalanceRateLow", "severity": "info"},
			{"alertname": "Unheard"},
			{"alertname": "Unheard", "severity": "page"},
			{"alertname": "Unheard", "severity": "none"},
			{"alertname": "Unheard", "severity": "page", "tier": "9"},
		},
	} {
		for _, l := range sets {
			if got := routed(t, l); got != want {
				t.Errorf("%v goes to %s; want %s", l, got, want)
			}
		}
	}
}

// file is what the tests read of the configuration.
type file struct {
	Receivers []map[string]any
	Route     map[string]any
	Inhibit   []struct {
		Name   string
		Source []string `yaml:"source_matchers"`
		Target []string `yaml:"target_matchers"`
		Equal  []string
	} `yaml:"inhibit_rules"`
}

func read(t *testing.T) (file, string) {
	t.Helper()
	b, err := os.ReadFile(config)
	must(t, err)
	var f file
	must(t, yaml.Unmarshal(b, &f))
	return f, string(b)
}

// Every receiver says whether it wants to hear of the end, because the defaults differ.
func TestSendResolvedIsExplicit(t *testing.T) {
	t.Parallel()
	f, _ := read(t)
	for _, r := range f.Receivers {
		kinds := 0
		for key, v := range r {
			if key == "name" {
				continue
			}
			for _, c := range v.([]any) {
				kinds++
				resolved, said := c.(map[string]any)["send_resolved"].(bool)
				if !said || resolved == (r["name"] == "heartbeat") {
					t.Errorf("%s, %s: send_resolved is %t (said: %t)", r["name"], key, resolved, said)
				}
			}
		}
		if kinds == 0 {
			t.Errorf("%s tells nobody", r["name"])
		}
	}
}

// Inhibition rules have names, equal labels are there, and alerts exist.
func TestInhibitionRulesAreSound(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, r := range rules(t) {
		known[r.Alert] = true
	}
	name := regexp.MustCompile(`alertname=~?"([^"]+)"`)
	f, _ := read(t)
	for i, r := range f.Inhibit {
		if r.Name == "" {
			t.Errorf("rule %d has no name", i)
		}
		if !slices.Contains(r.Source, `tier=""`) {
			t.Errorf("%s: copies are sources", r.Name)
		}
		names := map[string][]string{}
		for side, matchers := range map[string][]string{"source": r.Source, "target": r.Target} {
			for _, l := range r.Equal {
				if !slices.Contains(matchers, l+`!=""`) {
					t.Errorf("%s: the %s may lack %s", r.Name, side, l)
				}
			}
			m := name.FindStringSubmatch(strings.Join(matchers, ","))
			if m == nil {
				t.Fatalf("%s: no alert is the %s", r.Name, side)
			}
			for a := range strings.SplitSeq(m[1], "|") {
				if !known[a] {
					t.Errorf("%s: there is no alert %s", r.Name, a)
				}
				names[side] = append(names[side], a)
			}
		}
		for _, a := range names["source"] {
			if slices.Contains(names["target"], a) {
				t.Errorf("%s: %s mutes itself", r.Name, a)
			}
		}
	}
}

// Nothing secret is in what ships: no key, no webhook, no token, and files only at one place.
func TestNoSecretsShip(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "alertmanager/templates/*"))
	must(t, err)
	for _, f := range append(files, config) {
		b, err := os.ReadFile(f)
		must(t, err)
		if m := regexp.MustCompile(`[0-9a-fA-F]{24,}|hooks\.slack\.com|/services/|(routing_key|service_key|api_url|credentials|slack_api_url):`).Find(b); m != nil {
			t.Errorf("%s has %q", f, m)
		}
		for _, m := range regexp.MustCompile(`_file: (\S+)`).FindAllStringSubmatch(string(b), -1) {
			if !strings.HasPrefix(m[1], "/run/secrets/alertmanager/") {
				t.Errorf("a secret is at %s", m[1])
			}
		}
	}
}

// The alerts of the rule files, with nothing to mute them, and each critical one with its
// tiers' copies.
func TestEveryAlertArrives(t *testing.T) {
	t.Parallel()
	w := newWorld(t, func(s string) string { return s[:strings.Index(s, "\ninhibit_rules:")] + "\n" })
	want := map[string]string{
		"critical": "[respond slack #alerts]", "warning": "[respond slack #alerts]", "info": "[respond]", "none": "[heartbeat]",
		"2": "[pagerduty oncall]", "3": "[pagerduty lead]", "4": "[pagerduty incident slack #incidents]",
	}
	type expected struct {
		labels labels
		want   string
	}
	var sent []alert
	var all []expected
	send := func(r rule, l labels, kind string) {
		a := marked(l)
		a.Annotations["summary"], a.Annotations["runbook_url"], a.Annotations["dashboard"] = r.Annotations["summary"], r.Annotations["runbook_url"], r.Annotations["dashboard"]
		a.Annotations["description"] += " " + r.Annotations["description"]
		sent, all = append(sent, a), append(all, expected{l, want[kind]})
	}
	for _, r := range rules(t) {
		l := labels{"alertname": r.Alert, "severity": r.Labels["severity"], "system": r.Labels["system"]}
		if tier := r.Labels["tier"]; tier != "" {
			l["tier"] = tier
			send(r, l, tier)
			continue
		}
		send(r, l, l["severity"])
		if l["severity"] != "critical" {
			continue
		}
		for _, tier := range []string{"2", "3", "4"} {
			send(r, labels{"alertname": r.Alert, "severity": "critical", "system": l["system"], "tier": tier}, tier)
		}
	}
	w.send(t, sent...)
	eventually(t, "all alerts have arrived", func() bool {
		return !slices.ContainsFunc(all, func(e expected) bool { return len(w.heard(e.labels)) == 0 })
	})
	time.Sleep(quiet)
	for _, e := range all {
		if got := fmt.Sprint(w.heard(e.labels)); got != e.want {
			t.Errorf("%s reached %s; want %s", identity(e.labels), got, e.want)
		}
		// The tool and the server agree.
		tool := strings.NewReplacer("on-call", "pagerduty oncall", "lead", "pagerduty lead", "incident", "pagerduty incident,slack #incidents", "slack-alerts", "slack #alerts").Replace(routed(t, e.labels))
		if got := "[" + strings.ReplaceAll(tool, ",", " ") + "]"; got != e.want {
			t.Errorf("%s: the tool says %s; want %s", identity(e.labels), got, e.want)
		}
	}
	t.Logf("%d alerts and copies", len(all))
}
