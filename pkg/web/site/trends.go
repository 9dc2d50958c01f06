package site

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Trends lays what was planned and eaten side by side.
type Trends interface {
	Follow(ctx context.Context, userID string, weeks int) (coach.Followed, error)
}

// The spans to choose from, in weeks.
const (
	shortSpan = 4
	longSpan  = 12
)

// trendsPage is what was planned and eaten over some weeks.
type trendsPage struct {
	coach.Followed
	Span    int
	Empty   bool // nothing is planned or logged
	Days    int  // that are planned
	Logged  int
	Charts  []trend
	ByWeek  weekTrend
	Missed  []message.Text
	Ate     message.Text // on how many of the logged days the target was met
	Strayed []message.Text
	Near    message.Text // what counts as on target
	Remedy  message.Text
	Spans   []int
	Measure message.Text // the weight, in words
	Diary   string       // where a diary is connected; "": there is no service for it
}

// trend is a nutrient over the days.
type trend struct {
	ID, Name, Unit string
	Average        []message.Text
	Chart          chart
	Rows           []trendRow
}

// trendRow is a day in words.
type trendRow struct {
	Date                    calendar.Date
	Planned, Eaten, Target  string
	PlannedStand, EatenNote message.Text // how they stand to the target, nothing for on target
}

// weekTrend are the days on target, by week.
type weekTrend struct {
	Chart chart
	Rows  []insight.CourseWeek
}

func (s *Site) trends(w http.ResponseWriter, r *http.Request, id string) error {
	span := shortSpan
	switch asked := r.URL.Query().Get("weeks"); asked {
	case "", strconv.Itoa(shortSpan):
	case strconv.Itoa(longSpan):
		span = longSpan
	default:
		return fault.New(fault.InvalidInput, "trends", "weeks: %q is not %d or %d", asked, shortSpan, longSpan)
	}
	f, err := s.Trends.Follow(r.Context(), id, span)
	if err != nil {
		return err
	}
	page := trendsOf(f, span, spoken(r))
	page.Diary = s.Diary(id)
	return s.show(w, r, view{file: "trends.html", title: message.Textf("Trends"), nav: "week", data: page})
}

func trendsOf(f coach.Followed, span int, l message.Language) trendsPage {
	p := trendsPage{Followed: f, Span: span, Spans: []int{shortSpan, longSpan}}
	for _, w := range f.Weeks {
		p.Days += w.Planned
		p.Logged += w.Logged
	}
	if p.Empty = p.Days+p.Logged == 0; p.Empty {
		return p
	}
	for n := insight.Energy; n <= insight.Carbs; n++ {
		p.Charts = append(p.Charts, trendOf(f.Points, n, l))
	}
	p.ByWeek = byWeek(f.Weeks, p.Logged > 0, l)
	for _, m := range f.Missed {
		p.Missed = append(p.Missed, missed(m, p.Days))
	}
	near := 0
	for _, w := range f.Weeks {
		near += w.Near
	}
	p.Ate = message.Counted(p.Logged, "You met your target on %[2]d of %[1]d logged day.", "You met your target on %[2]d of %[1]d logged days.", near)
	p.Near = message.Textf("On target is within 10 %% in energy and every macro.")
	if f.Floor > 0 {
		p.Near = message.Textf("On target is within 10 %% in energy and every macro, and no less than %v kcal: less is too little for most people.", message.Number(f.Floor.Kcal()))
	}
	for _, m := range f.Strayed {
		p.Strayed = append(p.Strayed, strayed(m, p.Logged))
	}
	if r := f.Remedy; r != nil {
		p.Remedy = message.Textf("What would have helped most in the newest of these weeks: a %v with about %.0f g protein, %.0f g fat and %.0f g carbs a serving.", message.Textf(r.RemedyMeal), r.Remedy.Protein.Grams(), r.Remedy.Fat.Grams(), r.Remedy.Carbs.Grams())
	}
	if f.WeightKG > 0 {
		p.Measure = message.Textf("%s kg, as your settings say", l.Decimal(strconv.FormatFloat(f.WeightKG, 'f', 1, 64)))
		if f.Measured {
			p.Measure = message.Textf("%s kg, as last measured in your diary", l.Decimal(strconv.FormatFloat(f.WeightKG, 'f', 1, 64)))
		}
	}
	return p
}

// nutrients are what people call them.
var nutrients = map[insight.Nutrient]message.Text{
	insight.Energy: message.Textf("Energy"), insight.Protein: message.Textf("Protein"), insight.Fat: message.Textf("Fat"), insight.Carbs: message.Textf("Carbs"),
}

// missed says how often a nutrient is off.
func missed(m insight.Pattern, planned int) message.Text {
	if m.Status == insight.Under {
		return message.Counted(m.Days, "%[2]v: too low on %[1]d day of %[3]d that are planned.", "%[2]v: too low on %[1]d days of %[3]d that are planned.", nutrients[m.Nutrient], planned)
	}
	return message.Counted(m.Days, "%[2]v: too high on %[1]d day of %[3]d that are planned.", "%[2]v: too high on %[1]d days of %[3]d that are planned.", nutrients[m.Nutrient], planned)
}

// strayed says how often what was eaten is off.
func strayed(m insight.Pattern, logged int) message.Text {
	if m.Status == insight.Under {
		return message.Counted(m.Days, "%[2]v: too low on %[1]d day of %[3]d that are logged.", "%[2]v: too low on %[1]d days of %[3]d that are logged.", nutrients[m.Nutrient], logged)
	}
	return message.Counted(m.Days, "%[2]v: too high on %[1]d day of %[3]d that are logged.", "%[2]v: too high on %[1]d days of %[3]d that are logged.", nutrients[m.Nutrient], logged)
}

// trendOf draws and lists one nutrient.
func trendOf(points []insight.Point, n insight.Nutrient, l message.Language) trend {
	t := trend{ID: n.String(), Name: nutrients[n].In(l), Unit: n.Unit()}
	var planned, eaten, target sum
	plot := newPlot(points[0].Date, len(points), l)
	for _, at := range points {
		plot.reach(at.Target[n].Float() * (1 + float64(at.Band)/100))
		target.add(at.Target[n])
		for series, v := range map[*sum]*insight.Values{&planned: at.Planned, &eaten: at.Eaten} {
			if v != nil {
				series.add(v[n])
				plot.reach(v[n].Float())
			}
		}
	}
	plot.scale()
	for i, at := range points {
		goal, band := at.Target[n].Float(), float64(at.Band)/100
		plot.band(i, goal*(1-band), goal*(1+band))
		row := trendRow{Date: at.Date, Target: l.Number(goal*(1-band)) + "–" + l.Number(goal*(1+band)), Planned: "–", Eaten: "–"}
		if v := at.Planned; v != nil {
			plot.mark(i, v[n].Float())
			row.Planned, row.PlannedStand = l.Number(v[n].Float()), stand(v[n].Float(), goal, band)
		}
		if v := at.Eaten; v != nil {
			plot.bar(i, 0, 1, v[n].Float())
			row.Eaten, row.EatenNote = l.Number(v[n].Float()), stand(v[n].Float(), goal, band)
		}
		if at.Planned != nil || at.Eaten != nil {
			t.Rows = append(t.Rows, row)
		}
	}
	if planned.n > 0 {
		t.Average = append(t.Average, message.Counted(planned.n, "Planned on average: %[2]v %[3]s on %[1]d day.", "Planned on average: %[2]v %[3]s on %[1]d days.", message.Number(planned.mean()), t.Unit))
	}
	if eaten.n > 0 {
		t.Average = append(t.Average, message.Counted(eaten.n, "Eaten on average: %[2]v %[3]s on %[1]d day.", "Eaten on average: %[2]v %[3]s on %[1]d days.", message.Number(eaten.mean()), t.Unit))
	}
	t.Average = append(t.Average, message.Textf("The target is %v %s.", message.Number(target.mean()), t.Unit))
	t.Chart = plot.chart
	return t
}

// sum adds amounts up for their average.
type sum struct {
	n     int
	total float64
}

func (s *sum) add(a insight.Amount) { s.n++; s.total += a.Float() }

func (s *sum) mean() float64 { return s.total / float64(max(1, s.n)) }

// stand says on which side of the band an amount lies.
func stand(v, goal, band float64) message.Text {
	switch {
	case v < goal*(1-band):
		return message.Textf("low")
	case v > goal*(1+band):
		return message.Textf("high")
	default:
		return message.Text{}
	}
}

// byWeek draws the days on target.
func byWeek(weeks []insight.CourseWeek, diary bool, l message.Language) weekTrend {
	const full = 7
	plot := newPlot(weeks[0].First, len(weeks)*full, l)
	plot.highest = full
	plot.lines(2) //nolint:mnd // every second day
	bars := 1.0
	if diary {
		bars = 2
	}
	for i, w := range weeks {
		plot.wide(i, 0, bars, float64(w.OnTarget), &plot.Planned)
		if diary {
			plot.wide(i, 1, bars, float64(w.Near), &plot.Eaten)
		}
	}
	return weekTrend{plot.chart, weeks}
}

// chart is a drawing in SVG: paths of what was eaten, what was planned and the target's band.
type chart struct {
	Band, Eaten, Planned string
	Lines                []label // of the axis, with their values
	Dates                []label
}

// label is a text at a place of a chart.
type label struct {
	At   float64
	Text string
}

// Where a chart has its plot, in its own units; the page scales it.
const (
	plotLeft, plotRight  = 42.0, 336.0
	plotTop, plotBottom  = 8.0, 140.0
	mostLines, firstStep = 4, 1.0
)

// plot places days and amounts.
type plot struct {
	chart
	day     float64 // its width
	highest float64

	language message.Language
}

func newPlot(first calendar.Date, n int, l message.Language) *plot {
	p := &plot{language: l, day: (plotRight - plotLeft) / float64(n)}
	const week, most = 7, 4
	step := week * max(1, n/week/most)
	for i := 0; i < n; i += step {
		p.Dates = append(p.Dates, label{p.x(i), l.ShortDate(first + calendar.Date(i))})
	}
	return p
}

func (p *plot) x(i int) float64 { return tenth(plotLeft + float64(i)*p.day) }

func (p *plot) y(v float64) float64 {
	return tenth(plotBottom - v/p.highest*(plotBottom-plotTop))
}

func tenth(f float64) float64 { return math.Round(f*10) / 10 } //nolint:mnd // as the name says

func (p *plot) reach(v float64) { p.highest = max(p.highest, v) }

// scale ends the axis at a line whose value is 1, 2 or 5 times a power of ten.
func (p *plot) scale() {
	step := firstStep
	for grow := []float64{2, 2.5, 2}; step*mostLines < p.highest; grow = append(grow[1:], grow[0]) {
		step *= grow[0]
	}
	p.highest = max(step, step*math.Ceil(p.highest/step))
	p.lines(step)
}

// lines draws the axis.
func (p *plot) lines(step float64) {
	for v := 0.0; v <= p.highest; v += step {
		p.Lines = append(p.Lines, label{p.y(v), p.language.Number(v)})
	}
}

func (p *plot) band(i int, from, to float64) {
	p.Band += fmt.Sprintf("M%g %gH%gV%gH%gz", p.x(i), p.y(from), p.x(i+1), p.y(to), p.x(i))
}

func (p *plot) mark(i int, v float64) {
	p.Planned += fmt.Sprintf("M%g %gH%g", p.x(i), p.y(v), p.x(i+1))
}

// bar draws one of several bars of a day.
func (p *plot) bar(i int, nth, of, v float64) {
	p.column(&p.Eaten, p.x(i), p.day, nth/of, 1/of, v)
}

// wide draws one of several bars of a week.
func (p *plot) wide(week int, nth, of, v float64, into *string) {
	const days = 7
	p.column(into, p.x(week*days), p.day*days, (nth+0.5)/(of+1), 1/(of+1), v)
}

// column adds a bar to a path, from a share of the width on.
func (p *plot) column(into *string, x, width, from, share, v float64) {
	if v <= 0 {
		return
	}
	const gap = 0.1
	left, right := tenth(x+width*(from+gap*share)), tenth(x+width*(from+share-gap*share))
	*into += fmt.Sprintf("M%g %gH%gV%gH%gz", left, plotBottom, right, p.y(v), left)
}
