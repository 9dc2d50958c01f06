//go:build linux

// Package pictures draws what the telemetry servers answered, for the documentation: a
// panel, a trace and its log lines. It draws nothing that is not in the answers, and says
// on each page where they came from.
package pictures

import (
	_ "embed"
	"fmt"
	"html/template"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/ops/telemetryapi"
	"github.com/mealplanner/mealplanner/test/kit/stack"
)

// Width is that of every page, in CSS pixels.
const Width = 960

// Page is a drawn page and its height in CSS pixels.
type Page struct {
	HTML   string
	Height int
}

//go:embed page.html
var source string

var pages = template.Must(template.New("page").Funcs(template.FuncMap{
	"add": func(a, b float64) float64 { return a + b },
}).Parse(source))

func render(name string, height int, data any) (Page, error) {
	var b strings.Builder
	err := pages.ExecuteTemplate(&b, name, data)
	return Page{b.String(), height}, err
}

// Curve is one target of a panel.
type Curve struct {
	Name, Color string
	Points      []stack.Point
}

// Panel is what Prometheus answered to a panel's queries.
type Panel struct {
	Title     string
	From, To  time.Time
	Target    float64 // the panel's threshold
	Curves    []Curve
	Exemplars []stack.Exemplar
}

type (
	label struct {
		X, Y float64
		Text string
	}
	dot struct {
		X, Y float64
		Slow bool
	}
	path struct{ Name, Color, D string }
)

// The plot's place on the page.
const (
	plotLeft, plotTop     = 56.0, 16.0
	plotWidth, plotHeight = 856.0, 290.0
)

// Draw draws the panel; the slowest exemplar is named.
func (p Panel) Draw() (Page, error) {
	top := p.Target * 1.5
	for _, e := range p.Exemplars {
		top = max(top, e.Value)
	}
	for _, c := range p.Curves {
		for _, pt := range c.Points {
			if !math.IsNaN(pt.Value) {
				top = max(top, pt.Value)
			}
		}
	}
	top = math.Ceil(top*2+.3) / 2
	x := func(at time.Time) float64 {
		return plotLeft + plotWidth*float64(at.Sub(p.From))/float64(p.To.Sub(p.From))
	}
	y := func(v float64) float64 { return plotTop + plotHeight*(1-v/top) }
	view := struct {
		Panel
		Left, Right, Bottom, TargetY float64
		Rows, Columns                []label
		Paths                        []path
		Dots                         []dot
		Slowest                      *label
		SlowestTrace                 string
		NoteX, NoteY                 float64
	}{Panel: p, Left: plotLeft, Right: plotLeft + plotWidth, Bottom: plotTop + plotHeight, TargetY: y(p.Target)}
	for v := 0.0; v <= top; v += .5 {
		view.Rows = append(view.Rows, label{Y: y(v), Text: fmt.Sprintf("%g s", v)})
	}
	const columns = 6
	for i := range columns + 1 {
		at := p.From.Add(p.To.Sub(p.From) * time.Duration(i) / columns)
		view.Columns = append(view.Columns, label{X: x(at), Text: at.UTC().Format(time.TimeOnly)})
	}
	for _, c := range p.Curves {
		var d strings.Builder
		verb := "M"
		for _, pt := range c.Points {
			if math.IsNaN(pt.Value) {
				verb = "M"
				continue
			}
			fmt.Fprintf(&d, "%s%.1f %.1f", verb, x(pt.Time), y(pt.Value))
			verb = "L"
		}
		view.Paths = append(view.Paths, path{c.Name, c.Color, d.String()})
	}
	var most float64
	for _, e := range p.Exemplars {
		if e.Time.Before(p.From) || e.Time.After(p.To) {
			continue
		}
		view.Dots = append(view.Dots, dot{x(e.Time), y(e.Value), e.Value > p.Target})
		if e.Value > p.Target {
			view.NoteX = max(view.NoteX, x(e.Time)+36) // right of them all, where nothing else is
		}
		if e.Value > most {
			most = e.Value
			view.Slowest = &label{x(e.Time), y(e.Value), fmt.Sprintf("one run: %.2f s", e.Value)}
			view.SlowestTrace = e.Labels["trace_id"]
			view.NoteY = y(e.Value) + 64
		}
	}
	return render("panel", 466, view)
}

type bar struct {
	Name, Took, Color      string
	Y, Indent, X, W, TextX float64
	Inside                 bool
}

// The waterfall's place on the page.
const (
	barsLeft, barsWidth = 300.0, 560.0
	rowHeight           = 24.0
)

// short is the duration below which a span is not drawn, unless it is a component.
const short = time.Millisecond

// Trace draws a trace as Jaeger answered it.
func Trace(spans []stack.Span) (Page, error) {
	children := map[string][]stack.Span{}
	ids := map[string]bool{}
	for _, s := range spans {
		ids[s.SpanID] = true
	}
	var root stack.Span
	for _, s := range spans {
		if s.Parent == "" || !ids[s.Parent] {
			root = s
			continue
		}
		children[s.Parent] = append(children[s.Parent], s)
	}
	begin, end := root.Start, root.Start.Add(root.Duration)
	for _, s := range spans {
		if e := s.Start.Add(s.Duration); e.After(end) {
			end = e
		}
	}
	whole := end.Sub(begin)
	var bars []bar
	var walk func(stack.Span, int)
	walk = func(s stack.Span, depth int) {
		component, isComponent := s.Tags["component"].(string)
		if s.Duration < short && !isComponent {
			return
		}
		color := "#9aa5b1"
		switch {
		case depth == 0:
			color = "#3b4a5a"
		case component != "":
			color = "#2f7de1"
		case strings.HasPrefix(s.Name, "tandoor") || strings.HasPrefix(s.Name, "fatsecret"):
			color = "#d9480f"
		}
		b := bar{
			Name: s.Name, Took: milliseconds(s.Duration), Color: color,
			Y: float64(len(bars)) * rowHeight, Indent: 16 + 16*float64(depth),
			X: barsLeft + barsWidth*float64(s.Start.Sub(begin))/float64(whole),
			W: max(2, barsWidth*float64(s.Duration)/float64(whole)),
		}
		b.Inside = b.W > barsWidth/2
		b.TextX = b.X + b.W + 6
		if b.Inside {
			b.TextX = b.X + b.W - 8
		}
		bars = append(bars, b)
		below := children[s.SpanID]
		slices.SortStableFunc(below, func(a, b stack.Span) int { return a.Start.Compare(b.Start) })
		for _, c := range below {
			walk(c, depth+1)
		}
	}
	walk(root, 0)
	view := struct {
		ID            string
		Shown, All    int
		Short         string
		Bars          []bar
		Columns       []label
		PlotH, Height float64
	}{ID: root.TraceID, Shown: len(bars), All: len(spans), Short: milliseconds(short), Bars: bars, PlotH: float64(len(bars)) * rowHeight}
	for at := time.Duration(0); at <= whole; at += tick(whole) {
		view.Columns = append(view.Columns, label{X: barsLeft + barsWidth*float64(at)/float64(whole), Text: fmt.Sprintf("%d ms", at.Milliseconds())})
	}
	view.Height = view.PlotH + 28
	return render("trace", int(view.Height)+132, view)
}

// tick is the distance of the time axis' marks.
func tick(whole time.Duration) time.Duration {
	for _, d := range []time.Duration{time.Millisecond, 10 * time.Millisecond, 100 * time.Millisecond, 500 * time.Millisecond} {
		if whole < 8*d {
			return d
		}
	}
	return whole / 4
}

func milliseconds(d time.Duration) string {
	ms := float64(d.Nanoseconds()) / 1e6
	if ms >= 100 {
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2g ms", ms)
}

type pair struct{ Key, Value string }

type row struct {
	Time, Level, Component, Text string
	Fields                       []pair
}

// shown are the fields of a line that are drawn, in this order; Loki has more of each.
var shown = []string{
	"user_id", "duration_ms", "generation_id", "component_timings_recipe_fetch", "component_timings_profile_fetch", "component_timings_generation_algorithm",
	"component_timings_macro_validation", "component_timings_grocery_consolidation", "component_timings_email_render", "status", "week_of", "email_type", "attempt",
	"error_type", "exception_message",
}

// Logs draws a trace's lines as Loki answered them to the query.
func Logs(query string, lines []telemetryapi.Line) (Page, error) {
	lines = slices.Clone(lines)
	slices.SortStableFunc(lines, func(a, b telemetryapi.Line) int { return a.Time.Compare(b.Time) })
	view := struct {
		Query string
		Rows  []row
	}{Query: query}
	height := 140
	for _, l := range lines {
		r := row{Time: l.Time.UTC().Format("15:04:05.000"), Level: strings.ToUpper(l.Labels["level"]), Component: l.Labels["component"], Text: l.Text}
		for _, k := range shown {
			if v := l.Labels[k]; v != "" {
				r.Fields = append(r.Fields, pair{k, rounded(v)})
			}
		}
		view.Rows = append(view.Rows, r)
		height += 42 + 24*((len(r.Fields)+1)/2)
	}
	return render("logs", height, view)
}

// rounded shortens a number with decimals.
func rounded(text string) string {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || !strings.Contains(text, ".") {
		return text
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}
