package app_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

func twelve() []sandbox.Person {
	people := make([]sandbox.Person, 12) // more than may run at once
	for i := range people {
		people[i] = sandbox.People()[0]
		people[i].ID, people[i].Email = fmt.Sprintf("user_%02d", i), fmt.Sprintf("user_%02d@sandbox.example", i)
	}
	return people
}

// due makes the jobs of a type due now.
func (w *world) due(t *testing.T, pool *pgxpool.Pool, jobType schedule.Type) {
	t.Helper()
	_, err := pool.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() where job_type = $1", string(jobType))
	must(t, err)
}

// hurry ends the pause before attempts that wait.
func hurry(t *testing.T, pool *pgxpool.Pool) {
	t.Helper()
	_, err := pool.Exec(t.Context(), "update river_job set state = 'available', scheduled_at = now() where state in ('retryable', 'scheduled')")
	must(t, err)
}

// await waits until a query that counts says n, and says what it said last.
func await(t *testing.T, pool *pgxpool.Pool, n int, query string, args ...any) {
	t.Helper()
	got := -1
	for deadline := time.Now().Add(2 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		must(t, pool.QueryRow(t.Context(), query, args...).Scan(&got))
		if got == n {
			return
		}
	}
	t.Fatalf("%s: %d, want %d", query, got, n)
}

const finals = "select count(*) from job_executions where final"

func TestWeeklyRunsPlanEverybodyOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()})
	pool := w.pool(t)
	_, err := pool.Exec(t.Context(), `create table queued_as (state text);
		create function note_state() returns trigger language plpgsql as 'begin insert into queued_as values (new.state); return new; end';
		create trigger noted after insert on river_job for each row execute function note_state()`)
	must(t, err)
	must(t, w.Start(t.Context()))
	w.due(t, pool, schedule.WeeklyGeneration)
	await(t, pool, 12, finals)
	await(t, pool, 12, "select count(*) from plans")
	must(t, w.box.Mail.Wait(t.Context(), 12))
	// What is queued begins at once: River looks at jobs that are scheduled every five seconds only.
	await(t, pool, 12, "select count(*) from queued_as where state = 'available'")
	// The manual retry of docs/scheduler.md runs them again, and finds everything done.
	_, err = pool.Exec(t.Context(), "update scheduled_jobs set status = 'pending', error_count = 0, last_error = null where job_type = 'weekly_generation' and enabled = true")
	must(t, err)
	await(t, pool, 24, finals)
	await(t, pool, 12, "select count(*) from job_executions where trigger_type = 'retry' and output ->> 'existing' = 'true' and status = 'completed'")
	w.counted(t, map[string]int64{
		"generation_attempts_total": 12, "generation_success_total": 12, "scheduler_job_executions_total": 24, "scheduler_job_completions_total": 24,
		"scheduler_job_retries_total": 0, "scheduler_job_failures_total": 0,
	})
	await(t, pool, 12, "select count(*) from scheduled_jobs where job_type = 'WeeklyGeneration' and status = 'completed' and river_job_id is null and next_run_at > now()")
}

// Attempts that fail are tried again after a pause, and a run counts once, as its third
// attempt ends.
func TestRunsThatFailCountOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve(), empty: true})
	pool := w.pool(t)
	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Outage: true})
	must(t, w.Start(t.Context()))
	w.due(t, pool, schedule.WeeklyGeneration)
	for attempt := 1; attempt <= 3; attempt++ {
		await(t, pool, 12*attempt, "select count(*) from job_executions where status = 'failed' and attempt_number = $1 or status = 'failed' and attempt_number < $1", attempt)
		w.counted(t, map[string]int64{"generation_failures_total": int64(attempt / 3 * 12)})
		if attempt < 3 {
			await(t, pool, 12, "select count(*) from river_job where state = 'retryable' and scheduled_at - attempted_at between interval '53 seconds' * $1 and interval '68 seconds' * $1", attempt)
		}
		hurry(t, pool)
	}
	await(t, pool, 12, "select count(*) from scheduled_jobs where status = 'failed' and error_count = 3 and retry_at > now() + interval '59 minutes'")
	logs := w.logs.String()
	for line, want := range map[string]int{"Generation will be retried": 24, "Generation failed": 12, "Job will be retried": 24, "Job failed": 12} {
		if n := strings.Count(logs, line); n != want {
			t.Errorf("%d lines say %q, want %d", n, line, want)
		}
	}
	w.counted(t, map[string]int64{"scheduler_job_failures_total": 12, "scheduler_job_retry_exhausted_total": 12, "scheduler_job_retries_total": 24, "scheduler_job_executions_total": 36})
	// An hour later they run again without help.
	heal()
	var err error
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(time.Second) { // until the breaker lets it
		if err = w.Sync.Ensure(t.Context(), sandbox.Connection, nil); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
	_, err = pool.Exec(t.Context(), "update scheduled_jobs set retry_at = now() where retry_at is not null")
	must(t, err)
	await(t, pool, 12, "select count(*) from job_executions where status = 'completed' and trigger_type = 'retry'")
	await(t, pool, 12, "select count(*) from plans")
}

// A failure that time does not heal is not tried again.
func TestPermanentFailuresAreFinal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	pool := w.pool(t)
	must(t, w.Start(t.Context()))
	_, err := pool.Exec(t.Context(), `update users set settings = settings || '{"allergens": ["no such thing"]}'`)
	must(t, err)
	w.due(t, pool, schedule.WeeklyGeneration)
	await(t, pool, 1, "select count(*) from job_executions where final and status = 'failed' and error_type = 'InvalidConstraints'")
	await(t, pool, 1, "select count(*) from scheduled_jobs where status = 'failed' and retry_at is null and last_error like '%allergens%'")
	w.counted(t, map[string]int64{"generation_failures_total": 1, "scheduler_job_failures_total": 1, "scheduler_job_retry_exhausted_total": 0})
}

// A broken schedule is disabled with the reason; the others keep running.
func TestBrokenSchedulesSayWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{})
	pool := w.pool(t)
	for id, set := range map[string]string{
		"weekly_generation:user_lewis": "cron = 'every friday'", "daily_advisor:user_lewis": "time_zone = 'Mars/Olympus'",
		"weekly_trends:user_lewis": `parameters = '{"analysis_days": 1000}'`, "auto_sync:connection:" + sandbox.Connection: `parameters = '{"sync_typ": "tandoor"}'`,
	} {
		_, err := pool.Exec(t.Context(), "update scheduled_jobs set next_run_at = null, enabled = true, "+set+" where id = $1", id)
		must(t, err)
	}
	w.due(t, pool, schedule.WeeklyGeneration)
	must(t, w.Start(t.Context()))
	await(t, pool, 4, "select count(*) from scheduled_jobs where not enabled and status = 'failed' and (last_error like '%cron%' or last_error like '%time_zone%' or last_error like '%analysis_days%' or last_error like '%sync_typ%')")
	await(t, pool, 4, finals)
}

func TestPausedTypesWait(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: twelve()[:3]})
	pool := w.pool(t)
	must(t, w.JobStore.SetRuntime(t.Context(), "jobs.WeeklyGeneration.paused", "true", "test", "a fault", time.Hour))
	must(t, w.Runtime.Read(t.Context(), w.JobStore))
	must(t, w.Start(t.Context()))
	w.due(t, pool, schedule.WeeklyGeneration)
	w.idle(t)
	await(t, pool, 0, "select count(*) from job_executions")
	w.awaitLeader(t)
	must(t, w.JobStore.SetRuntime(t.Context(), "jobs.concurrency", "2", "test", "", time.Hour))
	if gone, err := w.JobStore.DropRuntime(t.Context(), "jobs.WeeklyGeneration.paused", "test", "mended"); err != nil || !gone {
		t.Fatal(gone, err)
	}
	await(t, pool, 3, finals)
	for deadline := time.Now().Add(2 * time.Minute); w.Jobs.Limit() != 2; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) { // the engine follows an override within seconds
			t.Fatalf("limit %d", w.Jobs.Limit())
		}
	}
	await(t, pool, 3, "select count(*) from runtime_settings_audit where set_by = 'test'")
}

// While the breaker is open, synchronising is skipped, which is no failure.
func TestSyncIsSkippedWhileTheBreakerIsOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], empty: true})
	pool := w.pool(t)
	defer w.fault(t, faultswitch.Rule{Upstream: "tandoor", Outage: true})()
	for range 20 { // until the breaker opens
		_, _ = w.Sync.Refresh(t.Context(), sandbox.Connection, false, nil)
	}
	must(t, w.Start(t.Context()))
	w.due(t, pool, schedule.AutoSync)
	await(t, pool, 1, "select count(*) from job_executions where status = 'completed' and output ->> 'skipped' = 'circuit breaker open' and job_type = 'auto_sync' and job_id like '%connection%'")
}

// A new user has every job; a change of zone or a pause is a change of their schedules.
func TestSchedulesFollowTheirUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	pool := w.pool(t)
	u, err := w.Users.Get(t.Context(), "user_lewis")
	must(t, err)
	rows, err := w.JobStore.Schedules(t.Context(), postgres.Filter{User: u.ID})
	must(t, err)
	byType := map[string]int{}
	for _, r := range rows {
		kind, err := schedule.ParseType(r.JobType)
		must(t, err)
		byType[r.JobType]++
		d := kind.Defaults()
		if r.Cron != d.Cron || r.Priority != strings.ToLower(d.Priority.String()) || int(r.RetryMaxAttempts) != d.Attempts || time.Duration(r.RetryBackoffSeconds)*time.Second != d.Backoff {
			t.Errorf("%s: %+v, the defaults are %+v", r.ID, r, d)
		}
		if kind != schedule.AutoSync && r.TimeZone != u.TimeZone {
			t.Errorf("%s: zone %s, the user's is %s", r.ID, r.TimeZone, u.TimeZone)
		}
	}
	want := map[string]int{"WeeklyGeneration": 1, "DailyAdvisor": 1, "WeeklyTrends": 1}
	if u.FatSecret {
		want["AutoSync"] = 1
	}
	if fmt.Sprint(byType) != fmt.Sprint(want) {
		t.Errorf("schedules %v, want %v", byType, want)
	}
	_, err = w.JobStore.SetEnabled(t.Context(), postgres.Filter{}, true)
	must(t, err)
	must(t, w.Start(t.Context()))
	await(t, pool, 0, "select count(*) from scheduled_jobs where next_run_at is null")
	u.TimeZone = "Pacific/Auckland"
	must(t, w.Users.Set(t.Context(), u))
	await(t, pool, 3, "select count(*) from scheduled_jobs where user_id = $1 and time_zone = 'Pacific/Auckland' and next_run_at is not null", u.ID)
	must(t, w.Users.SetFatSecret(t.Context(), u.ID, nil))
	await(t, pool, 0, "select count(*) from scheduled_jobs where user_id = $1 and job_type = 'AutoSync'", u.ID)
}
