//go:build drill

// Package drill runs every drill against the whole program and the real telemetry servers,
// under rules whose durations are divided (scale.yml): the alert fires, reaches whom it
// should, is diagnosed, and resolves.
package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/alert"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/drill"
	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/test/kit/disk"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

const (
	root  = "../../.."
	token = "the-token-that-alertmanager-has"
)

func TestMain(m *testing.M) {
	os.Exit(program.Main(func() int { return stacktest.Main(m.Run, os.Stdout) }))
}

// world is an installation that drills break.
type world struct {
	*stack.Stack
	box  *sandbox.Sandbox
	tool *app.Services // for setting up
	pg   *pglocal.Server
	env  []string
	in   *drill.Installation

	mu    sync.Mutex
	roles map[string]*program.Role
	lines []line // of the roles' stdout
}

// line was read at a time.
type line struct {
	at   time.Time
	text string
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// options of a world.
type options struct {
	webAddr string // of the sandbox's control side; with none it is closed, and who diagnoses cannot look up the fault
	// table of durations; "" is scale.yml.
	table string
	// history is put into Prometheus before its first start.
	history func(*stack.Stack) error
	// fires are alerts that fire from the beginning.
	fires []alert.Alert
}

// newWorld starts Prometheus, Alertmanager, Jaeger, Loki or its sink, the Collector, PostgreSQL, a
// sandbox, the api and the scheduler, and waits until nothing unexpected fires.
func newWorld(t *testing.T, o options) *world {
	t.Helper()
	w := &world{roles: map[string]*program.Role{}}
	ctx := t.Context()
	w.box = program.Sandbox(t, sandbox.Options{WebAddr: o.webAddr})
	apiAddr, small := loopback.Addr(t), smallDisk(t)
	w.Stack = stacktest.Start(t, stack.Names, []string{"TRACES_DECISION_WAIT=2s", "SPAN_METRICS_FLUSH=1s", "COLLECTOR_METRICS_MS=1000", "COLLECTOR_DISKS_INTERVAL=1s", "COLLECTOR_DISKS=^" + small + "$", "COLLECTOR_QUEUE_SIZE=4000"}, func(s *stack.Stack) error {
		if err := s.SetReceivers(ctx, stack.Receivers{
			PagerDutyURL: w.box.PagerDutyURL(), RoutingKeys: w.box.RoutingKeys, SlackURL: w.box.SlackURL(), API: "http://" + apiAddr, Token: token,
		}); err != nil {
			return err
		}
		if o.history != nil {
			if err := o.history(s); err != nil {
				return err
			}
		}
		return s.Hasten(ctx, cmp.Or(o.table, "scale.yml"))
	})
	var err error
	w.pg, err = pglocal.Start(ctx, pglocal.Options{Settings: []string{"shared_preload_libraries=pg_stat_statements", "max_connections=200"}})
	must(t, err)
	t.Cleanup(func() { _ = w.pg.Stop(context.Background()) })
	w.env = w.environment(t, apiAddr)
	w.populate(t)
	db, err := pgxpool.New(ctx, w.pg.URL("postgres")+"&application_name=mealplanner-drill")
	must(t, err)
	t.Cleanup(db.Close)
	w.in = &drill.Installation{DB: db, Faults: faults{w.box.Faults}, Processes: w, WeekInForce: w.Ports.Metrics().WeekInForce, Import: w.importAll, Pages: "http://" + apiAddr, SignIn: w.tool.SignIns.Link, Disk: small, OTLP: w.Ports.OTLP(), Hastened: true}
	w.spawn(t, "api")
	w.spawn(t, "scheduler")
	w.settle(t, o.fires...)
	return w
}

func (w *world) environment(t *testing.T, apiAddr string) []string {
	t.Helper()
	loki := "" // nobody to ask
	if w.HasLoki() {
		loki = w.Ports.URL(stack.Loki)
	}
	rotation, err := filepath.Abs(filepath.Join(root, "alertmanager", "oncall.example.yml"))
	must(t, err)
	return program.Env(w.pg.URL("postgres"), w.box,
		"API_ADDR="+apiAddr, "PUBLIC_URL=http://"+apiAddr,
		"OTEL_EXPORTER_OTLP_ENDPOINT="+w.Ports.OTLP(), "METRIC_INTERVAL=1s", "OTEL_BSP_SCHEDULE_DELAY=500",
		"DEPLOYMENT_ENVIRONMENT=drill", "LOG_LEVEL=info",
		"ALERTS_TOKEN="+token, "ALERTMANAGER_URL="+w.Ports.URL(stack.Alertmanager), "ONCALL_FILE="+rotation,
		"ALERTS_HEARTBEAT_TIMEOUT=10s", "PAGERDUTY_URL="+w.box.PagerDutyURL(), "PAGERDUTY_ROUTING_KEY="+w.box.RoutingKeys["oncall"],
		"PROMETHEUS_URL="+w.Ports.URL(stack.Prometheus), "JAEGER_URL="+w.Ports.URL(stack.Jaeger), "LOKI_URL="+loki,
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
	w.tool = program.Tool(t, program.Config(t, w.pg.URL("postgres"), w.box))
	program.Connect(t, w.tool, sandbox.Connection, w.box.TandoorURL(), w.box.TandoorToken)
	program.AddUsers(t, w.tool, w.box, people())
	monday := calendar.On(time.Now()).Monday()
	for _, p := range people() {
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

// smallDisk is a disk of 32 MB; the drill that fills it says so where there is none. It is the
// only one that the Collector looks at: others are the machine's.
func smallDisk(t *testing.T) (dir string) {
	t.Helper()
	if !disk.Can() {
		return ""
	}
	return disk.New(t, 32<<20).Dir
}

func (w *world) spawn(t *testing.T, role string) {
	t.Helper()
	must(t, w.Start(t.Context(), role))
	t.Cleanup(func() {
		if err := errors.Join(w.Thaw(context.Background(), role), w.Stop(context.Background(), role)); err != nil {
			t.Error(err)
		}
	})
}

// server is the name that test/kit/stack has for a telemetry server.
func server(name string) string {
	if name == "otel-collector" {
		return stack.Collector
	}
	return name
}

// Start implements [drill.Processes].
func (w *world) Start(ctx context.Context, name string) error {
	if name != "api" && name != "scheduler" {
		if err := w.StartServer(server(name), false); err != nil {
			return err
		}
		return w.Await(ctx, server(name))
	}
	r, err := program.Start(name, w.env, w.keep)
	if err != nil {
		return err
	}
	w.mu.Lock()
	w.roles[name] = r
	w.mu.Unlock()
	return r.Await(ctx)
}

func (w *world) keep(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line{time.Now(), text})
}

// Stop implements [drill.Processes].
func (w *world) Stop(ctx context.Context, name string) error {
	if name != "api" && name != "scheduler" {
		return w.StopServer(ctx, server(name), syscall.SIGTERM)
	}
	return w.role(name).End(syscall.SIGTERM)
}

func (w *world) role(name string) *program.Role {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.roles[name]
}

// alive is an error if a role has ended by itself: no drill makes it.
func (w *world) alive() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, r := range w.roles {
		errs = append(errs, r.Alive())
	}
	return errors.Join(errs...)
}

// Freeze implements [drill.Processes].
func (w *world) Freeze(_ context.Context, name string) error {
	return w.role(name).Signal(syscall.SIGSTOP)
}

// Thaw implements [drill.Processes].
func (w *world) Thaw(_ context.Context, name string) error {
	return w.role(name).Signal(syscall.SIGCONT)
}

// faults is the sandbox's switchboard in this process.
type faults struct{ s *faultswitch.Switch }

func (f faults) Set(_ context.Context, r faultswitch.Rule) (string, error) { return f.s.Set(r) }
func (f faults) Clear(_ context.Context, id string) error                  { return f.s.Clear(id) }

// Query asks Prometheus for now.
func (w *world) Query(ctx context.Context, expr string) ([]telemetryapi.Sample, error) {
	return w.Ports.Metrics().Query(ctx, expr)
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

// settle waits until nothing else fires, and goes on not to for some seconds.
func (w *world) settle(t *testing.T, but ...alert.Alert) {
	t.Helper()
	quiet := time.Time{}
	var last map[string]string
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(500 * time.Millisecond) {
		must(t, w.alive())
		f, err := w.firing(t.Context())
		maps.DeleteFunc(f, func(name, _ string) bool { return slices.Contains(but, alert.Alert(name)) })
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

// program is a command of the program at the hands of tester. At the end of ctx it is
// interrupted, so that a drill heals, and killed half a minute later.
func (w *world) program(ctx context.Context, args ...string) *exec.Cmd {
	cmd := program.Command(ctx, slices.Concat(w.env, []string{"OTEL_EXPORTER_OTLP_ENDPOINT=", "USER=tester"}), args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 30 * time.Second
	return cmd
}

// command runs a command to its end, for two minutes at most.
func (w *world) command(ctx context.Context, args ...string) (code int, output string, err error) {
	return w.commandWithin(ctx, 2*time.Minute, args...)
}

func (w *world) commandWithin(ctx context.Context, most time.Duration, args ...string) (code int, output string, err error) {
	ctx, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	out, err := w.program(ctx, args...).CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exit.ExitCode(), string(out), nil
	}
	return 0, string(out), err
}

// importAll implements [drill.Installation]'s Import.
func (w *world) importAll(ctx context.Context) error {
	cmd := program.Command(ctx, w.env, "import", "--full")
	if _, ok := errors.AsType[*exec.Error](cmd.Run()); ok {
		return fault.New(fault.InvalidConfig, "drill", "%s cannot be run", cmd.Path)
	}
	return nil
}

// printed reports whether the roles printed a line with all parts since a time.
func (w *world) printed(since time.Time, parts ...string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.lines, func(l line) bool {
		return !l.at.Before(since) && !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(l.text, part) })
	})
}
