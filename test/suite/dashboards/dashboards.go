// Package dashboards reads grafana/ as Grafana would: it checks that every reference in the
// dashboards and data sources leads somewhere, that every query asks for something that
// exists, and runs the queries against real servers.
package dashboards

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
)

// Dashboard is what the checks read of a dashboard's JSON.
type Dashboard struct {
	UID, Title  string
	Description string // ends with the change note of the version
	Version     int
	Tags        []string
	Links       []struct {
		Type string
		Tags []string
	}
	Templating struct{ List []Variable }
	Panels     []Panel

	raw []byte
}

// Variable is a template variable.
type Variable struct {
	Name, Type, AllValue string
	Datasource           Ref
	Query                json.RawMessage
	Current              struct{ Value any }
}

// Panel is one panel.
type Panel struct {
	ID                       int
	Type, Title, Description string
	GridPos                  struct{ X, Y, W, H int }
	Datasource               Ref
	TimeFrom, Interval       string
	Targets                  []Target
	FieldConfig              struct {
		Defaults  Field
		Overrides []Override
	}
	Transformations []struct {
		ID      string
		Options json.RawMessage
	}
	Options map[string]any
}

// Field is how a panel shows values.
type Field struct {
	Unit        string
	DisplayName string
	Min, Max    *float64
	Color       Color
	Links       []Link
	Custom      map[string]any
	Thresholds  struct{ Steps []Step }
	Mappings    []struct {
		Type    string
		Options map[string]struct{ Text, Color string }
	}
}

// Link leads from a field to another page.
type Link struct{ Title, URL string }

// Color is a colour, or the scheme that gives one.
type Color struct{ Mode, FixedColor string }

// Step is a threshold; its value is nil for the first.
type Step struct {
	Color string
	Value *float64
}

// Override changes properties of the fields it matches.
type Override struct {
	Matcher    struct{ ID, Options string }
	Properties []struct {
		ID    string
		Value json.RawMessage
	}
}

// Target is one query of a panel.
type Target struct {
	RefID, Expr, RawSQL, LegendFormat, Interval string
	Instant, Exemplar                           bool
}

// Ref names a data source.
type Ref struct{ Type, UID string }

// Load reads the dashboards of a directory.
func Load(fsys fs.FS, dir string) ([]Dashboard, error) {
	files, err := fs.Glob(fsys, path.Join(dir, "*.json"))
	if err != nil {
		return nil, err
	}
	var all []Dashboard
	for _, file := range files {
		raw, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, err
		}
		d := Dashboard{raw: raw}
		if err := json.Unmarshal(raw, &d); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		if want := d.UID + ".json"; path.Base(file) != want {
			return nil, fmt.Errorf("%s: the uid wants %s", file, want)
		}
		all = append(all, d)
	}
	if len(all) == 0 {
		return nil, errors.New("no dashboards in " + dir)
	}
	return all, nil
}

// Shows returns how the panel shows the field of that name: the defaults, changed by the
// overrides that match.
func (p Panel) Shows(name string) (Field, error) {
	f := p.FieldConfig.Defaults
	f.Custom = maps.Clone(f.Custom)
	if f.Custom == nil {
		f.Custom = map[string]any{}
	}
	for _, o := range p.FieldConfig.Overrides {
		switch o.Matcher.ID {
		case "byName":
			if o.Matcher.Options != name {
				continue
			}
		case "byRegexp":
			if ok, err := regexp.MatchString(jsPattern(o.Matcher.Options), name); err != nil {
				return f, err
			} else if !ok {
				continue
			}
		default:
			return f, fmt.Errorf("override by %s", o.Matcher.ID)
		}
		for _, property := range o.Properties {
			var into, custom any
			key, isCustom := strings.CutPrefix(property.ID, "custom.")
			switch property.ID {
			case "unit":
				into = &f.Unit
			case "displayName":
				into = &f.DisplayName
			case "min":
				into = &f.Min
			case "max":
				into = &f.Max
			case "color":
				into = &f.Color
			case "thresholds":
				f.Thresholds.Steps = nil
				into = &f.Thresholds
			case "mappings":
				f.Mappings = nil
				into = &f.Mappings
			case "links":
				into = &f.Links
			case "decimals":
				into = new(int)
			default:
				if !isCustom {
					return f, fmt.Errorf("override of %s", property.ID)
				}
				into = &custom
			}
			if err := json.Unmarshal(property.Value, into); err != nil {
				return f, fmt.Errorf("override of %s: %w", property.ID, err)
			}
			if isCustom {
				f.Custom[key] = custom
			}
		}
	}
	return f, nil
}

// jsPattern is Grafana's reading of a pattern: without slashes it is that of the whole name.
func jsPattern(s string) string {
	if inner, ok := strings.CutPrefix(s, "/"); ok {
		return strings.TrimSuffix(inner, "/")
	}
	return "^(?:" + s + ")$"
}

// links returns where the panel's fields lead.
func (p Panel) links() ([]Link, error) {
	all := slices.Clone(p.FieldConfig.Defaults.Links)
	for _, o := range p.FieldConfig.Overrides {
		for _, property := range o.Properties {
			var links []Link
			if property.ID != "links" {
				continue
			}
			if err := json.Unmarshal(property.Value, &links); err != nil {
				return nil, err
			}
			all = append(all, links...)
		}
	}
	return all, nil
}

// uid returns the data source that a reference means: that of a variable, as the dashboard
// comes.
func (d Dashboard) uid(r Ref) string {
	name, isVariable := strings.CutPrefix(r.UID, "${")
	for _, v := range d.Templating.List {
		if isVariable && v.Type == "datasource" && v.Name+"}" == name {
			uid, _ := v.Current.Value.(string)
			return uid
		}
	}
	return ""
}

// Query returns the target's text in its data source's language.
func (t Target) Query() string { return t.Expr + t.RawSQL }

// lookup returns the catalogue's row of a series' name.
func lookup(series string) (metrics.Def, bool) {
	if d, ok := metrics.Lookup(series); ok {
		return d, true
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(series, suffix); ok {
			if d, ok := metrics.Lookup(base); ok && d.Kind == metrics.Histogram {
				return d, true
			}
		}
	}
	return metrics.Def{}, false
}

// Source is a provisioned data source.
type Source struct {
	UID, Type string
	Links     []string // uids it leads to
}

var (
	sourceLine = regexp.MustCompile(`(?m)^ +(?:- )?(uid|type): (\S+)`)
	linkUID    = regexp.MustCompile(`(?:datasourceUid|alertmanagerUid): ([a-z]+)`)
)

// Sources reads the data sources of a provisioning file.
func Sources(yaml string) map[string]Source {
	sources := map[string]Source{}
	for _, block := range strings.Split(yaml, "\n  - name: ")[1:] {
		s := Source{}
		for _, m := range sourceLine.FindAllStringSubmatch(block, -1) {
			switch m[1] {
			case "uid":
				s.UID = m[2]
			case "type":
				s.Type = m[2]
			}
		}
		for _, m := range linkUID.FindAllStringSubmatch(block, -1) {
			s.Links = append(s.Links, m[1])
		}
		sources[s.UID] = s
	}
	return sources
}
