//go:build compose

package compose

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/walk"
)

// walk goes the way of docs/observability.md from a slow plan to its cause, as somebody does who
// typed `docker compose up` and has no login: with the page's own commands, at its own
// addresses, which are those that compose.yaml publishes.
func (s stack) walk(t *testing.T) {
	t.Helper()
	page, reader := walk.Read(t), s.reader(t)
	for _, text := range append(page.Of(walk.Containers, walk.Prometheus, walk.Jaeger, walk.Loki), page.Addresses...) {
		if reader.Place(text) == text && strings.Contains(text, "://") {
			t.Errorf("compose.yaml publishes no port of %s", text)
		}
	}
	for _, c := range page.Of(walk.Containers) {
		s.typeIn(t, reader, c)
	}
	servers := []walk.Kind{walk.Prometheus, walk.Jaeger, walk.Loki}
	if !s.loki {
		servers = servers[:2]
		out := page.Of(walk.Loki)
		t.Logf("left out, no loki: %d: TestStack, %s", len(out), strings.Join(out, "; "))
	}
	trace := reader.Follow(t, page, servers...)
	for _, a := range page.Addresses {
		s.open(t, reader, a, trace)
	}
	for _, c := range page.Commands {
		switch c.Kind {
		case walk.Containers, walk.Prometheus, walk.Jaeger, walk.Loki: // typed above
		case walk.Make, walk.Native, walk.Vendor: // of the native stack: test/suite/e2e
		case walk.Tool: // its failures are none
			s.typeIn(t, reader, "docker compose exec api /"+c.Text)
		case walk.Profile: // which the page says Compose does not serve
			s.refuses(t, reader, c.Text)
		}
	}
	if said, err := reader.Command(t.Context(), `docker compose exec api /mealplanner debug logql '{service_name=~"meal-planner.*"}'`).CombinedOutput(); s.loki != (err == nil) {
		t.Errorf("debug logql, Loki is there: %v: %v\n%s", s.loki, err, said)
	}
}

// reader has a shell in which `docker compose` is this stack, and the page's ports are those
// that it publishes.
func (s stack) reader(t *testing.T) *walk.Reader {
	t.Helper()
	places := map[string]string{}
	for _, service := range services(t) {
		for _, p := range service.Ports {
			m := regexp.MustCompile(`^127\.0\.0\.1:\$\{([A-Z_]+):-(\d+)\}:\d+$`).FindStringSubmatch(p)
			if m != nil && s.ports[m[1]] != "" {
				for _, host := range []string{"localhost:", "127.0.0.1:"} {
					places[host+m[2]] = "127.0.0.1:" + s.ports[m[1]]
				}
			}
		}
	}
	dir := t.TempDir()
	compose := s.compose(t.Context())
	script := "#!/bin/sh\n[ \"$1\" = compose ] || exit 1\nshift\nexec '" + strings.Join(compose.Args, "' '") + "' \"$@\"\n"
	must(t, os.WriteFile(filepath.Join(dir, "docker"), []byte(script), 0o700))
	return &walk.Reader{Places: places, Env: append(slices.Clone(compose.Env), "PATH="+dir+":"+os.Getenv("PATH"))}
}

// typeIn types a command once.
func (s stack) typeIn(t *testing.T, r *walk.Reader, command string) {
	t.Helper()
	said, err := r.Command(t.Context(), command).CombinedOutput()
	fmt.Printf("$ %s\n%s\n", command, said)
	if err != nil {
		t.Errorf("%s: %v", command, err)
	}
}

// open looks at what a reader sees at an address of the page.
func (s stack) open(t *testing.T, r *walk.Reader, address, trace string) {
	t.Helper()
	if strings.HasSuffix(address, ":3000") && !s.startGrafana(t, address) {
		return
	}
	status, page := s.page(t, r.Place(address))
	want := map[string][]string{
		"http://localhost:3000":        {"Grafana"},
		"http://localhost:16686":       {"Jaeger UI"},
		"http://127.0.0.1:6060/trace/": {trace, "generations of a day", "<td>user_lewis</td>"},
	}[address]
	if image := services(t)["jaeger"].Image; strings.HasSuffix(address, ":16686") && !s.has(t, image) {
		t.Logf("left out, no %s: 1: TestStack, the pages at %s, which a Jaeger built here lacks", image, address)
		want = nil
	}
	if strings.HasSuffix(address, "/trace/") {
		_, one := s.page(t, r.Place(address)+trace)
		page += one
		want = append(want, "recipe_fetch", "tandoor recipe_list", "generation_algorithm", "url.full", "<svg")
	}
	if status != http.StatusOK {
		t.Errorf("%s answers %d", address, status)
	}
	for _, w := range want {
		if !strings.Contains(page, w) {
			t.Errorf("%s: %q is not there:\n%.3000s", address, w, page)
		}
	}
}

// page is what an address answers.
func (s stack) page(t *testing.T, address string) (status int, text string) {
	t.Helper()
	resp, err := http.Get(address)
	must(t, err)
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	must(t, err)
	return resp.StatusCode, string(b)
}

// refuses asks for what a command would fetch.
func (s stack) refuses(t *testing.T, r *walk.Reader, command string) {
	t.Helper()
	address := regexp.MustCompile(`http://[^']+`).FindString(command)
	if status, text := s.page(t, r.Place(address)); status != http.StatusNotFound {
		t.Errorf("%s answers %d: %.200s", address, status, text)
	}
}

// startGrafana waits for its dashboards, or says why it is left out.
func (s stack) startGrafana(t *testing.T, what string) bool {
	t.Helper()
	if image := services(t)["grafana"].Image; !s.has(t, image) {
		t.Logf("left out, no %s: 1: TestStack, %s", image, what)
		return false
	}
	output(t, s.compose(t.Context(), "up", "--detach", "--pull", "never", "--no-deps", "grafana"), nil)
	files, err := filepath.Glob("../../../grafana/dashboards/*.json")
	must(t, err)
	eventually(t, fmt.Sprintf("%d dashboards", len(files)), func() bool {
		return strings.Count(s.get(t, "GRAFANA_PORT", "/api/search?type=dash-db"), `"uid"`) == len(files)
	})
	return true
}

// grafana asks, without a login, for the dashboards and for Explore, where the links of
// panels, exemplars and traces lead; and looks whether Grafana wanted something from outside.
func (s stack) grafana(t *testing.T) {
	t.Helper()
	if !s.startGrafana(t, "Grafana's pages") {
		return
	}
	here := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := here.Get("http://127.0.0.1:" + s.ports["GRAFANA_PORT"] + "/explore")
	must(t, err)
	must(t, resp.Body.Close())
	if resp.StatusCode != http.StatusOK {
		t.Errorf("GET /explore: %s, to %q", resp.Status, resp.Header.Get("Location"))
	}
	if logs := output(t, s.compose(t.Context(), "logs", "--no-color", "grafana"), nil); regexp.MustCompile(`grafana\.(com|net|org)`).MatchString(logs) {
		t.Errorf("Grafana speaks of the outside:\n%s", logs)
	}
}
