package mailer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
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
	Problems, Notes                   []string
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
	w := s.Week
	week := strings.TrimLeft(w.WeekOf.Week()[5:], "0")
	items := s.Groceries.Lines()
	planDay, _ := u.Settings.PlanTime()
	v := weekView{
		PlanDay: planDay.String(),
		Name:    u.Name, Week: week, Range: dateRange(w.WeekOf), ItemCount: counted(items, "item"), People: w.People,
		Balanced: w.Status == plan.Balanced, Proven: w.Optimal,
		Target: macrosLine(w.Target), TargetSource: targetSource(w), Notes: w.Notes,
		Subject: fmt.Sprintf("Week %s: %s, %s on target, shop for %s", week, counted(w.Meals(), "meal"), daysOnTarget(w), counted(items, "item")),
	}
	v.Preheader = preheader(w)
	v.Verdict = verdict(w)
	if slices.Contains(w.Notes, plan.OutdatedNote) {
		v.Verdict, v.Balanced = plan.OutdatedNote, false
	}
	for _, d := range w.Days {
		v.Days = append(v.Days, newDayView(d, w.TolerancePct, s.Prep))
	}
	for _, r := range w.Reasons {
		if text := reason(r); text != "" {
			v.Problems = append(v.Problems, text)
		}
	}
	for _, b := range s.Prep.Batches {
		if b.Leftovers() {
			v.Cooking = append(v.Cooking, cookView{day(b.Cook), b.Name, cookText(b)})
		}
	}
	for _, sec := range s.Groceries.Sections {
		sv := sectionView{Name: sec.Name}
		for _, l := range sec.Lines {
			sv.Lines = append(sv.Lines, lineView{l.Name, l.Buy})
		}
		v.Sections = append(v.Sections, sv)
	}
	var pantry []string
	for _, l := range s.Groceries.Pantry {
		pantry = append(pantry, strings.TrimSpace(l.Name+" "+l.Buy))
	}
	v.Pantry = strings.Join(pantry, ", ")
	return v
}

func dateRange(monday calendar.Date) string { return span(monday, monday+6) }

// span renders the days from first to last.
func span(first, last calendar.Date) string {
	a, b := first.Time(), last.Time()
	switch {
	case a.Year() != b.Year():
		return a.Format("2 January 2006") + " – " + b.Format("2 January 2006")
	case a.Month() != b.Month():
		return a.Format("2 January") + " – " + b.Format("2 January 2006")
	default:
		return a.Format("2") + " – " + b.Format("2 January 2006")
	}
}

func day(d calendar.Date) string { return d.Weekday().String() }

// counted joins a number and its noun.
func counted(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// preheader names the meals of the first day that has any; inboxes show it after the subject.
func preheader(w plan.Week) string {
	for _, d := range w.Days {
		var names []string
		for _, s := range d.Meals {
			if s != nil {
				names = append(names, s.Name)
			}
		}
		if len(names) > 0 {
			return day(d.Date) + ": " + strings.Join(names, ", ") + "."
		}
	}
	return "No meals are planned."
}

// daysOnTarget says how many of the days that have meals are in band.
func daysOnTarget(w plan.Week) string {
	in, planned := 0, 0
	for _, d := range w.Days {
		if !d.Planned() {
			continue
		}
		planned++
		if d.Balanced {
			in++
		}
	}
	return fmt.Sprintf("%d of %s", in, counted(planned, "day"))
}

func verdict(w plan.Week) string {
	band := fmt.Sprintf("within ±%d %% of your targets", w.TolerancePct)
	switch {
	case !slices.ContainsFunc(w.Days[:], plan.Day.Planned):
		return "You skipped every meal of this week."
	case w.Status == plan.Balanced && w.Optimal:
		return "Every day is " + band + ", and no better week exists with your recipes."
	case w.Status == plan.Balanced:
		return "Every day is " + band + "."
	case w.Optimal:
		return fmt.Sprintf("%s are %s. No week does better with your recipes and wishes; below is what is missing.", daysOnTarget(w), band)
	default:
		return fmt.Sprintf("%s are %s.", daysOnTarget(w), band)
	}
}

func targetSource(w plan.Week) string {
	s := map[targets.Source]string{
		targets.Set: "set by you", targets.Computed: "computed from your body figures", targets.Default: "our default",
	}[w.TargetSource]
	if w.Mode != "" {
		s += ", " + strings.ReplaceAll(string(w.Mode), "_", " ") + " this week"
	}
	return s
}

func macrosLine(m nutrition.Macros) string {
	return fmt.Sprintf("%s kcal · protein %.0f g · fat %.0f g · carbs %.0f g", thousands(m.Energy().Kcal()), m.Protein.Grams(), m.Fat.Grams(), m.Carbs.Grams())
}

func thousands(f float64) string {
	s := strconv.Itoa(int(math.Round(f)))
	if len(s) > 3 {
		s = s[:len(s)-3] + "," + s[len(s)-3:]
	}
	return s
}

func newDayView(d plan.Day, pct int, list prep.List) dayView {
	v := dayView{Name: day(d.Date), Short: day(d.Date)[:3], Date: d.Date.Time().Format("2 Jan"), Balanced: d.Balanced}
	for m, s := range d.Meals {
		slot := recipe.Meals[m].String()
		mv := mealView{Slot: capital(slot), Empty: "–"}
		if slices.Contains(d.Missing, recipe.Meals[m]) {
			mv.Empty = "missing: nothing in your library fits"
		}
		if s != nil {
			mv.Empty = ""
			mv.Name, mv.Portion, mv.Note = s.Name, s.Servings.String()+"×", mealNote(s, d.Date, recipe.Meals[m], list)
		}
		v.Meals = append(v.Meals, mv)
	}
	if !d.Planned() {
		return v
	}
	kcalIn := math.Abs(d.Actual.Energy().Kcal()-d.Target.Energy().Kcal())*100 <= d.Target.Energy().Kcal()*float64(pct)
	v.Bars = []barView{
		newBar("kcal", d.Actual.Energy().Kcal(), d.Target.Energy().Kcal(), "", kcalIn),
		newBar("Protein", d.Actual.Protein.Grams(), d.Target.Protein.Grams(), " g", inOne(d.Actual.Protein, d.Target.Protein, pct)),
		newBar("Fat", d.Actual.Fat.Grams(), d.Target.Fat.Grams(), " g", inOne(d.Actual.Fat, d.Target.Fat, pct)),
		newBar("Carbs", d.Actual.Carbs.Grams(), d.Target.Carbs.Grams(), " g", inOne(d.Actual.Carbs, d.Target.Carbs, pct)),
	}
	return v
}

func inOne(a, t nutrition.Mass, pct int) bool {
	return plan.InBand(nutrition.Macros{Protein: a}, nutrition.Macros{Protein: t}, pct)
}

func newBar(label string, actual, target float64, unit string, in bool) barView {
	const full = 1.25 // of the target fills the bar
	fill := 100
	if target > 0 {
		fill = int(math.Round(100 * min(actual/target, full) / full))
	}
	return barView{
		Label: label, Actual: thousands(actual) + unit, Target: thousands(target) + unit,
		Off: offBy(actual, target), Fill: max(fill, 1), Rest: max(100-fill, 0), In: in,
	}
}

// offBy is the distance from the target in per cent.
func offBy(actual, target float64) string {
	if target == 0 {
		return "no target"
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

func mealNote(s *plan.Serving, date calendar.Date, m recipe.Meal, list prep.List) string {
	var parts []string
	switch s.Source {
	case plan.Locked:
		parts = append(parts, "🔒 locked")
	case plan.Travel:
		parts = append(parts, "travel day")
	case plan.Chosen:
	}
	if cooked, ok := cookedOn(list, s.Recipe, date, m); ok && cooked != date {
		parts = append(parts, "↻ cooked "+day(cooked))
	} else if s.Minutes > 0 {
		parts = append(parts, duration(s.Minutes))
	}
	if s.Estimated {
		parts = append(parts, "≈ estimated")
	}
	return strings.Join(parts, " · ")
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

func duration(minutes int) string {
	h, m := minutes/60, minutes%60
	switch {
	case minutes < 120:
		return strconv.Itoa(minutes) + " min"
	case m == 0:
		return strconv.Itoa(h) + " h"
	default:
		return fmt.Sprintf("%d h %d min", h, m)
	}
}

func cookText(b prep.Batch) string {
	var days []string
	for _, e := range b.Eaten {
		days = append(days, day(e.Date)[:3]+" "+e.Meal.String())
	}
	text := fmt.Sprintf("%s servings for %s", b.Servings, strings.Join(days, ", "))
	if b.Minutes > 0 {
		text += " (" + duration(b.Minutes) + ")"
	}
	return text
}

func reason(r plan.Reason) string {
	switch r.Code {
	case "macro_out_of_band":
		macro := strings.TrimSuffix(r.Macro, "_g")
		text := fmt.Sprintf("%s: %.0f g %s too little", day(r.Date), r.Short.Grams(), macro)
		if r.Short < 0 {
			text = fmt.Sprintf("%s: %.0f g %s too much", day(r.Date), -r.Short.Grams(), macro)
		}
		if r.Remedy != nil {
			text += fmt.Sprintf(". A %s with about %.0f g protein, %.0f g fat and %.0f g carbs a serving would fix it",
				r.RemedyMeal, r.Remedy.Protein.Grams(), r.Remedy.Fat.Grams(), r.Remedy.Carbs.Grams())
		}
		return text + "."
	case "count_missed":
		return fmt.Sprintf("Your rule %q could not be kept: this week has %d.", r.Rule, r.Have)
	case "recipe_repeated":
		return fmt.Sprintf("%s %s is a dish you just had; no other fits.", day(r.Date), r.Meal)
	case "rotation_relaxed":
		return fmt.Sprintf("%s %s comes back %d days before your rotation is over; the library has too few recipes for this meal.", day(r.Date), r.Meal, r.DaysMissing)
	default:
		return ""
	}
}
