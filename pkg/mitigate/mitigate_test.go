package mitigate_test

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/mitigate"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/setting"
	"github.com/mealplanner/mealplanner/pkg/user"
	"github.com/mealplanner/mealplanner/test/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

type bench struct {
	pool  *pgxpool.Pool
	store *postgres.Mitigations
	now   *setting.Runtime
	*mitigate.Mitigator
}

func newBench(t *testing.T) *bench {
	t.Helper()
	pool := testpg.Pool(t)
	users := postgres.NewUsers(pool)
	must(t, users.PutConnection(t.Context(), postgres.Connection{ID: "home", URL: "http://localhost", Sealed: []byte{1}}))
	must(t, users.Add(t.Context(), user.User{ID: "ana", Name: "Ana", Email: "ana@example.org", TimeZone: "UTC", Enabled: true, People: 1, Connection: "home", Settings: user.DefaultSettings()}, nil))
	b := &bench{pool: pool, store: postgres.NewMitigations(pool)}
	b.now = setting.New(setting.Configured{Concurrency: 5, GenerationTimeout: 2 * time.Second, APIPool: 20, SchedulerPool: 20})
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

// fail records attempts of AutoSync that ended with the kind.
func (b *bench) fail(t *testing.T, kind string) {
	t.Helper()
	b.exec(t, `insert into job_executions (job_id, job_type, river_job_id, trigger_type, attempt_number, status, final, scheduled_for, completed_at, error_type)
		values ('auto_sync:connection:home', 'AutoSync', (select 1000 + count(*) from job_executions), 'scheduled', 1, 'failed', true, now(), now(), $1)`, kind)
}

// Every measure about a setting: it is not needed, a dry run changes nothing, it is done
// and recorded, and taken back.
func TestMeasuresThatChangeASetting(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, kind, want string }{
		{"pause-jobs", "Unauthorized", "jobs.AutoSync.paused: false -> true"},
		{"raise-job-timeout", "TimeoutError", "jobs.AutoSync.timeout: 5m0s -> 10m0s"},
		{"raise-attempts", "NetworkError", "jobs.AutoSync.attempts: 5 -> 5"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			r := mitigate.Request{Type: "auto_sync"}
			if o := b.try(t, c.name, r); o.Needed || o.Done {
				t.Errorf("without trouble: %+v", o)
			}
			b.fail(t, c.kind)
			dry := r
			dry.DryRun = true
			o := b.try(t, c.name, dry)
			if !o.Needed || o.Done || !strings.HasPrefix(o.Change, strings.SplitN(c.want, ":", 2)[0]) {
				t.Errorf("dry run: %+v, want %s", o, c.want)
			}
			if n := b.count(t, "select count(*) from runtime_settings") + b.count(t, "select count(*) from mitigations"); n != 0 {
				t.Error("the dry run changed something")
			}
			if o := b.try(t, c.name, r); !o.Done {
				t.Errorf("%+v", o)
			}
			if b.count(t, "select count(*) from mitigations where done_by = 'tester'") != 1 || b.count(t, "select count(*) from runtime_settings_audit where set_by = 'tester'") != 1 {
				t.Error("it is not recorded")
			}
			if o := b.try(t, "reset-setting", mitigate.Request{}); !o.Done || b.count(t, "select count(*) from runtime_settings") != 0 {
				t.Errorf("taken back: %+v", o)
			}
		})
	}
}

func TestMeasuresAreChecked(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	if _, err := mitigate.Lookup("reboot"); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "pause-jobs") {
		t.Error(err)
	}
	for name, r := range map[string]mitigate.Request{
		"pause-jobs": {Type: "lunch"}, "resize-pool": {Type: "web"}, "raise-generation-timeout": {To: "2h"},
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
		time.Sleep(200 * time.Millisecond)
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
