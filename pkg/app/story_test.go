package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// clock runs at the real speed, and can be put forward.
type clock struct{ ahead atomic.Int64 }

func (c *clock) now() time.Time       { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *clock) forward(to time.Time) { c.ahead.Add(int64(to.Sub(c.now()))) }

// incidents are the two critical alerts about a week, in the
// corrected forms, evaluated on what the program exports right now. Neither their "for"
// nor the window of a rate is given the time to hide anything: a counter is compared as
// it is.
func (w *world) incidents(t *testing.T) (out []string) {
	t.Helper()
	w.ReadGauges(t.Context())
	// (sum(increase(generation_success_total[24h])) or vector(0)) / (sum(increase(generation_attempts_total[24h])) > 0) < 0.95
	if s := w.sums(t); s["generation_attempts_total"] > 0 && float64(s["generation_success_total"])/float64(s["generation_attempts_total"]) < 0.95 {
		out = append(out, "GenerationSuccessRateLow")
	}
	// weekly_generation_success_all_users == 0 and on (week_of) weekly_generation_current_week == 1
	all := w.gauge(t, "weekly_generation_success_all_users")
	for week, current := range w.gauge(t, "weekly_generation_current_week") {
		if current == 1 && all[week] == 0 {
			out = append(out, "WeeklyGenerationIncomplete "+week)
		}
	}
	return out
}

// The story of a failure: at 06:00 FatSecret answers 503, and at
// 06:01 still; it is healthy before the third attempt, at 06:03. The user has one plan
// and one mail, the record shows three attempts, and neither critical alert had a moment
// to fire. The last step is the control: without the plan, an alert fires.
func TestStoryOfAFailure(t *testing.T) {
	t.Parallel()
	begin := comingFriday(t, "Asia/Tokyo")
	var c clock
	c.forward(begin)
	kenjis := sandbox.People()[2:3] // his weight is in his FatSecret account
	w := newWorld(t, options{
		people: kenjis, now: c.now, sandbox: sandbox.Options{Now: c.now},
		change: func(cfg *config.Config) { cfg.Generation.RequireUpstreams = true },
	})
	pool := w.pool(t)
	monday := calendar.On(begin).Monday() + 7
	_, err := pool.Exec(t.Context(), `update scheduled_jobs set parameters = jsonb_build_object('week', $1::text) where job_type = 'WeeklyGeneration'`, monday.String())
	must(t, err)
	quiet := func(when string) {
		t.Helper()
		if got := w.incidents(t); len(got) > 0 {
			t.Errorf("%s: %v", when, got)
		}
		if got := w.gauge(t, "weekly_generation_current_week"); got[monday.String()] != 1 {
			t.Fatalf("%s: the week in force is not %s: %v", when, monday, got)
		}
	}
	heal := w.fault(t, faultswitch.Rule{Upstream: "fatsecret", Status: http.StatusServiceUnavailable})
	must(t, w.Start(t.Context()))
	quiet("06:00, before the first attempt")
	w.due(t, pool, schedule.WeeklyGeneration)
	for attempt := 1; attempt <= 2; attempt++ {
		await(t, pool, 1, "select count(*) from job_executions where attempt_number = $1 and status = 'failed' and error_type = 'Unavailable' and not final", attempt)
		quiet(fmt.Sprintf("after attempt %d", attempt))
		// However far the program's clock is ahead of the queue's.
		await(t, pool, 1, `select count(*) from river_job where state = 'retryable'
			and abs(extract(epoch from scheduled_at - attempted_at)::float8 - 60 * $1::float8) <= 6 * $1::float8 + 3`, attempt)
		c.forward(c.now().Add(time.Duration(attempt) * time.Minute))
		quiet("before the next attempt")
		if attempt == 2 {
			heal()
		}
		hurry(t, pool)
	}
	await(t, pool, 1, "select count(*) from job_executions where attempt_number = 3 and status = 'completed' and final")
	must(t, w.box.Mail.Wait(t.Context(), 1))
	quiet("06:03, after the third attempt")
	c.forward(begin.Add(2 * time.Hour))
	quiet("08:00")

	await(t, pool, 3, "select count(*) from job_executions")
	await(t, pool, 1, "select count(*) from plans")
	await(t, pool, 1, "select count(*) from outbox where status = 'sent'")
	if n := len(w.box.Mail.Messages()); n != 1 {
		t.Errorf("%d mails", n)
	}
	w.counted(t, map[string]int64{
		"generation_attempts_total": 1, "generation_success_total": 1, "generation_failures_total": 0,
		"scheduler_job_executions_total": 3, "scheduler_job_retries_total": 2, "scheduler_job_completions_total": 1, "scheduler_job_failures_total": 0,
	})
	if logs := w.logs.String(); strings.Count(logs, "Job will be retried") != 2 || strings.Count(logs, `"level":"ERROR"`) != 0 {
		t.Errorf("the log is not that of two failures that heal:\n%s", logs)
	}

	// The control: the same alerts see a plan that is missing.
	_, err = pool.Exec(t.Context(), "delete from plans")
	must(t, err)
	if got := w.incidents(t); len(got) != 1 {
		t.Errorf("without the plan: %v", got)
	}
}

// comingFriday is the next Friday, 06:00 in the zone.
func comingFriday(t *testing.T, zone string) time.Time {
	t.Helper()
	loc, err := schedule.Zone(zone)
	must(t, err)
	times, err := schedule.Parse(schedule.WeeklyGeneration.Defaults().Cron, loc)
	must(t, err)
	return times.Next(time.Now())
}
