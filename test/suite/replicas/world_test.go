//go:build replicas

// Package replicas runs several scheduler processes on one database: they are killed and
// started again while two thousand users are planned, and measured beside a bare River.
package replicas

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

const (
	replicas = 3
	limit    = 5 // jobs of one process at a time, as by default
	users    = 2000
)

func TestMain(m *testing.M) {
	os.Exit(program.Main(func() int {
		code := testpg.Run(m)
		fmt.Print("\n", report.String())
		return code
	}))
}

// report is what the tests measured, printed at the end.
var report strings.Builder

func say(format string, args ...any) { fmt.Fprintf(&report, format+"\n", args...) }

// world is a database with two thousand users and a sandbox.
type world struct {
	box *sandbox.Sandbox
	db  *pgxpool.Pool // for the test's own eyes
	env []string
	log *os.File // what the processes say
}

func newWorld(t *testing.T) *world {
	t.Helper()
	url := testpg.URL(t)
	w := &world{db: open(t, url, 4)}
	library, err := sandbox.Library()
	must(t, err)
	// A dozen recipes a meal make a plan in some milliseconds: the scheduler is measured here.
	few := library.Recipes[:0:0]
	for i, r := range library.Recipes {
		if i%4 == 0 {
			few = append(few, r)
		}
	}
	library.Recipes = few
	w.box = program.Sandbox(t, sandbox.Options{Library: library})
	w.log, err = os.Create(filepath.Join(t.TempDir(), "log"))
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(w.log.Name())
			t.Logf("what the processes said at last:\n%s", b[max(0, len(b)-4000):])
		}
		_ = w.log.Close()
	})
	w.env = program.Env(url, w.box,
		fmt.Sprintf("SCHEDULER_CONCURRENCY=%d", limit), "SCHEDULER_WEEKLY_SPREAD=0s",
		"GENERATION_TIMEOUT=15s", "GENERATION_UPSTREAM_TIMEOUT=10s", // a loaded machine is no failure
		"LOG_LEVEL=warn",
	)
	tool := program.Tool(t, program.Config(t, url, w.box))
	program.Connect(t, tool, sandbox.Connection, w.box.TandoorURL(), w.box.TandoorToken)
	must(t, tool.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	addUsers(t, w.db, users)
	return w
}

// addUsers adds users whose weekly runs have the four priorities in equal parts; nothing
// else of them is scheduled, and that only when a test says when.
func addUsers(t *testing.T, db *pgxpool.Pool, n int) {
	t.Helper()
	settings, err := json.Marshal(sandbox.People()[0].Settings)
	must(t, err)
	for _, sql := range []string{
		fmt.Sprintf(`insert into users (id, email, name, time_zone, connection_id, settings)
			select 'user_' || i, 'user_' || i || '@sandbox.example', 'User', 'Europe/Berlin', '%s', '%s' from generate_series(0, %d) i`, sandbox.Connection, settings, n-1),
		"update scheduled_jobs set enabled = false",
		"update scheduled_jobs set priority = (array['critical', 'high', 'medium', 'low'])[1 + substr(user_id, 6)::int % 4] where user_id is not null",
	} {
		_, err := db.Exec(t.Context(), sql)
		must(t, err)
	}
}

// schedule makes everybody's run for a week due at a time of their own within a span that
// begins in some seconds.
func (w *world) schedule(t *testing.T, week time.Time, over time.Duration) {
	t.Helper()
	_, err := w.db.Exec(t.Context(), `update scheduled_jobs set enabled = true, next_run_at = now() + interval '2 seconds' + random() * $1 * interval '1 second',
		parameters = jsonb_build_object('week', $2::text) where job_type = 'WeeklyGeneration'`, over.Seconds(), week.Format(time.DateOnly))
	must(t, err)
}

// spawn starts a scheduler process.
func (w *world) spawn(t *testing.T, env ...string) *program.Role {
	t.Helper()
	r, err := program.Start("scheduler", slices.Concat(w.env, env), func(line string) { fmt.Fprintln(w.log, line) })
	must(t, err)
	return r
}

func (w *world) count(t *testing.T, sql string, args ...any) (n int) {
	t.Helper()
	must(t, w.db.QueryRow(t.Context(), sql, args...).Scan(&n))
	return n
}

func open(t *testing.T, url string, conns int) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: url, Pool: "test", MaxConns: conns})
	must(t, err)
	t.Cleanup(pool.Close)
	return pool
}

// eventually waits until ok, which is asked four times a second.
func eventually(t *testing.T, what string, within time.Duration, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !ok(); time.Sleep(250 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within %s: %s", within, what)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
