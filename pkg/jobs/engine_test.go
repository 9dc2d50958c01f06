package jobs_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

// record is an observer that keeps how attempts ended.
type record struct {
	mu      sync.Mutex
	started []jobs.Job
	ended   []jobs.Outcome
}

func (*record) Queueing(ctx context.Context, _ int) (context.Context, string, func(error)) {
	return ctx, "", func(error) {}
}
func (*record) Begin(ctx context.Context, _ jobs.Job) (context.Context, string) { return ctx, "" }

func (r *record) Started(_ context.Context, j jobs.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = append(r.started, j)
}

func (r *record) End(_ context.Context, _ jobs.Job, o jobs.Outcome) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = append(r.ended, o)
}

func (*record) Error(context.Context, string, error) {}

// outcomes returns how the attempts ended, once at least n did: what is recorded in the database is
// observed a moment later.
func (r *record) outcomes(t *testing.T, n int) []jobs.Outcome {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		r.mu.Lock()
		ended := slices.Clone(r.ended)
		r.mu.Unlock()
		if len(ended) >= n || time.Now().After(deadline) {
			return ended
		}
	}
}

// shop is a database with one user, whose weekly run is due, and nothing that runs yet.
type shop struct {
	pool     *pgxpool.Pool
	settings *override.Runtime
	store    *postgres.Jobs
	grace    time.Duration
	now      func() time.Time
	record
}

const job = "weekly_generation:user_ana"

func newShop(t *testing.T) *shop {
	t.Helper()
	s := &shop{pool: testpg.Pool(t), settings: override.New(override.Configured{Concurrency: 2}), now: time.Now}
	s.store = postgres.NewJobs(s.pool)
	s.exec(t, "insert into connections (id, url, token_sealed) values ('home', 'http://127.0.0.1:1', '')")
	s.exec(t, "insert into users (id, email, name, connection_id) values ('user_ana', 'ana@example.org', 'Ana', 'home')")
	s.exec(t, "update scheduled_jobs set enabled = id = $1, next_run_at = now()", job)
	return s
}

func (s *shop) exec(t *testing.T, sql string, args ...any) {
	t.Helper()
	_, err := s.pool.Exec(t.Context(), sql, args...)
	must(t, err)
}

func (s *shop) engine(t *testing.T, h jobs.Handler) *jobs.Engine {
	t.Helper()
	e, err := jobs.New(jobs.Options{
		Queue: s.pool, Store: s.store, Handlers: map[schedule.Type]jobs.Handler{schedule.WeeklyGeneration: h},
		Observer: &s.record, Settings: s.settings, Worker: "test", Grace: s.grace, Log: slog.New(slog.DiscardHandler), Now: s.now,
	})
	must(t, err)
	return e
}

// run runs the engine until the test ends or stop is called, which waits.
func run(t *testing.T, e *jobs.Engine, drain time.Duration) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- e.Run(ctx, drain) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return stop
}

// await waits until a query that counts says n.
func (s *shop) await(t *testing.T, n int, query string, args ...any) {
	t.Helper()
	got := -1
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		must(t, s.pool.QueryRow(t.Context(), query, args...).Scan(&got))
		if got == n {
			return
		}
	}
	t.Fatalf("%s: %d, want %d", query, got, n)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func succeed(context.Context, jobs.Job) (any, error) { return nil, nil }

// queue queues the job that is due and returns its number in the queue.
func (s *shop) queue(t *testing.T, e *jobs.Engine) (river int64) {
	t.Helper()
	n, err := e.Tick(t.Context())
	must(t, err)
	if n != 1 {
		t.Fatalf("%d jobs queued", n)
	}
	must(t, s.pool.QueryRow(t.Context(), "select river_job_id from scheduled_jobs where id = $1", job).Scan(&river))
	return river
}

const (
	completedFirst = "select count(*) from job_executions where status = 'completed' and final and attempt_number = 1"
	cutShort       = "select count(*) from job_executions where status = 'failed' and error_type = 'Canceled' and not final and attempt_number = 1 and completed_at is not null"
)

// A job that is due is there to be worked on at once: it does not wait for an elected
// leader, of whom there is none here.
func TestQueuedJobsAreAvailable(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.queue(t, s.engine(t, succeed))
	s.await(t, 1, "select count(*) from river_job where state = 'available'")
}

// The first week of a new user waits, so that a mistake can be taken back,
// unless it is asked for.
func TestNewUsersHaveAGrace(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  string
		want int
	}{
		"just added":       {"created_at = now()", 0},
		"added before it":  {"created_at = now() - interval '61 minutes'", 1},
		"asked for":        {"created_at = now(), status = 'pending'", 1},
		"of another kind":  {"created_at = now(), job_type = 'DailyAdvisor'", 1},
		"within the grace": {"created_at = now() - interval '59 minutes'", 0},
	} {
		s := newShop(t)
		s.grace = time.Hour
		s.exec(t, "update scheduled_jobs set "+c.set+" where id = $1", job)
		if n, err := s.engine(t, succeed).Tick(t.Context()); err != nil || n != c.want {
			t.Errorf("%s: %d queued, want %d, %v", name, n, c.want, err)
		}
	}
}

// Who asks for what was asked for and has not ended gets that run; other parameters, and
// whoever asks afterwards, get one of their own.
func TestAskingTwiceRunsOnce(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, succeed)
	ask := func(params string) int64 {
		t.Helper()
		id, err := e.Enqueue(t.Context(), job, json.RawMessage(params), "")
		must(t, err)
		return id
	}
	first, other := ask(""), ask(`{"week": "2026-12-07"}`)
	if ask("") != first || ask(`{"week":"2026-12-07"}`) != other || first == other {
		t.Errorf("runs %d and %d, then %d and %d", first, other, ask(""), ask(`{"week": "2026-12-07"}`))
	}
	s.exec(t, "update river_job set state = 'running', attempt = 1 where id = $1", first)
	if got := ask(""); got != first {
		t.Errorf("while it runs: %d, want %d", got, first)
	}
	s.exec(t, "update river_job set state = 'completed', finalized_at = now() where id = $1", first)
	if ask("") == first {
		t.Error("what has ended does not run again")
	}
}

// A job whose process was killed resumes in another one: a run in the hands of a worker
// that has been silent for half a minute is taken from it, its attempt is closed on
// record and is not one of those allowed.
func TestJobsOfTheDeadComeBack(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, succeed)
	river := s.queue(t, e)
	_, err := s.store.BeginExecution(t.Context(), db.BeginExecutionParams{
		JobID: job, JobType: string(schedule.WeeklyGeneration), RiverJobID: river, TriggerType: string(schedule.Scheduled), ScheduledFor: time.Now(), Worker: "dead",
	})
	must(t, err)
	s.exec(t, "update river_job set state = 'running', attempt = 1, attempted_at = now() - interval '31 seconds', attempted_by = '{dead}' where id = $1", river)
	run(t, e, time.Second)
	s.await(t, 1, completedFirst)
	s.await(t, 1, cutShort)
	s.await(t, 2, "select count(*) from job_executions")
	s.await(t, 1, "select count(*) from scheduled_jobs where status = 'completed' and river_job_id is null and error_count = 0")
	if j := s.started[0]; j.First || !j.Repeated || j.Attempt != 1 {
		t.Errorf("the observer saw %+v", j)
	}
}

// A process may die after a job is finished on record and before the queue knows: it is not
// done again.
func TestFinishedJobsAreNotDoneAgain(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, succeed)
	river := s.queue(t, e)
	stop := run(t, e, time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'completed'")
	stop()
	s.exec(t, "update river_job set state = 'running', finalized_at = null, attempted_at = now() - interval '31 seconds' where id = $1", river)
	run(t, s.engine(t, func(context.Context, jobs.Job) (any, error) {
		t.Error("it ran again")
		return nil, nil
	}), time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'completed'")
	s.await(t, 1, "select count(*) from job_executions")
	if o := s.outcomes(t, 2); len(o) != 2 || !o[1].Dropped {
		t.Errorf("the observer saw %+v", o)
	}
}

// A worker that is silent for less than that keeps its job.
func TestJobsOfTheLivingStay(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, succeed)
	river := s.queue(t, e)
	s.exec(t, "update river_job set state = 'running', attempt = 1, attempted_at = now() - interval '15 seconds', attempted_by = '{alive}' where id = $1", river)
	// One that has been silent for longer lies beside it: when that one was taken from its
	// worker, both were looked at.
	s.exec(t, `insert into river_job (state, kind, args, max_attempts, priority, queue, attempt, attempted_at, attempted_by)
		select state, kind, args, max_attempts, priority, queue, attempt, now() - interval '31 seconds', '{dead}' from river_job where id = $1`, river)
	run(t, e, time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'completed' and id <> $1", river)
	s.await(t, 1, "select count(*) from river_job where state = 'running' and id = $1 and attempted_by = '{alive}'", river)
	s.await(t, 0, "select count(*) from job_executions where river_job_id = $1", river)
}

// A process that stops gives its jobs time to finish.
func TestStopWaitsForJobs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	working := make(chan struct{})
	stop := run(t, s.engine(t, func(context.Context, jobs.Job) (any, error) {
		close(working)
		time.Sleep(500 * time.Millisecond)
		return nil, nil
	}), 10*time.Second)
	<-working
	stop()
	s.await(t, 1, completedFirst)
}

// When the time is up, what still runs goes back to the queue, and whoever works on it
// next does not see an attempt gone.
func TestStopReturnsJobsToTheQueue(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	working := make(chan struct{})
	stop := run(t, s.engine(t, func(ctx context.Context, _ jobs.Job) (any, error) {
		close(working)
		<-ctx.Done()
		return nil, ctx.Err()
	}), 100*time.Millisecond)
	<-working
	stop()
	s.await(t, 1, cutShort)
	s.await(t, 1, "select count(*) from river_job where state in ('available', 'retryable') and scheduled_at <= now() + interval '1 second'")
	s.await(t, 1, "select count(*) from scheduled_jobs where river_job_id is not null and status = 'pending' and error_count = 0")
	run(t, s.engine(t, succeed), time.Second)
	s.await(t, 1, completedFirst)
	if o := s.outcomes(t, 2); len(o) != 2 || fault.KindOf(o[0].Err) != fault.Canceled || o[0].Final || !o[1].Final {
		t.Errorf("the observer saw %+v", o)
	}
}

// A handler that panics has failed, for good; the process and its other jobs go on.
func TestPanicsAreFailures(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.exec(t, "insert into users (id, email, name, connection_id) values ('user_bo', 'bo@example.org', 'Bo', 'home')")
	s.exec(t, "update scheduled_jobs set enabled = job_type = 'WeeklyGeneration', next_run_at = now()")
	run(t, s.engine(t, func(_ context.Context, j jobs.Job) (any, error) {
		if j.ID == job {
			panic("out of eggs")
		}
		return nil, nil
	}), time.Second)
	s.await(t, 1, "select count(*) from job_executions where status = 'failed' and final and error_type = 'Internal' and error_message like '%panic: out of eggs%' and attempt_number = 1")
	s.await(t, 1, "select count(*) from scheduled_jobs where id = $1 and status = 'failed' and retry_at is null and river_job_id is null and last_error like '%out of eggs%'", job)
	s.await(t, 1, completedFirst)
}

func (s *shop) set(t *testing.T, name, value string) {
	t.Helper()
	must(t, s.store.SetRuntime(t.Context(), name, value, "test", "", time.Hour))
	must(t, s.settings.Read(t.Context(), s.store))
}

// jobs.TYPE.attempts is the number of attempts, whatever the schedule says.
func TestSettingOfAttempts(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(t, "jobs.WeeklyGeneration.attempts", "2")
	run(t, s.engine(t, func(context.Context, jobs.Job) (any, error) {
		return nil, fault.New(fault.Unavailable, "test", "503")
	}), time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'retryable'")
	s.exec(t, "update river_job set state = 'available', scheduled_at = now()")
	s.await(t, 1, "select count(*) from job_executions where attempt_number = 2 and final and status = 'failed' and error_type = 'Unavailable'")
	s.await(t, 1, "select count(*) from scheduled_jobs where status = 'failed' and error_count = 2 and retry_max_attempts = 3 and river_job_id is null")
	if o := s.outcomes(t, 2); len(o) != 2 || o[0].Exhausted || !o[1].Exhausted {
		t.Errorf("the observer saw %+v", o)
	}
}

// jobs.TYPE.timeout ends an attempt, which may be tried again.
func TestSettingOfTimeout(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.set(t, "jobs.WeeklyGeneration.timeout", "1s")
	run(t, s.engine(t, func(ctx context.Context, _ jobs.Job) (any, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}), time.Second)
	s.await(t, 1, "select count(*) from job_executions where status = 'failed' and not final and error_type = 'TimeoutError' and duration_ms between 900 and 5000")
	s.await(t, 1, "select count(*) from river_job where state = 'retryable' and scheduled_at > now() + interval '40 seconds'")
}

// A type that is paused is paused from the first moment of a process on, also for what
// is in the queue by then.
func TestPausedBeforeTheStart(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, succeed)
	s.queue(t, e)
	s.set(t, "jobs.WeeklyGeneration.paused", "true")
	run(t, e, time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'scheduled' and scheduled_at > now()") // put back
	s.await(t, 0, "select count(*) from job_executions")
}

// A job whose schedule was deleted while it waited, as with its user, is dropped.
func TestDeletedSchedulesDropTheirJobs(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	e := s.engine(t, func(context.Context, jobs.Job) (any, error) {
		t.Error("it ran")
		return nil, nil
	})
	s.queue(t, e)
	s.exec(t, "delete from users")
	run(t, e, time.Second)
	s.await(t, 1, "select count(*) from river_job where state = 'cancelled'")
	s.await(t, 0, "select count(*) from job_executions")
	if o := s.outcomes(t, 1); len(o) != 1 || !o[0].Dropped || o[0].Final {
		t.Errorf("the observer saw %+v", o)
	}
}

// The database's clock decides what is late and when a retry runs, however wrong the
// program's is.
func TestProgramsClockIsWrong(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]time.Duration{"days ahead": 132 * time.Hour, "days behind": -132 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.now = func() time.Time { return time.Now().Add(off) }
			s.exec(t, "update scheduled_jobs set retry_backoff_seconds = 100 where id = $1", job)
			var failed sync.Once
			e := s.engine(t, func(context.Context, jobs.Job) (_ any, err error) {
				failed.Do(func() { err = fault.New(fault.Unavailable, "upstream", "is down") })
				return nil, err
			})
			run(t, e, time.Second)
			s.await(t, 1, "select count(*) from job_executions where attempt_number = 1 and status = 'failed' and not final")
			s.await(t, 1, "select count(*) from river_job where state = 'retryable' and scheduled_at - now() between interval '60 s' and interval '115 s'")
			s.exec(t, "update river_job set scheduled_at = now()")
			s.await(t, 1, "select count(*) from job_executions where attempt_number = 2 and status = 'completed' and final and output is null")

			river, err := e.Enqueue(t.Context(), job, nil, "")
			must(t, err)
			s.await(t, 1, "select count(*) from job_executions where river_job_id = $1 and status = 'completed' and abs(extract(epoch from scheduled_for - started_at)) < 30", river)
			s.mu.Lock()
			defer s.mu.Unlock()
			for _, j := range s.started {
				if wait := j.Started.Sub(j.Due); wait < 0 || wait > time.Hour {
					t.Errorf("attempt %d began %s after it was due", j.Attempt, wait)
				}
			}
		})
	}
}

// A process of another version reads what waits in the queue.
func TestRunsKeepTheirNames(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 4, 6, 0, 0, 0, time.UTC)
	got, err := json.Marshal(jobs.Run{
		ID: "weekly_generation:ana", User: "ana", Connection: "home", Occurrence: at, Fire: at, Due: at, Trigger: schedule.Scheduled, Params: json.RawMessage("{}"),
		MaxAttempts: 3, Backoff: time.Minute, TraceParent: "00-1-2-01",
	})
	must(t, err)
	want := `{"schedule":"weekly_generation:ana","user":"ana","connection":"home","occurrence":"2026-12-04T06:00:00Z","fire":"2026-12-04T06:00:00Z","due":"2026-12-04T06:00:00Z",` +
		`"trigger":"` + string(schedule.Scheduled) + `","params":{},"attempts":3,"backoff":60000000000,"trace_parent":"00-1-2-01"}`
	if string(got) != want {
		t.Errorf("\n%s\n%s", got, want)
	}
}
