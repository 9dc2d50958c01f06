// Package semconv holds the names of telemetry against OpenTelemetry's registry and against
// the names of our own that docs/attributes.md declares.
package semconv

import (
	_ "embed"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

//go:embed registry.tsv
var published string

// Where an attribute stands.
const (
	Resource = "resource"
	Scope    = "scope"
	Span     = "span"
	Event    = "event"
	Link     = "link"
	Metric   = "metric"
	Line     = "line"
	// Collector is the place of what the Collector adds on the way.
	Collector = "collector"
)

// Entry is a name of the registry.
type Entry struct {
	Stability   string
	Replacement string // of a deprecated one: its successor, or why it has none
}

// registry maps "attribute" and "metric" to their names.
var registry = sync.OnceValue(func() map[string]map[string]Entry {
	out := map[string]map[string]Entry{"attribute": {}, "metric": {}}
	for line := range strings.Lines(published) {
		if f := strings.Split(strings.TrimRight(line, "\n"), "\t"); len(f) == 4 {
			out[f[0]][f[1]] = Entry{f[2], f[3]}
		}
	}
	return out
})

// lookup finds an attribute, also one of a family such as http.request.header.*.
func lookup(name string) (Entry, bool) {
	all := registry()["attribute"]
	if e, ok := all[name]; ok {
		return e, true
	}
	for i := len(name); i > 0; i = strings.LastIndexByte(name[:i], '.') {
		if e, ok := all[name[:i]+".*"]; ok {
			return e, true
		}
	}
	return Entry{}, false
}

// Own is a declared name: where it may stand, and what it means.
type Own struct {
	Name    string
	In      []string
	Meaning string
}

var declaration = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([a-z, ]+) \\| (.+) \\|$")

// Declared reads the tables of docs/attributes.md.
func Declared() ([]Own, error) {
	page, err := os.ReadFile(filepath.Join(root(), "docs", "attributes.md"))
	if err != nil {
		return nil, err
	}
	var out []Own
	for _, m := range declaration.FindAllStringSubmatch(string(page), -1) {
		out = append(out, Own{m[1], strings.Split(m[2], ", "), m[3]})
	}
	return out, nil
}

// root is the project's folder.
func root() string {
	_, here, _, _ := runtime.Caller(0)
	return filepath.Join(filepath.Dir(here), "..", "..", "..")
}

// Seen are the names that were sent, with what had them. Safe for concurrent use.
type Seen struct {
	mu    sync.Mutex
	names map[sighting]string
}

type sighting struct{ in, name string }

// Add notes a name and the span, metric or line that has it.
func (s *Seen) Add(in, name, of string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.names == nil {
		s.names = map[sighting]string{}
	}
	if s.names[sighting{in, name}] == "" {
		s.names[sighting{in, name}] = of
	}
}

func (s *Seen) all() map[sighting]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.names)
}

// Problems are the names that are deprecated, or neither in the registry nor declared.
func (s *Seen) Problems(own []Own) []string {
	var out []string
	for at, of := range s.all() {
		if problem := judge(at, own); problem != "" {
			out = append(out, fmt.Sprintf("%s attribute %s (%s): %s", at.in, at.name, of, problem))
		}
	}
	slices.Sort(out)
	return out
}

func judge(at sighting, own []Own) string {
	if e, ok := lookup(at.name); ok {
		if e.Stability == "deprecated" {
			return "deprecated in the registry: " + e.Replacement
		}
		return ""
	}
	if declared(own, at) || at.in == Metric && label(at.name) {
		return ""
	}
	return "neither in OpenTelemetry's registry nor in docs/attributes.md"
}

func declared(own []Own, at sighting) bool {
	return slices.ContainsFunc(own, func(o Own) bool { return o.Name == at.name && slices.Contains(o.In, at.in) })
}

// ofLoki are fields of a line that are no attributes.
var ofLoki = []string{"trace_id", "span_id", "flags", "scope_name", "scope_version", "severity_text", "severity_number", "observed_timestamp", "detected_level"}

// InLoki reports whether a field of a line in Loki comes from a known attribute, by what
// [Underscored] returned, or is one of Loki's own.
func InLoki(known func(string) bool, field string) bool {
	return known(field) || slices.Contains(ofLoki, field) ||
		slices.ContainsFunc(metrics.Components, func(c string) bool { return field == "component_timings_"+c })
}

// Underscored tells names as Loki and Prometheus have them, with underscores in the place of
// dots.
func Underscored(own []Own) func(name string) (known bool) {
	exact, under := map[string]bool{}, strings.NewReplacer(".", "_", "-", "_")
	var families []string
	add := func(name string) {
		if family, ok := strings.CutSuffix(name, ".*"); ok {
			families = append(families, under.Replace(family)+"_")
		}
		exact[under.Replace(name)] = true
	}
	for name, e := range registry()["attribute"] {
		if e.Stability != "deprecated" {
			add(name)
		}
	}
	for _, o := range own {
		add(o.Name)
	}
	for _, d := range metrics.Catalogue {
		for _, k := range d.Keys {
			add(string(k))
		}
	}
	return func(name string) bool {
		return exact[name] || slices.ContainsFunc(families, func(f string) bool { return strings.HasPrefix(name, f) })
	}
}

// label reports whether the metrics' catalogue has the key.
func label(name string) bool {
	return slices.ContainsFunc(metrics.Catalogue, func(d metrics.Def) bool {
		return slices.ContainsFunc(d.Keys, func(k attribute.Key) bool { return string(k) == name })
	})
}

// Unused are declarations, each with its place, that nothing sent.
func (s *Seen) Unused(own []Own) []string {
	all := s.all()
	var out []string
	for _, o := range own {
		for _, in := range o.In {
			if _, ok := all[sighting{in, o.Name}]; !ok && in != Collector {
				out = append(out, fmt.Sprintf("docs/attributes.md declares %s for a %s, and none has it", o.Name, in))
			}
		}
	}
	return out
}

// Ill are declarations that may not be: of a name that the registry has, in one of its
// namespaces, or twice.
func Ill(own []Own) []string {
	roots := map[string]bool{}
	for name := range registry()["attribute"] {
		root, _, _ := strings.Cut(name, ".")
		roots[root] = true
	}
	var out []string
	known := map[string]bool{}
	for _, o := range own {
		root, _, dotted := strings.Cut(o.Name, ".")
		_, registered := lookup(o.Name)
		switch {
		case known[o.Name]:
			out = append(out, o.Name+" is declared twice")
		case registered:
			out = append(out, o.Name+" is in the registry")
		case dotted && roots[root]:
			out = append(out, o.Name+" is in a namespace of the registry")
		}
		known[o.Name] = true
		for _, in := range o.In {
			if !slices.Contains([]string{Resource, Scope, Span, Event, Link, Metric, Line, Collector}, in) {
				out = append(out, o.Name+": a "+in+" is nothing that has attributes")
			}
		}
	}
	return out
}
