package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/seal"
)

var update = flag.Bool("update", false, "rewrite docs/configuration.md")

const configurationPage = "../../docs/configuration.md"

// TestConfigurationPage keeps docs/configuration.md equal to what the program takes.
func TestConfigurationPage(t *testing.T) {
	t.Parallel()
	want := renderConfiguration(t)
	if *update {
		if err := os.WriteFile(configurationPage, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(configurationPage)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("docs/configuration.md is out of date, run `make generate`:\n%s", diff)
	}
}

func renderConfiguration(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	b.WriteString(`# Configuration

Settings of ` + "`mealplanner serve`, `api`, `scheduler`" + ` and of every command that works with the database. Each is an
environment variable and a flag; the flag wins. A secret may be given as a file: for a variable ` + "`X`" + ` marked as secret,
` + "`X_FILE`" + ` names the file that holds it. An empty variable counts as unset for numbers, durations, choices and those of
OpenTelemetry (` + "`OTEL_*`" + `); a text or a list is empty then. A wrong value ends the program at once with exit code 2 and a line that names the
variable. This page is generated from the program (` + "`make generate`" + `).
`)
	parser := newParser(streams{}, nil)
	group := ""
	for _, cmd := range parser.Model.Children {
		if cmd.Name != "serve" {
			continue
		}
		for _, f := range cmd.Flags {
			if f.Group != nil && f.Group.Title != group {
				group = f.Group.Title
				fmt.Fprintf(&b, "\n## %s\n\n| variable | flag | default | meaning |\n|---|---|---|---|\n", group)
			}
			fmt.Fprintf(&b, "| %s | `--%s` | %s | %s |\n", variables(f), f.Name, defaultOf(f), strings.ReplaceAll(f.Help, "|", "\\|"))
		}
	}
	return b.Bytes()
}

func variables(f *kong.Flag) string {
	out := "`" + strings.Join(f.Envs, "`, `") + "`"
	if f.Target.Type() == reflect.TypeFor[seal.Secret]() {
		out += " (secret)"
	}
	return out
}

func defaultOf(f *kong.Flag) string {
	if f.Default == "" {
		return "none"
	}
	return "`" + f.Default + "`"
}

// A composition passes OTEL_SDK_DISABLED on as "${OTEL_SDK_DISABLED:-}".
func TestAVariableSetToNothing(t *testing.T) {
	flags := func() (all []*kong.Flag) {
		_ = kong.Visit(newParser(streams{}, nil).Model, func(node kong.Visitable, next kong.Next) error {
			if f, ok := node.(*kong.Flag); ok {
				all = append(all, f)
			}
			return next(nil)
		})
		return all
	}
	byDefault := flags()
	for _, f := range byDefault {
		for _, env := range f.Tag.Envs {
			t.Setenv(env, "")
		}
		f.Tag.Envs = nil
		if err := f.Reset(); err != nil {
			t.Fatal(err)
		}
	}
	texts := 0
	for i, f := range flags() {
		if err := f.Reset(); err != nil {
			t.Errorf("--%s: %v", f.Name, err)
			continue
		}
		got, want := fmt.Sprint(f.Target), fmt.Sprint(byDefault[i].Target)
		if k := f.Target.Kind(); len(f.Tag.Envs) > 0 && (k == reflect.String || k == reflect.Slice) {
			texts++
			want = fmt.Sprint(reflect.Zero(f.Target.Type()))
		}
		if got != want {
			t.Errorf("--%s is %s, want %s", f.Name, got, want)
		}
	}
	if texts == 0 {
		t.Error("no text may be empty")
	}
}
