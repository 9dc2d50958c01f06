//go:build rules

package rules

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
)

var (
	promrules = flag.String("promrules", "promrules", "path of the program built from tools/promql/promrules")
	promtool  = flag.String("promtool", "promtool", "path of Prometheus's promtool")
)

const drillTable = root + "/test/suite/drill/scale.yml"

// scale runs promrules with a table and promtool over what it writes, and returns the groups.
func scale(t *testing.T, table string) []scaledGroup {
	t.Helper()
	shipping, err := filepath.Glob(filepath.Join(root, "prometheus/rules/*.yml"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	run(t, *promrules, append([]string{"scale", "-table", table, "-out", dir}, shipping...)...)
	files, err := filepath.Glob(filepath.Join(dir, "*.yml"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	run(t, *promtool, append([]string{"check", "rules", "--lint=all", "--lint-fatal"}, files...)...)
	var all []scaledGroup
	for _, f := range files {
		var file struct{ Groups []scaledGroup }
		readYAML(t, f, &file)
		all = append(all, file.Groups...)
	}
	return all
}

type scaledGroup struct {
	Name, Interval string
	Rules          []rule
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", filepath.Base(name), err, out)
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(b, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func names(rules []rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, r.Record+r.Alert)
	}
	slices.Sort(out)
	return out
}

// The drill has every rule that its table does not leave out, each evaluated every second and
// held for less than a minute.
func TestDrillRules(t *testing.T) {
	t.Parallel()
	var table struct {
		LeftOut map[string]string `yaml:"left_out"`
	}
	readYAML(t, drillTable, &table)
	var got []rule
	for _, g := range scale(t, drillTable) {
		if g.Interval != "1s" {
			t.Errorf("%s is evaluated every %s", g.Name, g.Interval)
		}
		for _, r := range g.Rules {
			if r.For != "" {
				if d, err := time.ParseDuration(r.For); err != nil || d < time.Second || d > time.Minute {
					t.Errorf("%s holds for %s, %v", r.Alert, r.For, err)
				}
			}
		}
		got = append(got, g.Rules...)
	}
	want := slices.DeleteFunc(load(t), func(r rule) bool { return table.LeftOut[r.Record+r.Alert] != "" })
	if !slices.Equal(names(got), names(want)) {
		t.Errorf("the drill has\n%v\nwant\n%v", names(got), names(want))
	}
}

// Factor 1 for all groups gives all rules.
func TestScaleByOne(t *testing.T) {
	t.Parallel()
	groups := map[string]any{}
	read(t, "prometheus/rules/*.yml", func(decode func(any)) {
		var file struct{ Groups []scaledGroup }
		decode(&file)
		for _, g := range file.Groups {
			groups[g.Name] = map[string]any{"factor": 1}
		}
	})
	groups["week"] = map[string]any{"factor": 1, "seconds": map[string][]float64{"WeeklyGenerationMissing": {86400}}}
	b, err := yaml.Marshal(map[string]any{"push_interval": "15s", "groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	table := filepath.Join(t.TempDir(), "one.yml")
	if err := os.WriteFile(table, b, 0o600); err != nil {
		t.Fatal(err)
	}
	var got []rule
	for _, g := range scale(t, table) {
		got = append(got, g.Rules...)
	}
	if want := load(t); !slices.Equal(names(got), names(want)) {
		t.Errorf("factor 1 gives\n%v\nwant\n%v", names(got), names(want))
	}
}
