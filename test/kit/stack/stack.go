//go:build linux

// Package stack runs the real telemetry servers (Collector, Prometheus, Alertmanager,
// Jaeger, Loki) natively on loopback, with the configuration files that compose.yaml
// mounts. The binaries come from `make stack`, but for Loki's, which is not built here: the
// operator gives it, or [Stack.UseSink] puts a [Sink] in its place, or it is left out.
package stack

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

// Names of the servers, in their order of start.
const (
	Prometheus   = "prometheus"
	Alertmanager = "alertmanager"
	Jaeger       = "jaeger"
	Loki         = "loki"
	Collector    = "otelcol"
)

// Names lists the servers in their order of start: the Collector last, because it pushes.
var Names = []string{Prometheus, Alertmanager, Jaeger, Loki, Collector}

// Ports are where the servers listen on 127.0.0.1.
type Ports struct {
	OTLPGRPC, OTLPHTTP, CollectorHealth              int
	Prometheus, Alertmanager                         int
	JaegerHTTP, JaegerGRPC, JaegerOTLP, JaegerHealth int
	JaegerMetrics                                    int
	LokiHTTP, LokiGRPC                               int
}

// StandardPorts are the servers' usual ones, which compose.yaml publishes too.
func StandardPorts() Ports {
	return Ports{
		OTLPGRPC: 4317, OTLPHTTP: 4318, CollectorHealth: 13133,
		Prometheus: 9090, Alertmanager: 9093,
		JaegerHTTP: 16686, JaegerGRPC: 16685, JaegerOTLP: 14317, JaegerHealth: 13134, JaegerMetrics: 18888,
		LokiHTTP: 3100, LokiGRPC: 9095,
	}
}

// FreePorts returns ports that nobody listens on.
func FreePorts() (Ports, error) {
	var p Ports
	all := p.all()
	free, err := loopback.Ports(len(all))
	for i, port := range free {
		*all[i] = port
	}
	return p, err
}

func (p *Ports) all() []*int {
	return []*int{
		&p.OTLPGRPC, &p.OTLPHTTP, &p.CollectorHealth, &p.Prometheus, &p.Alertmanager,
		&p.JaegerHTTP, &p.JaegerGRPC, &p.JaegerOTLP, &p.JaegerHealth, &p.JaegerMetrics, &p.LokiHTTP, &p.LokiGRPC,
	}
}

func base(port int) string { return "http://" + address(port) }

func address(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }

// OTLP is the endpoint for the program's signals.
func (p Ports) OTLP() string { return base(p.OTLPGRPC) }

// URL is the base address of a server's HTTP interface; the Collector's is its health.
func (p Ports) URL(name string) string {
	return base(map[string]int{
		Prometheus: p.Prometheus, Alertmanager: p.Alertmanager, Jaeger: p.JaegerHTTP, Loki: p.LokiHTTP, Collector: p.CollectorHealth,
	}[name])
}

func (p Ports) ready(name string) string {
	switch name {
	case Prometheus, Alertmanager:
		return p.URL(name) + "/-/ready"
	case Jaeger:
		return base(p.JaegerHealth) + "/status"
	case Loki:
		return p.URL(name) + "/ready"
	default:
		return p.URL(name)
	}
}

// Stack is one set of the five servers.
type Stack struct {
	Ports Ports
	// Env is added to the servers' environment: what the configuration files leave open.
	Env []string
	// LogLevel is that of Prometheus and Alertmanager; "" = warn.
	LogLevel string

	hasty     bool   // see Hasten
	loki      string // its executable, "" when there is none
	sink      *Sink
	root, dir string
	versions  map[string]string
	running   map[string]*Process
}

// New describes a stack in dir, which keeps its data and logs; root is the repository. Loki's
// executable is LOKI_BIN, else that of PATH, else that of the tools' cache.
func New(root, dir string, p Ports) (*Stack, error) {
	versions, err := readVersions(filepath.Join(root, "tools", "versions"))
	if err != nil {
		return nil, err
	}
	s := &Stack{Ports: p, root: root, dir: dir, versions: versions, running: map[string]*Process{}}
	s.loki, err = findLoki(s.cached(Loki))
	return s, err
}

func readVersions(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	out := map[string]string{}
	sc := bufio.NewScanner(f)
	for sc.Scan() {
		if name, version, ok := strings.Cut(sc.Text(), " "); ok {
			out[name] = version
		}
	}
	return out, sc.Err()
}

// Binary is where a server's or tool's binary is; Loki's is "" when there is none.
func (s *Stack) Binary(name string) string {
	if name == Loki {
		return s.loki
	}
	return s.cached(name)
}

// HasLoki reports whether there is an executable of Loki, and no sink in its place.
func (s *Stack) HasLoki() bool { return s.loki != "" && s.sink == nil }

// Servers lists the names of those that can run, in their order of start.
func (s *Stack) Servers() []string {
	return slices.DeleteFunc(slices.Clone(Names), func(name string) bool { return name == Loki && s.loki == "" && s.sink == nil })
}

func (s *Stack) cached(name string) string {
	return filepath.Join(os.Getenv("HOME"), ".cache", "mealplanner", name+"@"+s.versions[name], name)
}

// Prepare makes the directories, a copy of Prometheus' configuration with the targets of
// this stack beside it, and one of Alertmanager's with [DefaultReceivers]. It comes before
// the first start.
func (s *Stack) Prepare() error {
	conf := filepath.Join(s.dir, "conf", "prometheus")
	if err := errors.Join(os.RemoveAll(conf), os.MkdirAll(filepath.Join(s.dir, "log"), 0o755)); err != nil {
		return err
	}
	if err := os.CopyFS(conf, os.DirFS(filepath.Join(s.root, "prometheus"))); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(conf, "targets"), 0o755); err != nil {
		return err
	}
	var targets strings.Builder
	for _, t := range []struct {
		job  string
		port int
	}{{Prometheus, s.Ports.Prometheus}, {Alertmanager, s.Ports.Alertmanager}, {Jaeger, s.Ports.JaegerMetrics}, {Loki, s.Ports.LokiHTTP}} {
		if t.job == Loki && !s.HasLoki() {
			continue // a sink has no metrics
		}
		fmt.Fprintf(&targets, "- {targets: [%q], labels: {job: %s}}\n", address(t.port), t.job)
	}
	return errors.Join(
		s.writeReceivers(DefaultReceivers()),
		os.WriteFile(filepath.Join(conf, "targets", "stack.yml"), []byte(targets.String()), 0o644),
		os.WriteFile(filepath.Join(conf, "targets", "alertmanager.yml"), fmt.Appendf(nil, "- targets: [%q]\n", address(s.Ports.Alertmanager)), 0o644),
	)
}

// Data is the directory of a server's data.
func (s *Stack) Data(name string) string { return filepath.Join(s.dir, "data", name) }

// LogFile is where a server's output goes.
func (s *Stack) LogFile(name string) string { return filepath.Join(s.dir, "log", name+".log") }

// PrometheusFlags are the flags with meaning, which compose.yaml has too.
var PrometheusFlags = []string{
	"--storage.tsdb.retention.time=120d", "--storage.tsdb.retention.size=8GB",
	"--web.enable-otlp-receiver",
	"--enable-feature=exemplar-storage,created-timestamp-zero-ingestion",
}

// AlertmanagerFlags are the flags with meaning, which compose.yaml has too: one instance,
// and matchers in the new syntax only.
var AlertmanagerFlags = []string{"--cluster.listen-address=", "--enable-feature=utf8-strict-mode"}

func (s *Stack) logLevel() string {
	if s.LogLevel == "" {
		return "warn"
	}
	return s.LogLevel
}

func (s *Stack) command(name string) []string {
	switch name {
	case Prometheus:
		var pace []string
		if s.hasty { // a sample without a successor is seen for as long as five pushes
			pace = []string{"--query.lookback-delta=5s", "--rules.alert.resend-delay=10s"}
		}
		return append(append([]string{
			"--config.file=" + filepath.Join(s.dir, "conf", "prometheus", "prometheus.yml"),
			"--storage.tsdb.path=" + s.Data(name), "--web.listen-address=" + address(s.Ports.Prometheus), "--log.level=" + s.logLevel(),
		}, PrometheusFlags...), pace...)
	case Alertmanager:
		return append([]string{
			"--config.file=" + s.AlertmanagerConfig(), "--storage.path=" + s.Data(name), "--web.external-url=" + s.Ports.URL(name),
			"--web.listen-address=" + address(s.Ports.Alertmanager), "--log.level=" + s.logLevel(),
		}, AlertmanagerFlags...)
	case Loki:
		return []string{"-config.file=" + s.file("loki", "config.yaml"), "-config.expand-env=true"}
	case Jaeger:
		return []string{"--config", s.file("jaeger", "config.yaml")}
	default:
		args := []string{"--config", s.file("otel-collector", "config.yaml")}
		if !slices.Contains(s.Servers(), Loki) {
			args = append(args, "--config", s.file("otel-collector", "without-loki.yaml"))
		}
		return args
	}
}

func (s *Stack) file(elem ...string) string {
	return filepath.Join(append([]string{s.root}, elem...)...)
}

func (s *Stack) environment() []string {
	p := s.Ports
	env := append(os.Environ(),
		"COLLECTOR_OTLP_GRPC="+address(p.OTLPGRPC), "COLLECTOR_OTLP_HTTP="+address(p.OTLPHTTP),
		"COLLECTOR_HEALTH="+address(p.CollectorHealth), "COLLECTOR_DATA="+s.Data(Collector),
		"PROMETHEUS_URL="+p.URL(Prometheus), "LOKI_URL="+p.URL(Loki),
		"JAEGER_OTLP="+address(p.JaegerOTLP), "JAEGER_HTTP="+address(p.JaegerHTTP), "JAEGER_GRPC="+address(p.JaegerGRPC),
		"JAEGER_HEALTH="+address(p.JaegerHealth), "JAEGER_METRICS_PORT="+strconv.Itoa(p.JaegerMetrics), "JAEGER_DATA="+s.Data(Jaeger),
		"LOKI_HTTP_PORT="+strconv.Itoa(p.LokiHTTP), "LOKI_GRPC_PORT="+strconv.Itoa(p.LokiGRPC), "LOKI_DATA="+s.Data(Loki),
		"OTEL_TRACES_SAMPLER=always_off",             // Jaeger would trace itself
		"OTEL_GO_X_PER_SERIES_START_TIMESTAMPS=true", // the first failure that the Collector counts is an increase
	)
	return append(env, s.Env...)
}

// Process is one running server.
type Process struct {
	PID  int // 0: the sink, which runs in this process
	done chan struct{}
	proc *os.Process
}

// StartServer starts one server and does not wait for it. It dies with this process
// unless it is detached.
func (s *Stack) StartServer(name string, detached bool) error {
	if name == Loki && s.sink != nil {
		s.running[name] = &Process{done: make(chan struct{})}
		return s.sink.start(address(s.Ports.LokiHTTP))
	}
	if name == Loki && s.loki == "" {
		return errors.New("there is no executable of Loki: `make stack` says how to get one")
	}
	if _, err := os.Stat(s.Binary(name)); err != nil {
		return fmt.Errorf("%s is not built: run `make stack` (%w)", name, err)
	}
	if err := os.MkdirAll(s.Data(name), 0o755); err != nil {
		return err
	}
	log, err := os.OpenFile(s.LogFile(name), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	defer log.Close()
	cmd := exec.Command(s.Binary(name), s.command(name)...)
	cmd.Env, cmd.Stdout, cmd.Stderr = s.environment(), log, log
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if !detached {
		cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
	}
	p := &Process{done: make(chan struct{})}
	started := make(chan error, 1)
	// The kernel ends a child when the thread that started it ends, so it gets its own.
	go func() {
		defer close(p.done)
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", name, err)
	}
	p.PID, p.proc = cmd.Process.Pid, cmd.Process
	s.running[name] = p
	return nil
}

// Running returns a server that this stack started.
func (s *Stack) Running(name string) (*Process, bool) {
	p, ok := s.running[name]
	return p, ok
}

// readyWithin bounds the start of a server on a busy machine.
const readyWithin = 3 * time.Minute

// Await waits until a server is ready.
func (s *Stack) Await(ctx context.Context, name string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for !Answers(ctx, s.Ports.ready(name)) {
		select {
		case <-tick.C:
		case <-s.running[name].done:
			return fmt.Errorf("%s ended while starting:\n%s", name, s.tail(name))
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready: %w\n%s", name, ctx.Err(), s.tail(name))
		}
	}
	return nil
}

func (s *Stack) tail(name string) string {
	b, err := os.ReadFile(s.LogFile(name))
	if err != nil {
		return err.Error()
	}
	return string(b[max(0, len(b)-2000):])
}

// Ready reports whether a server says that it is.
func (s *Stack) Ready(ctx context.Context, name string) bool {
	return Answers(ctx, s.Ports.ready(name))
}

// Answers reports whether a GET is answered with 200 within two seconds.
func Answers(ctx context.Context, url string) bool {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// StopServer sends a signal to a server and waits for its end.
func (s *Stack) StopServer(ctx context.Context, name string, sig syscall.Signal) error {
	p, ok := s.running[name]
	if !ok {
		return nil
	}
	if p.proc == nil {
		delete(s.running, name)
		return s.sink.stop()
	}
	if err := p.proc.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-p.done:
		delete(s.running, name)
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s does not stop: %w", name, ctx.Err())
	}
}

// Down stops all servers of this stack, the Collector first; what does not stop within
// ctx is killed.
func (s *Stack) Down(ctx context.Context) error {
	var errs []error
	for _, name := range slices.Backward(Names) {
		if err := s.StopServer(ctx, name, syscall.SIGTERM); err != nil {
			errs = append(errs, err, s.StopServer(context.WithoutCancel(ctx), name, syscall.SIGKILL))
		}
	}
	return errors.Join(errs...)
}
