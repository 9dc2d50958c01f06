//go:build e2e

// Package e2e runs the whole program, as processes of their own, against the real
// telemetry servers, and compares what arrives there with what was counted outside.
package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/fatsecret/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/mailbox"
	"github.com/mealplanner/mealplanner/pkg/pglocal"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
	"github.com/mealplanner/mealplanner/pkg/tandoor/tandoortest"
	"github.com/mealplanner/mealplanner/test/stack"
)

const (
	root    = "../.."
	key     = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	anyPort = "127.0.0.1:0"

	alertsToken = "what-alertmanager-knows"
)

// binary is the program, built once for all tests.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mealplanner-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "mealplanner")
	build := exec.Command("go", "build", "-o", binary, "./cmd/mealplanner")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// startStack runs a fresh stack until the test ends.
func startStack(t *testing.T, names []string, env ...string) *stack.Stack {
	t.Helper()
	ports, err := stack.FreePorts()
	must(t, err)
	abs, err := filepath.Abs(root)
	must(t, err)
	s, err := stack.New(abs, t.TempDir(), ports)
	must(t, err)
	s.Env = env
	must(t, s.Prepare())
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := s.Down(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, name := range names {
				t.Logf("%s:\n%s", name, tail(s.LogFile(name)))
			}
		}
	})
	for _, name := range names {
		must(t, s.StartServer(name, false))
	}
	for _, name := range names {
		must(t, s.Await(t.Context(), name))
	}
	return s
}

func tail(path string) string {
	b, _ := os.ReadFile(path)
	return string(b[max(0, len(b)-3000):])
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
	db    *pgxpool.Pool // for the test's own eyes
	tool  *app.App      // for setting up; exports nothing
	env   []string
	began time.Time

	outside *outside
	api     *process
	sched   *process

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
	w.box = startSandbox(t, sandbox.Options{})
	w.poor = startSandbox(t, sandbox.Options{Library: tandoortest.Small()})
	tandoor, poor := w.outside.proxy(t, "tandoor", w.box.TandoorURL()), w.outside.proxy(t, "tandoor", w.poor.TandoorURL())
	fs := w.outside.proxy(t, "fatsecret", w.box.FatSecretURL())
	smtp, imap := w.box.Mail.SMTPAddr(), w.box.Mail.IMAPAddr()
	w.env = append(os.Environ(),
		"DATABASE_URL="+url, "MEALPLANNER_KEY="+key,
		"SMTP_HOST="+smtp.IP.String(), fmt.Sprintf("SMTP_PORT=%d", smtp.Port), "SMTP_ENCRYPTION=none",
		"SMTP_USERNAME="+sandbox.MailUser, "SMTP_PASSWORD="+w.box.MailPassword, "SMTP_FROM=Meal planner <"+sandbox.InboxAddress+">",
		"IMAP_HOST="+imap.IP.String(), fmt.Sprintf("IMAP_PORT=%d", imap.Port), "IMAP_ENCRYPTION=none",
		"IMAP_USERNAME="+sandbox.InboxAddress, "IMAP_PASSWORD="+w.box.MailPassword, "IMAP_AUTHSERV_ID="+mailbox.AuthservID,
		"FATSECRET_CONSUMER_KEY="+sandbox.ConsumerKey, "FATSECRET_CONSUMER_SECRET="+w.box.ConsumerSecret,
		"FATSECRET_API_URL="+fs+fatsecrettest.APIPath, "FATSECRET_AUTH_URL="+fs+"/oauth",
		"API_ADDR="+anyPort, "SCHEDULER_ADDR="+anyPort, "ALERTS_TOKEN="+alertsToken, "ONCALL_FILE="+root+"/alertmanager/oncall.example.yml",
		"GENERATION_TIMEOUT=30s", "GENERATION_UPSTREAM_TIMEOUT=10s", // a loaded machine is no failure
		"OTEL_EXPORTER_OTLP_ENDPOINT="+s.Ports.OTLP(), "METRIC_INTERVAL=1s", "OTEL_BSP_SCHEDULE_DELAY=500",
		"DEPLOYMENT_ENVIRONMENT=e2e", "LOG_LEVEL=info",
	)
	w.tool = w.newTool(t)
	_, err = w.tool.Migrate(ctx)
	must(t, err)
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

func startSandbox(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	o.TandoorAddr, o.FatSecretAddr, o.SMTPAddr, o.IMAPAddr, o.AlertsAddr, o.WebAddr = anyPort, anyPort, anyPort, anyPort, anyPort, anyPort
	o.Log, o.Now = slog.New(slog.DiscardHandler), time.Now
	box, err := sandbox.Start(t.Context(), o)
	must(t, err)
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	return box
}

// config is that of the processes, for the program inside the test.
func (w *world) config(t *testing.T) config.Config {
	t.Helper()
	var cfg config.Config
	must(t, kong.ApplyDefaults(&cfg))
	cfg.Database.URL, cfg.Security.Key = secretbox.Secret(w.pg.URL("postgres")), key
	smtp := w.box.Mail.SMTPAddr()
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, "none"
	cfg.SMTP.Username, cfg.SMTP.Password, cfg.SMTP.From = sandbox.MailUser, secretbox.Secret(w.box.MailPassword), "Meal planner <"+sandbox.InboxAddress+">"
	cfg.Web.SchedulerAddr = anyPort
	cfg.Generation.Timeout, cfg.Generation.UpstreamTimeout = 30*time.Second, 10*time.Second
	return cfg
}

// newTool opens the program for setting up. It sends no telemetry.
func (w *world) newTool(t *testing.T) *app.App {
	t.Helper()
	a, err := app.New(t.Context(), app.Options{Config: w.config(t), Role: app.Tool, Version: "e2e", Log: &bytes.Buffer{}, LogLevel: slog.LevelError})
	must(t, err)
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	return a
}

func (w *world) addPeople(t *testing.T, tandoor, poor string) {
	t.Helper()
	ctx := t.Context()
	for id, c := range map[string]struct{ url, token string }{
		sandbox.Connection: {tandoor, w.box.TandoorToken}, "poor": {poor, w.poor.TandoorToken},
	} {
		must(t, w.tool.Users.PutConnection(ctx, postgres.Connection{ID: id, URL: c.url, Sealed: w.tool.SealTandoor(id, secretbox.Secret(c.token))}))
	}
	for _, p := range sandbox.People() {
		var sealed []byte
		if tok, ok := w.box.FatSecretTokens[p.ID]; ok {
			var err error
			sealed, err = w.tool.SealFatSecret(p.ID, fatsecret.Token{Key: tok.Key, Secret: secretbox.Secret(tok.Secret)})
			must(t, err)
		}
		must(t, w.tool.Users.Add(ctx, p.User, sealed))
	}
	u := sandbox.People()[0].User
	u.ID, u.Email, u.Connection = poorUser, "poor@sandbox.example", "poor"
	u.Enabled = false // no part of the weeks that everybody has a plan for
	must(t, w.tool.Users.Add(ctx, u, nil))
	// What is due depends on the day and the hour; a test makes due what it wants to see.
	_, err := w.tool.JobStore.SetEnabled(ctx, postgres.Filter{}, false)
	must(t, err)
}

// startRoles runs api and scheduler, each in its own process, until the test ends.
func (w *world) startRoles(t *testing.T) {
	t.Helper()
	w.api, w.sched = w.spawn(t, "api"), w.spawn(t, "scheduler")
}

// process is a running role.
type process struct {
	cmd  *exec.Cmd
	addr string // where it listens
	done chan struct{}
}

func (w *world) spawn(t *testing.T, role string) *process {
	t.Helper()
	cmd := exec.Command(binary, role)
	cmd.Env = w.env
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	p := &process{cmd: cmd, done: make(chan struct{})}
	listening := make(chan string, 1)
	go func() {
		defer close(p.done)
		for sc := bufio.NewScanner(out); sc.Scan(); {
			w.keep(sc.Text())
			var line struct{ Message, Address string }
			if json.Unmarshal(sc.Bytes(), &line) == nil && line.Message == "Listening" {
				select {
				case listening <- line.Address:
				default:
				}
			}
		}
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { p.stop(t, syscall.SIGTERM) })
	select {
	case p.addr = <-listening:
	case <-p.done:
		t.Fatalf("%s ended while starting", role)
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not listen after 30 s", role)
	}
	return p
}

// stop ends a role and waits for it; a role that has ended is left alone.
func (p *process) stop(t *testing.T, sig syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	select {
	case <-p.done:
	case <-time.After(40 * time.Second):
		t.Errorf("pid %d does not end", p.cmd.Process.Pid)
		_ = p.cmd.Process.Kill()
	}
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
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(append([]string(nil), w.env...), env...)
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
	ln, err := lc.Listen(t.Context(), "tcp", anyPort)
	must(t, err)
	return ln
}
