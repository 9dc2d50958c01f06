//go:build routes

package alerting

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/slacktest"
	"github.com/mealplanner/mealplanner/test/kit/stack"
)

// down is ExternalAPIDown as it arrives from Prometheus, or its copy for a tier.
func down(api, tier string) alert {
	a := firing(critical("ExternalAPIDown", "api", api, "system", "upstream"))
	a.Annotations = labels{
		"summary": "External API " + api + " is down", "description": "API unavailable for >5 minutes: 0 (0: probes are not answered, -1: nobody probes).",
		"runbook_url": "/runbook/api-down", "dashboard": "/d/system-health?viewPanel=1",
	}
	if tier != "" {
		a.Labels["tier"] = tier
		a.Annotations["summary"] = "ExternalAPIDown fires"
		a.Annotations["description"] = "Tier " + tier + ", 0 alert. On call: Ana · Automatic response: probe: failed; "
	}
	return a
}

func (w *world) incidents(service string) []pagerdutytest.Incident {
	return slices.DeleteFunc(w.box.PagerDuty.Record().Incidents, func(i pagerdutytest.Incident) bool { return i.Service != service })
}

func (w *world) messages(channel string) []slacktest.Message {
	return slices.DeleteFunc(w.box.Slack.Record().Messages, func(m slacktest.Message) bool { return m.Channel != channel })
}

func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v; want %v", what, got, want)
	}
}

// A page from its beginning to its end, tier by tier.
func TestPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	alerts := []alert{
		down("tandoor", ""), down("tandoor", "2"), down("tandoor", "3"), down("tandoor", "4"), down("fatsecret", "2"),
	}
	w.send(t, alerts...)
	eventually(t, "all are paged", func() bool {
		return len(w.incidents("oncall")) == 2 && len(w.incidents("lead")) == 1 && len(w.incidents("incident")) == 1 && len(w.messages("#incidents")) == 1 && len(w.messages("#alerts")) == 1
	})
	keys := map[string]string{}
	for _, i := range w.box.PagerDuty.Record().Incidents {
		if keys[i.DedupKey] != "" {
			t.Errorf("%s and %s share a key", keys[i.DedupKey], i.Service)
		}
		keys[i.DedupKey] = i.Service + " " + i.Payload.Component
	}
	for _, i := range w.incidents("oncall") {
		p := i.Payload
		equal(t, "summary", p.Summary, "Tier 2: ExternalAPIDown fires ("+p.Component+")")
		equal(t, "severity, class, group, source", []string{p.Severity, p.Class, p.Group, p.Source}, []string{"critical", "ExternalAPIDown", "upstream", "meal-planner"})
		equal(t, "links", i.Links, []pagerdutytest.Link{
			{Href: "http://localhost:8080/runbook/api-down", Text: "Runbook"}, {Href: "http://localhost:3000/d/system-health?viewPanel=1", Text: "Dashboard"},
		})
		equal(t, "details", []any{p.Details["tier"], p.Details["runbook"], p.Details["dashboard"], p.Details["num_firing"], p.Details["resolved"]},
			[]any{"2", i.Links[0].Href, i.Links[1].Href, "1", []any{}})
		for _, part := range []string{"Tier 2, 0 alert. On call: Ana · Automatic response: probe: failed; ", " Since ", " UTC. alertname=ExternalAPIDown, api=" + p.Component} {
			if !strings.Contains(fmt.Sprint(p.Details["firing"]), part) {
				t.Errorf("the details lack %q: %v", part, p.Details["firing"])
			}
		}
	}
	if e := w.box.PagerDuty.Record().Events[0]; e.Client != "Alertmanager" || !strings.HasPrefix(e.ClientURL, w.Ports.URL(stack.Alertmanager)) {
		t.Errorf("sent by %s at %s", e.Client, e.ClientURL)
	}
	w.resolve(t, alerts...)
	eventually(t, "all are resolved", func() bool {
		return !slices.ContainsFunc(w.box.PagerDuty.Record().Incidents, func(i pagerdutytest.Incident) bool { return i.Status != pagerdutytest.Resolved }) &&
			len(w.messages("#incidents")) == 2 && len(w.messages("#alerts")) == 2 && len(w.webhooks(notify)) == 2
	})
	rec := w.box.PagerDuty.Record()
	equal(t, "incidents, events", []int{len(rec.Incidents), len(rec.Events)}, []int{4, 8})
	for _, e := range rec.Events {
		if keys[e.DedupKey] == "" || e.Incident == 0 {
			t.Errorf("%s has the key of no page", e.Action)
		}
	}
	hooks := w.webhooks(notify)
	equal(t, "the api's notifications", len(hooks), 2)
	equal(t, "their states", hooks[0].Status+", "+hooks[1].Status, "firing, resolved")
}

func TestSlackText(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	slow := firing(warning("DatabaseQuerySlow", "query", "claim_jobs", "system", "database"))
	slow.Annotations["summary"] = "Slow database query (p95 >100ms) & more"
	slow.Annotations["description"] = "Query claim_jobs: 250ms (threshold: <100ms)."
	w.send(t, down("tandoor", ""), down("tandoor", "4"), slow)
	eventually(t, "three messages", func() bool { return len(w.messages("#alerts")) == 2 && len(w.messages("#incidents")) == 1 })
	byColour := map[string]slacktest.Attachment{}
	for _, m := range w.messages("#alerts") {
		equal(t, "attachments", len(m.Attachments), 1)
		byColour[m.Attachments[0].Color] = m.Attachments[0]
	}
	got := byColour["warning"]
	equal(t, "title", got.Title, "Slow database query (p95 &gt;100ms) &amp; more")
	equal(t, "fallback", got.Fallback, got.Title)
	equal(t, "title's link", got.TitleLink, "http://localhost:8080/runbook/databasequeryslow")
	equal(t, "text", got.Text, "Query claim_jobs: 250ms (threshold: &lt;100ms). `query=claim_jobs`\n"+
		"<http://localhost:8080/runbook/databasequeryslow|Runbook> · <http://localhost:3000/d/system-health?viewPanel=1|Dashboard>")
	equal(t, "title of the critical one", byColour["danger"].Title, "External API tandoor is down")
	incident := w.messages("#incidents")[0].Attachments[0]
	equal(t, "title of the tier", incident.Title, "Tier 4: ExternalAPIDown fires (tandoor)")
	if !strings.Contains(incident.Text, "On call: Ana") || incident.Color != "danger" {
		t.Errorf("the tier's message is %+v", incident)
	}
	w.resolve(t, slow)
	eventually(t, "the end is told", func() bool { return len(w.messages("#alerts")) == 3 })
	end := w.messages("#alerts")[2].Attachments[0]
	equal(t, "colour of the end", end.Color, "good")
	equal(t, "title of the end", end.Title, "Resolved: Slow database query (p95 &gt;100ms) &amp; more")
}

// One message for one cause, and one each for several.
func TestGrouping(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	w.send(
		t,
		firing(warning("EmailDeliveryRateLow", "email_type", "weekly_plan")), firing(warning("EmailDeliveryRateLow", "email_type", "reminder")),
		firing(warning("SchedulerRetryRateHigh", "job_type", "weekly_generation")), firing(warning("SchedulerRetryRateHigh", "job_type", "recipe_sync")),
		firing(warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-api")), firing(warning("AvailabilityBudgetBurnSlow", "service", "meal-planner-scheduler")),
		firing(warning("DatabaseConnectionPoolHigh", "pool", "api")), firing(warning("DatabaseConnectionPoolHigh", "pool", "scheduler")),
		firing(with("info", "MacroBalanceRateLow", nil)),
	)
	eventually(t, "seven messages", func() bool { return len(w.messages("#alerts")) >= 7 })
	time.Sleep(quiet)
	equal(t, "messages", len(w.messages("#alerts")), 7)
	both := 0
	for _, m := range w.messages("#alerts") {
		if strings.Contains(m.Attachments[0].Text, "email_type=weekly_plan") && strings.Contains(m.Attachments[0].Text, "email_type=reminder") {
			both++
		}
	}
	equal(t, "messages with both kinds of mail", both, 1)
	equal(t, "incidents, for nothing here pages", len(w.box.PagerDuty.Record().Incidents), 0)
	for _, m := range w.messages("#alerts") {
		if strings.Contains(m.Attachments[0].Title, "MacroBalanceRateLow") {
			t.Error("Slack hears of what is for information")
		}
	}
}

// The heartbeat goes on, with the api's token, and nobody else hears it.
func TestHeartbeat(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	dog := firing(labels{"alertname": "Watchdog", "severity": "none", "system": "telemetry"})
	w.send(t, dog)
	eventually(t, "three beats", func() bool { return len(w.webhooks(heartbeat)) >= 3 })
	beats := w.webhooks(heartbeat)
	for i := 1; i < len(beats); i++ {
		// Shortened: a tick every 0.5 s, a repeat due after 0.9 s, so a beat every second.
		if d := beats[i].at.Sub(beats[i-1].at); d < 800*time.Millisecond || d > 1800*time.Millisecond {
			t.Errorf("%s between beats", d)
		}
	}
	w.resolve(t, dog)
	time.Sleep(quiet)
	n := len(w.webhooks(heartbeat))
	time.Sleep(2 * quiet)
	equal(t, "beats after the end", len(w.webhooks(heartbeat))-n, 0)
	for _, b := range w.webhooks(heartbeat) {
		equal(t, "authorization", b.authorization, "Bearer "+w.token)
		equal(t, "status", b.Status, "firing")
	}
	equal(t, "others", []int{len(w.webhooks(notify)), len(w.box.Slack.Record().Messages), len(w.box.PagerDuty.Record().Events)}, []int{0, 0, 0})
}

// Receivers that fail get it later, and what is secret is seen nowhere meanwhile.
func TestFailuresAndSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t, nil)
	for _, r := range []faultswitch.Rule{
		{Upstream: "pagerduty", Status: http.StatusTooManyRequests, Times: 1},
		{Upstream: "pagerduty", Outage: true, Skip: 1, Times: 1},
		{Upstream: "slack", Outage: true, Times: 1},
		{Upstream: "slack", Status: http.StatusInternalServerError, Skip: 1, Times: 1},
	} {
		_, err := w.box.Faults.Set(r)
		must(t, err)
	}
	w.send(t, down("tandoor", ""), down("tandoor", "2"))
	eventually(t, "both got it in the end", func() bool { return len(w.incidents("oncall")) == 1 && len(w.messages("#alerts")) == 1 })
	// An answer that no repetition changes.
	_, err := w.box.Faults.Set(faultswitch.Rule{Upstream: "slack", Status: http.StatusForbidden})
	must(t, err)
	w.send(t, firing(warning("CardinalityOverflow")))
	log := func() string {
		b, err := os.ReadFile(w.LogFile(stack.Alertmanager))
		must(t, err)
		return string(b)
	}
	eventually(t, "the log tells of the 403", func() bool { return strings.Contains(log(), "403") })
	p, ok := w.Running(stack.Alertmanager)
	if !ok {
		t.Fatal("Alertmanager does not run")
	}
	places := map[string]string{
		"the log": log(), "the status": w.get(t, "/api/v2/status"), "the metrics": w.get(t, "/metrics"), "the configuration": "",
		"what PagerDuty kept": fmt.Sprintf("%+v", w.box.PagerDuty.Record()), "what Slack kept": fmt.Sprintf("%+v", w.box.Slack.Record()),
	}
	for name, path := range map[string]string{
		"the configuration": w.AlertmanagerConfig(), "the arguments": fmt.Sprintf("/proc/%d/cmdline", p.PID), "the environment": fmt.Sprintf("/proc/%d/environ", p.PID),
	} {
		b, err := os.ReadFile(path)
		must(t, err)
		places[name] = string(b)
	}
	secrets := map[string]string{"the api's token": w.token, "the webhook's token": filepath.Base(w.box.SlackURL())}
	for _, s := range sandbox.PagerDutyServices {
		secrets["the routing key of "+s] = w.box.RoutingKeys[s]
	}
	for place, text := range places {
		if len(text) < 30 {
			t.Errorf("%s: %q cannot be all", place, text)
		}
		for name, secret := range secrets {
			if len(secret) < 16 || strings.Contains(text, secret) {
				t.Errorf("%s is in %s", name, place)
			}
		}
	}
}
