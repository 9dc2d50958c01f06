// Package walk follows docs/observability.md as its reader does: it knows the page's commands
// and addresses, and types the commands into a shell.
package walk

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// Kind says what a command of the page is for.
type Kind string

// Kinds, by how a command begins and what it speaks to.
const (
	Make       Kind = "build or start something natively"
	Native     Kind = "make a plan slow natively"
	Containers Kind = "make a plan slow in Compose"
	Prometheus Kind = "ask Prometheus"
	Jaeger     Kind = "ask Jaeger"
	Loki       Kind = "ask Loki"
	Tool       Kind = "ask the program"
	Vendor     Kind = "send to a vendor"
	Profile    Kind = "take a profile"
)

var kinds = []struct {
	kind  Kind
	looks *regexp.Regexp
}{
	{Make, regexp.MustCompile(`^make \S`)},
	{Native, regexp.MustCompile(`^until curl .*localhost:8025/.* &$|^(?:[A-Z_]+=\S+ )+\./bin/mealplanner demo --stack$`)},
	{Containers, regexp.MustCompile(`^curl .*localhost:8025/|^docker compose exec `)},
	{Prometheus, regexp.MustCompile(`^(?:TRACE=\$\()?curl .*http://127\.0\.0\.1:9090/`)},
	{Jaeger, regexp.MustCompile(`^curl .*http://127\.0\.0\.1:16686/`)},
	{Loki, regexp.MustCompile(`^curl .*http://127\.0\.0\.1:3100/`)},
	{Tool, regexp.MustCompile(`^mealplanner \S`)},
	{Vendor, regexp.MustCompile(`^(?:OTEL_[A-Z_]+=\S+ )+mealplanner serve$`)},
	{Profile, regexp.MustCompile(`^go tool pprof .*'http://127\.0\.0\.1:6060/`)},
}

// shown are the first words of what is indented and is no command: answers, and a part of a
// configuration.
var shown = regexp.MustCompile(`^(?:\d+\.\d+ ms  generation\n|STARTED  |exporters:\n)`)

// Command is a line to type.
type Command struct {
	Kind Kind
	Text string
}

// Page is what its reader types, what they open, and what it shows them as answers, in the
// page's order.
type Page struct {
	Commands  []Command
	Addresses []string
	Shown     []string
}

// Read reads the page of the project.
func Read(tb testing.TB) Page {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join(tree.Root(), "docs", "observability.md"))
	if err != nil {
		tb.Fatal(err)
	}
	p, err := parse(string(text))
	if err != nil {
		tb.Fatal("docs/observability.md: ", err)
	}
	return p
}

var address = regexp.MustCompile(`<(http://(?:localhost|127\.0\.0\.1)[^>]*)>`)

// parse fails at an indented line that is neither a command that somebody carries out nor
// known to be shown only.
func parse(text string) (Page, error) {
	var p Page
	for block := range strings.SplitSeq(text, "\n\n") {
		if !strings.HasPrefix(block, "    ") {
			for _, m := range address.FindAllStringSubmatch(block, -1) {
				if !slices.Contains(p.Addresses, m[1]) {
					p.Addresses = append(p.Addresses, m[1])
				}
			}
			continue
		}
		if shown.MatchString(strings.TrimPrefix(block, "    ")) {
			p.Shown = append(p.Shown, block)
			continue
		}
		for line := range strings.Lines(block) {
			c := Command{Text: strings.TrimSpace(line)}
			for _, k := range kinds {
				if k.looks.MatchString(c.Text) {
					c.Kind = k.kind
					break
				}
			}
			if c.Kind == "" {
				return p, fmt.Errorf("no test knows what to do with %q: give it a kind in test/kit/walk, and let both walks carry it out", c.Text)
			}
			if slices.Contains([]Kind{Prometheus, Jaeger, Loki}, c.Kind) && len(promised(c.Text)) == 0 {
				return p, fmt.Errorf("no test knows what %q answers: add it to the promises in test/kit/walk", c.Text)
			}
			p.Commands = append(p.Commands, c)
		}
	}
	for _, k := range kinds {
		if len(p.Of(k.kind)) == 0 {
			return p, fmt.Errorf("no command to %s is left", k.kind)
		}
	}
	return p, nil
}

// Of are the commands of some kinds.
func (p Page) Of(kinds ...Kind) (out []string) {
	for _, c := range p.Commands {
		if slices.Contains(kinds, c.Kind) {
			out = append(out, c.Text)
		}
	}
	return out
}
