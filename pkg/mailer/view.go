package mailer

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// weekView is what the templates print: words and figures, decided here.
type weekView struct {
	Subject, Preheader, Verdict, Name string
	Week, Range                       string
	Balanced, Proven                  bool
	Target, TargetSource              string
	Days                              []dayView
	Tips, Problems, Notes             []string
	Replaced                          []diffView // since the mail before; nil in the first
	Cooking                           []cookView
	Sections                          []sectionView
	Pantry                            string
	ItemCount                         string // "17 items"
	ListOnPage                        bool   // the shopping list is left out of the HTML
	PlanURL, UnsubscribeURL           string
	LibraryURL                        string     // what the library lacks; empty without notes
	PlanDay                           string     // on which the next one comes
	Changes                           []linkView // buttons
	Replies                           []linkView // mails to send, nil if replies are not read
	Pixel                             string     // tells of an opening; empty: nothing does
	People                            int
}

type dayView struct {
	Name, Short, Date string
	Balanced          bool
	Meals             []mealView
	Bars              []barView
}

type mealView struct {
	Slot, Name, Portion, Note string
	Empty                     string // what stands there instead of a meal
}

type barView struct {
	Label, Actual, Target, Off string
	Fill, Rest                 int // per cent of the bar, together 100
	In                         bool
}

// linkView is a link with its text.
type linkView struct{ Label, URL string }

type cookView struct{ Day, Name, Text string }

type sectionView struct {
	Name  string
	Lines []lineView
}

type lineView struct{ Name, Buy string }

func newWeekView(u user.User, s plan.Plan) weekView {
	s.Groceries = s.Groceries.Aside(u.Settings.Staples)
	w, l := s.Week, u.Settings.Language
	week := strings.TrimLeft(w.WeekOf.Week()[5:], "0")
	items := s.Groceries.Lines()
	planDay, _ := u.Settings.PlanTime()
	v := weekView{
		PlanDay: l.Word(planDay.String()),
		Name:    u.Name, Week: week, Range: dateRange(l, w.WeekOf), ItemCount: l.Count(items, "%d item", "%d items"), People: w.People,
		Balanced: w.Status == plan.Balanced, Proven: w.Optimal,
		Target: macrosLine(l, w.Target), TargetSource: targetSource(l, w),
		Subject: l.Say("Week %s: %s, %s on target, shop for %s", week, l.Count(w.Meals(), "%d meal", "%d meals"), daysOnTarget(l, w), l.Count(items, "%d item", "%d items")),
	}
	for _, n := range w.Notes {
		if n.Is(plan.HelpsMost()) {
			v.Tips = append(v.Tips, n.In(l))
			continue
		}
		v.Notes = append(v.Notes, n.In(l))
	}
	v.Preheader = preheader(l, w)
	v.Verdict = verdict(l, w)
	if w.Unsafe() {
		v.Verdict, v.Balanced = plan.OutdatedNote.In(l), false
	}
	for _, d := range w.Days {
		if d.Date < w.Begins.Date && !d.Planned() { // it was over when the week was planned
			continue
		}
		v.Days = append(v.Days, newDayView(l, d, w.TolerancePct, s.Prep))
	}
	for _, r := range w.Reasons {
		if text := reason(l, r); text != "" {
			v.Problems = append(v.Problems, text)
		}
	}
	for _, b := range s.Prep.Batches {
		if b.Leftovers() {
			v.Cooking = append(v.Cooking, cookView{l.Weekday(b.Cook), b.Name, cookText(l, b)})
		}
	}
	for _, sec := range s.Groceries.Sections {
		sv := sectionView{Name: l.Word(sec.Name)}
		for _, line := range sec.Lines {
			sv.Lines = append(sv.Lines, lineView{line.Name, grocery.BuyIn(l, line.Buy)})
		}
		v.Sections = append(v.Sections, sv)
	}
	var pantry []string
	for _, line := range s.Groceries.Pantry {
		pantry = append(pantry, strings.TrimSpace(line.Name+" "+grocery.BuyIn(l, line.Buy)))
	}
	v.Pantry = strings.Join(pantry, ", ")
	return v
}

func dateRange(l message.Language, monday calendar.Date) string { return l.Span(monday, monday+6) }

// preheader names the meals of the first day that has any; inboxes show it after the subject.
func preheader(l message.Language, w plan.Week) string {
	for _, d := range w.Days {
		var names []string
		for _, s := range d.Meals {
			if s != nil {
				names = append(names, s.Name)
			}
		}
		if len(names) > 0 {
			return l.Weekday(d.Date) + ": " + strings.Join(names, ", ") + "."
		}
	}
	return l.Say("No meals are planned.")
}

// daysOnTarget says how many of the days that have meals are in band.
func daysOnTarget(l message.Language, w plan.Week) string {
	return l.Count(w.PlannedDays(), "%[2]d of %[1]d day", "%[2]d of %[1]d days", w.BalancedDays())
}

func verdict(l message.Language, w plan.Week) string {
	pct := w.TolerancePct
	near := l.Count(w.BalancedDays(), "%[2]s is within ±%[3]d %% of your targets.", "%[2]s are within ±%[3]d %% of your targets.", daysOnTarget(l, w), pct)
	switch {
	case !slices.ContainsFunc(w.Days[:], plan.Day.Planned):
		return l.Say("You skipped every meal of this week.")
	case w.Status == plan.Balanced && w.Optimal:
		return l.Say("Every day is within ±%d %% of your targets, and no better week exists with your recipes.", pct)
	case w.Status == plan.Balanced:
		return l.Say("Every day is within ±%d %% of your targets.", pct)
	case w.Optimal:
		return near + " " + l.Say("This is the best week that your recipes and wishes allow; below is what is missing.")
	default:
		return near
	}
}

func targetSource(l message.Language, w plan.Week) string {
	s := map[targets.Source]message.Text{
		targets.Set: message.Textf("set by you"), targets.Computed: message.Textf("computed from your body figures"), targets.Default: message.Textf("our default"),
	}[w.TargetSource].In(l)
	if w.Mode != "" {
		s += ", " + l.Say("%v this week", modeText(l, w.Mode))
	}
	return s
}

func macrosLine(l message.Language, m nutrition.Macros) string {
	return l.Say("%s kcal · protein %.0f g · fat %.0f g · carbs %.0f g", l.Number(m.Energy().Kcal()), m.Protein.Grams(), m.Fat.Grams(), m.Carbs.Grams())
}

func newDayView(l message.Language, d plan.Day, pct int, list prep.List) dayView {
	v := dayView{Name: l.Weekday(d.Date), Short: l.ShortDay(d.Date), Date: l.ShortDate(d.Date), Balanced: d.Balanced}
	for m, s := range d.Meals {
		mv := mealView{Slot: message.Capital(l.Word(recipe.Meals[m].String())), Empty: "–"}
		if slices.Contains(d.Missing, recipe.Meals[m]) {
			mv.Empty = l.Say("missing: nothing in your library fits")
		}
		if s != nil {
			mv.Empty = ""
			mv.Name, mv.Portion, mv.Note = s.Name, l.Word(s.Servings.String())+"×", mealNote(l, s, plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}, list)
		}
		v.Meals = append(v.Meals, mv)
	}
	if !d.Planned() {
		return v
	}
	kcalIn := math.Abs(d.Actual.Energy().Kcal()-d.Target.Energy().Kcal())*100 <= d.Target.Energy().Kcal()*float64(pct)
	v.Bars = []barView{
		newBar(l, "kcal", figures{d.Actual.Energy().Kcal(), d.Target.Energy().Kcal(), "", kcalIn}),
		newBar(l, l.Say("Protein"), figures{d.Actual.Protein.Grams(), d.Target.Protein.Grams(), " g", inOne(d.Actual.Protein, d.Target.Protein, pct)}),
		newBar(l, l.Say("Fat"), figures{d.Actual.Fat.Grams(), d.Target.Fat.Grams(), " g", inOne(d.Actual.Fat, d.Target.Fat, pct)}),
		newBar(l, l.Say("Carbs"), figures{d.Actual.Carbs.Grams(), d.Target.Carbs.Grams(), " g", inOne(d.Actual.Carbs, d.Target.Carbs, pct)}),
	}
	return v
}

func inOne(a, t nutrition.Mass, pct int) bool {
	return plan.InBand(nutrition.Macros{Protein: a}, nutrition.Macros{Protein: t}, pct)
}

// figures are what a bar shows: an amount beside its target.
type figures struct {
	actual, target float64
	unit           string
	in             bool // the band
}

func newBar(l message.Language, label string, f figures) barView {
	const full = 1.25 // of the target fills the bar
	fill := 100
	if f.target > 0 {
		fill = int(math.Round(100 * min(f.actual/f.target, full) / full))
	}
	return barView{
		Label: label, Actual: l.Number(f.actual) + f.unit, Target: l.Number(f.target) + f.unit,
		Off: offBy(l, f.actual, f.target), Fill: max(fill, 1), Rest: max(100-fill, 0), In: f.in,
	}
}

// offBy is the distance from the target in per cent.
func offBy(l message.Language, actual, target float64) string {
	if target == 0 {
		return l.Say("no target")
	}
	switch pct := int(math.Round(100 * (actual - target) / target)); {
	case pct > 0:
		return "+" + strconv.Itoa(pct) + " %"
	case pct < 0:
		return "−" + strconv.Itoa(-pct) + " %"
	default:
		return "±0 %"
	}
}

func mealNote(l message.Language, s *plan.Serving, at plan.Slot, list prep.List) string {
	var parts []string
	switch s.Source {
	case plan.Locked:
		parts = append(parts, "🔒 "+l.Say("locked"))
	case plan.Travel:
		parts = append(parts, l.Say("travel day"))
	case plan.Chosen:
	}
	if cooked, ok := cookedOn(list, s.Recipe, at.Date, at.Meal); ok && cooked != at.Date {
		parts = append(parts, "↻ "+l.Say("cooked %v", cooked.Weekday()))
		if frozen(list, s.Recipe, at) {
			parts = append(parts, l.Say("from the freezer"))
		}
	} else if s.Minutes > 0 {
		parts = append(parts, message.Minutes(s.Minutes).In(l))
	}
	if s.Estimated {
		parts = append(parts, "≈ "+l.Say("estimated"))
	}
	return strings.Join(parts, " · ")
}

// frozen reports whether a meal comes from the freezer.
func frozen(list prep.List, id recipe.ID, at plan.Slot) bool {
	e := prep.Eaten{Date: at.Date, Meal: at.Meal}
	return slices.ContainsFunc(list.Batches, func(b prep.Batch) bool {
		return b.Recipe == id && slices.Contains(b.Eaten, e) && b.Freezes(e)
	})
}

func cookedOn(list prep.List, id recipe.ID, date calendar.Date, m recipe.Meal) (calendar.Date, bool) {
	for _, b := range list.Batches {
		for _, e := range b.Eaten {
			if b.Recipe == id && e.Date == date && e.Meal == m {
				return b.Cook, true
			}
		}
	}
	return 0, false
}

func cookText(l message.Language, b prep.Batch) string {
	var days []string
	for _, e := range b.Eaten {
		days = append(days, l.ShortDay(e.Date)+" "+l.Word(e.Meal.String()))
	}
	text := l.Say("%v servings for %s", b.Servings, strings.Join(days, ", "))
	if b.Minutes > 0 {
		text += " (" + message.Minutes(b.Minutes).In(l) + ")"
	}
	for _, s := range b.Storage() {
		text = strings.TrimSuffix(text, ".") + ". " + s.In(l)
	}
	return text
}

func reason(l message.Language, r plan.Reason) string {
	switch r.Code {
	case "macro_out_of_band":
		macro := l.Word(strings.TrimSuffix(r.Macro, "_g"))
		text := l.Say("%s: %.0f g too little %s.", l.Weekday(r.Date), r.Short.Grams(), macro)
		if r.Short < 0 {
			text = l.Say("%s: %.0f g too much %s.", l.Weekday(r.Date), -r.Short.Grams(), macro)
		}
		if r.Remedy != nil {
			text += " " + l.Say("A %s with about %.0f g protein, %.0f g fat and %.0f g carbs a serving would fix it.",
				l.Word(r.RemedyMeal), r.Remedy.Protein.Grams(), r.Remedy.Fat.Grams(), r.Remedy.Carbs.Grams())
		}
		return text
	case "count_missed":
		return l.Say("Your rule %q could not be kept: this week has %d.", r.Rule, r.Have)
	case "recipe_repeated":
		return l.Say("%s %s is a dish you just had; no other fits.", l.Weekday(r.Date), l.Word(r.Meal))
	case "rotation_relaxed":
		return l.Say("%s %s comes back %d days before your rotation is over; the library has too few recipes for this meal.", l.Weekday(r.Date), l.Word(r.Meal), r.DaysMissing)
	default:
		return ""
	}
}
