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
` + "`X_FILE`" + ` names the file that holds it. A wrong value ends the program at once with exit code 2 and a line that names the
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
