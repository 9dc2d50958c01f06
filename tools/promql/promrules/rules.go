package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/prometheus/prometheus/promql/parser"
	"go.yaml.in/yaml/v3"
)

// A ruleFile is a rule file of Prometheus, with the fields that ours use; another field is
// an error (decode).
type ruleFile struct {
	Path   string  `yaml:"-"`
	Groups []group `yaml:"groups"`
}

type group struct {
	Name     string `yaml:"name"`
	Interval string `yaml:"interval,omitempty"`
	Rules    []rule `yaml:"rules"`
}

type rule struct {
	Record        string            `yaml:"record,omitempty"`
	Alert         string            `yaml:"alert,omitempty"`
	Expr          string            `yaml:"expr"`
	For           string            `yaml:"for,omitempty"`
	KeepFiringFor string            `yaml:"keep_firing_for,omitempty"`
	Labels        map[string]string `yaml:"labels,omitempty"`
	Annotations   map[string]string `yaml:"annotations,omitempty"`
}

func (r rule) name() string { return r.Record + r.Alert }

// decode reads one YAML document strictly.
func decode(path string, into any) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	d := yaml.NewDecoder(bytes.NewReader(b))
	d.KnownFields(true)
	if err := d.Decode(into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := d.Decode(new(any)); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%s: more than one document", path)
	}
	return nil
}

func readRules(paths []string) ([]ruleFile, error) {
	var files []ruleFile
	for _, p := range paths {
		f := ruleFile{Path: p}
		if err := decode(p, &f); err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

func writeYAML(path string, v any) error {
	b, err := yaml.Marshal(v)
	if err != nil {
		return err
	}
	return os.WriteFile(path, b, 0o644)
}

// writeRules writes each file under its own name into dir.
func writeRules(dir string, files []ruleFile) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range files {
		if err := writeYAML(filepath.Join(dir, filepath.Base(f.Path)), f); err != nil {
			return err
		}
	}
	return nil
}

var promQL = parser.NewParser(parser.Options{})

// metrics returns the names of what an expression selects, sorted. A selector without a name
// counts as ALL.
func metrics(expr parser.Expr) []string {
	names := map[string]bool{}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		if s, ok := n.(*parser.VectorSelector); ok {
			if s.Name == "" {
				names["ALL"] = true
			} else {
				names[s.Name] = true
			}
		}
		return nil
	})
	return slices.Sorted(maps.Keys(names))
}
