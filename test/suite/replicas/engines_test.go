//go:build replicas

package replicas

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"github.com/mealplanner/mealplanner/pkg/config/override"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/jobs"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// deaf is an observer that does nothing.
type deaf struct{}

func (deaf) Queueing(ctx context.Context, _ int) (context.Context, string, func(error)) {
	return ctx, "", func(error) {}
}
func (deaf) Begin(ctx context.Context, _ jobs.Job) (context.Context, string) { return ctx, "" }
func (deaf) Started(context.Context, jobs.Job)                               {}
func (deaf) End(context.Context, jobs.Job, jobs.Outcome)                     {}
func (deaf) Error(context.Context, string, error)                            {}

// engines runs three of them, each with a pool of its own as in a process of its own,
// until the test ends.
func engines(t *testing.T, url string, h jobs.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range replicas {
		pool := open(t, url, 20)
		e, err := jobs.New(jobs.Options{
			Queue: pool, Store: postgres.NewJobs(pool), Handlers: map[schedule.Type]jobs.Handler{schedule.WeeklyGeneration: h},
			Observer: deaf{}, Settings: override.New(override.Configured{Concurrency: limit}), Worker: "test", Log: slog.New(slog.DiscardHandler), Now: time.Now,
		})
		must(t, err)
		wg.Go(func() {
			if err := e.Run(ctx, 10*time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	t.Cleanup(func() { cancel(); wg.Wait() })
}

// idlers is a database with users who cook from nowhere, their runs due at once.
func idlers(t *testing.T, n int) (url string, db *pgxpool.Pool) {
	t.Helper()
	url = testpg.URL(t)
	db = open(t, url, 4)
	_, err := db.Exec(t.Context(), "insert into connections (id, url, token_sealed) values ('sandbox', 'http://127.0.0.1:1', '')")
	must(t, err)
	addUsers(t, db, n)
	_, err = db.Exec(t.Context(), "update scheduled_jobs set enabled = true, next_run_at = now() where job_type = 'WeeklyGeneration'")
	must(t, err)
	return url, db
}

// Three engines work on five jobs each and never on more: every job holds an advisory lock
// on a session of its own, and the server says how many are held.
func TestConcurrency(t *testing.T) {
	const n, lock = 300, 7
	url, db := idlers(t, n)
	sessions := open(t, url, 40)
	var done atomic.Int64
	engines(t, url, func(ctx context.Context, _ jobs.Job) (any, error) {
		defer done.Add(1)
		conn, err := sessions.Acquire(ctx)
		if err != nil {
			return nil, err
		}
		defer conn.Release()
		if _, err := conn.Exec(ctx, "select pg_advisory_lock_shared($1)", lock); err != nil {
			return nil, err
		}
		time.Sleep(60 * time.Millisecond)
		_, err = conn.Exec(ctx, "select pg_advisory_unlock_shared($1)", lock)
		return nil, err
	})
	peak, looks := 0, 0
	for begin := time.Now(); done.Load() < n; time.Sleep(2 * time.Millisecond) {
		var held int
		must(t, db.QueryRow(t.Context(), "select count(*) from pg_locks where locktype = 'advisory' and objid = $1 and granted and database = (select oid from pg_database where datname = current_database())", lock).Scan(&held))
		peak, looks = max(peak, held), looks+1
		if time.Since(begin) > time.Minute {
			t.Fatalf("%d of %d jobs after a minute", done.Load(), n)
		}
	}
	say("%d engines with %d jobs each at most: %d advisory locks held at the same time at most, in %d looks during %d jobs", replicas, limit, peak, looks, n)
	if peak > replicas*limit {
		t.Errorf("%d jobs at the same time", peak)
	}
	if peak < replicas*limit-limit {
		t.Errorf("only %d jobs at the same time: nothing is shown", peak)
	}
}

// stopwatch measures how many jobs a second pass, from the first to the n-th.
type stopwatch struct {
	n           int64
	passed      atomic.Int64
	first, last atomic.Int64
	done        chan struct{}
}

func newStopwatch(n int64) *stopwatch { return &stopwatch{n: n, done: make(chan struct{})} }

func (s *stopwatch) pass() {
	switch now := time.Now().UnixNano(); s.passed.Add(1) {
	case 1:
		s.first.Store(now)
	case s.n:
		s.last.Store(now)
		close(s.done)
	}
}

func (s *stopwatch) perSecond(t *testing.T) float64 {
	t.Helper()
	select {
	case <-s.done:
	case <-time.After(2 * time.Minute):
		t.Fatalf("%d of %d jobs after two minutes", s.passed.Load(), s.n)
	}
	return float64(s.n) / time.Duration(s.last.Load()-s.first.Load()).Seconds()
}

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

type worker struct {
	river.WorkerDefaults[nothing]
	watch *stopwatch
}

func (w *worker) Work(context.Context, *river.Job[nothing]) error { w.watch.pass(); return nil }

// bare is how many jobs a second River does that have nothing to do, with our settings.
func bare(t *testing.T) float64 {
	t.Helper()
	url := testpg.URL(t)
	watch := newStopwatch(users)
	clients := make([]*river.Client[pgx.Tx], replicas)
	for i := range clients {
		workers := river.NewWorkers()
		river.AddWorker(workers, &worker{watch: watch})
		var err error
		clients[i], err = river.NewClient(riverpgxv5.New(open(t, url, 20)), &river.Config{
			Workers: workers, Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: limit}},
			FetchCooldown: 50 * time.Millisecond, FetchPollInterval: time.Second, Logger: slog.New(slog.DiscardHandler),
		})
		must(t, err)
	}
	insert := make([]river.InsertManyParams, users)
	for i := range insert {
		insert[i].Args = nothing{}
	}
	_, err := clients[0].InsertMany(t.Context(), insert)
	must(t, err)
	for _, c := range clients {
		must(t, c.Start(t.Context()))
	}
	out := watch.perSecond(t)
	for _, c := range clients {
		must(t, c.Stop(t.Context()))
	}
	return out
}

// alone is what River did alone in this run, jobs a second; 0: not measured.
var alone float64

// What schedules, records and settings cost: jobs that have nothing to do, on our engine
// and on River alone.
func TestThroughput(t *testing.T) {
	alone = bare(t)
	url, _ := idlers(t, users)
	watch := newStopwatch(users)
	engines(t, url, func(context.Context, jobs.Job) (any, error) { watch.pass(); return nil, nil })
	ours := watch.perSecond(t)
	say("%d jobs with nothing to do, %d x %d workers: River alone %.0f a second, our engine %.0f, ratio %.2f (fetching every 50 ms allows 300)", users, replicas, limit, alone, ours, ours/alone)
	if ours < alone/4 {
		t.Errorf("the engine does %.0f jobs a second, River alone %.0f", ours, alone)
	}
}
