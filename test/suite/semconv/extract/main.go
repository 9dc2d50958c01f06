// Command extract makes registry.tsv from a checkout of OpenTelemetry's semantic
// conventions: the names of attributes and metrics, their stability, and what replaces a
// deprecated one.
//
// usage: extract CHECKOUT VERSION
package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: extract CHECKOUT VERSION")
		os.Exit(2)
	}
	rows, err := extract(filepath.Join(os.Args[1], "model"))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "# OpenTelemetry semantic conventions v%s (https://github.com/open-telemetry/semantic-conventions, Apache-2.0):\n"+
		"# names, stability and replacements, made by `go run ./test/suite/semconv/extract CHECKOUT %[1]s`.\n", strings.TrimPrefix(os.Args[2], "v"))
	for _, k := range slices.Sorted(maps.Keys(rows)) {
		fmt.Fprintln(out, k+"\t"+rows[k])
	}
	if err := out.Flush(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// named is an attribute or a metric, in either format of the files.
type named struct {
	ID         string     `yaml:"id"`
	Key        string     `yaml:"key"`
	Name       string     `yaml:"name"`
	Type       yaml.Node  `yaml:"type"`
	Stability  string     `yaml:"stability"`
	Deprecated deprecated `yaml:"deprecated"`
}

type deprecated struct {
	Reason    string `yaml:"reason"`
	RenamedTo string `yaml:"renamed_to"`
}

type file struct {
	Groups []struct {
		MetricName string     `yaml:"metric_name"`
		Stability  string     `yaml:"stability"`
		Deprecated deprecated `yaml:"deprecated"`
		Attributes []named    `yaml:"attributes"`
	} `yaml:"groups"`
	Attributes []named `yaml:"attributes"`
	Metrics    []named `yaml:"metrics"`
}

// extract returns "kind\tname" -> "stability\treplacement".
func extract(dir string) (map[string]string, error) {
	rows := map[string]string{}
	add := func(kind, name, stability string, d deprecated) {
		if d.Reason == "" {
			rows[kind+"\t"+name] = stability + "\t"
			return
		}
		rows[kind+"\t"+name] = "deprecated\t" + cmp.Or(d.RenamedTo, d.Reason)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".yaml" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		var f file
		if err := yaml.Unmarshal(b, &f); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		all := f.Attributes
		for _, g := range f.Groups {
			if g.MetricName != "" {
				add("metric", g.MetricName, g.Stability, g.Deprecated)
			}
			all = append(all, g.Attributes...)
		}
		for _, a := range all {
			name := cmp.Or(a.ID, a.Key) // others refer to one of these
			if name == "" {
				continue
			}
			if strings.HasPrefix(a.Type.Value, "template[") {
				name += ".*"
			}
			add("attribute", name, a.Stability, a.Deprecated)
		}
		for _, m := range f.Metrics {
			if m.Name != "" {
				add("metric", m.Name, m.Stability, m.Deprecated)
			}
		}
		return nil
	})
	if err == nil && len(rows) == 0 {
		err = errors.New(dir + " holds no names")
	}
	return rows, err
}
