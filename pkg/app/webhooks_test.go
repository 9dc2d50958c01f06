package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// receiver is a program that is told what happens.
type receiver struct {
	*httptest.Server
	mu     sync.Mutex
	got    []delivered
	answer func(nth int) int
}

type delivered struct {
	id, signature, body string
	kind, week          string
}

func newReceiver(t *testing.T, answer func(nth int) int) *receiver {
	t.Helper()
	r := &receiver{answer: answer}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, _ := io.ReadAll(req.Body)
		var said struct {
			Type string
			Data struct{ Week, Job string }
		}
		_ = json.Unmarshal(body, &said)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.got = append(r.got, delivered{req.Header.Get("Webhook-Id"), req.Header.Get("Webhook-Signature"), string(body), said.Type, said.Data.Week})
		w.WriteHeader(r.answer(len(r.got)))
	}))
	t.Cleanup(r.Close)
	return r
}

// kinds waits for so many messages and returns their kinds.
func (r *receiver) kinds(t *testing.T, n int) (out []string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r.mu.Lock()
		got := slices.Clone(r.got)
		r.mu.Unlock()
		if len(got) >= n || time.Now().After(end) {
			for _, m := range got {
				out = append(out, m.kind)
			}
			return out
		}
	}
}

// A program is told of a plan, of its changes and of a failed job, whoever did it; what it does not
// take is sent again under the same id, and a receiver that is gone is told no more.
func TestProgramsAreToldWhatHappens(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit, c.Web.WebhookInternal = 0, true }})
	must(t, w.Start(t.Context()))
	id := sandbox.People()[0].ID
	p := w.program(t, w.document(t), id)
	all := newReceiver(t, func(n int) int {
		if n == 1 {
			return http.StatusInternalServerError
		}
		return http.StatusNoContent
	})
	leaves := newReceiver(t, func(int) int { return http.StatusGone })
	type m = map[string]any
	made := p.call("createWebhook", 201, nil, m{"url": all.URL + "/hook", "events": []string{"plan.ready", "plan.changed", "job.failed"}})
	ended := p.call("createWebhook", 201, nil, m{"url": leaves.URL, "events": []string{"plan.ready"}})
	p.call("createWebhook", 422, nil, m{"url": "ftp://example.org/", "events": []string{"plan.ready"}})
	p.call("createWebhook", 422, nil, m{"url": all.URL, "events": []string{"ping"}})

	p.call("planWeek", 201, []string{"next"}, nil)
	if got := all.kinds(t, 2); !slices.Equal(got[:2], []string{"plan.ready", "plan.ready"}) || all.got[0].id != all.got[1].id || all.got[0].body != all.got[1].body || all.got[0].week != week.String() {
		t.Errorf("told %v: %+v", got, all.got)
	}
	p.call("lockMeal", 200, []string{(week + 4).String(), "dinner"}, nil, "If-Match", "*")
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), "update plans set outdated = 'settings'") // no change of the plan
	must(t, err)
	_, err = pool.Exec(t.Context(), `insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, scheduled_for) values ($1, 'WeeklyGeneration', $2, 1, 'scheduled', 1, 'running', now())`, "weekly_generation:"+id, id)
	must(t, err)
	_, err = pool.Exec(t.Context(), "update job_executions set status = 'failed', final = true, error_type = 'TandoorError', error_message = 'secret details'")
	must(t, err)
	got := all.kinds(t, 4)
	slices.Sort(got)
	if !slices.Equal(slices.Compact(got), []string{"job.failed", "plan.changed", "plan.ready"}) {
		t.Errorf("told %v", got)
	}
	for _, msg := range all.got {
		if strings.Contains(msg.body, "secret details") || !strings.HasPrefix(msg.signature, "v1,") || len(msg.signature) != 47 {
			t.Errorf("a message: %+v", msg)
		}
	}

	hook := made.text("webhook", "id")
	p.call("pingWebhook", 202, []string{hook}, nil)
	all.kinds(t, 5)
	await(t, pool, 0, "select count(*) from webhook_deliveries where status = 'pending'")
	log := p.call("listDeliveries", 200, []string{hook}, nil)
	if log.text("deliveries", 0, "event") != "ping" || log.get("deliveries", 0, "answered") != 204.0 || log.text("deliveries", 0, "status") != "delivered" || log.get("deliveries", 3, "attempts") != 2.0 {
		t.Errorf("the log: %s", log.body)
	}
	list := p.call("listWebhooks", 200, nil, nil)
	if list.text("webhooks", 1, "ended_at") == "" || list.get("webhooks", 0, "ended_at") != nil || strings.Contains(string(list.body), "whsec_") || leaves.kinds(t, 1)[0] != "plan.ready" {
		t.Errorf("webhooks: %s", list.body)
	}
	for range 4 {
		p.call("pingWebhook", 202, []string{hook}, nil)
	}
	if a := p.call("pingWebhook", 429, []string{hook}, nil); a.header.Get("Retry-After") == "" {
		t.Errorf("too many pings: %v", a.header)
	}
	p.call("listDeliveries", 404, []string{"wh_other"}, nil)
	p.call("pingWebhook", 404, []string{"wh_other"}, nil)
	p.call("removeWebhook", 204, []string{ended.text("webhook", "id")}, nil)
	p.call("removeWebhook", 404, []string{ended.text("webhook", "id")}, nil)
	w.secretsStayHere(t, []string{made.text("secret"), all.URL})
	if data, err := w.Users.Export(t.Context(), id); err != nil || !strings.Contains(string(data), hook) || strings.Contains(string(data), "sealed") {
		t.Errorf("the export: %v", err)
	}
}

// Without the operator's leave no address inside the network can be named, and one that a name
// leads to is not asked.
func TestWebhooksStayOutside(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	id := sandbox.People()[0].ID
	p := w.program(t, w.document(t), id)
	inside := newReceiver(t, func(int) int { return http.StatusOK })
	for _, url := range []string{inside.URL, strings.Replace(inside.URL, "http:", "https:", 1), "https://localhost/", "https://10.0.0.1/"} {
		if a := p.call("createWebhook", 422, nil, map[string]any{"url": url, "events": []string{"plan.ready"}}); a.text("errors", 0, "field") != "url" {
			t.Errorf("%s: %s", url, a.body)
		}
	}
	made := p.call("createWebhook", 201, nil, map[string]any{"url": "https://example.org/", "events": []string{"plan.ready"}})
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), "update webhooks set url = $1", strings.Replace(inside.URL, "127.0.0.1", "localhost", 1)) // as if a name had been turned
	must(t, err)
	p.call("pingWebhook", 202, []string{made.text("webhook", "id")}, nil)
	await(t, pool, 1, "select count(*) from webhook_deliveries where status = 'failed'")
	log := p.call("listDeliveries", 200, []string{made.text("webhook", "id")}, nil)
	if !strings.Contains(log.text("deliveries", 0, "problem"), "inside the network") || len(inside.got) > 0 {
		t.Errorf("%d requests arrived inside; the log: %s", len(inside.got), log.body)
	}
}
