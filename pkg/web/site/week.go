package site

import (
	"crypto/rand"
	"math"
	"net/http"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// weekPage is a week with what can be done to it.
type weekPage struct {
	Week     calendar.Date
	Prev     calendar.Date
	Next     calendar.Date
	This     calendar.Date
	Plan     *plan.Week // nil: nothing is planned
	Version  string
	Once     string // names the page's next command, so that it is carried out once
	Days     []dayView
	Warnings []message.Text // about health
	Notes    []message.Text // other
	People   int
	Over     bool
	Variants []button
	CanPlan  bool       // there is no plan, and one can be made
	Skipped  bool       // what is left of the week is
	Idle     bool       // the running week, before this one, has no plan, and one can be made
	Kept     []keptView // of a week that is not planned yet
}

// keptView is a dish that somebody chose for a week that is not planned yet.
type keptView struct {
	Slot   plan.Slot
	Name   string
	Unlock string // the command
}

type dayView struct {
	Date    calendar.Date
	Today   bool
	Planned bool
	In      bool
	Over    bool
	Replan  *button // nil: nothing can be replanned
	Meals   []mealView
	Bars    []bar
	Sum     string // what the bars say, in a line
}

type mealView struct {
	Date    calendar.Date
	Meal    recipe.Meal
	Serving *plan.Serving
	Picture string // its path; "": there is none
	Missing bool
	Empty   message.Text // what stands there without a dish
	Notes   []message.Text
	Buttons []button
}

// button sends a command, or first shows what it would do.
type button struct {
	Label   message.Text
	Command string
	Preview bool
}

// bar is a macro beside its target.
type bar struct {
	Label, Off     message.Text
	Actual, Target string
	Percent        int // of the target, at most 100
	In             bool
}

func (s *Site) thisWeek(w http.ResponseWriter, r *http.Request, id string) error {
	return s.thisWeekOf(w, r, id, "/week/")
}

// thisWeekOf leads to the page of the current week, or of a new user's first.
func (s *Site) thisWeekOf(w http.ResponseWriter, r *http.Request, id, path string) error {
	today, err := s.today(r, id)
	if err != nil {
		return err
	}
	week := today.Monday()
	if planned, err := s.Plans.Between(r.Context(), id, week, week+7); err != nil {
		return err
	} else if len(planned) == 1 && planned[0].Week.WeekOf > week {
		week = planned[0].Week.WeekOf
	}
	http.Redirect(w, r, s.at(path+week.String()), http.StatusSeeOther)
	return nil
}

// today is the date on the user's clock.
func (s *Site) today(r *http.Request, id string) (calendar.Date, error) {
	u, err := s.visitor(r, id)
	if err != nil {
		return 0, err
	}
	zone, err := u.Location()
	if err != nil {
		return 0, fault.Wrap(fault.InvalidInput, "user", err)
	}
	return calendar.On(s.now().In(zone)), nil
}

// weekOf reads the Monday in the address.
func weekOf(r *http.Request) (calendar.Date, error) {
	week, err := calendar.Parse(r.PathValue("week"))
	if err != nil || week != week.Monday() {
		return 0, fault.New(fault.NotFound, "week", "%q is not the Monday of a week", r.PathValue("week"))
	}
	return week, nil
}

func (s *Site) week(w http.ResponseWriter, r *http.Request, id string) error {
	week, err := weekOf(r)
	if err != nil {
		return err
	}
	page := weekPage{Week: week, Prev: week - 7, Next: week + 7}
	today, err := s.today(r, id)
	if err != nil {
		return err
	}
	page.This, page.Over = today.Monday(), week+6 < today
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	v := view{file: "week.html", title: message.Textf("Week of %v", spoken(r).DateFrom(page.This, week)), nav: "week"}
	stored, err := s.Plans.Get(r.Context(), id, week)
	switch {
	case fault.KindOf(err) == fault.NotFound:
		if page.CanPlan, page.Skipped, err = s.plannable(r, u, week); err != nil {
			return err
		}
		if page.Kept, err = s.kept(r, id, week); err != nil {
			return err
		}
		v.data = page
		return s.show(w, r, v)
	case err != nil:
		return err
	}
	if page.Idle, err = s.idle(r, u, week, page.This); err != nil {
		return err
	}
	wishes, err := s.wishesFor(r, id, *stored)
	if err != nil {
		return err
	}
	page.fill(*stored, today, wishes, spoken(r))
	if err := s.illustrate(r.Context(), id, &page); err != nil {
		return err
	}
	v.data = page
	return s.show(w, r, v)
}

// plannable reports whether a week without a plan can be planned, or whether all that is left of it
// is skipped.
func (s *Site) plannable(r *http.Request, u user.User, week calendar.Date) (can, skipped bool, err error) {
	_, err = s.Commands.FirstMeal(r.Context(), u, week)
	if err == nil || fault.KindOf(err) != fault.InvalidInput {
		return err == nil, false, err
	}
	_, over := planner.FirstMeal(u, week, s.now())
	return false, over == nil, nil
}

// idle reports whether the running week has no plan, though something is left of it, and the page
// shows the one after it.
func (s *Site) idle(r *http.Request, u user.User, week, this calendar.Date) (bool, error) {
	if week != this+7 {
		return false, nil
	}
	if planned, err := s.Plans.Between(r.Context(), u.ID, this, this); err != nil || len(planned) > 0 {
		return false, err
	}
	can, _, err := s.plannable(r, u, this)
	return can, err
}

// wishesFor are those for a week, read only if one of its meals is empty.
func (s *Site) wishesFor(r *http.Request, id string, stored plan.Plan) (plan.Wishes, error) {
	if !slices.ContainsFunc(stored.Week.Days[:], func(d plan.Day) bool { return slices.Contains(d.Meals[:], nil) }) {
		return plan.Wishes{}, nil
	}
	return s.Commands.Wishes(r.Context(), id, stored.Week.WeekOf)
}

// kept are the dishes that were chosen for a week that is not planned yet.
func (s *Site) kept(r *http.Request, id string, week calendar.Date) ([]keptView, error) {
	wishes, err := s.Commands.Wishes(r.Context(), id, week)
	if err != nil || len(wishes.Locks) == 0 {
		return nil, err
	}
	recipes, err := s.recipesOf(r, id)
	if err != nil {
		return nil, err
	}
	var out []keptView
	for _, l := range wishes.Locks {
		c := command.Command{Verb: command.Unlock, Days: []calendar.Date{l.Date}, Meal: &l.Meal}
		out = append(out, keptView{l.Slot, recipes[l.Recipe].Name, c.String()})
	}
	return out, nil
}

func (p *weekPage) fill(stored plan.Plan, today calendar.Date, wishes plan.Wishes, l message.Language) {
	w := stored.Week
	p.Plan, p.Version, p.Once, p.People = &w, w.Version(), rand.Text(), w.People
	for _, n := range w.Notes {
		if plan.Warns(n) {
			p.Warnings = append(p.Warnings, n)
		} else {
			p.Notes = append(p.Notes, n)
		}
	}
	var free []string // commands that plan days again
	for _, d := range w.Days {
		v := dayView{Date: d.Date, Today: d.Date == today, Planned: d.Planned(), In: d.Balanced, Over: d.Date < today}
		var skipped []recipe.Meal
		for m, sv := range d.Meals {
			slot := plan.Slot{Date: d.Date, Meal: recipe.Meals[m]}
			left := wishes.Skipped(slot)
			if left {
				skipped = append(skipped, slot.Meal)
			}
			mv := mealView{Date: d.Date, Meal: slot.Meal, Serving: sv, Missing: slices.Contains(d.Missing, slot.Meal), Empty: emptied(w, slot, left), Buttons: buttons(d, slot.Meal, left, today)}
			if sv != nil {
				mv.Notes = notes(stored, d.Date, slot.Meal, sv)
			}
			v.Meals = append(v.Meals, mv)
		}
		switch {
		case len(skipped) > 1 && !v.Planned && !v.Over:
			v.Replan = &button{message.Textf("Plan the day"), command.Command{Verb: command.Unskip, Days: []calendar.Date{d.Date}}.String(), true}
			free = append(free, v.Replan.Command)
		case v.Planned && d.Date > today:
			v.Replan = &button{message.Textf("Replan the day"), command.Command{Verb: command.Regenerate, Days: []calendar.Date{d.Date}}.String(), true}
		}
		if v.Planned {
			v.Bars = bars(d, w.TolerancePct, l)
			v.Sum = inLine(d.Actual, l)
		}
		p.Days = append(p.Days, v)
	}
	p.Variants = []button{
		{message.Textf("Replan the week"), command.Command{Verb: command.Regenerate, All: true}.String(), true},
		{message.Textf("Replan with more variety"), command.Command{Verb: command.Regenerate, All: true, Variety: true}.String(), true},
	}
	if len(free) > 0 {
		p.Variants = append([]button{{message.Textf("Plan the free days"), strings.Join(free, "; "), true}}, p.Variants...)
	}
}

// emptied says why a slot holds no dish.
func emptied(w plan.Week, slot plan.Slot, skipped bool) message.Text {
	switch {
	case skipped:
		return message.Textf("skipped")
	case w.Missing(slot):
		return message.Textf("nothing in your library fits")
	case slot.Before(w.Begins):
		return message.Textf("over when the week was planned")
	default:
		return message.Textf("not planned, as your settings say")
	}
}

// buttons are what can be done to a meal.
func buttons(d plan.Day, meal recipe.Meal, skipped bool, today calendar.Date) []button {
	over, sv := d.Date < today, d.Meals[meal]
	at := func(label message.Text, v command.Verb, preview bool) button {
		return button{label, command.Command{Verb: v, Days: []calendar.Date{d.Date}, Meal: &meal}.String(), preview}
	}
	eaten, skip := at(message.Textf("Eaten"), command.Ate, false), at(message.Textf("Skip"), command.Skip, true)
	switch {
	case over && sv != nil:
		return []button{eaten}
	case over:
		return nil
	case slices.Contains(d.Missing, meal):
		return []button{at(message.Textf("Try again"), command.Adjust, true), skip}
	case skipped:
		return []button{at(message.Textf("Plan it again"), command.Unskip, true)}
	case sv == nil:
		return nil
	}
	out := []button{at(message.Textf("Lock"), command.Lock, false), at(message.Textf("Surprise me"), command.Adjust, true), skip}
	if sv.Source == plan.Locked {
		out = []button{at(message.Textf("Unlock"), command.Unlock, false), at(message.Textf("Unlock and skip"), command.Skip, true)}
	}
	if d.Date == today {
		out = append(out, eaten)
	}
	return out
}

// notes say of a meal how long it takes, or when it was cooked.
func notes(stored plan.Plan, date calendar.Date, meal recipe.Meal, sv *plan.Serving) []message.Text {
	var out []message.Text
	switch sv.Source {
	case plan.Locked:
		out = append(out, message.Textf("locked"))
	case plan.Travel:
		out = append(out, message.Textf("quick dish"))
	case plan.Chosen:
	}
	cooked, servings, frozen := date, nutrition.Servings(0), false
	for _, b := range stored.Prep.Batches {
		if b.Recipe != sv.Recipe {
			continue
		}
		for _, e := range b.Eaten {
			if e.Date == date && e.Meal == meal {
				cooked, frozen = b.Cook, b.Freezes(e)
				if b.Leftovers() && b.Cook == date {
					servings = b.Servings
				}
			}
		}
	}
	switch {
	case cooked != date:
		out = append(out, message.Textf("cooked %v", cooked.Weekday()))
		if frozen {
			out = append(out, message.Textf("from the freezer"))
		}
	case sv.Minutes > 0:
		out = append(out, message.Textf("%v", message.Minutes(sv.Minutes)))
	}
	if sv.Guests > 0 {
		out = append(out, message.Counted(sv.Guests, "%d guest", "%d guests"))
	}
	if servings > 0 {
		out = append(out, message.Textf("cook %v servings", servings))
	}
	if sv.Estimated {
		out = append(out, message.Textf("estimated"))
	}
	return out
}

// inLine says figures in a line.
func inLine(a nutrition.Macros, l message.Language) string {
	return l.Say("%v kcal: protein %v, fat %v, carbs %v g", l.Number(a.Energy().Kcal()), l.Number(a.Protein.Grams()), l.Number(a.Fat.Grams()), l.Number(a.Carbs.Grams()))
}

func bars(d plan.Day, pct int, l message.Language) []bar {
	one := func(label message.Text, actual, target float64, unit string, in bool) bar {
		const most = 100
		percent, off := 0, message.Textf("no target")
		if target > 0 {
			percent = int(math.Round(100 * actual / target))
			off = message.Textf("%+d %%", percent-100)
		}
		return bar{label, off, l.Number(actual) + unit, l.Number(target) + unit, min(percent, most), in}
	}
	in := func(a, t nutrition.Mass) bool {
		return plan.InBand(nutrition.Macros{Protein: a}, nutrition.Macros{Protein: t}, pct)
	}
	energy, aim := d.Actual.Energy().Kcal(), d.Target.Energy().Kcal()
	return []bar{
		one(message.Textf("Energy"), energy, aim, " kcal", math.Abs(energy-aim)*100 <= aim*float64(pct)),
		one(message.Textf("Protein"), d.Actual.Protein.Grams(), d.Target.Protein.Grams(), " g", in(d.Actual.Protein, d.Target.Protein)),
		one(message.Textf("Fat"), d.Actual.Fat.Grams(), d.Target.Fat.Grams(), " g", in(d.Actual.Fat, d.Target.Fat)),
		one(message.Textf("Carbs"), d.Actual.Carbs.Grams(), d.Target.Carbs.Grams(), " g", in(d.Actual.Carbs, d.Target.Carbs)),
	}
}

// slotOf reads the date and the meal in the address.
func slotOf(r *http.Request) (plan.Slot, error) {
	date, err := calendar.Parse(r.PathValue("date"))
	if err != nil {
		return plan.Slot{}, fault.New(fault.NotFound, "meal", "%q is no date", r.PathValue("date"))
	}
	meal, err := recipe.ParseMeal(r.PathValue("meal"))
	if err != nil {
		return plan.Slot{}, fault.Wrap(fault.NotFound, "meal", err)
	}
	return plan.Slot{Date: date, Meal: meal}, nil
}
