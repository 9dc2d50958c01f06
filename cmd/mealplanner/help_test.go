package main

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/runbook"
)

// helpOf is what a command line prints before it ends.
func helpOf(t *testing.T, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &errs}); code != fault.ExitOK {
		t.Fatalf("%q exits %d: %s", args, code, errs.String())
	}
	return out.String()
}

// How many and since when mean the same in every command: the same ranges, said by the help and
// checked before anything is asked.
func TestLimitsAreOfOneKind(t *testing.T) {
	t.Parallel()
	seen := 0
	for path, n := range leaves(newParser(streams{}, nil).Model.Node) {
		for _, f := range n.Flags {
			wrong := map[string][]string{"limit": {"0", "-1", "1001"}, "since": {"0s", "-1h", "19s", "9000h"}}[f.Name]
			ranges := map[string]string{"limit": "How many", "since": "20s to "}
			if len(wrong) > 0 && !strings.Contains(f.Help, ranges[f.Name]) || f.Name == "limit" && !strings.Contains(f.Help, "1 to 1000") {
				t.Errorf("%s: --%s: %q does not say its range", path, f.Name, f.Help)
			}
			for _, v := range wrong {
				seen++
				args := append(strings.Fields(path), "--"+f.Name+"="+v)
				for _, p := range n.Positional {
					if p.Required {
						args = append(args, "x")
					}
				}
				var out, errs bytes.Buffer
				if code := run(t.Context(), args, streams{in: strings.NewReader(""), out: &out, err: &errs}); code != fault.ExitUsage || !strings.Contains(errs.String(), "--"+f.Name) {
					t.Errorf("%q exits %d: %s", args, code, errs.String())
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d tried", seen)
	}
}

// TestHelp: every command's help fits a screen, has examples that parse and are the
// command's, calls things by the same names, and leaves the settings to --help-settings.
func TestHelp(t *testing.T) {
	t.Parallel()
	const screen = 60
	app := newParser(streams{}, nil).Model
	all := leaves(app.Node)
	for path, n := range all {
		help := helpOf(t, append(strings.Fields(path), "--help")...)
		if lines := strings.Count(help, "\n"); lines > screen {
			t.Errorf("%s: the help has %d lines, %d at most", path, lines, screen)
		}
		settings := settingsOf(n)
		for _, f := range settings {
			if strings.Contains(help, "--"+f.Name+"=") {
				t.Errorf("%s: the help shows the setting --%s", path, f.Name)
			}
		}
		if len(settings) > 0 {
			more := helpOf(t, append(strings.Fields(path), "--help-settings")...)
			for _, f := range settings {
				if !strings.Contains(more, f.Envs[0]) || !strings.Contains(more, f.Default) {
					t.Errorf("%s: --help-settings lacks %s or its default %q", path, f.Envs[0], f.Default)
				}
			}
		}
		for _, p := range n.Positional {
			if p.Name == "id" {
				t.Errorf("%s takes an <id>: say of what", path)
			}
		}
		for _, f := range n.Flags {
			if f.PlaceHolder == "ID" {
				t.Errorf("%s: --%s takes an ID: say of what", path, f.Name)
			}
		}
		if len(examples[path]) == 0 {
			t.Errorf("%s has no example", path)
		}
		for _, e := range examples[path] {
			if !strings.Contains(help, e) {
				t.Errorf("%s: the help lacks its example %s", path, e)
			}
			words, err := runbook.Words(strings.Split(e, " >")[0])
			if err != nil {
				t.Errorf("%s: %s: %v", path, e, err)
				continue
			}
			cmd, err := parse(words[1:], streams{})
			if err != nil {
				t.Errorf("%s: %s: %v", path, e, err)
				continue
			}
			if got := pathOf(cmd.Selected()); got != path {
				t.Errorf("%s: %s runs %s", path, e, got)
			}
		}
	}
	for path := range examples {
		if all[path] == nil {
			t.Errorf("an example of %s, which is no command", path)
		}
	}
}

// TestBareNounsList: a noun alone lists.
func TestBareNounsList(t *testing.T) {
	t.Parallel()
	for _, noun := range []string{"user", "plan", "connection", "job", "alert", "key"} {
		cmd, err := parse([]string{noun}, streams{})
		if err != nil || cmd.Selected().Name != "list" {
			t.Errorf("%s: %v", noun, err)
		}
	}
	for _, line := range []string{"alert ack", "alert acks"} {
		cmd, err := parse(strings.Fields(line), streams{})
		if err != nil || cmd.Selected().Name != "ack" || !slices.Contains(cmd.Selected().Aliases, "acks") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

// TestGrammarOfNames: the help of the whole names what there is.
func TestGrammarOfNames(t *testing.T) {
	t.Parallel()
	part := leaves(newParser(streams{}, []string{"--help"}).Model.Node)
	for path, whole := range leaves(newParser(streams{}, nil).Model.Node) {
		if part[path] == nil || part[path].Help != whole.Help {
			t.Errorf("%s is lost", path)
		}
	}
}

// TestGrammarOfOneCommand: cut down to one command, the parser knows it as the whole does.
func TestGrammarOfOneCommand(t *testing.T) {
	t.Parallel()
	for path, whole := range leaves(newParser(streams{}, nil).Model.Node) {
		part, ok := leaves(newParser(streams{}, strings.Fields(path)).Model.Node)[path]
		if !ok {
			t.Errorf("%s is lost", path)
			continue
		}
		if whole.Summary() != part.Summary() || len(whole.Flags) != len(part.Flags) || whole.Help != part.Help {
			t.Errorf("%s: %s, %d flags; want %s, %d", path, part.Summary(), len(part.Flags), whole.Summary(), len(whole.Flags))
		}
	}
}
