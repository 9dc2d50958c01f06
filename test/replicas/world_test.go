//go:build replicas

// Package replicas runs several scheduler processes on one database: they are killed and
// started again while two thousand users are planned, and measured beside a bare River.
package replicas

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
	"github.com/mealplanner/mealplanner/test/testpg"
)

const (
	key     = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	anyPort = "127.0.0.1:0"

	replicas = 3
	limit    = 5 // jobs of one process at a time, as by default
	users    = 2000
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mealplanner-replicas-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "mealplanner")
	build := exec.Command("go", "build", "-o", binary, "./cmd/mealplanner")
	build.Dir = "../.."
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	code := testpg.Run(m)
	fmt.Print("\n", report.String())
	return code
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
	w.box, err = sandbox.Start(t.Context(), sandbox.Options{
		TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort, WebAddr: anyPort,
		Library: library, Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	must(t, err)
	t.Cleanup(func() { _ = w.box.Stop(context.Background()) })
	w.log, err = os.Create(filepath.Join(t.TempDir(), "log"))
	must(t, err)
	t.Cleanup(func() {
		if t.Failed() {
			b, _ := os.ReadFile(w.log.Name())
			t.Logf("what the processes said at last:\n%s", b[max(0, len(b)-4000):])
		}
		_ = w.log.Close()
	})
	smtp := w.box.Mail.SMTPAddr()
	w.env = append(os.Environ(),
		"DATABASE_URL="+url, "MEALPLANNER_KEY="+key,
		"SMTP_HOST="+smtp.IP.String(), fmt.Sprintf("SMTP_PORT=%d", smtp.Port), "SMTP_ENCRYPTION=none",
		"SMTP_USERNAME="+sandbox.MailUser, "SMTP_PASSWORD="+w.box.MailPassword, "SMTP_FROM=Meal planner <plan@sandbox.example>",
		"SCHEDULER_ADDR="+anyPort, fmt.Sprintf("SCHEDULER_CONCURRENCY=%d", limit), "SCHEDULER_WEEKLY_SPREAD=0s",
		"GENERATION_TIMEOUT=15s", "GENERATION_UPSTREAM_TIMEOUT=10s", // a loaded machine is no failure
		"LOG_LEVEL=warn",
	)
	w.populate(t, url)
	return w
}

func (w *world) populate(t *testing.T, url string) {
	t.Helper()
	var cfg config.Config
	must(t, kong.ApplyDefaults(&cfg))
	cfg.Database.URL, cfg.Security.Key = secretbox.Secret(url), key
	cfg.SMTP.Encryption = "insecure"
	tool, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.Tool, Version: "test", Log: io.Discard, LogLevel: slog.LevelError})
	must(t, err)
	defer func() { must(t, tool.Stop(context.Background())) }()
	must(t, tool.Users.PutConnection(t.Context(), postgres.Connection{
		ID: sandbox.Connection, URL: w.box.TandoorURL(), Sealed: tool.SealTandoor(sandbox.Connection, secretbox.Secret(w.box.TandoorToken)),
	}))
	must(t, tool.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	addUsers(t, w.db, users)
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

// replica is a scheduler process.
type replica struct {
	cmd  *exec.Cmd
	done chan struct{}
}

func (w *world) spawn(t *testing.T, env ...string) *replica {
	t.Helper()
	cmd := exec.Command(binary, "scheduler")
	cmd.Env, cmd.Stdout, cmd.Stderr = slices.Concat(w.env, env), w.log, w.log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	r := &replica{cmd, make(chan struct{})}
	go func() { defer close(r.done); _ = cmd.Wait() }()
	return r
}

// end sends a signal and waits.
func (r *replica) end(t *testing.T, sig syscall.Signal) {
	t.Helper()
	_ = r.cmd.Process.Signal(sig)
	select {
	case <-r.done:
	case <-time.After(40 * time.Second):
		t.Errorf("pid %d does not end", r.cmd.Process.Pid)
		_ = r.cmd.Process.Kill()
	}
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
