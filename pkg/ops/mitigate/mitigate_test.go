package mitigate_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/ops/mitigate"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

type bench struct {
	t     *testing.T
	pool  *pgxpool.Pool
	store *postgres.Mitigations
	now   *override.Runtime
	*mitigate.Mitigator
}

func newBench(t *testing.T) *bench {
	t.Helper()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: testpg.URL(t), Pool: "test"})
	must(t, err)
	t.Cleanup(pool.Close)
	users := postgres.NewUsers(pool)
	must(t, users.PutConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://localhost", Sealed: []byte{1}}))
	must(t, users.Add(t.Context(), user.User{ID: "ana", Name: "Ana", Email: "ana@example.org", TimeZone: "UTC", Enabled: true, People: 1, Connection: "home", Settings: user.DefaultSettings()}, nil))
	b := &bench{t: t, pool: pool, store: postgres.NewMitigations(pool)}
	b.now = override.New(override.Configured{Concurrency: 5, GenerationTimeout: 2 * time.Second, APIPool: 20, SchedulerPool: 20})
	b.Mitigator = mitigate.New(b.store, b.now)
	return b
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (b *bench) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := b.pool.Exec(t.Context(), sql, args...)
	must(t, err)
}

func (b *bench) count(t *testing.T, sql string) (n int) {
	t.Helper()
	must(t, b.pool.QueryRow(t.Context(), sql).Scan(&n))
	return n
}

func (b *bench) try(t *testing.T, name string, r mitigate.Request) mitigate.Outcome {
	t.Helper()
	m, err := mitigate.Lookup(name)
	must(t, err)
	r.For, r.By = time.Hour, "tester"
	o, err := b.Do(t.Context(), m, r)
	must(t, err)
	return o
}

// fail records attempts of jobs of a type that ended with the kind some time ago.
func (b *bench) fail(t *testing.T, job, jobType, kind string, ago time.Duration) {
	t.Helper()
	b.exec(t, `insert into job_executions (job_id, job_type, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, completed_at, error_type)
		values ($1, $2, (select 1000 + count(*) from job_executions), 'scheduled', 1, 'failed', true, now(), now() - make_interval(secs => $4), $3)`, job, jobType, kind, ago.Seconds())
}

func (b *bench) failSync(t *testing.T, kind string) {
	t.Helper()
	b.fail(t, "auto_sync:connection:home", "AutoSync", kind, 0)
}

func (b *bench) failPlan(t *testing.T, kind string) {
	t.Helper()
	b.fail(t, "weekly_generation:ana", "WeeklyGeneration", kind, 0)
}

// work keeps so many sessions of a role busy until the test ends.
func (b *bench) work(t *testing.T, application string, sessions int) {
	t.Helper()
	for range sessions {
		conn, err := b.pool.Acquire(t.Context())
		must(t, err)
		t.Cleanup(conn.Release)
		_, err = conn.Exec(t.Context(), "set application_name = '"+application+"'")
		must(t, err)
		tx, err := conn.Begin(t.Context())
		must(t, err)
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		_, err = tx.Exec(t.Context(), "select 1")
		must(t, err)
	}
}

// put gives a setting a value, as somebody did before.
func (b *bench) put(t *testing.T, name, value string) {
	t.Helper()
	b.exec(t, "insert into runtime_settings (name, value, set_by, expires_at) values ($1, $2, 'somebody', now() + interval '1 hour')", name, value)
	must(t, b.now.Read(t.Context(), postgres.NewJobs(b.pool)))
}

// effects is what measures change.
func (b *bench) effects(t *testing.T) (out string) {
	t.Helper()
	must(t, b.pool.QueryRow(t.Context(), `select concat_ws(' ',
		(select string_agg(name || '=' || value, ',' order by name) from runtime_settings),
		(select string_agg(id, ',' order by id) from scheduled_jobs where status = 'pending'))`).Scan(&out))
	return out
}

// Every measure but end-blocker: it is not needed, then it is; a dry run changes nothing;
// it is done, and recorded with what it did.
func TestMeasures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, of string
		trouble  func(b *bench)
		change   string // begins so
		effects  string
	}{
		{
			"pause-jobs", "auto_sync", func(b *bench) { b.failSync(b.t, "Unauthorized") },
			"jobs.AutoSync.paused: false -> true for 1h0m0s", "jobs.AutoSync.paused=true",
		},
		{
			"resume-jobs", "AutoSync", func(b *bench) { b.put(b.t, "jobs.AutoSync.paused", "true") },
			"jobs.AutoSync.paused: true -> false", "",
		},
		{
			"retry-jobs", "", func(b *bench) {
				b.exec(b.t, "update scheduled_jobs set status = 'failed' where id = 'weekly_generation:ana'")
			},
			"1 ", "weekly_generation:ana",
		},
		{
			"raise-job-timeout", "AutoSync", func(b *bench) { b.failSync(b.t, "TimeoutError") },
			"jobs.AutoSync.timeout: 30s -> 1m0s for 1h0m0s", "jobs.AutoSync.timeout=1m0s",
		},
		{
			"raise-attempts", "WeeklyGeneration", func(b *bench) { b.failPlan(b.t, "NetworkError") },
			"jobs.WeeklyGeneration.attempts: 3 -> 5 for 1h0m0s", "jobs.WeeklyGeneration.attempts=5",
		},
		{
			"raise-generation-timeout", "", func(b *bench) { b.failPlan(b.t, "TimeoutError") },
			"generation.timeout: 2s -> 5s for 1h0m0s", "generation.timeout=5s",
		},
		{
			"resize-pool", "api", func(b *bench) { b.work(b.t, "mealplanner-api", 14) },
			"database.api_pool: 20 -> 30 for 1h0m0s", "database.api_pool=30",
		},
		{
			"limit-jobs", "", func(b *bench) { b.work(b.t, "mealplanner-scheduler", 14) },
			"jobs.concurrency: 5 -> 2 for 1h0m0s", "jobs.concurrency=2",
		},
		{
			"refresh-recipes", "", func(b *bench) { b.failPlan(b.t, "NotEnoughRecipes") },
			"", "auto_sync:connection:home",
		},
		{
			"reset-setting", "jobs.auto_sync.paused", func(b *bench) {
				b.put(b.t, "jobs.AutoSync.paused", "true")
				b.put(b.t, "jobs.concurrency", "3")
			},
			"jobs.AutoSync.paused: true -> as configured", "jobs.concurrency=3",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			// Trouble of another kind, and what was long ago, is none.
			b.fail(t, "auto_sync:connection:home", "AutoSync", "Unauthorized", time.Hour)
			b.fail(t, "daily_advisor:ana", "DailyAdvisor", "TimeoutError", 0)
			b.work(t, "mealplanner-queue", 2)
			r := mitigate.Request{Type: c.of, Reason: "a test"}
			if o := b.try(t, c.name, r); o.Needed || o.Done || o.Why == "" {
				t.Errorf("without trouble: %+v", o)
			}
			c.trouble(b)
			before := b.effects(t)
			dry := r
			dry.DryRun = true
			if o := b.try(t, c.name, dry); !o.Needed || o.Done || !strings.HasPrefix(o.Change, c.change) {
				t.Errorf("dry run: %+v, want %s", o, c.change)
			}
			if now := b.effects(t); now != before || b.count(t, "select count(*) from mitigations") != 0 {
				t.Errorf("the dry run made %q of %q", now, before)
			}
			o := b.try(t, c.name, r)
			if !o.Done || !strings.HasPrefix(o.Change, c.change) {
				t.Errorf("%+v", o)
			}
			if now := b.effects(t); now != c.effects {
				t.Errorf("it made %q, want %q", now, c.effects)
			}
			rows, err := b.store.List(t.Context(), 10)
			if err != nil || len(rows) != 1 || rows[0].Name != c.name || rows[0].Detail != o.Change || rows[0].DoneBy != "tester" || rows[0].Reason != "a test" {
				t.Errorf("recorded: %+v, %v", rows, err)
			}
			if strings.Contains(c.change, ".") && b.count(t, "select count(*) from runtime_settings_audit where set_by = 'tester'") != 1 {
				t.Error("the audit of settings lacks it")
			}
		})
	}
}

// A measure never makes worse what it is to make better, and says when there is nothing
// left to do.
func TestLimitsMoveOneWayOnly(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.put(t, "jobs.AutoSync.attempts", "10")
	b.put(t, "generation.timeout", "20s")
	b.put(t, "database.api_pool", "200")
	b.put(t, "jobs.concurrency", "1")
	before := b.effects(t)
	for name, r := range map[string]mitigate.Request{
		"raise-attempts": {Type: "AutoSync"}, "raise-generation-timeout": {}, "resize-pool": {Type: "api"}, "limit-jobs": {}, "resume-jobs": {Type: "AutoSync"},
	} {
		r.Force = true
		if o := b.try(t, name, r); o.Done || o.Change != "" || o.Why == "" {
			t.Errorf("%s: %+v", name, o)
		}
	}
	for name, r := range map[string]mitigate.Request{
		"raise-attempts": {Type: "AutoSync", To: "5"}, "raise-generation-timeout": {To: "1s"}, "resize-pool": {Type: "api", To: "30"}, "limit-jobs": {To: "8"},
		"raise-job-timeout": {Type: "AutoSync", To: "30s"},
	} {
		m, err := mitigate.Lookup(name)
		must(t, err)
		r.Force, r.For = true, time.Hour
		if _, err := b.Do(t.Context(), m, r); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "--to") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if now := b.effects(t); now != before {
		t.Errorf("%q became %q", before, now)
	}
	b.put(t, "jobs.DailyAdvisor.attempts", "2")
	if o := b.try(t, "raise-attempts", mitigate.Request{Type: "DailyAdvisor", To: "9", Force: true}); !o.Done || !strings.HasPrefix(o.Change, "jobs.DailyAdvisor.attempts: 2 -> 9") {
		t.Errorf("%+v", o)
	}
}

func TestMeasuresAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := mitigate.Lookup("reboot"); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "pause-jobs") {
		t.Error(err)
	}
	for name, r := range map[string]mitigate.Request{
		"pause-jobs": {Type: "lunch"}, "resize-pool": {Type: "web"}, "raise-generation-timeout": {To: "2h"}, "resume-jobs": {}, "raise-attempts": {Type: "AutoSync", To: "many"},
		"retry-jobs": {To: "5"}, "end-blocker": {Type: "AutoSync"}, "refresh-recipes": {Type: "home"}, "limit-jobs": {Type: "AutoSync"},
	} {
		m, err := mitigate.Lookup(name)
		must(t, err)
		if _, err := b.Do(t.Context(), m, r); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("%s with %+v: %v", name, r, err)
		}
	}
}

func TestForce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if o := b.try(t, "resize-pool", mitigate.Request{Type: "api"}); o.Needed || o.Done || !strings.HasPrefix(o.Change, "database.api_pool: 20 -> 30") {
		t.Errorf("%+v", o)
	}
	if o := b.try(t, "resize-pool", mitigate.Request{Type: "api", Force: true}); !o.Done {
		t.Errorf("%+v", o)
	}
	if b.count(t, "select count(*) from runtime_settings where name = 'database.api_pool' and value = '30'") != 1 {
		t.Error("the pool's size was not set")
	}
}

func TestFailedJobsAreRetried(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if o := b.try(t, "retry-jobs", mitigate.Request{}); o.Needed {
		t.Errorf("%+v", o)
	}
	b.exec(t, "update scheduled_jobs set status = 'failed' where id = 'weekly_generation:ana'")
	if o := b.try(t, "retry-jobs", mitigate.Request{Type: "AutoSync"}); o.Needed {
		t.Errorf("of another type: %+v", o)
	}
	if o := b.try(t, "retry-jobs", mitigate.Request{}); !o.Done || b.count(t, "select count(*) from scheduled_jobs where status = 'pending'") != 1 {
		t.Errorf("%+v", o)
	}
}

// The session that others wait for is ended; one of ours only by force.
func TestBlockersAreEnded(t *testing.T) {
	t.Parallel()
	for _, ours := range []bool{false, true} {
		b := newBench(t)
		if o := b.try(t, "end-blocker", mitigate.Request{}); o.Needed || o.Change != "" {
			t.Errorf("nobody waits: %+v", o)
		}
		holder, err := b.pool.Acquire(t.Context())
		must(t, err)
		name := "batch"
		if ours {
			name = "mealplanner-scheduler"
		}
		_, err = holder.Exec(t.Context(), "set application_name = '"+name+"'")
		must(t, err)
		tx, err := holder.Begin(t.Context())
		must(t, err)
		_, err = tx.Exec(t.Context(), "lock table plans in access exclusive mode")
		must(t, err)
		waited := make(chan error, 1)
		go func() {
			_, err := b.pool.Exec(t.Context(), "select count(*) from plans")
			waited <- err
		}()
		for b.count(t, "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()") == 0 {
			time.Sleep(10 * time.Millisecond)
		}
		o := b.try(t, "end-blocker", mitigate.Request{})
		if o.Needed == ours || o.Done == ours || !strings.Contains(o.Why, "plans") || !strings.Contains(o.Why, name) {
			t.Errorf("ours %t: %+v", ours, o)
		}
		if ours {
			if o = b.try(t, "end-blocker", mitigate.Request{Force: true}); !o.Done {
				t.Errorf("by force: %+v", o)
			}
		}
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if err := tx.Commit(t.Context()); err == nil {
			t.Error("the blocker goes on")
		}
		holder.Release()
	}
}

// A process id may have got another session since it was looked up: one that nobody waits
// for is left alone.
func TestOnlyBlockersAreEnded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	idle, err := b.pool.Acquire(t.Context())
	must(t, err)
	defer idle.Release()
	ended, err := b.store.EndSession(t.Context(), int(idle.Conn().PgConn().PID()))
	if err != nil || ended {
		t.Errorf("ended %t, %v", ended, err)
	}
	if err := idle.Ping(t.Context()); err != nil {
		t.Error(err)
	}
}
