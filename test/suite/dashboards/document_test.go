package dashboards

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A documented panel is what docs/evidence/spec-coverage.md requires of it (items of section 2).
type documented struct {
	dashboard, kind, title string
	fields                 map[string]look // by the field's name before it is renamed
	columns                []string        // of a table
	custom                 map[string]any  // of all fields
	options                map[string]any
	timeFrom               string
}

// A look is how a field is shown; what the requirements leave open is empty.
type look struct {
	name   string
	unit   string
	color  string
	steps  string // thresholds: "red, yellow 0.8"
	max    float64
	says   string // value mappings: "0 down red, 1 up green"
	custom map[string]any
}

var (
	drawn  = map[string]any{"mode": "line"}
	dashed = map[string]any{"mode": "dashed"}
	stack  = map[string]any{"mode": "normal", "group": "A"}
	dashes = map[string]any{"lineStyle": map[string]any{"fill": "dash", "dash": []any{10., 10.}}}
	solid  = map[string]any{"lineStyle": nil}
	row    = map[string]any{"cellOptions": map[string]any{"type": "color-background", "mode": "basic", "applyToRow": true}}
	state  = "0 within green, 1 exceeds red"
)

var document = []documented{
	// Generation Engine
	{
		dashboard: "generation-engine", kind: "timeseries", title: "Generation Latency",
		fields: map[string]look{
			"p50": {unit: "s", color: "green", steps: "transparent, red 1"},
			"p95": {unit: "s", color: "yellow", steps: "transparent, red 1"},
			"p99": {unit: "s", color: "red", steps: "transparent, red 1"},
		},
		custom: map[string]any{"thresholdsStyle": drawn},
	},
	{
		dashboard: "generation-engine", kind: "bargauge", title: "Success vs Failure Rate",
		fields: map[string]look{
			"Success":       {color: "green"},
			"Failures":      {color: "thresholds", steps: "text, red 1"}, // none is no alarm
			"Success share": {unit: "percentunit", steps: "red, green 0.95", max: 1},
		},
	},
	{ // the component is on y and the time on x: Grafana's heat map has it no other way
		dashboard: "generation-engine", kind: "heatmap", title: "Component Breakdown",
		options: map[string]any{"calculate": false, "cellValues": map[string]any{"unit": "s"}},
	},
	{dashboard: "generation-engine", kind: "piechart", title: "Error Distribution"},
	{
		dashboard: "generation-engine", kind: "stat", title: "Macro Balance Success",
		fields:  map[string]look{"Balanced plans": {unit: "percentunit", color: "thresholds", steps: "red, yellow 0.8, green 0.9"}},
		options: map[string]any{"graphMode": "area"},
	},
	// Scheduler
	{
		dashboard: "scheduler", kind: "timeseries", title: "Job Queue Depth",
		fields: map[string]look{"WeeklyGeneration": {steps: "transparent, red 10"}},
		custom: map[string]any{"stacking": stack, "thresholdsStyle": drawn, "fillOpacity": 60.},
	},
	{
		dashboard: "scheduler", kind: "table", title: "Execution Latency by Priority",
		fields:  map[string]look{"p95": {unit: "s"}, "Threshold": {unit: "s"}, "State": {says: state, custom: row}},
		columns: []string{"Priority", "p50", "p95", "p99", "Threshold", "State"},
	},
	{ // the required "graph" is today's time series
		dashboard: "scheduler", kind: "timeseries", title: "Retry and Failure Rates",
		fields: map[string]look{
			"Retry AutoSync":   {unit: "percentunit", steps: "transparent, red 0.05, orange 0.2", custom: dashes},
			"Failure AutoSync": {unit: "percentunit", steps: "transparent, red 0.05, orange 0.2", custom: solid},
		},
		custom: map[string]any{"thresholdsStyle": drawn},
	},
	{
		dashboard: "scheduler", kind: "gauge", title: "Concurrent Job Execution",
		fields: map[string]look{"Running": {color: "thresholds", steps: "green, red 4", max: 5}},
	},
	{
		dashboard: "scheduler", kind: "table", title: "Job Execution History",
		fields:  map[string]look{"Duration": {unit: "s"}},
		columns: []string{"Job ID", "Type", "Started", "Duration", "Status", "Retries", "Job", "Error", "Trace"}, // the last three lead on
		custom:  map[string]any{"filterable": true},
	},
	// System Health
	{
		dashboard: "system-health", kind: "status-history", title: "API Availability", timeFrom: "24h",
		fields: map[string]look{
			"fatsecret": {name: "FatSecret", says: "0 down red, 1 up green"},
			"tandoor":   {name: "Tandoor", says: "0 down red, 1 up green"},
		},
	},
	{
		dashboard: "system-health", kind: "timeseries", title: "API Latency",
		fields: map[string]look{
			"fatsecret": {name: "FatSecret", unit: "s", color: "blue", steps: "transparent, orange 0.3, blue 0.5"},
			"tandoor":   {name: "Tandoor", unit: "s", color: "orange", steps: "transparent, orange 0.3, blue 0.5"},
		},
		custom: map[string]any{"thresholdsStyle": dashed},
	},
	{
		dashboard: "system-health", kind: "gauge", title: "Database Connection Pool",
		fields: map[string]look{
			"scheduler": {name: "Scheduler pool", unit: "percentunit", color: "thresholds", steps: "green, yellow 0.7, red 0.9", max: 1},
			"api":       {name: "API pool", unit: "percentunit", color: "thresholds", steps: "green, yellow 0.7, red 0.9", max: 1},
		},
	},
	{
		dashboard: "system-health", kind: "table", title: "Database Query Performance",
		fields:  map[string]look{"p95 latency": {unit: "s", steps: "green, orange 0.05, red 0.1"}, "Calls/sec": {unit: "reqps"}},
		columns: []string{"Query", "p95 latency", "Calls/sec"},
		options: map[string]any{"sortBy": []any{map[string]any{"displayName": "p95 latency", "desc": true}}},
	},
	{
		dashboard: "system-health", kind: "stat", title: "Email Delivery Metrics",
		fields: map[string]look{
			"Success rate": {unit: "percentunit", steps: "red, green 0.95"},
			"p95 latency":  {unit: "s", steps: "green, red 10"},
		},
	},
	{
		dashboard: "system-health", kind: "timeseries", title: "API Error Rate",
		// Shades of the required colours, by upstream.
		fields: map[string]look{
			"tandoor 4xx": {color: "yellow"}, "tandoor 5xx": {color: "red"},
			"fatsecret 4xx": {color: "dark-yellow"}, "fatsecret 5xx": {color: "dark-red"},
		},
		custom: map[string]any{"drawStyle": "bars", "stacking": stack},
	},
	// Business Metrics
	{
		dashboard: "business-metrics", kind: "stat", title: "Weekly Generation Success Streak",
		fields: map[string]look{"Streak": {unit: "suffix: consecutive weeks", color: "thresholds", steps: "yellow, green 5"}},
	},
	{ // Grafana has no funnel; bars below one another show the same
		dashboard: "business-metrics", kind: "bargauge", title: "Email Engagement Funnel",
		fields:  map[string]look{"Attempted": {}, "Delivered": {}, "Opened": {}, "Clicked": {}, "Command Executed": {}},
		options: map[string]any{"orientation": "horizontal"},
	},
	{
		dashboard: "business-metrics", kind: "table", title: "Command Usage Heatmap", timeFrom: "56d",
		fields: map[string]look{"2026-01-02": {color: "continuous-blues", custom: map[string]any{"cellOptions": map[string]any{"type": "color-background", "mode": "basic"}}}},
	},
	{
		dashboard: "business-metrics", kind: "timeseries", title: "Cost Metrics",
		fields: map[string]look{
			"API costs":        {unit: "currencyUSD"},
			"Bandwidth":        {unit: "decgbytes"},
			"API costs, month": {unit: "currencyUSD", custom: dashes},
			"Bandwidth, month": {unit: "decgbytes", custom: dashes},
		},
	},
	{
		dashboard: "business-metrics", kind: "stat", title: "SLA Compliance",
		fields: map[string]look{
			"Availability": {unit: "percent", steps: "red, green 99.5"},
			"Uptime":       {unit: "s"},
			"Downtime":     {unit: "s"},
		},
	},
}

func TestDocumentedPanels(t *testing.T) {
	t.Parallel()
	if n := len(document); n != 21 {
		t.Fatalf("%d panels in the table; 21 are required", n)
	}
	for _, d := range document {
		for _, finding := range d.differences(load(t)) {
			t.Errorf("%s %q: %s", d.dashboard, d.title, finding)
		}
	}
}

// differences returns where the dashboards are not as documented.
func (d documented) differences(all []Dashboard) []string {
	p, ok := find(all, d.dashboard, d.title)
	if !ok {
		return []string{"no such panel"}
	}
	var bad []string
	say := func(what string, got, want any) {
		if !reflect.DeepEqual(got, want) {
			bad = append(bad, fmt.Sprintf("%s: got %v, want %v", what, got, want))
		}
	}
	say("type", p.Type, d.kind)
	say("time range", p.TimeFrom, d.timeFrom)
	for key, want := range d.options {
		say("option "+key, p.Options[key], want)
	}
	for key, want := range d.custom {
		say("custom "+key, p.FieldConfig.Defaults.Custom[key], want)
	}
	if d.columns != nil {
		say("columns", p.columns(), d.columns)
	}
	for name, want := range d.fields {
		f, err := p.Shows(name)
		if err != nil {
			bad = append(bad, err.Error())
		}
		if !p.has(name) {
			bad = append(bad, "no field "+name)
		}
		if want.name != "" {
			say(name+" name", f.DisplayName, want.name)
		}
		if want.unit != "" {
			say(name+" unit", f.Unit, want.unit)
		}
		if want.color != "" {
			say(name+" colour", colorOf(f.Color), want.color)
		}
		if want.steps != "" {
			say(name+" thresholds", stepsOf(f), want.steps)
		}
		if want.says != "" {
			say(name+" mappings", mappingsOf(f), want.says)
		}
		if want.max != 0 {
			say(name+" maximum", f.Max, &want.max)
		}
		for key, value := range want.custom {
			say(name+" "+key, f.Custom[key], value)
		}
	}
	return bad
}

func find(all []Dashboard, uid, title string) (Panel, bool) {
	for _, d := range all {
		for _, p := range d.Panels {
			if d.UID == uid && p.Title == title {
				return p, true
			}
		}
	}
	return Panel{}, false
}

// columns returns a table's columns in order: the aliases of its statement, or what the
// organize transformation makes of its fields.
func (p Panel) columns() []string {
	var names []string
	for _, t := range p.Targets {
		for _, alias := range strings.Split(t.RawSQL, ` AS "`)[1:] {
			name, _, _ := strings.Cut(alias, `"`)
			names = append(names, name)
		}
	}
	for _, tr := range p.Transformations {
		var o struct {
			IndexByName  map[string]int
			RenameByName map[string]string
		}
		if tr.ID != "organize" || json.Unmarshal(tr.Options, &o) != nil {
			continue
		}
		names = make([]string, len(o.IndexByName))
		for field, i := range o.IndexByName {
			names[i] = o.RenameByName[field]
		}
	}
	return names
}

// has reports whether a target or a transformation can make the field: by its legend, in
// which a label stands for any text.
func (p Panel) has(name string) bool {
	if p.Type == "table" {
		return p.Title == "Command Usage Heatmap" || slices.Contains(p.columns(), name)
	}
	return slices.ContainsFunc(p.Targets, func(t Target) bool {
		before, after, isPattern := strings.Cut(t.LegendFormat, "{{")
		_, after, _ = strings.Cut(after, "}}")
		return t.LegendFormat == name || isPattern && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
	})
}

func colorOf(c Color) string {
	if c.Mode == "fixed" {
		return c.FixedColor
	}
	return c.Mode
}

// stepsOf leaves out a neutral step below zero: it is the colour of a panel without data.
func stepsOf(f Field) string {
	var out []string
	steps := slices.Clone(f.Thresholds.Steps)
	if len(steps) > 1 && steps[0].Color == "text" && *steps[1].Value == 0 {
		steps = steps[1:]
		steps[0].Value = nil
	}
	for _, s := range steps {
		if s.Value == nil {
			out = append(out, s.Color)
		} else {
			out = append(out, fmt.Sprintf("%s %v", s.Color, *s.Value))
		}
	}
	return strings.Join(out, ", ")
}

func mappingsOf(f Field) string {
	var out []string
	for _, m := range f.Mappings {
		for value, shown := range m.Options {
			out = append(out, strings.Join([]string{value, shown.Text, shown.Color}, " "))
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// The component targets of docs/thresholds.md, in seconds, stand beside what is measured.
func TestComponentTargets(t *testing.T) {
	t.Parallel()
	p, ok := find(load(t), "generation-engine", "Components against Their Targets")
	if !ok {
		t.Fatal("no such panel")
	}
	var exprs strings.Builder
	for _, target := range p.Targets {
		exprs.WriteString(target.Expr)
	}
	for component, seconds := range map[string]string{
		"recipe_fetch": ".15", "profile_fetch": ".2", "generation_algorithm": ".05",
		"macro_validation": ".01", "grocery_consolidation": ".02", "email_render": ".05",
	} {
		if want := fmt.Sprintf("label_replace(vector(%s), %q, %q,", seconds, "component", component); !strings.Contains(exprs.String(), want) {
			t.Errorf("%s has no target of %s s", component, seconds)
		}
	}
}
