//go:build e2e

package e2e

import (
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
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/stack"
	"github.com/mealplanner/mealplanner/test/kit/stack/stacktest"
)

// observabilityCommands are the commands of docs/observability.md that ask a server, in
// their order, and the body of the one that makes Tandoor slow.
func observabilityCommands(t *testing.T) (commands []string, rule string) {
	t.Helper()
	page, err := os.ReadFile(filepath.Join(root, "docs", "observability.md"))
	must(t, err)
	text := strings.ReplaceAll(string(page), "\\\n", " ")
	for _, m := range regexp.MustCompile(`(?m)^    ((?:TRACE=\$\()?curl .*http://127\.0\.0\.1:(?:9090|16686|3100)/.*)$`).FindAllStringSubmatch(text, -1) {
		commands = append(commands, m[1])
	}
	found := regexp.MustCompile(`localhost:8025/faults\s+-d '(\{.*?\})'`).FindStringSubmatch(text)
	if found == nil || len(commands) < 5 {
		t.Fatalf("the page has %d commands and the rule %q", len(commands), found)
	}
	return commands, found[1]
}

// TestObservabilityPage tells the story of docs/observability.md with its own commands: a
// slow Tandoor, the figures, the exemplar, the trace, the lines.
func TestObservabilityPage(t *testing.T) {
	commands, rule := observabilityCommands(t)
	s := stacktest.Start(t, stack.Names, fast, nil)
	w := newWorld(t, s)
	post(t, w.box.FaultsURL(), "application/json", rule)
	if code, out := w.command(t, []string{"import"}); code != 0 {
		t.Fatal(out)
	}
	for _, p := range sandbox.People() {
		w.generate(t, p.ID)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	must(t, err)
	if !slices.ContainsFunc(commands, func(c string) bool {
		return strings.Contains(c, "loki") && strings.Contains(string(readme), strings.Replace(c, "'$TRACE'", "TRACE", 1))
	}) {
		t.Error("the command for a trace's lines is not the README's")
	}
	replace := strings.NewReplacer("http://127.0.0.1:9090", s.Ports.URL(stack.Prometheus), "http://127.0.0.1:16686", s.Ports.URL(stack.Jaeger), "http://127.0.0.1:3100", s.Ports.URL(stack.Loki))
	prelude := "set -euo pipefail; "
	var (
		answers strings.Builder
		trace   string
	)
	wants := []string{`(?m)^[2-9]\d{3}(\.\d+)? ms  generation$`, `(?m)^[2-9]\d{3}(\.\d+)? ms  tandoor recipe_list$`, `(?m)^[\d.]+ s  recipe_fetch$`, `"http.response.status_code":200`}
	if stacktest.LeftOut(t, s, t.Name()+", the commands that ask Loki") {
		commands = slices.DeleteFunc(commands, func(c string) bool { return strings.Contains(c, ":3100/") })
	} else {
		wants = append(wants, `(?m)^Generation completed$`, `(?m)^user_\w+ [2-9]\d{3}\.\d+ ms, recipe_fetch [2-9]`)
	}
	for _, c := range commands {
		script := prelude + replace.Replace(c)
		if strings.HasPrefix(c, "TRACE=") {
			script += "; test $TRACE != null"
		}
		var out []byte
		eventually(t, "an answer to "+c, 90*time.Second, func() bool {
			var err error
			out, err = exec.CommandContext(t.Context(), "bash", "-c", script).CombinedOutput()
			return err == nil && len(strings.TrimSpace(string(out))) > 0 && !strings.Contains(string(out), "null")
		})
		fmt.Printf("$ %s\n%s\n", c, out)
		answers.Write(out)
		if strings.HasPrefix(c, "TRACE=") {
			trace = strings.TrimSpace(string(out))
			prelude += "TRACE=" + trace + "; "
		}
	}
	w.tracePages(t, trace)
	for _, want := range wants {
		if !regexp.MustCompile(want).MatchString(answers.String()) {
			t.Errorf("no answer matches %s", want)
		}
	}
}

// tracePages looks at a trace in the program's own pages, which stand in for Jaeger's.
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
	for path, wants := range map[string][]string{
		"/trace/":         {trace, "generations of a day", "<td>user_lewis</td>"},
		"/trace/" + trace: {"recipe_fetch", "tandoor recipe_list", "generation_algorithm", "url.full", "<svg"},
	} {
		resp, err := http.Get("http://" + addr + path)
		must(t, err)
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		must(t, err)
		if path != "/trace/" && w.stack.HasLoki() {
			wants = append(wants, "Generation completed")
		}
		for _, want := range wants {
			if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
				t.Errorf("%s: %d, %q is not there:\n%s", path, resp.StatusCode, want, body)
			}
		}
	}
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
