//go:build e2e

package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
	"github.com/mealplanner/mealplanner/test/kit/walk"
)

// TestObservabilityPage goes the way of docs/observability.md with its own commands, natively:
// the demo with a slow Tandoor, the figures, the exemplar, the trace, the lines; then a job
// that failed, a vendor, an operator's pages.
func TestObservabilityPage(t *testing.T) {
	page := walk.Read(t)
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	must(t, err)
	if !slices.ContainsFunc(page.Of(walk.Loki), func(c string) bool {
		return strings.Contains(string(readme), strings.Replace(c, "'$TRACE'", "TRACE", 1))
	}) {
		t.Error("the command for a trace's lines is not the README's")
	}
	s := stacktest.Start(t, stack.Names, fast, nil)
	trace := followDemo(t, s, page)
	w := newWorld(t, s)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	w.generate(t, sandbox.People()[0].ID)
	for _, c := range page.Of(walk.Vendor) {
		w.vendor(t, c)
	}
	w.tracePages(t, trace)
	for _, c := range page.Of(walk.Tool) {
		w.failedJob(t, page, c)
	}
}

// followDemo types what the page says to type on a machine without Docker. What `make stack-up`
// starts is s, at other ports; what --stack says is said by the environment.
func followDemo(t *testing.T, s *stack.Stack, page walk.Page) (trace string) {
	t.Helper()
	inbox, admin := loopback.Addr(t), loopback.Addr(t)
	places := map[string]string{
		"localhost:8025": inbox, "127.0.0.1:6060": admin,
		"http://127.0.0.1:9090": s.Ports.URL(stack.Prometheus), "http://127.0.0.1:16686": s.Ports.URL(stack.Jaeger), "http://127.0.0.1:3100": s.Ports.URL(stack.Loki),
		"./bin/mealplanner demo --stack": fmt.Sprintf("exec %s demo --inbox-addr %s --api-addr %s --admin-addr %s", program.Command(t.Context(), nil).Path, inbox, loopback.Addr(t), admin),
	}
	loki := ""
	if s.HasLoki() {
		loki = s.Ports.URL(stack.Loki)
	}
	reader := &walk.Reader{Places: places, Env: append(os.Environ(), "OTEL_EXPORTER_OTLP_ENDPOINT="+s.Ports.OTLP(), "METRIC_INTERVAL=1s",
		"TRACE_REQUESTS=true", "LOG_LEVEL=info", "JAEGER_URL="+s.Ports.URL(stack.Jaeger), "LOKI_URL="+loki,
		"PPROF_TMPDIR="+t.TempDir())}
	startDemo(t, reader, strings.Join(page.Of(walk.Native), "\n"))
	servers := []walk.Kind{walk.Prometheus, walk.Jaeger, walk.Loki}
	if stacktest.LeftOut(t, s, t.Name()+", the commands that ask Loki") {
		servers = servers[:2]
	}
	trace = reader.Follow(t, page, servers...)
	showsTrace(t, s, admin, trace)
	for _, c := range page.Of(walk.Profile) {
		out, err := reader.Command(t.Context(), c).CombinedOutput()
		fmt.Printf("$ %s\n%.400s\n", c, out)
		if err != nil || !strings.Contains(string(out), "flat%") {
			t.Errorf("%s: %v", c, err)
		}
	}
	return trace
}

// startDemo types the commands, and waits until the demo has planned. It runs until the test
// ends.
func startDemo(t *testing.T, reader *walk.Reader, commands string) {
	t.Helper()
	demo := reader.Command(t.Context(), commands)
	demo.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGTERM}
	demo.Cancel = func() error { return syscall.Kill(-demo.Process.Pid, syscall.SIGINT) }
	demo.WaitDelay = 30 * time.Second
	demo.Stderr = os.Stderr
	out, err := demo.StdoutPipe()
	must(t, err)
	must(t, demo.Start())
	ready, ended := make(chan bool, 1), make(chan struct{})
	go func() {
		defer close(ended)
		for sc := bufio.NewScanner(out); sc.Scan(); {
			fmt.Println("demo: " + sc.Text())
			if strings.HasPrefix(sc.Text(), "Ctrl-C ends the demo") {
				ready <- true
			}
		}
		_ = demo.Wait() // it ends by a signal
	}()
	t.Cleanup(func() { <-ended })
	select {
	case <-ready:
	case <-ended:
		t.Fatal("the demo ended")
	case <-time.After(3 * time.Minute):
		t.Fatal("the demo does not say that it has planned")
	}
}

// vendor runs the program with a command's settings, but for the address, which is the
// Collector's for OTLP over HTTP.
func (w *world) vendor(t *testing.T, command string) {
	t.Helper()
	settings := strings.Fields(strings.ReplaceAll(command, "https://otlp.example.com", fmt.Sprintf("http://127.0.0.1:%d", w.stack.Ports.OTLPHTTP)))
	role := settings[len(settings)-1]
	r, err := program.Start(role, slices.Concat(w.env, settings[:len(settings)-2], []string{"DEPLOYMENT_ENVIRONMENT=vendor"}), w.keep)
	must(t, err)
	eventually(t, "metrics of "+command, time.Minute, func() bool {
		samples, err := w.stack.Ports.Metrics().Query(t.Context(), `service_up{deployment_environment_name="vendor"}`)
		must(t, err)
		return len(samples) > 0
	})
	must(t, r.End(syscall.SIGTERM))
}

// failedJob runs a job that fails, finds it with the page's command, in the page's columns, and
// its trace by the id that the command shows.
func (w *world) failedJob(t *testing.T, page walk.Page, command string) {
	t.Helper()
	if code, out := w.command(t, []string{"job", "run", poorPlan}); code != 1 {
		t.Fatalf("job run %s: %d %s", poorPlan, code, out)
	}
	code, out := w.command(t, strings.Fields(command)[1:])
	fmt.Printf("$ %s\n%s\n", command, out)
	row := regexp.MustCompile(`(?m)^\S+ \S+ +` + poorPlan + ` +manual +\d+ +failed +\d+ +([0-9a-f]{32}) +NotEnoughRecipes`).FindStringSubmatch(out)
	if code != 0 || row == nil {
		t.Fatalf("%s: %d, and no attempt at %s that failed", command, code, poorPlan)
	}
	head, _, _ := strings.Cut(out, "\n")
	if !slices.ContainsFunc(page.Shown, func(block string) bool {
		shown, _, _ := strings.Cut(block, "\n")
		return slices.Equal(strings.Fields(shown), strings.Fields(head))
	}) {
		t.Errorf("%s: the page shows other columns than %s", command, head)
	}
	eventually(t, "the attempt's trace", time.Minute, func() bool {
		code, out = w.command(t, []string{"debug", "trace", row[1]})
		return code == 0 && strings.Contains(out, "job WeeklyGeneration") && strings.Contains(out, "generation_algorithm")
	})
}

// showsTrace looks at a trace in the program's own pages, which stand in for Jaeger's.
func showsTrace(t *testing.T, s *stack.Stack, addr, trace string) {
	t.Helper()
	for path, wants := range map[string][]string{
		"/trace/":         {trace, "generations of a day", "<td>user_lewis</td>"},
		"/trace/" + trace: {"recipe_fetch", "tandoor recipe_list", "generation_algorithm", "url.full", "<svg"},
	} {
		resp, err := http.Get("http://" + addr + path)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		must(t, err)
		if path != "/trace/" && s.HasLoki() {
			wants = append(wants, "Generation completed")
		}
		for _, want := range wants {
			if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
				t.Errorf("%s: %d, %q is not there:\n%s", path, resp.StatusCode, want, body)
			}
		}
	}
}

// tracePages goes an operator's way in the pages of an api beside a scheduler.
func (w *world) tracePages(t *testing.T, trace string) {
	t.Helper()
	w.spawn(t, "scheduler") // without an admin's address: that is the api's
	addr := loopback.Addr(t)
	w.env = append(w.env, "ADMIN_ADDR="+addr, "JAEGER_URL="+w.stack.Ports.URL(stack.Jaeger), "LOKI_URL=")
	if w.stack.HasLoki() {
		w.env = append(w.env, "LOKI_URL="+w.stack.Ports.URL(stack.Loki))
	}
	pages := loopback.Addr(t) // a role's own address is the one it listens at first, the admin's
	w.env = append(w.env, "API_ADDR="+pages, "PUBLIC_URL=http://"+pages)
	w.spawn(t, "api")
	w.operatorPages(t, "http://"+pages, trace)
	showsTrace(t, w.stack, addr, trace)
}

// operatorPages goes an operator's way: from the list of generations to the trace of one.
func (w *world) operatorPages(t *testing.T, base, trace string) {
	t.Helper()
	if code, out := w.command(t, []string{"user", "set", "user_lewis", "--operator"}); code != 0 {
		t.Fatalf("user set --operator: %d %s", code, out)
	}
	newcomer := sandbox.People()[0] // whose first week a job plans, from a Tandoor that is slow
	newcomer.ID, newcomer.Email = "user_newcomer", "newcomer@sandbox.example"
	program.AddUsers(t, w.tool, w.box, []sandbox.Person{newcomer})
	if code, out := w.command(t, []string{"job", "run", "weekly_generation:" + newcomer.ID}); code != 0 {
		t.Fatalf("job run: %d %s", code, out)
	}
	eventually(t, "the trace is past tail sampling and stored", time.Minute, func() bool {
		for id := range w.tagged(t, "generation", "generation.id") {
			if strings.HasSuffix(id, newcomer.ID) {
				return true
			}
		}
		return false
	})
	w.walkAsOperator(t, base)
	token, err := w.tool.SignIns.Link(t.Context(), "user_lewis")
	must(t, err)
	jar, err := cookiejar.New(nil)
	must(t, err)
	client := &http.Client{Jar: jar}
	resp, err := client.PostForm(base+"/sign-in/"+token, url.Values{})
	must(t, err)
	must(t, resp.Body.Close())
	for path, wants := range map[string][]string{
		"/operations":                {"Recent generations", "weekly_generation:user_lewis"},
		"/operations/trace/" + trace: {"recipe_fetch", "tandoor recipe_list", "generation_algorithm", "<svg"},
		"/status":                    {"Planning"},
	} {
		resp, err := client.Get(base + path)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		must(t, errors.Join(err, resp.Body.Close()))
		for _, want := range wants {
			if !strings.Contains(string(body), want) {
				t.Errorf("%s: %d, %q is not there:\n%.4000s", path, resp.StatusCode, want, body)
			}
		}
	}
}

// walkAsOperator goes it in a browser, in the four views of test/pages.
func (w *world) walkAsOperator(t *testing.T, base string) {
	t.Helper()
	var links []string
	for range 4 {
		token, err := w.tool.SignIns.Link(t.Context(), "user_lewis")
		must(t, err)
		links = append(links, base+"/sign-in/"+token)
	}
	data, err := json.Marshal(map[string]any{"base": base, "links": links})
	must(t, err)
	cmd := exec.CommandContext(t.Context(), "npm", "--prefix", root+"/test/pages", "run", "--silent", "operator")
	cmd.Env = append(os.Environ(), "PAGES="+string(data))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	must(t, cmd.Run())
}
