package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// Operators see the installation; for others there is nothing there. Everybody sees how it does,
// and nothing of anybody.
func TestOperatorsSeeTheInstallation(t *testing.T) {
	t.Parallel()
	people := sandbox.People()[:2]
	w := newWorld(t, options{people: people, change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	_, err := w.Users.Change(t.Context(), people[0].ID, func(u *user.User) error { u.Operator = true; return nil })
	must(t, err)
	pool := w.pool(t)
	for _, sql := range []string{
		`insert into job_executions (job_id, job_type, user_id, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, completed_at, duration_ms, error_type, error_message, trace_id)
		 select id, job_type, user_id, 1, 'scheduled', 1, 'failed', true, now(), now(), 1234, 'NotEnoughRecipes', '<b>none</b>', repeat('a', 32) from scheduled_jobs where job_type = 'WeeklyGeneration' limit 1`,
		`update connections set last_error = 'the <i>token</i> ended'`,
	} {
		_, err := pool.Exec(t.Context(), sql)
		must(t, err)
	}
	must(t, w.JobStore.SetRuntime(t.Context(), "jobs.concurrency", "2", "kim", "a slow <u>library</u>", 1e9))

	b := w.browser(t)
	b.signIn(w, people[0].Email)
	page := b.want("/operations", nil, http.StatusOK, "Recent generations")
	for _, want := range []string{people[1].ID, "1.23s", "NotEnoughRecipes", "/operations/trace/" + strings.Repeat("a", 32), "the &lt;i&gt;token&lt;/i&gt; ended", "a slow &lt;u&gt;library&lt;/u&gt;", "jobs.concurrency", "weekly_generation:"} {
		if !strings.Contains(page, want) {
			t.Errorf("the overview lacks %q", want)
		}
	}
	if strings.Contains(page, people[1].Email) || strings.Contains(page, people[1].Name) {
		t.Error("the overview names people")
	}
	b.want("/operations/trace/nonsense", nil, http.StatusBadRequest, "32 hexadecimal")
	b.want("/account", nil, http.StatusOK, "The installation")

	status := b.want("/status", nil, http.StatusServiceUnavailable, "1 plan failed")
	other := w.browser(t)
	other.signIn(w, people[1].Email)
	for _, path := range []string{"/operations", "/operations/trace/" + strings.Repeat("a", 32)} {
		other.want(path, nil, http.StatusNotFound, "no page at this address")
	}
	if page := other.want("/account", nil, http.StatusOK, "Sign out"); strings.Contains(page, "/operations") {
		t.Error("somebody who is no operator is led to the installation")
	}
	other.want("/settings", url.Values{"form": {"person"}, "name": {"Eve"}, "zone": {"UTC"}, "operator": {"true"}, "Operator": {"yes"}}, http.StatusOK, "Stored.")
	other.want("/operations", nil, http.StatusNotFound, "no page at this address")
	for _, p := range people {
		for _, private := range []string{p.ID, p.Name, p.Email} {
			if strings.Contains(status, private) {
				t.Errorf("the status holds %q", private)
			}
		}
	}
	if code, _, text := w.browser(t).do("/status", nil, "Accept", "application/json"); code != http.StatusServiceUnavailable || !strings.Contains(text, `"part":"Recipe libraries","healthy":false`) {
		t.Errorf("the status as JSON: %d %s", code, text)
	}
}

// A trace leads to Jaeger and to its lines in Grafana, where browsers reach them.
func TestTracesLeadElsewhere(t *testing.T) {
	t.Parallel()
	id, at := strings.Repeat("a", 32), time.UnixMilli(1_000_000)
	if got := app.Elsewhere(config.Diagnosis{JaegerURL: "http://jaeger:16686"}, id, at, time.Second); got != nil {
		t.Errorf("without addresses: %v", got)
	}
	got := app.Elsewhere(config.Diagnosis{JaegerPage: "https://jaeger.example.org/", GrafanaPage: "https://grafana.example.org"}, id, at, time.Second)
	if len(got) != 2 || got[0].URL != "https://jaeger.example.org/trace/"+id {
		t.Fatalf("%v", got)
	}
	u, err := url.Parse(got[1].URL)
	must(t, err)
	want := `{"lines":{"datasource":"loki","queries":[{"datasource":{"type":"loki","uid":"loki"},"expr":"{service_name=~\"meal-planner.*\"} | trace_id=\"` + id + `\"","queryType":"range","refId":"A"}],"range":{"from":"940000","to":"1061000"}}}`
	if u.Host != "grafana.example.org" || u.Path != "/explore" || u.Query().Get("panes") != want {
		t.Errorf("%s\n%s", u.Path, u.Query().Get("panes"))
	}
}
