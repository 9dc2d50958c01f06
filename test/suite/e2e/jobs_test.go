//go:build e2e

package e2e

import (
	"context"
	"fmt"
	"html"
	"io"
	"math"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/stack"
)

// The jobs that the traffic treats in a special way.
const (
	poorPlan  = "weekly_generation:" + poorUser
	poorSync  = "auto_sync:connection:poor"
	marasSync = "auto_sync:user:user_mara"
	waitedFor = "WeeklyTrends" // the type that is paused at the end, with one job that is due
)

// jobTraffic makes the scheduler, the inbox and the pages of mails work.
func (w *world) jobTraffic(t *testing.T) {
	t.Helper()
	// Everybody's week after those of the faults, everybody's mails; two at work at once.
	week := nextWeek(t, "user_lewis") + 4*7
	w.exec(t, fmt.Sprintf(`update scheduled_jobs set parameters = '{"week": %q}' where job_type = 'WeeklyGeneration' and user_id <> %s`, week, quoted(poorUser)))
	for _, jobType := range []string{"WeeklyGeneration", "DailyAdvisor", "WeeklyTrends"} {
		w.due(t, "job_type = "+quoted(jobType)+" and user_id <> "+quoted(poorUser))
	}
	w.due(t, "id like 'auto_sync:connection:%'")
	w.jobsDone(t)
	heal := w.fault(t, w.box, faultswitch.Rule{Upstream: "fatsecret", Path: "profile.get", LatencyMS: 2500})
	w.due(t, "id like 'auto_sync:user:%'")
	eventually(t, "two jobs at work are seen", 2*time.Minute, func() bool {
		at := w.rows(t, "select 'n', count(*)::float8 from job_executions where status = 'running'")["n"]
		return at == 2 && w.value(t, "sum(scheduler_concurrent_jobs)") == 2
	})
	heal()
	w.jobsDone(t)
	// One that is asked for succeeds, and one fails for good.
	if code, out := w.command(t, []string{"job", "run", "auto_sync:connection:" + sandbox.Connection}); code != 0 || !strings.Contains(out, "completed") {
		t.Fatalf("exit %d: %s", code, out)
	}
	if code, out := w.command(t, []string{"job", "run", poorPlan}); code != 1 || !strings.Contains(out, string(fault.NotEnoughRecipes)) {
		t.Fatalf("exit %d: %s", code, out)
	}
	// One fails at its only attempt, another is tried again.
	heal = w.fault(t, w.box, faultswitch.Rule{Upstream: "fatsecret", Path: "profile.get", Status: http.StatusServiceUnavailable})
	w.exec(t, "update scheduled_jobs set retry_max_attempts = 1 where id = "+quoted(marasSync))
	w.due(t, "id = "+quoted(marasSync))
	w.jobsDone(t)
	heal()
	heal = w.fault(t, w.poor, faultswitch.Rule{Upstream: "tandoor", Status: http.StatusServiceUnavailable})
	w.due(t, "id = "+quoted(poorSync))
	eventually(t, "a job waits for its second attempt", 2*time.Minute, func() bool {
		return w.rows(t, "select 'n', count(*)::float8 from river_job where state = 'retryable'")["n"] == 1
	})
	heal()
	w.exec(t, "update river_job set state = 'available', scheduled_at = now() where state = 'retryable'")
	w.jobsDone(t)
	w.commands(t)
	w.readers(t)
	code, history := w.command(t, []string{"job", "history", "--failed"})
	for trace := range w.rows(t, "select trace_id, 1::float8 from job_executions where status = 'failed'") {
		if code != 0 || !strings.Contains(history, trace) {
			t.Errorf("exit %d: the history does not name %s:\n%s", code, trace, history)
		}
	}
	fmt.Print(history)
	// One type is paused, and one of its jobs is due.
	if code, out := w.command(t, []string{"job", "setting", "jobs." + waitedFor + ".paused", "true"}); code != 0 {
		t.Fatal(out)
	}
	time.Sleep(4 * time.Second) // settings are read every three
	w.due(t, "id = 'weekly_trends:user_tom'")
}

func quoted(s string) string { return "'" + s + "'" }

func (w *world) exec(t *testing.T, sql string) {
	t.Helper()
	_, err := w.db.Exec(t.Context(), sql)
	must(t, err)
}

// due makes jobs due now.
func (w *world) due(t *testing.T, where string) {
	t.Helper()
	tag, err := w.db.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() where "+where)
	must(t, err)
	if tag.RowsAffected() == 0 {
		t.Fatalf("no job has %s", where)
	}
}

// jobsDone waits until nothing is due, waits or works, and switches all off again, before
// their own time comes.
func (w *world) jobsDone(t *testing.T) {
	t.Helper()
	eventually(t, "every job is done", 2*time.Minute, func() bool {
		return w.rows(t, "select 'n', count(*)::float8 from scheduled_jobs where enabled and (river_job_id is not null or next_run_at <= now())")["n"] == 0
	})
	w.exec(t, "update scheduled_jobs set enabled = false")
}

func (*world) fault(t *testing.T, box *sandbox.Sandbox, r faultswitch.Rule) (heal func()) {
	t.Helper()
	id, err := box.Faults.Set(r)
	must(t, err)
	return func() { must(t, box.Faults.Clear(id)) }
}

// dropped are the outcomes of letters that leave no row behind.
var dropped = map[string]float64{"auth_failed": 1, "bounce": 1}

// commands sends letters to the planner and presses a button.
func (w *world) commands(t *testing.T) {
	t.Helper()
	const passed, failed = "pass", "fail"
	letters := []string{
		w.reply(t, "user_lewis", passed, "LOCK friday dinner\nSTATUS"),
		w.reply(t, "user_ana", passed, "LOCK friday dinner Unicorn stew"),
		w.reply(t, "user_kenji", failed, "SKIP breakfast tuesday"),
		w.report(t, "user_tom"),
	}
	for _, l := range letters {
		must(t, w.box.Mail.Deliver("someone@sandbox.example", []string{sandbox.InboxAddress}, []byte(l)))
	}
	eventually(t, "every letter is read", 2*time.Minute, func() bool {
		return w.rows(t, "select 'n', uid::float8 from inbox_watermarks")["n"] >= float64(len(letters))
	})
	button := w.tool.Links.Command("user_mara", nextWeek(t, "user_mara"), "LOCK monday breakfast")
	if code, _ := w.visit(t, http.MethodPost, button, firefox); code != http.StatusOK {
		t.Fatalf("the click: %d", code)
	}
	if got := w.rows(t, "select outcome || ' ' || source, count(*)::float8 from steerings group by 1"); got["applied mail"] != 1 || got["refused mail"] != 1 || got["applied button"] != 1 {
		t.Fatalf("steerings: %v", got)
	}
}

// planMail is the first plan's mail of a user.
func (w *world) planMail(t *testing.T, user string) mailbox.Message {
	t.Helper()
	return w.mail(t, user, "weekly_plan")
}

// mail is the first mail of a type that a user got.
func (w *world) mail(t *testing.T, user, emailType string) mailbox.Message {
	t.Helper()
	types := w.emailTypes(t)
	all := w.box.Mail.Messages()
	i := slices.IndexFunc(all, func(m mailbox.Message) bool {
		return types[m.MessageID] == emailType && strings.HasPrefix(m.To, strings.TrimPrefix(user, "user_")+"@")
	})
	if i < 0 {
		t.Fatalf("%s got no mail of type %s", user, emailType)
	}
	return all[i]
}

// emailTypes are the types of the mails by their Message-IDs.
func (w *world) emailTypes(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for k := range w.rows(t, "select message_id || ' ' || email_type, 1::float8 from outbox") {
		id, emailType, _ := strings.Cut(k, " ")
		out[id] = emailType
	}
	return out
}

var replyTo = regexp.MustCompile(`(?m)^Reply-To: <?([^>\r\n]+)>?\r?$`)

// reply is a user's answer to their plan's mail, with what their provider says of it.
func (w *world) reply(t *testing.T, user, dmarc, text string) string {
	t.Helper()
	to := w.planMail(t, user)
	m := replyTo.FindSubmatch(to.Raw)
	if m == nil {
		t.Fatalf("no Reply-To in\n%s", to.Raw)
	}
	return fmt.Sprintf("Authentication-Results: %s; dmarc=%s header.from=sandbox.example\r\nFrom: <%s>\r\nTo: <%s>\r\nSubject: Re: plan\r\nMessage-ID: <letter-%s@sandbox.example>\r\nDate: %s\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n%s\r\n",
		mailbox.AuthservID, dmarc, to.To, m[1], user, time.Now().Format(time.RFC1123Z), text)
}

// report says that a user's plan mail cannot be delivered.
func (w *world) report(t *testing.T, user string) string {
	t.Helper()
	m := w.planMail(t, user)
	return fmt.Sprintf("Return-Path: <>\r\nFrom: MAILER-DAEMON@sandbox.example\r\nTo: <%s>\r\nSubject: Undelivered Mail\r\nMessage-ID: <dsn-1@sandbox.example>\r\n"+
		"MIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n"+
		"--b\r\nContent-Type: text/plain\r\n\r\nI could not deliver your mail.\r\n"+
		"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.sandbox.example\r\n\r\nFinal-Recipient: rfc822; %s\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"+
		"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <%s>\r\n\r\n--b--\r\n", sandbox.InboxAddress, m.To, m.MessageID)
}

// What browsers and others say they are.
const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
	proxy   = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html"
)

// What people did with their mails, once or twice.
var (
	opened  = map[string]float64{"weekly_plan": 1, "daily_advisor": 1}
	clicked = map[string]float64{"weekly_plan": 2}
)

// readers look at their mails, as a proxy does first.
func (w *world) readers(t *testing.T) {
	t.Helper()
	eventually(t, "the newest mails are older than the ten seconds of machines", 2*time.Minute, func() bool {
		return w.rows(t, "select 'n', count(*)::float8 from outbox where email_type <> 'confirmation' and (status = 'pending' or sent_at > now() - interval '11 seconds')")["n"] == 0
	})
	for _, v := range []struct {
		user, emailType, link string
		agents                []string
	}{
		{"user_lewis", "weekly_plan", "/o/", []string{proxy, firefox, firefox}},
		{"user_kenji", "daily_advisor", "/o/", []string{firefox}},
		{"user_mara", "weekly_plan", "/r/", []string{"", firefox, firefox}},
		{"user_kenji", "weekly_plan", "/r/", []string{firefox}},
	} {
		p, err := mailbox.Parse(w.mail(t, v.user, v.emailType).Raw)
		must(t, err)
		m := regexp.MustCompile(`"(http://[^"/]+` + v.link + `[^"]+)"`).FindStringSubmatch(p.HTML)
		if m == nil {
			t.Fatalf("%s of %s has no %s", v.emailType, v.user, v.link)
		}
		for _, agent := range v.agents {
			if code, path := w.visit(t, http.MethodGet, html.UnescapeString(m[1]), agent); code != http.StatusOK || v.link == "/r/" && !strings.HasPrefix(path, "/plan/") {
				t.Fatalf("%s leads to %s: %d", v.link, path, code)
			}
		}
	}
}

// visit asks for one of our pages, whatever PUBLIC_URL says, and returns where that led to.
func (w *world) visit(t *testing.T, method, address, agent string) (code int, path string) {
	t.Helper()
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, w.api.Addr)
		},
	}}
	defer client.CloseIdleConnections()
	req, err := http.NewRequestWithContext(t.Context(), method, address, http.NoBody)
	must(t, err)
	req.Header.Set("User-Agent", agent)
	resp, err := client.Do(req)
	must(t, err)
	_, err = io.Copy(io.Discard, resp.Body)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode, resp.Request.URL.Path
}

// transient are the kinds of failures that another attempt may heal.
func transient() string {
	var kinds []string
	for _, k := range fault.Kinds {
		if k.Transient() {
			kinds = append(kinds, quoted(string(k)))
		}
	}
	return strings.Join(kinds, ", ")
}

func (w *world) checkJobCounts(t *testing.T) {
	tb := &table{t: t}
	defer tb.print()
	executions := func(key, where string) map[string]float64 {
		return w.rows(t, "select "+key+", count(*)::float8 from job_executions where "+where+" group by 1")
	}
	started := executions("job_type::text", "true")
	retried := executions("job_type::text", "attempt_number > 1")
	failed := executions("job_type::text || ' ' || error_type", "final and status = 'failed'")
	exhausted := executions("job_type::text", "final and status = 'failed' and error_type in ("+transient()+")")
	if len(started) != len(metrics.JobTypes) || len(retried) == 0 || len(failed) < 2 || len(exhausted) == 0 {
		t.Fatalf("started %v, retried %v, failed %v, exhausted %v", started, retried, failed, exhausted)
	}
	w.compare(tb, "scheduler_job_executions_total", started, 0, metrics.KeyJobType)
	w.compare(tb, "scheduler_job_retries_total", retried, 0, metrics.KeyJobType)
	w.compare(tb, "scheduler_job_completions_total", executions("job_type::text", "status = 'completed'"), 0, metrics.KeyJobType)
	w.compare(tb, "scheduler_job_failures_total", failed, 0, metrics.KeyJobType, metrics.KeyErrorType)
	w.compare(tb, "scheduler_job_retry_exhausted_total", exhausted, 0, metrics.KeyJobType)
	const first = `from (select e.*, e.job_type || ' ' || (array['Critical', 'High', 'Medium', 'Low'])[r.priority] as labels
		from job_executions e join river_job r on r.id = e.river_job_id where e.attempt_number = 1) x group by 1`
	begun := w.rows(t, "select labels, count(*)::float8 "+first)
	waited := w.rows(t, "select labels, sum(extract(epoch from started_at - scheduled_for))::float8 "+first)
	w.compare(tb, "scheduler_job_execution_latency_seconds_count", begun, 0, metrics.KeyJobType, metrics.KeyPriority)
	measured := w.growth(t, "scheduler_job_execution_latency_seconds_sum", metrics.KeyJobType, metrics.KeyPriority)
	for labels, n := range begun {
		tb.row("scheduler_job_execution_latency_seconds_sum{"+labels+"}", waited[labels], measured[labels], .1*n)
	}
}

// checkFeedback compares what was counted of commands, openings and clicks.
func (w *world) checkFeedback(t *testing.T) {
	tb := &table{t: t}
	defer tb.print()
	requests := w.rows(t, "select outcome, count(*)::float8 from steerings group by 1")
	for outcome, n := range dropped {
		requests[outcome] += n
	}
	w.compare(tb, "command_requests_total", requests, 0, metrics.KeyOutcome)
	w.compare(tb, "alert_responses_total", w.rows(t, "select action || ' ' || result, count(*)::float8 from alert_responses group by 1"), 0, metrics.KeyAction, metrics.KeyResult)
	w.compare(tb, "command_execution_rate", w.rows(t, `select split_part(c, ' ', 1), count(*)::float8 from steerings, jsonb_array_elements_text(commands) c
		where outcome in ('applied', 'informed') group by 1`), 0, metrics.KeyCommand)
	for _, c := range []struct {
		kind, metric string
		truth        map[string]float64
	}{{"open", "email_opens_total", opened}, {"click", "email_clicks_total", clicked}} {
		stored := w.rows(t, "select email_type, count(*)::float8 from mail_events e join outbox o on o.id = e.outbox_id where not machine and kind = "+quoted(c.kind)+" group by 1")
		if fmt.Sprint(stored) != fmt.Sprint(c.truth) {
			t.Errorf("%s: the database has %v, people did %v", c.kind, stored, c.truth)
		}
		w.compare(tb, c.metric, c.truth, 0, metrics.KeyEmailType)
	}
}

// jobGauges compares the gauges of jobs and of engagement.
func (w *world) jobGauges(t *testing.T, tb *table, all func(string, map[string]float64)) {
	t.Helper()
	zeros := func(labels []string, values map[string]float64) map[string]float64 {
		out := map[string]float64{}
		for _, l := range labels {
			out[l] = values[l]
		}
		return out
	}
	jobs := func(sql string) map[string]float64 {
		return zeros(metrics.JobTypes, w.rows(t, "select job_type::text, ("+sql+")::float8 from job_executions group by 1"))
	}
	all("scheduler_job_queue_depth", zeros(metrics.JobTypes, map[string]float64{waitedFor: 1}))
	age := w.rows(t, "select 'n', extract(epoch from now() - next_run_at)::float8 from scheduled_jobs where enabled")["n"]
	ages := w.gauge(t, "scheduler_job_oldest_pending_age_seconds")
	for _, jobType := range metrics.JobTypes {
		want, tolerance := 0., 0.
		if jobType == waitedFor { // read every 15 s
			want, tolerance = age-8, 9.5
		}
		tb.row("scheduler_job_oldest_pending_age_seconds{"+jobType+"}", want, ages[jobType], tolerance)
	}
	all("scheduler_job_retry_rate", jobs("avg((attempt_number > 1)::int)"))
	all("job_processing_throughput", jobs("count(*) filter (where final) / 24."))
	var pairs []string
	for _, jobType := range metrics.JobTypes {
		for _, k := range fault.Kinds {
			pairs = append(pairs, jobType+" "+string(k))
		}
	}
	all("scheduler_job_error_rate", zeros(pairs, w.rows(t, `select job_type::text || ' ' || error_type, count(*)::float8 / (select count(*) from job_executions x where x.final and x.job_type = e.job_type)
		from job_executions e where final and status = 'failed' group by job_type, error_type`)))
	all("scheduler_concurrent_jobs", zeros(metrics.JobTypes, nil))
	tb.row("scheduler_concurrent_jobs, the most at once", 2, math.Min(2, w.value(t, "max(max_over_time(sum(scheduler_concurrent_jobs)[1h:1s]))")), 0)
	all("scheduler_concurrency_limit", map[string]float64{"": 5})
	all("email_engagement_rate", zeros(metrics.EmailTypes, w.rows(t, `select email_type, avg(exists (select from mail_events e where e.outbox_id = o.id and not e.machine)::int)::float8
		from outbox o where status = 'sent' group by 1`)))
}

// checkJobTraces looks at the traces of jobs: a root of its own for each attempt, linked to
// what queued it; the first attempt of one that a command asked for belongs to the command.
func (w *world) checkJobTraces(t *testing.T) {
	ticks := map[string]bool{}
	spans, err := w.stack.Ports.Spans(t.Context(), "meal-planner-scheduler", "schedule jobs", w.began)
	must(t, err)
	for _, s := range spans {
		if s.Name == "schedule jobs" {
			ticks[s.TraceID] = s.Parent == ""
		}
	}
	attempts := map[string]stack.Span{} // by the attempt's row
	for _, jobType := range metrics.JobTypes {
		for id, found := range w.tagged(t, "job "+jobType, "job.execution_id") {
			attempts[id] = found[0]
		}
	}
	rows, err := w.db.Query(t.Context(), "select id::text, job_id, job_type::text, trigger_type, attempt_number, trace_id, coalesce(error_type, '') from job_executions")
	must(t, err)
	defer rows.Close()
	byJob := map[string][]stack.Span{}
	n := 0
	for rows.Next() {
		var id, job, jobType, trigger, trace, kind string
		var attempt int
		must(t, rows.Scan(&id, &job, &jobType, &trigger, &attempt, &trace, &kind))
		n++
		s, ok := attempts[id]
		if asked := trigger == "manual" && attempt == 1; !ok || s.TraceID != trace || (s.Parent != "") != asked || s.Name != "job "+jobType || s.Tags["job_id"] != job || fmt.Sprint(s.Tags["attempt"]) != strconv.Itoa(attempt) {
			t.Errorf("attempt %s at %s, trace %s, is the span %+v", id, job, trace, s)
			continue
		}
		if failed := s.Tags["otel.status_code"] == "ERROR"; failed != (kind != "") || failed && s.Tags["error.type"] != kind {
			t.Errorf("%s: failed: %q, its span says %v", job, kind, s.Tags["error.type"])
		}
		links := slices.DeleteFunc(slices.Clone(s.Links), func(id string) bool { return !ticks[id] })
		if want := map[string]int{"scheduled": 1, "manual": 0}[trigger]; len(links) != want || len(s.Links) != want {
			t.Errorf("%s, %s: links to %v, ticks are %d of them", job, trigger, s.Links, len(links))
		}
		byJob[fmt.Sprint(job, s.Tags["messaging.message.id"])] = append(byJob[fmt.Sprint(job, s.Tags["messaging.message.id"])], s)
	}
	must(t, rows.Err())
	repeated := 0
	for job, spans := range byJob {
		if len(spans) > 1 {
			repeated++
			if spans[0].TraceID == spans[1].TraceID || fmt.Sprint(spans[0].Links) != fmt.Sprint(spans[1].Links) {
				t.Errorf("%s: attempts in the traces %s and %s, linked to %v and %v", job, spans[0].TraceID, spans[1].TraceID, spans[0].Links, spans[1].Links)
			}
		}
	}
	if repeated == 0 {
		t.Error("no job was tried again")
	}
	// What a job does is in its trace.
	generations := 0
	for _, s := range w.tagged(t, "job WeeklyGeneration", "generation.id") {
		for _, g := range s {
			if strings.HasPrefix(fmt.Sprint(g.Tags["job_id"]), "weekly_generation:") {
				generations++
			}
		}
	}
	if want := w.rows(t, "select 'n', count(*)::float8 from job_executions where job_type = 'WeeklyGeneration'")["n"]; float64(generations) != want {
		t.Errorf("%d generations in jobs' traces, want %g", generations, want)
	}
	fmt.Printf("%d attempts, %d ticks that queued something, %d jobs with several attempts\n", n, len(ticks), repeated)
}
