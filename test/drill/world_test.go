//go:build drill

// Package drill runs every drill against the whole program and the real telemetry servers,
// under rules whose durations are divided (scale.yml): the alert fires, reaches whom it
// should, is diagnosed, and resolves.
package drill

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
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
	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/drill"
	"github.com/mealplanner/mealplanner/pkg/fatsecret"
	"github.com/mealplanner/mealplanner/pkg/fatsecret/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/fault"
	"github.com/mealplanner/mealplanner/pkg/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/pglocal"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/secretbox"
	"github.com/mealplanner/mealplanner/test/stack"
)

const (
	root    = "../.."
	key     = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	token   = "the-token-that-alertmanager-has"
	anyPort = "127.0.0.1:0"
)

var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "mealplanner-drill-")
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

// world is an installation that drills break.
type world struct {
	*stack.Stack
	box  *sandbox.Sandbox
	tool *app.App // for setting up
	pg   *pglocal.Server
	env  []string
	in   *drill.Installation

	mu    sync.Mutex
	roles map[string]*exec.Cmd
	lines []string // of the roles' stdout
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newWorld starts Prometheus, Alertmanager, Jaeger, Loki, the Collector, PostgreSQL, a
// sandbox, the api and the scheduler, and waits until nothing fires.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{roles: map[string]*exec.Cmd{}}
	ctx := t.Context()
	w.box = startSandbox(t)
	apiAddr := freeAddr(t)
	w.startStack(t, apiAddr)
	var err error
	w.pg, err = pglocal.Start(ctx, pglocal.Options{Settings: []string{"shared_preload_libraries=pg_stat_statements", "max_connections=200"}})
	must(t, err)
	t.Cleanup(func() { _ = w.pg.Stop(context.Background()) })
	w.env = w.environment(t, apiAddr)
	w.populate(t)
	db, err := pgxpool.New(ctx, w.pg.URL("postgres")+"&application_name=mealplanner-drill")
	must(t, err)
	t.Cleanup(db.Close)
	w.in = &drill.Installation{DB: db, Faults: faults{w.box.Faults}, Processes: w, WeekInForce: w.weekInForce, Command: w.run, OTLP: w.Ports.OTLP()}
	w.spawn(t, "api")
	w.spawn(t, "scheduler")
	w.settle(t)
	return w
}

func startSandbox(t *testing.T) *sandbox.Sandbox {
	t.Helper()
	box, err := sandbox.Start(t.Context(), sandbox.Options{
		TandoorAddr: anyPort, FatSecretAddr: anyPort, SMTPAddr: anyPort, IMAPAddr: anyPort, AlertsAddr: anyPort,
		WebAddr: "", // the control side is closed: who diagnoses cannot look up the fault
		Log:     slog.New(slog.DiscardHandler), Now: time.Now,
	})
	must(t, err)
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	return box
}

func freeAddr(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", anyPort)
	must(t, err)
	must(t, ln.Close())
	return ln.Addr().String()
}

func (w *world) startStack(t *testing.T, apiAddr string) {
	t.Helper()
	ctx := t.Context()
	ports, err := stack.FreePorts()
	must(t, err)
	abs, err := filepath.Abs(root)
	must(t, err)
	w.Stack, err = stack.New(abs, t.TempDir(), ports)
	must(t, err)
	w.Env = []string{"TRACES_DECISION_WAIT=2s", "SPAN_METRICS_FLUSH=1s", "COLLECTOR_METRICS_MS=1000"}
	must(t, w.Prepare())
	must(t, w.SetReceivers(ctx, stack.Receivers{
		PagerDutyURL: w.box.PagerDutyURL(), RoutingKeys: w.box.RoutingKeys, SlackURL: w.box.SlackURL(), API: "http://" + apiAddr, Token: token,
	}))
	must(t, w.Hasten(ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := w.Down(ctx); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			for _, name := range stack.Names {
				b, _ := os.ReadFile(w.LogFile(name))
				t.Logf("%s:\n%s", name, b[max(0, len(b)-2000):])
			}
		}
	})
	for _, name := range stack.Names {
		must(t, w.StartServer(name, false))
	}
	for _, name := range stack.Names {
		must(t, w.Await(ctx, name))
	}
}

func (w *world) environment(t *testing.T, apiAddr string) []string {
	t.Helper()
	smtp := w.box.Mail.SMTPAddr()
	rotation, err := filepath.Abs(filepath.Join(root, "alertmanager", "oncall.example.yml"))
	must(t, err)
	return append(os.Environ(),
		"DATABASE_URL="+w.pg.URL("postgres"), "MEALPLANNER_KEY="+key,
		"SMTP_HOST="+smtp.IP.String(), fmt.Sprintf("SMTP_PORT=%d", smtp.Port), "SMTP_ENCRYPTION=none",
		"SMTP_USERNAME="+sandbox.MailUser, "SMTP_PASSWORD="+w.box.MailPassword, "SMTP_FROM=Meal planner <"+sandbox.InboxAddress+">",
		"FATSECRET_CONSUMER_KEY="+sandbox.ConsumerKey, "FATSECRET_CONSUMER_SECRET="+w.box.ConsumerSecret,
		"FATSECRET_API_URL="+w.box.FatSecretURL()+fatsecrettest.APIPath, "FATSECRET_AUTH_URL="+w.box.FatSecretURL()+"/oauth",
		"API_ADDR="+apiAddr, "SCHEDULER_ADDR="+anyPort, "PUBLIC_URL=http://"+apiAddr,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+w.Ports.OTLP(), "METRIC_INTERVAL=1s", "OTEL_BSP_SCHEDULE_DELAY=500",
		"DEPLOYMENT_ENVIRONMENT=drill", "LOG_LEVEL=info",
		"ALERTS_TOKEN="+token, "ALERTMANAGER_URL="+w.Ports.URL(stack.Alertmanager), "ONCALL_FILE="+rotation,
		"ALERTS_HEARTBEAT_TIMEOUT=10s", "PAGERDUTY_URL="+w.box.PagerDutyURL(), "PAGERDUTY_ROUTING_KEY="+w.box.RoutingKeys["oncall"],
		"PROMETHEUS_URL="+w.Ports.URL(stack.Prometheus), "JAEGER_URL="+w.Ports.URL(stack.Jaeger), "LOKI_URL="+w.Ports.URL(stack.Loki),
	)
}

// users is how many there are: few enough for their labels on the generation's histogram.
const users = 20

// people are the demo users whose weeks balance, and copies of the first one.
func people() []sandbox.Person {
	out := sandbox.People()[:3]
	for n := len(out); n < users; n++ {
		p := out[0]
		p.ID, p.Email = fmt.Sprintf("user_%02d", n), fmt.Sprintf("user_%02d@sandbox.example", n)
		out = append(out, p)
	}
	return out
}

// populate makes users with plans for the last week, this one and the next, whose jobs run
// when somebody asks.
func (w *world) populate(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	var cfg config.Config
	must(t, kong.ApplyDefaults(&cfg))
	cfg.Database.URL, cfg.Security.Key = secretbox.Secret(w.pg.URL("postgres")), key
	smtp := w.box.Mail.SMTPAddr()
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, "none"
	cfg.SMTP.Username, cfg.SMTP.Password = sandbox.MailUser, secretbox.Secret(w.box.MailPassword)
	cfg.Generation.Timeout, cfg.Generation.UpstreamTimeout = 30*time.Second, 10*time.Second
	var err error
	w.tool, err = app.New(ctx, app.Options{Config: cfg, Role: app.Tool, Version: "drill", Log: &bytes.Buffer{}, LogLevel: slog.LevelError})
	must(t, err)
	t.Cleanup(func() { _ = w.tool.Stop(context.Background()) })
	_, err = w.tool.Migrate(ctx)
	must(t, err)
	must(t, w.tool.Users.PutConnection(ctx, postgres.Connection{ID: sandbox.Connection, URL: w.box.TandoorURL(), Sealed: w.tool.SealTandoor(sandbox.Connection, secretbox.Secret(w.box.TandoorToken))}))
	monday := calendar.On(time.Now()).Monday()
	for _, p := range people() {
		var sealed []byte
		if tok, ok := w.box.FatSecretTokens[p.ID]; ok {
			sealed, err = w.tool.SealFatSecret(p.ID, fatsecret.Token{Key: tok.Key, Secret: secretbox.Secret(tok.Secret)})
			must(t, err)
		}
		must(t, w.tool.Users.Add(ctx, p.User, sealed))
		for _, week := range []calendar.Date{monday - 7, monday, monday + 7} {
			if _, err := w.tool.Generate(ctx, planner.Request{User: p.ID, Week: week}, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	db, err := pgxpool.New(ctx, w.pg.URL("postgres"))
	must(t, err)
	defer db.Close()
	for _, sql := range []string{
		"create extension pg_stat_statements",
		// They have been there for long, so weeks were due before.
		"update users set created_at = now() - interval '30 days'",
		"update scheduled_jobs set next_run_at = now() + interval '1 day', last_occurrence = now() at time zone time_zone",
	} {
		_, err := db.Exec(ctx, sql)
		must(t, err)
	}
}

func (w *world) spawn(t *testing.T, role string) {
	t.Helper()
	must(t, w.Start(t.Context(), role))
	t.Cleanup(func() {
		_ = w.Thaw(context.Background(), role)
		_ = w.Stop(context.Background(), role)
	})
}

// Start implements [drill.Processes].
func (w *world) Start(ctx context.Context, name string) error {
	if name != "api" && name != "scheduler" {
		if err := w.StartServer(name, false); err != nil {
			return err
		}
		return w.Await(ctx, name)
	}
	cmd := exec.Command(binary, name)
	cmd.Env, cmd.Stderr = w.env, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	listening := make(chan struct{})
	go func() {
		heard := false
		for sc := bufio.NewScanner(out); sc.Scan(); {
			w.mu.Lock()
			w.lines = append(w.lines, sc.Text())
			w.mu.Unlock()
			var line struct{ Message string }
			if !heard && json.Unmarshal(sc.Bytes(), &line) == nil && line.Message == "Listening" {
				heard = true
				close(listening)
			}
		}
	}()
	w.mu.Lock()
	w.roles[name] = cmd
	w.mu.Unlock()
	select {
	case <-listening:
		return nil
	case <-time.After(30 * time.Second):
		return fmt.Errorf("%s does not listen after 30 s", name)
	}
}

// Stop implements [drill.Processes].
func (w *world) Stop(ctx context.Context, name string) error {
	if name != "api" && name != "scheduler" {
		return w.StopServer(ctx, name, syscall.SIGTERM)
	}
	cmd := w.role(name)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	_ = cmd.Wait() // how it ended is in its log
	return nil
}

func (w *world) role(name string) *exec.Cmd {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.roles[name]
}

// Freeze implements [drill.Processes].
func (w *world) Freeze(_ context.Context, name string) error {
	return w.role(name).Process.Signal(syscall.SIGSTOP)
}

// Thaw implements [drill.Processes].
func (w *world) Thaw(_ context.Context, name string) error {
	err := w.role(name).Process.Signal(syscall.SIGCONT)
	if errors.Is(err, os.ErrProcessDone) {
		return nil
	}
	return err
}

// faults is the sandbox's switchboard in this process.
type faults struct{ s *faultswitch.Switch }

func (f faults) Set(_ context.Context, r faultswitch.Rule) (string, error) { return f.s.Set(r) }
func (f faults) Clear(_ context.Context, id string) error                  { return f.s.Clear(id) }

// weekInForce asks Prometheus.
func (w *world) weekInForce(ctx context.Context) (string, error) {
	s, err := w.Query(ctx, "max by (week_of) (weekly_generation_current_week) == 1")
	if err != nil {
		return "", err
	}
	if len(s) != 1 {
		return "", fmt.Errorf("%d weeks are in force", len(s))
	}
	return s[0].Labels["week_of"], nil
}

// Query asks Prometheus for now.
func (w *world) Query(ctx context.Context, expr string) ([]stack.Sample, error) {
	return w.Ports.Query(ctx, expr, time.Now())
}

// firing lists the alerts that fire with their severity, without the tiers' copies and Watchdog.
func (w *world) firing(ctx context.Context) (map[string]string, error) {
	s, err := w.Query(ctx, `count by (alertname, severity) (ALERTS{alertstate="firing", tier="", alertname!="Watchdog"})`)
	out := map[string]string{}
	for _, x := range s {
		out[x.Labels["alertname"]] = x.Labels["severity"]
	}
	return out, err
}

// settle waits until nothing fires, and goes on not to for some seconds.
func (w *world) settle(t *testing.T) {
	t.Helper()
	quiet := time.Time{}
	var last map[string]string
	for deadline := time.Now().Add(7 * time.Minute); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		f, err := w.firing(t.Context())
		if s, serr := w.Query(t.Context(), "sum(service_up)"); err != nil || serr != nil || len(s) == 0 || s[0].Value < 2 || len(f) > 0 {
			quiet, last = time.Time{}, f
			continue
		}
		if quiet.IsZero() {
			quiet = time.Now()
		}
		if time.Since(quiet) > 6*time.Second {
			return
		}
	}
	t.Fatalf("still firing: %v", last)
}

// command runs a command of the program to its end.
func (w *world) command(ctx context.Context, args ...string) (code int, output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = append(append([]string(nil), w.env...), "OTEL_EXPORTER_OTLP_ENDPOINT=", "USER=tester")
	out, err := cmd.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out), nil
	}
	return 0, string(out), err
}

// run implements [drill.Installation]'s Command.
func (w *world) run(ctx context.Context, args ...string) error {
	cmd := exec.CommandContext(ctx, binary, args...)
	cmd.Env = w.env
	if _, ok := errors.AsType[*exec.Error](cmd.Run()); ok {
		return fault.New(fault.InvalidConfig, "drill", "%s cannot be run", binary)
	}
	return nil
}

func (w *world) output() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}
