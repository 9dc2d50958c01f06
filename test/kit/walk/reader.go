package walk

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// Reader has a shell, in which the page's addresses are those of a test.
type Reader struct {
	Places map[string]string // of the page -> of the test, for example "localhost:8025" -> "127.0.0.1:20001"
	Env    []string          // the shell's; nil: the test's own

	trace string
}

// Command is a command of the page in a shell of its own.
func (r *Reader) Command(ctx context.Context, text string) *exec.Cmd {
	script := "set -euo pipefail; "
	if r.trace != "" {
		script += "TRACE=" + r.trace + "; "
	}
	cmd := exec.CommandContext(ctx, "bash", "-c", script+r.Place(text))
	cmd.Env = r.Env
	return cmd
}

// Place puts the test's addresses in the place of the page's.
func (r *Reader) Place(text string) string {
	var pairs []string
	for page, test := range r.Places {
		pairs = append(pairs, page, test)
	}
	return strings.NewReplacer(pairs...).Replace(text) // at once: port 60601 of a test is no 6060 of the page
}

// promises are what the page says that a command answers, by a part of the command.
var promises = map[string][]*regexp.Regexp{
	"sum by (le) (increase(generation_execution_time": {regexp.MustCompile(`^[1-5](\.\d+)?\n$`)},
	"sum by (component, le)":                          {regexp.MustCompile(`(?m)^[2-5](\.\d+)? s  recipe_fetch$`)},
	"query_exemplars":                                 {regexp.MustCompile(`^[0-9a-f]{32}\n$`)},
	"sort_by(-.duration)": {
		regexp.MustCompile(`(?m)^[2-9]\d{3}(\.\d+)? ms  generation$`),
		regexp.MustCompile(`(?m)^[2-9]\d{3}(\.\d+)? ms  tandoor recipe_list$`),
	},
	`"url.full"`:             {regexp.MustCompile(`(?m)^\{"url.full":"http://\S+/api/recipe/\S*","http.response.status_code":200\}$`)},
	`| trace_id="'$TRACE'"'`: {regexp.MustCompile(`(?m)^Generation completed$`)},
	"duration_ms > 2000":     {regexp.MustCompile(`(?m)^user_\w+ [2-9]\d{3}\.\d+ ms, recipe_fetch [2-9]`)},
}

// promised is what a command answers.
func promised(command string) (out []*regexp.Regexp) {
	for part, all := range promises {
		if strings.Contains(command, part) {
			out = append(out, all...)
		}
	}
	return out
}

// Follow types the page's commands that ask these servers, in the page's order, each until it
// answers what the page promises. It returns the trace.
func (r *Reader) Follow(t *testing.T, p Page, servers ...Kind) (trace string) {
	t.Helper()
	for _, c := range p.Commands {
		if !slices.Contains(servers, c.Kind) {
			continue
		}
		answer := r.insist(t, c.Text, promised(c.Text))
		fmt.Printf("$ %s\n%s\n", c.Text, answer)
		if strings.HasPrefix(c.Text, "TRACE=") {
			r.trace = strings.TrimSpace(answer)
		}
	}
	return r.trace
}

// patience covers the sampling decision, and the next export of a metric.
const patience = 90 * time.Second

// insist types a command until it answers all of this.
func (r *Reader) insist(t *testing.T, text string, wants []*regexp.Regexp) string {
	t.Helper()
	for begin := time.Now(); ; time.Sleep(500 * time.Millisecond) {
		out, err := r.Command(t.Context(), text).CombinedOutput()
		missing := slices.IndexFunc(wants, func(want *regexp.Regexp) bool { return !want.Match(out) })
		if err == nil && missing < 0 {
			return string(out)
		}
		if time.Since(begin) > patience {
			t.Fatalf("not within %s: %s\nanswers: %v\n%s\nwant %v", patience, r.Place(text), err, out, wants)
		}
	}
}
