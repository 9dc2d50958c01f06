package mailer

import (
	"fmt"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
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
func newFigures(l message.Language, rows []insight.Row, short bool) []figureView {
	var out []figureView
	for _, r := range rows {
		v := figureView{Label: message.Capital(l.Word(r.Nutrient.String())), Number: l.Number(r.Actual.Float()), Actual: figure(l, r, r.Actual), Target: figure(l, r, r.Target), Off: offBy(l, r.Actual.Float(), r.Target.Float())}
		switch {
		case r.Status == insight.Under:
			v.Mark, v.Verdict, v.Class = "▼", l.Say("under"), "no"
		case r.Status == insight.Over:
			v.Mark, v.Verdict, v.Class = "▲", l.Say("over"), "no"
		case short:
			v.Verdict = "–"
		default:
			v.Mark, v.Verdict, v.Class = "✓", l.Say("on target"), "ok"
		}
		out = append(out, v)
	}
	return out
}

func newDishes(l message.Language, dishes []insight.Dish) []dishView {
	var out []dishView
	for _, d := range dishes {
		out = append(out, dishView{message.Capital(l.Word(d.Meal.String())), cut(d.Name, dishName), l.Number(d.Energy.Kcal()) + " kcal"})
	}
	return out
}

// figure renders an amount of the row with its unit.
func figure(l message.Language, r insight.Row, a insight.Amount) string {
	return l.Number(a.Float()) + " " + r.Nutrient.Unit()
}

// all says each of the texts.
func all(l message.Language, texts []message.Text) []string {
	var out []string
	for _, t := range texts {
		out = append(out, t.In(l))
	}
	return out
}

// adviceView is what the daily advisor's templates print.
type adviceView struct {
	Subject, Preheader, Name, Day, Date string
	Connected, Logged                   bool
	Rows, Average                       []figureView
	AverageDays                         string
	Missing, Tomorrow                   []dishView
	TomorrowDay                         string
	Cooking                             []string
	Thawing                             []dishView
	Warnings, Insights                  []string
	Suggestion                          string
	UnsubscribeURL                      string
	Pixel                               string // tells of an opening; empty: nothing does
}

// Figures reports whether the mail shows figures of the diary.
func (v adviceView) Figures() bool { return v.Logged || v.Average != nil }

func newAdviceView(u user.User, a insight.Advice) adviceView {
	l := u.Settings.Language
	v := adviceView{
		Name: u.Name, Day: l.Weekday(a.Date), Date: l.LongDate(a.Date), TomorrowDay: l.Weekday(a.Date + 1),
		Connected: a.Connected, Logged: a.Logged, Warnings: all(l, a.Warnings), Insights: all(l, a.Insights), Suggestion: a.Suggestion.In(l),
		Rows: newFigures(l, a.Rows, a.Short), Average: newFigures(l, a.Average, len(a.Warnings) > 0), AverageDays: l.Count(a.AverageDays, "%d logged day", "%d logged days"),
		Missing: newDishes(l, a.Missing), Tomorrow: newDishes(l, a.Tomorrow),
	}
	for _, c := range a.Cooking {
		v.Cooking = append(v.Cooking, cut(c, dishName))
	}
	for _, p := range a.Thawing {
		v.Thawing = append(v.Thawing, dishView{Meal: l.Word(p.Meal.String()), Name: cut(p.Name, dishName)})
	}
	v.Subject = v.Day + ": " + adviceFact(l, a)
	v.Preheader = v.Suggestion
	if len(a.Warnings) > 0 {
		v.Preheader = v.Warnings[0]
	}
	return v
}

// adviceFact is the day in half a line: the energy, and the macro that is furthest off.
func adviceFact(l message.Language, a insight.Advice) string {
	switch {
	case !a.Connected:
		return l.Say("no diary is connected, %s planned for tomorrow", l.Count(len(a.Tomorrow), "%d meal", "%d meals"))
	case !a.Logged:
		return l.Say("nothing is logged yet")
	}
	energy := a.Rows[insight.Energy]
	fact := l.Say("%s of %s", l.Number(energy.Actual.Float()), figure(l, energy, energy.Target))
	worst := insight.Furthest(a.Rows[insight.Protein:])
	switch {
	case a.Short:
		return l.Say("%s logged", fact)
	case worst == nil:
		return l.Say("%s, macros on target", fact)
	case worst.Status == insight.Under:
		return l.Say("%s, %v under by %s", fact, worst.Nutrient, figure(l, *worst, -worst.Difference()))
	default:
		return l.Say("%s, %v over by %s", fact, worst.Nutrient, figure(l, *worst, worst.Difference()))
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

func newTrendsView(u user.User, t insight.Trends, nextWeek calendar.Date) trendsView {
	l := u.Settings.Language
	v := trendsView{
		Name: u.Name, Range: l.Span(t.First, t.Last), Connected: t.Connected, Warnings: all(l, t.Warnings),
		Averages: newFigures(l, t.Average, t.Short),
		Logged:   l.Say("%d of %d days are logged", t.Logged, t.Days),
		Plans:    plansLine(l, t.Planned),
	}
	if t.Logged > 0 {
		v.Adherence = l.Say("%d of %s (%d %%) came within ±10 %% in energy and all three macros", t.Adherent, l.Count(t.Logged, "%d logged day", "%d logged days"), 100*t.Adherent/t.Logged)
	}
	for _, p := range t.Patterns {
		v.Patterns = append(v.Patterns, patternLine(l, p, t))
	}
	if t.Best != nil {
		v.Best = dateLine(l, *t.Best)
	}
	if t.Worst != nil {
		v.Worst = dateLine(l, *t.Worst)
	}
	if t.Average != nil {
		for _, r := range t.Average {
			v.Targets = append(v.Targets, cell{Nutrient: l.Word(r.Nutrient.String()), Amount: figure(l, r, r.Target)})
		}
		for _, w := range t.Weeks {
			v.Weeks = append(v.Weeks, newWeekAverage(l, w))
		}
		v.ChartText = chartText(l, v.Weeks)
	}
	v.headline(l, t)
	v.Subject = l.Say("Four weeks: %s", trendsFact(l, t))
	v.Preheader = v.Headline
	if len(t.Warnings) > 0 {
		v.Preheader = v.Warnings[0]
	}
	if p := t.Proposal; p != nil {
		v.Proposal = newProposalView(l, *p, nextWeek)
	}
	return v
}

func (v *trendsView) headline(l message.Language, t insight.Trends) {
	v.HeadlineMark, v.HeadlineClass = "▲", "no"
	switch {
	case !t.Connected:
		v.Headline = l.Say("No food diary is connected: nothing is known about what you ate. Below is what your plans held.")
	case t.Logged == 0:
		v.Headline = l.Say("Nothing was logged. That says nothing about what you ate.")
	case t.Average == nil:
		v.Headline = l.Say("Only %s: too few to speak of averages.", v.Logged)
	case t.Short: // the warnings say it
	case len(t.Patterns) > 0:
		v.Headline = l.Say("On average, %s.", trendsFact(l, t))
	default:
		v.HeadlineMark, v.HeadlineClass = "✓", "ok"
		v.Headline = l.Say("All four averages are within ±15 % of your target.")
	}
}

// trendsFact is the one fact of the subject.
func trendsFact(l message.Language, t insight.Trends) string {
	switch {
	case !t.Connected:
		return l.Say("%d of %s on target in your plans", t.Planned.OnTarget, l.Count(t.Planned.Days, "%d day", "%d days"))
	case t.Average == nil:
		return l.Say("%d of %d days logged", t.Logged, t.Days)
	case t.Short:
		e := t.Average[insight.Energy]
		return l.Say("%s of %s a day on average", l.Number(e.Actual.Float()), figure(l, e, e.Target))
	}
	if r := insight.Furthest(t.Average); r != nil {
		return l.Say("%v %s target by %s", r.Nutrient, side(l, r.Status), strings.TrimLeft(offBy(l, r.Actual.Float(), r.Target.Float()), "+−"))
	}
	return l.Say("%d of %s on target", t.Adherent, l.Count(t.Logged, "%d logged day", "%d logged days"))
}

func side(l message.Language, s insight.Status) string {
	if s == insight.Under {
		return l.Say("under")
	}
	return l.Say("over")
}

func patternLine(l message.Language, p insight.Pattern, t insight.Trends) string {
	r := t.Average[p.Nutrient]
	return l.Say("%s %s target: %s of %s a day on average; %d of %s are more than 15 %% %s.",
		message.Capital(l.Word(p.Nutrient.String())), side(l, p.Status), figure(l, r, r.Actual), figure(l, r, r.Target), p.Days, l.Count(t.Logged, "%d logged day", "%d logged days"), side(l, p.Status))
}

func dateLine(l message.Language, d insight.Date) string {
	parts := []string{figure(l, d.Rows[insight.Energy], d.Rows[insight.Energy].Actual)}
	for _, r := range d.Rows[insight.Protein:] {
		parts = append(parts, l.Word(r.Nutrient.String())+" "+figure(l, r, r.Actual))
	}
	return l.Say("%v, %v", l.Weekday(d.Date), l.Date(d.Date)) + ": " + strings.Join(parts, " · ")
}

func plansLine(l message.Language, p insight.Planned) string {
	if p.Days == 0 {
		return l.Say("There were no plans in this time.")
	}
	return l.Say("Your plans held %s on %s; %d of these days were on target on paper.", l.Count(p.Meals, "%d meal", "%d meals"), l.Count(p.Days, "%d day", "%d days"), p.OnTarget)
}

func newWeekAverage(l message.Language, w insight.Week) weekAverage {
	v := weekAverage{Range: l.ShortDate(w.First) + " – " + l.ShortDate(w.First+6), Logged: l.Count(w.Logged, "%d day logged", "%d days logged")}
	for _, r := range w.Average {
		c := cell{l.Word(r.Nutrient.String()), figure(l, r, r.Actual), l.Say("no target")}
		if r.Target > 0 {
			c.Percent = fmt.Sprintf("%.0f %%", percent(r))
		}
		v.Cells = append(v.Cells, c)
	}
	return v
}

// chartText says what the chart shows.
func chartText(l message.Language, weeks []weekAverage) string {
	var parts []string
	for _, w := range weeks {
		if w.Cells == nil {
			parts = append(parts, w.Range+": "+l.Say("nothing logged"))
			continue
		}
		parts = append(parts, l.Say("%s: energy %s, protein %s, fat %s, carbs %s", w.Range, w.Cells[0].Percent, w.Cells[1].Percent, w.Cells[2].Percent, w.Cells[3].Percent))
	}
	return l.Say("Bar chart of the weekly averages in per cent of the target.") + " " + strings.Join(parts, "; ") + "."
}

func newProposalView(l message.Language, p insight.Proposal, nextWeek calendar.Date) *proposalView {
	week := strings.TrimLeft(nextWeek.Week()[5:], "0")
	if p.Mode == "" {
		return &proposalView{p.Reason.In(l), l.Say("New daily targets: %s", macrosLine(l, p.Target)), l.Say("Change my targets"), ""}
	}
	mode := modeText(l, p.Mode)
	return &proposalView{p.Reason.In(l), l.Say("Week %s would be planned %s, with %s a day.", week, mode, macrosLine(l, p.Target)), l.Say("Plan week %s %s", week, mode), ""}
}
