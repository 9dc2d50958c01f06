package mailer

import (
	"fmt"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
)

// dishName is how many characters of a dish's name these mails show.
const dishName = 120

// figureView is a row of a table of figures.
type figureView struct {
	Label, Number, Actual, Target, Off string // Number is Actual without its unit
	Mark, Verdict, Class               string // a sign, its words, and the colour they come in
}

type dishView struct{ Meal, Name, Energy string }

// newFigures words the rows. Where far too little was eaten nothing is marked as reached.
func newFigures(rows []insight.Row, short bool) []figureView {
	var out []figureView
	for _, r := range rows {
		v := figureView{Label: capital(r.Nutrient.String()), Number: thousands(r.Actual.Float()), Actual: figure(r, r.Actual), Target: figure(r, r.Target), Off: offBy(r.Actual.Float(), r.Target.Float())}
		switch {
		case r.Status == insight.Under:
			v.Mark, v.Verdict, v.Class = "▼", "under", "no"
		case r.Status == insight.Over:
			v.Mark, v.Verdict, v.Class = "▲", "over", "no"
		case short:
			v.Mark, v.Verdict = "=", "near"
		default:
			v.Mark, v.Verdict, v.Class = "✓", "on track", "ok"
		}
		out = append(out, v)
	}
	return out
}

func newDishes(dishes []insight.Dish) []dishView {
	var out []dishView
	for _, d := range dishes {
		out = append(out, dishView{capital(d.Meal.String()), cut(d.Name, dishName), thousands(d.Energy.Kcal()) + " kcal"})
	}
	return out
}

// figure renders an amount of the row with its unit.
func figure(r insight.Row, a insight.Amount) string {
	return thousands(a.Float()) + " " + r.Nutrient.Unit()
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func shortDate(d calendar.Date) string { return d.Time().Format("2 Jan") }

func longDate(d calendar.Date) string { return d.Time().Format("Monday, 2 January") }

// adviceView is what the daily advisor's templates print.
type adviceView struct {
	Subject, Preheader, Name, Day, Date string
	Connected, Logged                   bool
	Rows, Average                       []figureView
	AverageDays                         string
	Missing, Tomorrow                   []dishView
	TomorrowDay                         string
	Cooking                             []string
	Warnings, Insights                  []string
	Suggestion                          string
	UnsubscribeURL                      string
	Pixel                               string // tells of an opening; empty: nothing does
}

// Figures reports whether the mail shows figures of the diary.
func (v adviceView) Figures() bool { return v.Logged || v.Average != nil }

func newAdviceView(name string, a insight.Advice) adviceView {
	v := adviceView{
		Name: name, Day: day(a.Date), Date: a.Date.Time().Format("2 January 2006"), TomorrowDay: day(a.Date + 1),
		Connected: a.Connected, Logged: a.Logged, Warnings: a.Warnings, Insights: a.Insights, Suggestion: a.Suggestion,
		Rows: newFigures(a.Rows, a.Short), Average: newFigures(a.Average, len(a.Warnings) > 0), AverageDays: counted(a.AverageDays, "logged day"),
		Missing: newDishes(a.Missing), Tomorrow: newDishes(a.Tomorrow),
	}
	for _, c := range a.Cooking {
		v.Cooking = append(v.Cooking, cut(c, dishName))
	}
	v.Subject = v.Day + ": " + adviceFact(a)
	v.Preheader = a.Suggestion
	if len(a.Warnings) > 0 {
		v.Preheader = a.Warnings[0]
	}
	return v
}

// adviceFact is the day in half a line: the energy, and the macro that is furthest off.
func adviceFact(a insight.Advice) string {
	switch {
	case !a.Connected:
		return fmt.Sprintf("no diary is connected, %s planned for tomorrow", counted(len(a.Tomorrow), "meal"))
	case !a.Logged:
		return "nothing is logged yet"
	}
	energy := a.Rows[insight.Energy]
	fact := fmt.Sprintf("%s of %s", thousands(energy.Actual.Float()), figure(energy, energy.Target))
	worst := insight.Furthest(a.Rows[insight.Protein:])
	switch {
	case a.Short:
		return fact + " logged"
	case worst == nil:
		return fact + ", macros on track"
	case worst.Status == insight.Under:
		return fmt.Sprintf("%s, %s under by %s", fact, worst.Nutrient, figure(*worst, -worst.Difference()))
	default:
		return fmt.Sprintf("%s, %s over by %s", fact, worst.Nutrient, figure(*worst, worst.Difference()))
	}
}

// trendsView is what the weekly trends' templates print.
type trendsView struct {
	Subject, Preheader, Name, Range string
	Connected                       bool
	Headline                        string // the verdict in a sentence; empty when the warnings say it
	HeadlineMark, HeadlineClass     string
	Warnings                        []string
	Averages                        []figureView
	Patterns                        []string
	Logged, Adherence               string
	Best, Worst                     string
	Chart, ChartText                string // Content-ID and alternative text; empty: there is no chart
	Weeks                           []weekAverage
	Targets                         []cell
	Plans                           string
	Proposal                        *proposalView
	UnsubscribeURL                  string
	Pixel                           string // tells of an opening; empty: nothing does
}

// weekAverage is a row of the table that says what the chart shows.
type weekAverage struct {
	Range, Logged string
	Cells         []cell // energy, protein, fat, carbs; nil: nothing was logged
}

type cell struct{ Nutrient, Amount, Percent string }

type proposalView struct{ Reason, Change, Button, URL string }

func newTrendsView(name string, t insight.Trends, nextWeek calendar.Date) trendsView {
	v := trendsView{
		Name: name, Range: span(t.First, t.Last), Connected: t.Connected, Warnings: t.Warnings,
		Averages: newFigures(t.Average, t.Short),
		Logged:   fmt.Sprintf("%d of %d days are logged", t.Logged, t.Days),
		Plans:    plansLine(t.Planned),
	}
	if t.Logged > 0 {
		v.Adherence = fmt.Sprintf("%d of %s (%d %%) came within ±10 %% in energy and all three macros", t.Adherent, counted(t.Logged, "logged day"), 100*t.Adherent/t.Logged)
	}
	for _, p := range t.Patterns {
		v.Patterns = append(v.Patterns, patternLine(p, t))
	}
	if t.Best != nil {
		v.Best = dateLine(*t.Best)
	}
	if t.Worst != nil {
		v.Worst = dateLine(*t.Worst)
	}
	if t.Average != nil {
		for _, r := range t.Average {
			v.Targets = append(v.Targets, cell{Nutrient: r.Nutrient.String(), Amount: figure(r, r.Target)})
		}
		for _, w := range t.Weeks {
			v.Weeks = append(v.Weeks, newWeekAverage(w))
		}
		v.ChartText = chartText(v.Weeks)
	}
	v.headline(t)
	v.Subject = "Four weeks: " + trendsFact(t)
	v.Preheader = v.Headline
	if len(t.Warnings) > 0 {
		v.Preheader = t.Warnings[0]
	}
	if p := t.Proposal; p != nil {
		v.Proposal = newProposalView(*p, nextWeek)
	}
	return v
}

func (v *trendsView) headline(t insight.Trends) {
	v.HeadlineMark, v.HeadlineClass = "▲", "no"
	switch {
	case !t.Connected:
		v.Headline = "No food diary is connected: nothing is known about what you ate. Below is what your plans held."
	case t.Logged == 0:
		v.Headline = "Nothing was logged. That says nothing about what you ate."
	case t.Average == nil:
		v.Headline = fmt.Sprintf("Only %s: too few to speak of averages.", v.Logged)
	case t.Short: // the warnings say it
	case len(t.Patterns) > 0:
		v.Headline = "On average, " + trendsFact(t) + "."
	default:
		v.HeadlineMark, v.HeadlineClass = "✓", "ok"
		v.Headline = "All four averages are within ±15 % of your target."
	}
}

// trendsFact is the one fact of the subject.
func trendsFact(t insight.Trends) string {
	switch {
	case !t.Connected:
		return fmt.Sprintf("%d of %s on target in your plans", t.Planned.OnTarget, counted(t.Planned.Days, "day"))
	case t.Average == nil:
		return fmt.Sprintf("%d of %d days logged", t.Logged, t.Days)
	case t.Short:
		e := t.Average[insight.Energy]
		return fmt.Sprintf("%s of %s a day on average", thousands(e.Actual.Float()), figure(e, e.Target))
	}
	if r := insight.Furthest(t.Average); r != nil {
		return fmt.Sprintf("%s %s target by %s", r.Nutrient, side(r.Status), strings.TrimLeft(offBy(r.Actual.Float(), r.Target.Float()), "+−"))
	}
	return fmt.Sprintf("%d of %s on target", t.Adherent, counted(t.Logged, "logged day"))
}

func side(s insight.Status) string {
	if s == insight.Under {
		return "under"
	}
	return "over"
}

func patternLine(p insight.Pattern, t insight.Trends) string {
	r := t.Average[p.Nutrient]
	return fmt.Sprintf("%s %s target: %s of %s a day on average; %d of %s are more than 15 %% %s.",
		capital(p.Nutrient.String()), side(p.Status), figure(r, r.Actual), figure(r, r.Target), p.Days, counted(t.Logged, "logged day"), side(p.Status))
}

func dateLine(d insight.Date) string {
	parts := []string{figure(d.Rows[insight.Energy], d.Rows[insight.Energy].Actual)}
	for _, r := range d.Rows[insight.Protein:] {
		parts = append(parts, r.Nutrient.String()+" "+figure(r, r.Actual))
	}
	return longDate(d.Date) + ": " + strings.Join(parts, " · ")
}

func plansLine(p insight.Planned) string {
	if p.Days == 0 {
		return "There were no plans in this time."
	}
	return fmt.Sprintf("Your plans held %s on %s; %d of these days were on target on paper.", counted(p.Meals, "meal"), counted(p.Days, "day"), p.OnTarget)
}

func newWeekAverage(w insight.Week) weekAverage {
	v := weekAverage{Range: shortDate(w.First) + " – " + shortDate(w.First+6), Logged: counted(w.Logged, "day") + " logged"}
	for _, r := range w.Average {
		c := cell{r.Nutrient.String(), figure(r, r.Actual), "no target"}
		if r.Target > 0 {
			c.Percent = fmt.Sprintf("%.0f %%", percent(r))
		}
		v.Cells = append(v.Cells, c)
	}
	return v
}

// chartText says what the chart shows.
func chartText(weeks []weekAverage) string {
	var parts []string
	for _, w := range weeks {
		if w.Cells == nil {
			parts = append(parts, w.Range+": nothing logged")
			continue
		}
		parts = append(parts, fmt.Sprintf("%s: energy %s, protein %s, fat %s, carbs %s", w.Range, w.Cells[0].Percent, w.Cells[1].Percent, w.Cells[2].Percent, w.Cells[3].Percent))
	}
	return "Bar chart of the weekly averages in per cent of the target. " + strings.Join(parts, "; ") + "."
}

func newProposalView(p insight.Proposal, nextWeek calendar.Date) *proposalView {
	week := strings.TrimLeft(nextWeek.Week()[5:], "0")
	if p.Mode == "" {
		return &proposalView{p.Reason, "New daily targets: " + macrosLine(p.Target), "Change my targets", ""}
	}
	mode := strings.ReplaceAll(string(p.Mode), "_", " ")
	return &proposalView{p.Reason, fmt.Sprintf("Week %s would be planned %s, with %s a day.", week, mode, macrosLine(p.Target)), "Plan week " + week + " " + mode, ""}
}
