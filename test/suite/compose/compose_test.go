//go:build compose

// Package compose starts compose.yaml with a real Docker engine and looks at what a
// newcomer and an operator would look at. Grafana stays out unless the engine has its image,
// and the profile tandoor always: they cannot be made from what is on this machine.
package compose

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

func TestStack(t *testing.T) {
	e := startEngine(t)
	s := stack{
		engine: e, program: built(t, "docker-compose"), loki: e.images(t), files: []string{"../../../compose.yaml"},
		project: fmt.Sprintf("mealplanner-test-%d", os.Getpid()), ports: map[string]string{},
	}
	if !s.loki {
		t.Log("left out, no loki: 1: TestStack, the service loki and a line found in it")
		s.files = append(s.files, withoutLoki(t))
	}
	published := []string{"API_PORT", "ADMIN_PORT", "INBOX_PORT", "PROMETHEUS_PORT", "ALERTMANAGER_PORT", "LOKI_PORT", "JAEGER_PORT", "GRAFANA_PORT"}
	free, err := loopback.Ports(len(published))
	must(t, err)
	for i, v := range published {
		s.ports[v] = strconv.Itoa(free[i])
	}
	s.ports["ALERTS_HEARTBEAT_TIMEOUT"] = "90s" // Alertmanager's heart beats every minute
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := s.compose(context.Background(), "logs", "--no-color", "--tail", "40").CombinedOutput()
			state, _ := s.compose(context.Background(), "ps", "--all").CombinedOutput()
			t.Logf("%s\n%s", state, logs)
		}
		if out, err := s.compose(context.Background(), "down", "--volumes", "--timeout", "5").CombinedOutput(); err != nil {
			t.Errorf("down: %v\n%s", err, out)
		}
	})
	begin := time.Now()
	s.build(t)
	t.Logf("image built from the Dockerfile: %s", time.Since(begin).Round(100*time.Millisecond))
	begin = time.Now()
	s.up(t)
	t.Logf("up from nothing: %s", time.Since(begin).Round(100*time.Millisecond))

	secrets := s.secrets(t)
	trace := s.trace(t)
	for _, step := range []struct {
		name string
		run  func()
	}{
		{"every demo user has a plan and a mail that leads to it", func() { s.mails(t); s.plans(t) }},
		{"a generation is found in Jaeger, Loki and Prometheus", func() { s.telemetry(t, trace) }},
		{"a reader follows Grafana's links", func() { s.grafana(t) }},
		{"an alert reaches PagerDuty and Slack", func() { s.alert(t) }},
		{"a drill breaks the stack, and puts it back", func() { s.drill(t) }},
		{"the Collector survives a damaged queue", func() { s.damagedQueue(t) }},
		{"the doctor finds nothing wrong", func() { output(t, s.compose(t.Context(), "exec", "-T", "api", "/mealplanner", "doctor"), nil) }},
		{"containers are locked down", func() { s.lockedDown(t) }},
		{"the database's roles may do no more than they must", func() { s.roles(t) }},
		{"no secret is to be seen", func() { s.unseen(t, secrets) }},
		{"a second up changes nothing", func() { s.up(t); s.mails(t); s.plans(t) }},
		{"down keeps plans, traces and secrets", func() {
			output(t, s.compose(t.Context(), "down"), nil)
			s.up(t)
			s.plans(t)
			s.components(t, trace)
			if again := s.secrets(t); !maps.Equal(again, secrets) {
				t.Error("the secrets are others now")
			}
		}},
		{"a backup is restored", func() { s.backup(t) }},
		{"a reader walks from a slow plan to its cause", func() { s.walk(t) }}, // and leaves one more plan
		{"the roles need no telemetry", func() { s.withoutTelemetry(t) }},
		{"down -v leaves nothing", func() { s.down(t) }},
	} {
		begin := time.Now()
		step.run()
		if t.Failed() {
			t.Fatalf("not so: %s", step.name)
		}
		t.Logf("%-60s %s", step.name, time.Since(begin).Round(100*time.Millisecond))
	}
}

// withoutLoki is a file beside compose.yaml in which nobody waits for loki, so that it is
// not started.
func withoutLoki(t *testing.T) string {
	t.Helper()
	var compose struct {
		Services struct {
			Telemetry struct {
				Command   []string
				DependsOn []string `yaml:"depends_on"`
			}
		}
	}
	must(t, yaml.Unmarshal(read(t, "../../../compose.yaml"), &compose))
	others := func(all []string) string {
		left := slices.DeleteFunc(slices.Clone(all), func(v string) bool { return strings.Contains(v, "loki") })
		if len(left) != len(all)-1 {
			t.Fatalf("loki is not in %v of the service telemetry once", all)
		}
		b, err := json.Marshal(left)
		must(t, err)
		return string(b)
	}
	telemetry := compose.Services.Telemetry
	file := filepath.Join(t.TempDir(), "without-loki.yaml")
	must(t, os.WriteFile(file, fmt.Appendf(nil, "services:\n  telemetry:\n    command: !override %s\n    depends_on: !override %s\n",
		others(telemetry.Command), others(telemetry.DependsOn)), 0o600))
	return file
}

// build makes the program's image the way `docker compose up` does in a clone.
func (s stack) build(t *testing.T) {
	t.Helper()
	output(t, s.compose(t.Context(), "build", "--pull=false", "secrets"), nil)
	t.Cleanup(func() { _ = s.command(context.Background(), "docker", "image", "rm", product).Run() })
	s.labels(t, product)
}

// labels looks at what the image says of itself.
func (e engine) labels(t *testing.T, name string) {
	t.Helper()
	var images []struct {
		Config struct {
			Labels      map[string]string
			User        string
			Healthcheck struct{ Test []string }
		}
	}
	must(t, json.Unmarshal([]byte(e.docker(t, nil, "image", "inspect", name)), &images))
	c := images[0].Config
	for _, l := range []string{"title", "description", "licenses", "version", "revision"} {
		if c.Labels["org.opencontainers.image."+l] == "" {
			t.Errorf("the image has no label %s", l)
		}
	}
	if c.User != "10001:10001" || len(c.Healthcheck.Test) == 0 {
		t.Errorf("the image runs as %q with the health check %q", c.User, c.Healthcheck.Test)
	}
}

// up starts everything but Grafana and waits until it is healthy, or done.
func (s stack) up(t *testing.T) {
	t.Helper()
	output(t, s.compose(t.Context(), "up", "--detach", "--wait", "--wait-timeout", "300", "--pull", "never", "--no-build", "api", "scheduler"), nil)
	output(t, s.compose(t.Context(), "up", "--detach", "--pull", "never", "--no-build", "demo", "telemetry"), nil)
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	for _, once := range []string{"demo", "telemetry"} {
		id := strings.TrimSpace(output(t, s.compose(ctx, "ps", "--all", "--quiet", once), nil))
		if code := strings.TrimSpace(output(t, s.command(ctx, "docker", "wait", id), nil)); code != "0" {
			t.Errorf("%s ended with %s", once, code)
		}
	}
}

// damagedQueue overwrites a queue file of a killed Collector: it is moved aside, and the
// Collector comes up.
func (s stack) damagedQueue(t *testing.T) {
	t.Helper()
	output(t, s.compose(t.Context(), "kill", "otel-collector"), nil)
	const damage = "set -e; cd /q; for f in exporter_*prometheus*; do printf damaged >$f; done" // the shell's own means: the image has few others
	output(t, s.compose(t.Context(), "run", "--rm", "--no-deps", "--no-TTY", "--user", "10001:10001", "--volume", s.project+"_otel-collector:/q", "--entrypoint", "/bin/sh", "roles", "-c", damage), nil)
	output(t, s.compose(t.Context(), "start", "otel-collector"), nil)
	output(t, s.compose(t.Context(), "run", "--rm", "--no-deps", "--no-TTY", "telemetry", "wait", "--timeout=2m", "http://otel-collector:13133/"), nil)
	if logs := output(t, s.compose(t.Context(), "logs", "--no-color", "otel-queues"), nil); !strings.Contains(logs, "is damaged") || !strings.Contains(logs, ".damaged-") {
		t.Errorf("the damage is not told of:\n%s", logs)
	}
}

// backup writes a backup beside this test, as docs/compose.md says, loses the plans, and gets
// them back.
func (s stack) backup(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Cleanup(func() { _ = s.command(context.Background(), "docker", "image", "rm", product+"-backup").Run() })
	output(t, s.compose(t.Context(), "--profile", "backup", "build", "--pull=false", "backup"), nil)
	tool := func(args ...string) *exec.Cmd {
		return s.compose(t.Context(), append([]string{"run", "--rm", "--no-TTY", "--no-deps", "--pull", "never", "--user", strconv.Itoa(os.Getuid()), "--volume", dir + ":/backups", "backup"}, args...)...)
	}
	output(t, tool("backup", "/backups/file"), nil)
	apart := func(entrypoint string, args ...string) *exec.Cmd {
		return s.compose(t.Context(), append([]string{"run", "--rm", "--no-deps", "--no-TTY", "--user", "10001", "--volume", s.project + "_secrets-app:/app", "--entrypoint", entrypoint, "roles"}, args...)...)
	}
	key := output(t, apart("cat", "/app/key"), nil)
	output(t, apart("sh", "-c", "cat >/app/new && chmod 440 /app/new && mv -f /app/new /app/key"), strings.NewReader(key))
	s.psql(t, "postgres", "delete from plans")
	if out, err := tool("restore", "--replace", "/backups/file").CombinedOutput(); err == nil || !strings.Contains(string(out), "is connected to the database") {
		t.Errorf("restored while the service works: %v\n%s", err, out)
	}
	output(t, s.compose(t.Context(), "stop", "api", "scheduler"), nil)
	if out, err := tool("restore", "/backups/file").CombinedOutput(); err == nil || !strings.Contains(string(out), "is not empty") {
		t.Errorf("restored into a database that is not empty: %v\n%s", err, out)
	}
	output(t, tool("restore", "--replace", "/backups/file"), nil)
	s.up(t)
	s.plans(t)
	s.roles(t)
}

// withoutTelemetry starts the roles alone: people still get their plans, here one for a
// week far ahead, from the cached recipes.
func (s stack) withoutTelemetry(t *testing.T) {
	t.Helper()
	output(t, s.compose(t.Context(), "down"), nil)
	output(t, s.compose(t.Context(), "up", "--detach", "--wait", "--wait-timeout", "120", "--pull", "never", "--no-build", "api", "scheduler"), nil)
	containers, _ := s.containers(t)
	for _, c := range containers {
		switch service := c.Config.Labels["com.docker.compose.service"]; service {
		case "otel-collector", "prometheus", "alertmanager", "loki", "jaeger", "telemetry":
			t.Errorf("the roles bring %s with them", service)
		}
	}
	week := time.Now().AddDate(0, 0, 70-(int(time.Now().Weekday())+6)%7).Format(time.DateOnly)
	if out, err := s.compose(t.Context(), "exec", "-T", "api", "/mealplanner", "generate", "--user", "user_lewis", "--week", week).CombinedOutput(); err != nil {
		t.Errorf("no plan without telemetry: %v\n%s", err, out)
	}
	if n := s.psql(t, "postgres", "select count(*) from plans where week_of = '"+week+"'"); n != "1" {
		t.Errorf("%s plans for the week of %s", n, week)
	}
}

var mailLink = regexp.MustCompile(`href="mail/(\d+)"`)

// mails finds one mail for each demo user, and the plan behind its button.
func (s stack) mails(t *testing.T) {
	t.Helper()
	inbox := s.get(t, "INBOX_PORT", "/inbox/")
	if n := len(mailLink.FindAllString(inbox, -1)); n != len(sandbox.People()) {
		t.Fatalf("%d mails, want %d", n, len(sandbox.People()))
	}
	for _, p := range sandbox.People() {
		if !strings.Contains(inbox, p.Email) {
			t.Errorf("no mail for %s", p.Email)
		}
	}
	mail := s.get(t, "INBOX_PORT", "/inbox/mail/1/html")
	link := regexp.MustCompile(`http://localhost:` + s.ports["API_PORT"] + `(/r/[^"]+)`).FindStringSubmatch(mail) // a counted link, which redirects
	if link == nil {
		t.Fatal("the mail does not link to the plan")
	}
	if page := s.get(t, "API_PORT", link[1]); !strings.Contains(page, "Monday") {
		t.Errorf("the plan's page has no Monday:\n%.500s", page)
	}
}

// plans counts the stored plans.
func (s stack) plans(t *testing.T) {
	t.Helper()
	if n := s.psql(t, "postgres", "select count(*) from plans"); n != strconv.Itoa(len(sandbox.People())) {
		t.Errorf("%s plans, want %d", n, len(sandbox.People()))
	}
}

// trace is the id of one generation, as the demo's output gives it.
func (s stack) trace(t *testing.T) string {
	t.Helper()
	logs := output(t, s.compose(t.Context(), "logs", "--no-color", "demo"), nil)
	m := regexp.MustCompile(`trace ([0-9a-f]{32})`).FindStringSubmatch(logs)
	if m == nil {
		t.Fatalf("the demo names no trace:\n%s", logs)
	}
	return m[1]
}

// telemetry follows one generation into the three stores.
func (s stack) telemetry(t *testing.T, trace string) {
	t.Helper()
	s.components(t, trace)
	scraped := 3
	if s.loki {
		scraped++
		eventually(t, "the completion line in Loki", func() bool {
			q := url.QueryEscape(fmt.Sprintf(`{service_name="meal-planner"} | trace_id="%s"`, trace))
			return strings.Contains(s.get(t, "LOKI_PORT", "/loki/api/v1/query_range?since=1h&query="+q), "Generation completed")
		})
	}
	people := strconv.Itoa(len(sandbox.People()))
	for query, want := range map[string]string{
		`sum(generation_success_total)`:                        people,
		`sum(generation_attempts_total)`:                       people,
		`sum(increase(generation_success_total[1h] anchored))`: people,
		// From Friday on the scheduler plans beside the demo: who comes second has rendered in vain.
		`count((sum(generation_component_duration_seconds_count{component="email_render"}) == sum(generation_component_duration_spanmetrics_seconds_count{component="email_render"})) >= ` + people + `)`: "1",
		`sum(service_up{service=~"meal-planner-(api|scheduler)"})`:   "2",
		`count(up{job=~"prometheus|alertmanager|loki|jaeger"} == 1)`: strconv.Itoa(scraped),
	} {
		got := ""
		eventually(t, query+" = "+want, func() bool { got = s.query(t, query); return got == want })
		if got != want {
			t.Logf("it is %s", got)
		}
	}
}

// components waits for the trace in Jaeger, with the six components of a generation.
func (s stack) components(t *testing.T, trace string) {
	t.Helper()
	eventually(t, "the trace's components in Jaeger", func() bool {
		var body struct {
			Data []struct {
				Spans []struct {
					Tags []struct {
						Key   string
						Value any
					}
				}
			}
		}
		_ = json.Unmarshal([]byte(s.get(t, "JAEGER_PORT", "/api/traces/"+trace)), &body)
		var found []string
		for _, d := range body.Data {
			for _, span := range d.Spans {
				for _, tag := range span.Tags {
					if tag.Key == "component" {
						found = append(found, fmt.Sprint(tag.Value))
					}
				}
			}
		}
		return !slices.ContainsFunc(metrics.Components, func(c string) bool { return !slices.Contains(found, c) })
	})
}

// alert gives Alertmanager an alert and a tier's copy of it; the sandbox hears of both.
func (s stack) alert(t *testing.T) {
	t.Helper()
	body := `[{"labels":{"alertname":"ComposeTest","severity":"critical","system":"telemetry"},"annotations":{"summary":"A drill","description":"It is 1."}},
		{"labels":{"alertname":"ComposeTest","severity":"critical","system":"telemetry","tier":"2"},"annotations":{"summary":"ComposeTest fires","description":"Tier 2."}}]`
	resp, err := http.Post("http://127.0.0.1:"+s.ports["ALERTMANAGER_PORT"]+"/api/v2/alerts", "application/json", strings.NewReader(body))
	must(t, err)
	must(t, resp.Body.Close())
	eventually(t, "the page in PagerDuty", func() bool {
		return strings.Contains(s.get(t, "INBOX_PORT", "/pagerduty"), "Tier 2: ComposeTest fires (telemetry)")
	})
	for port, tells := range map[string]bool{"API_PORT": false, "ADMIN_PORT": true} {
		if page := s.get(t, port, "/runbook/watchdog"); !strings.Contains(page, "Diagnosis") || strings.Contains(page, "automatically") != tells {
			t.Errorf("the runbook at %s says what was done automatically, or nothing; want %v", port, tells)
		}
	}
	eventually(t, "the message in Slack", func() bool { return strings.Contains(s.get(t, "INBOX_PORT", "/slack"), "A drill") })
}

// drill misses Alertmanager's heartbeat, as docs/training.md says: the command asks for what
// has to be done outside its container.
func (s stack) drill(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 8*time.Minute)
	defer cancel()
	cmd := s.compose(ctx, "run", "--rm", "--no-deps", "--no-TTY", "api", "drill", "watchdog")
	in, err := cmd.StdinPipe()
	must(t, err)
	said, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	var out strings.Builder
	for sc := bufio.NewScanner(said); sc.Scan(); {
		fmt.Fprintln(&out, sc.Text())
		if _, command, asked := strings.Cut(sc.Text(), "(docker compose "); asked {
			command, _, _ = strings.Cut(command, ")")
			output(t, s.compose(ctx, strings.Fields(command)...), nil)
			_, err := io.WriteString(in, "\n")
			must(t, err)
		}
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(out.String(), "Watchdog fires after") || !strings.Contains(out.String(), "Watchdog resolved") {
		t.Errorf("%v:\n%s", err, out.String())
	}
	if !strings.Contains(s.get(t, "INBOX_PORT", "/pagerduty"), "heartbeat") {
		t.Error("nobody was called when the heartbeat was missed")
	}
}

func (s stack) down(t *testing.T) {
	t.Helper()
	output(t, s.compose(t.Context(), "down", "--volumes"), nil)
	for _, kind := range []string{"container", "volume", "network"} {
		args := []string{kind, "ls", "--quiet", "--filter", "label=com.docker.compose.project=" + s.project}
		if left := s.docker(t, nil, args...); left != "" {
			t.Errorf("a %s is left: %s", kind, left)
		}
	}
}
