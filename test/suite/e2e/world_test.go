//go:build e2e

// Package e2e runs the whole program, as processes of their own, against the real
// telemetry servers, and compares what arrives there with what was counted outside. Where
// there is no Loki, a sink that decodes what the Collector exports takes its place; what
// then cannot be tested is named at the end.
package e2e

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/sandbox/mailbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

const (
	root        = "../../.."
	alertsToken = "what-alertmanager-knows"
)

func TestMain(m *testing.M) {
	os.Exit(program.Main(func() int { return stacktest.Main(m.Run, os.Stdout) }))
}

// fast makes the Collector and the program pass on at once what they would keep for
// seconds.
var fast = []string{"TRACES_DECISION_WAIT=2s", "SPAN_METRICS_FLUSH=1s"}

// world is the program beside a sandbox, a database that counts statements, and a stack.
type world struct {
	stack *stack.Stack
	box   *sandbox.Sandbox
	poor  *sandbox.Sandbox // a library that is too small to plan from
	pg    *pglocal.Server
	db    *pgxpool.Pool      // for the test's own eyes
	tool  *app.Services      // for setting up; exports nothing
	pages map[string]float64 // requests of pageTraffic
	env   []string
	began time.Time

	outside *outside
	api     *program.Role
	sched   *program.Role

	mu    sync.Mutex
	lines []string // of stdout and of the commands' stderr
}

// poorUser cooks from the library that is too small.
const poorUser = "user_poor"

func newWorld(t *testing.T, s *stack.Stack) *world {
	t.Helper()
	w := &world{stack: s, outside: newOutside()}
	ctx := t.Context()
	var err error
	w.pg, err = pglocal.Start(ctx, pglocal.Options{Settings: []string{"shared_preload_libraries=pg_stat_statements", "pg_stat_statements.track=all"}})
	must(t, err)
	t.Cleanup(func() { _ = w.pg.Stop(context.Background()) })
	url := w.pg.URL("postgres")
	w.box = program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})
	w.poor = program.Sandbox(t, sandbox.Options{Library: tandoortest.Small()})
	tandoor, poor := w.outside.proxy(t, "tandoor", w.box.TandoorURL()), w.outside.proxy(t, "tandoor", w.poor.TandoorURL())
	fs := w.outside.proxy(t, "fatsecret", w.box.FatSecretURL())
	imap := w.box.Mail.IMAPAddr()
	w.env = program.Env(url, w.box,
		"IMAP_HOST="+imap.IP.String(), fmt.Sprintf("IMAP_PORT=%d", imap.Port), "IMAP_ENCRYPTION=none",
		"IMAP_USERNAME="+sandbox.InboxAddress, "IMAP_PASSWORD="+w.box.MailPassword, "IMAP_AUTHSERV_ID="+mailbox.AuthservID,
		"FATSECRET_API_URL="+fs+fatsecrettest.APIPath, "FATSECRET_AUTH_URL="+fs+"/oauth",
		"ALERTS_TOKEN="+alertsToken, "ONCALL_FILE="+root+"/alertmanager/oncall.example.yml",
		"GENERATION_TIMEOUT=30s", "GENERATION_UPSTREAM_TIMEOUT=10s", // a loaded machine is no failure
		"OTEL_EXPORTER_OTLP_ENDPOINT="+s.Ports.OTLP(), "METRIC_INTERVAL=1s", "OTEL_BSP_SCHEDULE_DELAY=500",
		"DEPLOYMENT_ENVIRONMENT=e2e", "LOG_LEVEL=info",
	)
	w.tool = program.Tool(t, program.Config(t, url, w.box))
	w.addPeople(t, tandoor, poor)
	w.db, err = pgxpool.New(ctx, url)
	must(t, err)
	t.Cleanup(w.db.Close)
	for _, sql := range []string{
		"create extension pg_stat_statements",
		// The demo users have been there for long, so weeks were due before.
		"update users set created_at = now() - interval '30 days' where id <> '" + poorUser + "'",
		"select pg_stat_statements_reset()",
	} {
		_, err = w.db.Exec(ctx, sql)
		must(t, err)
	}
	w.began = time.Now()
	return w
}

func (w *world) addPeople(t *testing.T, tandoor, poor string) {
	t.Helper()
	program.Connect(t, w.tool, sandbox.Connection, tandoor, w.box.TandoorToken)
	program.Connect(t, w.tool, "poor", poor, w.poor.TandoorToken)
	program.AddUsers(t, w.tool, w.box, sandbox.People())
	u := sandbox.People()[0].User
	u.ID, u.Email, u.Connection = poorUser, "poor@sandbox.example", "poor"
	u.Settings.Diets = []string{"vegan"} // no breakfast of that library is
	u.Enabled = false                    // no part of the weeks that everybody has a plan for
	must(t, w.tool.Users.Add(t.Context(), u, nil))
	// What is due depends on the day and the hour; a test makes due what it wants to see.
	_, err := w.tool.JobStore.SetEnabled(t.Context(), postgres.Filter{}, false)
	must(t, err)
}

// startRoles runs api and scheduler, each in its own process, until the test ends.
func (w *world) startRoles(t *testing.T) {
	t.Helper()
	w.api, w.sched = w.spawn(t, "api"), w.spawn(t, "scheduler")
}

func (w *world) spawn(t *testing.T, role string) *program.Role {
	t.Helper()
	r, err := program.Start(role, w.env, w.keep)
	must(t, err)
	t.Cleanup(func() {
		if err := r.End(syscall.SIGTERM); err != nil {
			t.Error(err)
		}
	})
	must(t, r.Await(t.Context()))
	return r
}

func (w *world) keep(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line)
}

func (w *world) output() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]string(nil), w.lines...)
}

// command runs a command of the program to its end and returns its exit code and output.
// Further settings come as NAME=value.
func (w *world) command(t *testing.T, args []string, env ...string) (code int, stdout string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := program.Command(ctx, slices.Concat(w.env, env), args...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	for line := range strings.Lines(errs.String()) {
		if strings.HasPrefix(line, "{") { // the rest is meant for people
			w.keep(strings.TrimSuffix(line, "\n"))
		}
	}
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), out.String() + errs.String()
	}
	must(t, err)
	return 0, out.String()
}

// generate plans a user's next week in a process of its own; balanced or not is the same.
func (w *world) generate(t *testing.T, user string, args ...string) {
	t.Helper()
	if code, out := w.command(t, append([]string{"generate", "--user", user}, args...)); code != 0 && code != 4 {
		t.Fatalf("generate %s: exit %d\n%s", user, code, out)
	}
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

// httpStatus is the status of a GET.
func httpStatus(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	must(t, err)
	resp, err := http.DefaultClient.Do(req)
	must(t, err)
	must(t, resp.Body.Close())
	return resp.StatusCode
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", program.AnyPort)
	must(t, err)
	return ln
}
