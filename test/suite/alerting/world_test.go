//go:build routes

// Package alerting runs the shipping alertmanager.yml in the real Alertmanager, with a
// sandbox's PagerDuty and Slack and a sink for the api's webhooks behind it, and looks at
// who hears of what. Waiting times are shortened; everything else is what ships.
package alerting

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/mealplanner/mealplanner/pkg/ops/alertmanager"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

const root = "../../.."

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type labels = map[string]string

// alert is what Prometheus sends.
type alert struct {
	Labels      labels    `json:"labels"`
	Annotations labels    `json:"annotations,omitempty"`
	StartsAt    time.Time `json:"startsAt"`
	EndsAt      time.Time `json:"endsAt"`
}

// rule is an alert of the shipping rule files.
type rule struct {
	Alert               string
	Labels, Annotations labels
}

// rules are the alerts of the rule files, without those that copy them for the tiers.
func rules(t *testing.T) []rule {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, "prometheus/rules/*.yml"))
	must(t, err)
	var all []rule
	for _, f := range files {
		b, err := os.ReadFile(f)
		must(t, err)
		var file struct{ Groups []struct{ Rules []rule } }
		must(t, yaml.Unmarshal(b, &file))
		for _, g := range file.Groups {
			for _, r := range g.Rules {
				if r.Alert != "" && r.Labels["severity"] != "" {
					all = append(all, r)
				}
			}
		}
	}
	if len(all) < 25 {
		t.Fatalf("%d alerts only", len(all))
	}
	return all
}

// webhook is one notification that the api got.
type webhook struct {
	path, authorization string
	at                  time.Time

	Receiver, Status string
	GroupLabels      labels
	CommonLabels     labels
	Alerts           []struct {
		Status      string
		Labels      labels
		Annotations labels
	}
}

// world is one Alertmanager and all who hear of it.
type world struct {
	*stack.Stack
	box   *sandbox.Sandbox
	token string

	mu    sync.Mutex
	hooks []webhook
}

// times shortens the waiting times of the copied configuration.
var times = strings.NewReplacer(
	"group_wait: 10s", "group_wait: 300ms",
	"group_interval: 1m", "group_interval: 500ms",
	"group_interval: 30s", "group_interval: 500ms",
	"group_interval: 15s", "group_interval: 400ms",
	"repeat_interval: 50s", "repeat_interval: 900ms",
)

// newWorld starts all of it; change edits the configuration further.
func newWorld(t *testing.T, change func(string) string) *world {
	t.Helper()
	w := &world{token: "token-of-the-api-" + strings.Repeat("5f", 16)}
	w.box = program.Sandbox(t, sandbox.Options{Library: tandoortest.Small(), People: []sandbox.Person{}})
	api := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(api.Close)
	t.Cleanup(func() {
		for _, r := range w.box.PagerDuty.Record().Refused {
			if r.Status == http.StatusBadRequest {
				t.Errorf("PagerDuty refused an event: %v", r.Errors)
			}
		}
		for _, r := range w.box.Slack.Record().Refused {
			t.Errorf("Slack refused a message: %s: %s", r.Error, r.Reason)
		}
	})
	w.Stack = stacktest.Start(t, []string{stack.Alertmanager}, nil, func(s *stack.Stack) error {
		s.LogLevel = "debug"
		if err := s.SetReceivers(t.Context(), stack.Receivers{
			PagerDutyURL: w.box.PagerDutyURL(), RoutingKeys: w.box.RoutingKeys, SlackURL: w.box.SlackURL(), API: api.URL, Token: w.token,
		}); err != nil {
			return err
		}
		b, err := os.ReadFile(s.AlertmanagerConfig())
		if err != nil {
			return err
		}
		text := times.Replace(string(b))
		if change != nil {
			text = change(text)
		}
		return os.WriteFile(s.AlertmanagerConfig(), []byte(text), 0o600)
	})
	return w
}

// receive is the api as far as Alertmanager knows it.
func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	h := webhook{path: r.URL.Path, authorization: r.Header.Get("Authorization"), at: time.Now()}
	if err := json.NewDecoder(r.Body).Decode(&h); err != nil {
		rw.WriteHeader(http.StatusBadRequest)
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.hooks = append(w.hooks, h)
}

func (w *world) webhooks(path string) []webhook {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.hooks), func(h webhook) bool { return h.path != path })
}

const (
	notify    = "/alerts/notify"
	heartbeat = "/alerts/heartbeat"
)

// firing makes an alert out of labels, with annotations like those of the rules.
func firing(l labels) alert {
	return alert{
		Labels: l, StartsAt: time.Now(), EndsAt: time.Now().Add(time.Hour),
		Annotations: labels{
			"summary": l["alertname"] + " <5% & rising", "description": "It is at 7% (threshold: >5%).",
			"runbook_url": "/runbook/" + strings.ToLower(l["alertname"]), "dashboard": "/d/system-health?viewPanel=1",
		},
	}
}

// send gives Alertmanager alerts; resolve ends them.
func (w *world) send(t *testing.T, alerts ...alert) {
	t.Helper()
	b, err := json.Marshal(alerts)
	must(t, err)
	resp, err := http.Post(w.Ports.URL(stack.Alertmanager)+"/api/v2/alerts", "application/json", bytes.NewReader(b))
	must(t, err)
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(resp.Body)
		t.Fatalf("Alertmanager answers %d: %s", resp.StatusCode, said)
	}
}

func (w *world) resolve(t *testing.T, alerts ...alert) {
	t.Helper()
	for i := range alerts {
		alerts[i].EndsAt = time.Now()
	}
	w.send(t, alerts...)
}

// get fetches something of Alertmanager's API.
func (w *world) get(t *testing.T, path string) string {
	t.Helper()
	resp, err := http.Get(w.Ports.URL(stack.Alertmanager) + path)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return string(b)
}

// inhibited are the names of the alerts that Alertmanager keeps silent about.
func (w *world) inhibited(t *testing.T) []string {
	t.Helper()
	all, err := alertmanager.New(w.Ports.URL(stack.Alertmanager), http.DefaultClient).Alerts(t.Context())
	must(t, err)
	var out []string
	for _, a := range all {
		if len(a.Status.InhibitedBy) > 0 {
			out = append(out, identity(a.Labels))
		}
	}
	slices.Sort(out)
	return out
}

// identity names an alert by its labels, the severity and the system left out.
func identity(l labels) string {
	parts := []string{l["alertname"]}
	for _, k := range slices.Sorted(maps.Keys(l)) {
		if k != "alertname" && k != "severity" && k != "system" {
			parts = append(parts, k+"="+l[k])
		}
	}
	return strings.Join(parts, " ")
}

// heard is where a firing alert of this name and these labels arrived: "respond",
// "heartbeat", "slack #alerts", "pagerduty oncall" and so on.
func (w *world) heard(l labels) []string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, path := range []string{notify, heartbeat} {
		for _, h := range w.webhooks(path) {
			for _, a := range h.Alerts {
				if a.Status == "firing" && identity(a.Labels) == identity(l) {
					add(h.Receiver)
				}
			}
		}
	}
	for _, e := range w.box.PagerDuty.Record().Events {
		if e.Action == "trigger" && strings.Contains(fmt.Sprint(e.Payload.Details["firing"]), mark(l)) {
			add("pagerduty " + e.Service)
		}
	}
	for _, m := range w.box.Slack.Record().Messages {
		for _, a := range m.Attachments {
			if a.Color != "good" && strings.Contains(a.Text, mark(l)) {
				add("slack " + m.Channel)
			}
		}
	}
	slices.Sort(out)
	return out
}

// marked is an alert whose description says who it is, so that texts can be told apart.
func marked(l labels) alert {
	a := firing(l)
	a.Annotations["description"] = mark(l) + ". It is at 7% (threshold: >5%)."
	return a
}

func mark(l labels) string { return "[" + identity(l) + "]" }

// eventually fails when something is not so within ten seconds.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	for begin := time.Now(); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Since(begin) > 10*time.Second {
			t.Fatalf("not within 10 s: %s", what)
		}
	}
}

// quiet is longer than a group waits, and its interval.
const quiet = 1200 * time.Millisecond
