//go:build drill

package drill

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/sandbox/pagerdutytest"
)

// A critical alert is answered automatically, pages who is on call, the lead and incident
// response, each at their time; an acknowledgement keeps tier 2 silent and no other, and
// ends with the alert: the pager hears the all-clear, and a new firing pages again.
func TestEscalation(t *testing.T) {
	skipUnlessInPart(t)
	w := newWorld(t, options{})
	ctx := t.Context()
	d, err := drill.Lookup("api-down")
	must(t, err)
	begin := time.Now()
	heal, err := d.Inject(ctx, w.in)
	must(t, err)
	defer func() { _ = heal(context.WithoutCancel(ctx)) }()
	page := w.await(t, "oncall", begin)
	if code, out, err := w.command(ctx, "alert", "ack", "ExternalAPIDown", "--by", "Ana", "--comment", "looking"); err != nil || code != 0 || !strings.Contains(out, "tier 2 is silent") {
		t.Fatalf("ack: exit %d, %v\n%s", code, err, out)
	}
	lead := w.await(t, "lead", begin)
	incident := w.await(t, "incident", begin)
	// 1, 15 and 30 minutes under the drill's rules, and some seconds for their way.
	if d := lead.Triggered.Sub(page.Triggered); d < 10*time.Second || d > 45*time.Second {
		t.Errorf("the lead was paged %s after who is on call", d)
	}
	if d := incident.Triggered.Sub(page.Triggered); d < 25*time.Second || d > 75*time.Second {
		t.Errorf("incident response was paged %s after who is on call", d)
	}
	if !w.eventually(ctx, time.Minute, func() bool { return w.inChannel("#incidents", begin) }) {
		t.Errorf("no message in #incidents: %s", w.heard(begin))
	}
	for _, i := range []pagerdutytest.Incident{page, lead, incident} {
		if text := i.Payload.Summary; !strings.Contains(text, "Tier ") || !strings.Contains(text, "ExternalAPIDown") {
			t.Errorf("summary %q", text)
		}
	}
	said, err := w.Query(ctx, `alert_response{alert="ExternalAPIDown", action="probe_upstreams", result="failed"} == 1`)
	if err != nil || len(said) != 1 {
		t.Errorf("the automatic response: %v, %v", said, err)
	}
	if names, err := w.Query(ctx, `on_call{tier="2"} == 1`); err != nil || len(names) != 1 || names[0].Labels["person"] == "" {
		t.Errorf("who is on call: %v, %v", names, err)
	}
	if code, out, err := w.command(ctx, "alert", "list"); err != nil || code != 0 || !strings.Contains(out, "ExternalAPIDown") {
		t.Errorf("alert list: exit %d, %v\n%s", code, err, out)
	}
	must(t, heal(ctx))
	for _, service := range []string{"oncall", "lead", "incident"} {
		if !w.eventually(ctx, 3*time.Minute, func() bool { return w.paged(service, string(d.Alert), begin, "resolved") }) {
			t.Errorf("%s did not hear the all-clear: %s", service, w.heard(begin))
		}
	}
	if _, out, _ := w.command(ctx, "alert", "acks"); !strings.Contains(out, "Ana") || strings.Contains(out, "until ") {
		t.Errorf("the acknowledgement has not ended:\n%s", out)
	}
	if _, out, _ := w.command(ctx, "alert", "responses", "ExternalAPIDown"); !strings.Contains(out, "refresh_recipes") || !strings.Contains(out, "resolved") {
		t.Errorf("responses:\n%s", out)
	}
	w.settle(t)
	again := time.Now()
	heal, err = d.Inject(ctx, w.in)
	must(t, err)
	w.await(t, "oncall", again)

	code, out, err := w.command(ctx, "alert", "test", "--for", "5s")
	if err != nil || code != 0 {
		t.Fatalf("alert test: exit %d, %v\n%s", code, err, out)
	}
	if !w.eventually(ctx, time.Minute, func() bool { return w.paged("oncall", "TestAlert", again, "resolved") }) {
		t.Errorf("the test page: %s", w.heard(again))
	}
	for _, secret := range append(w.secrets(), token) {
		if w.printed(time.Time{}, secret) {
			t.Error("a secret is in the roles' logs")
		}
	}
}

func (w *world) secrets() (out []string) {
	for _, k := range w.box.RoutingKeys {
		out = append(out, k)
	}
	return append(out, w.box.SlackURL())
}

// await waits for a page about ExternalAPIDown.
func (w *world) await(t *testing.T, service string, since time.Time) (found pagerdutytest.Incident) {
	t.Helper()
	if !w.eventually(t.Context(), 4*time.Minute, func() bool {
		for _, i := range w.box.PagerDuty.Record().Incidents {
			if i.Service == service && i.Payload.Class == "ExternalAPIDown" && !i.Triggered.Before(since) {
				found = i
				return true
			}
		}
		return false
	}) {
		t.Fatalf("%s was not paged: %s", service, w.heard(since))
	}
	return found
}

func (w *world) inChannel(channel string, since time.Time) bool {
	for _, m := range w.box.Slack.Record().Messages {
		if m.Channel == channel && !m.Received.Before(since) {
			return true
		}
	}
	return false
}
