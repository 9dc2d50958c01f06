package insight

import (
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/prep"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Today is what the advisor knows at 20:00.
type Today struct {
	Date            calendar.Date
	Target          nutrition.Macros // the day's
	Eaten           *Eaten           // nil: nothing is logged, or no diary is connected
	Connected       bool             // a diary is connected
	Planned         *plan.Day        // nil: there is no plan for the day
	Tomorrow        *plan.Day
	TomorrowCooking []string       // names of the dishes to cook tomorrow
	Thawing         []prep.Portion // of tomorrow's meals, which leave the freezer tonight
	Recent          []Eaten        // the 7 days before Date; others are left out
	Supervised      bool           // a doctor follows the diet: the floors do not hold
	Body            *targets.Body
}

// Advice is what the advisor says about a day.
type Advice struct {
	Date              calendar.Date
	Connected, Logged bool
	Short             bool   // far too little is logged: nothing of the day is a success
	Rows              []Row  // energy, protein, fat, carbs at ±10 %; nil when nothing is logged
	Missing           []Dish // planned, not logged; empty when that is not known
	Warnings          []message.Text
	Insights          []message.Text
	Suggestion        message.Text
	Average           []Row // of the logged days of the week before; nil with fewer than 3
	AverageDays       int
	Tomorrow          []Dish
	Cooking           []string       // names of the dishes to cook tomorrow
	Thawing           []prep.Portion // of tomorrow's meals, which leave the freezer tonight
}

// Dish is a planned meal.
type Dish struct {
	Meal   recipe.Meal
	Name   string
	Energy nutrition.Energy // of the planned portion
}

// Advise sums a day up.
func Advise(t Today) Advice {
	a := Advice{Date: t.Date, Connected: t.Connected, Tomorrow: dishes(t.Tomorrow), Cooking: t.TomorrowCooking, Thawing: t.Thawing}
	limits := limitsOf(t.Body, t.Supervised)
	if !t.Connected {
		a.Insights = []message.Text{message.Textf("No food diary is connected, so nothing is known about what you ate today.")}
		a.Suggestion = message.Textf("Connect your FatSecret diary to see here how a day went: ask whoever runs this service for your personal link.")
		return a
	}
	if recent := logged(t.Recent, t.Date-7, t.Date-1); len(recent) >= fewestDays {
		mean := average(recent)
		a.Average, a.AverageDays = rows(mean, t.Target, dayBand), len(recent)
		if why := limits.short(mean.Energy, t.Target); !why.Empty() {
			a.Warnings = append(a.Warnings, message.Textf("The %d days logged in the week before hold %v a day on average, %v. If nothing is missing from the log, talk to %v.",
				len(recent), kcal(mean.Energy), why, limits.helper()))
		}
	}
	if t.Eaten == nil || t.Eaten.Energy <= 0 {
		a.Missing = dishes(t.Planned)
		a.Insights = []message.Text{message.Textf("Nothing is logged today. That says nothing about what you ate.")}
		a.Suggestion = message.Textf("Log today while you remember it, even roughly.")
		return a
	}
	eaten := *t.Eaten
	a.Logged, a.Rows = true, rows(eaten, t.Target, dayBand)
	if eaten.Meals != nil {
		a.Missing = slices.DeleteFunc(dishes(t.Planned), func(d Dish) bool { return slices.Contains(eaten.Meals, d.Meal) })
	}
	why := limits.short(eaten.Energy, t.Target)
	if a.Short = !why.Empty(); a.Short {
		a.Warnings = slices.Insert(a.Warnings, 0, shortDay(eaten, why, a.Missing))
	}
	a.Insights = insights(a, eaten, t.Target)
	a.Suggestion = suggestion(a)
	return a
}

func dishes(d *plan.Day) []Dish {
	var out []Dish
	if d == nil {
		return nil
	}
	for m, s := range d.Meals {
		if s != nil {
			out = append(out, Dish{recipe.Meals[m], s.Name, s.PerServing.Scale(s.Servings).Energy()})
		}
	}
	return out
}

// mealsOf renders "lunch and dinner".
func mealsOf(dishes []Dish) message.Text {
	names := make([]message.Text, len(dishes))
	for i, d := range dishes {
		names[i] = message.Textf("%v", d.Meal)
	}
	if last := len(names) - 1; last > 0 {
		return message.Textf("%v and %v", message.List(names[:last]...), names[last])
	}
	return message.List(names...)
}

func shortDay(e Eaten, why message.Text, missing []Dish) message.Text {
	text := message.Textf("Only %v are logged today, %v.", kcal(e.Energy), why)
	if len(missing) > 0 {
		return message.Joined(text, message.Textf("The log has no %v: if that is still to come, have it; if you had it, log it.", mealsOf(missing)))
	}
	return message.Joined(text, message.Textf("If that is all you ate, have something more this evening. So small a day is nothing to aim for."))
}

// insights puts into words what the rows alone do not show.
func insights(a Advice, e Eaten, target nutrition.Macros) []message.Text {
	var out []message.Text
	if len(a.Missing) > 0 {
		sum := e.Energy
		for _, d := range a.Missing {
			sum += d.Energy
		}
		out = append(out, message.Textf("With %v as planned, today comes to %v of %v.", mealsOf(a.Missing), kcal(sum), kcal(target.Energy())))
	} else if !a.Short && allOnTrack(a.Rows) {
		out = append(out, message.Textf("Energy and all three macros are within ±10 %% of your target."))
	}
	if stated, added := e.Energy.Kcal(), e.Macros.Energy().Kcal(); math.Abs(stated-added) > 0.15*stated {
		out = append(out, message.Textf("The log states %v, its macros add up to %v: a figure may be missing, or it was alcohol.", kcal(e.Energy), kcal(e.Macros.Energy())))
	}
	return out
}

// suggestion is the one thing to do. It names no food but planned dishes, which are free of
// the user's allergens, and never tells anybody to eat less.
func suggestion(a Advice) message.Text {
	energy := a.Rows[Energy]
	macro := Furthest(a.Rows[Protein:])
	open := len(a.Missing) - 1
	switch {
	case energy.Status == Under && open >= 0 && a.Missing[open].Meal == recipe.Dinner:
		return message.Textf("Have dinner as planned: %s.", a.Missing[open].Name)
	case energy.Status == Under && open >= 0:
		return message.Textf("Log %v if you had it; otherwise have something more this evening.", mealsOf(a.Missing))
	case energy.Status == Under:
		return message.Textf("About %v are missing to your target: a further helping this evening is in order.", amount(Energy, energy.Difference()))
	case energy.Status == Over:
		return message.Textf("There is nothing to make up for: eat tomorrow as on any other day.")
	case a.Short:
		return message.Textf("Look at your target once more: it is lower than most people need.")
	case macro == nil:
		return message.Textf("Nothing needs to change.")
	case macro.Status == Under:
		return message.Textf("Tomorrow, mind the %v: today lacked %v.", macro.Nutrient, amount(macro.Nutrient, macro.Difference()))
	default:
		return message.Textf("One day off in a macro matters little: eat tomorrow as on any other day.")
	}
}

// Furthest returns the row off its target that is furthest off, as a share of the target;
// nil when all are on track.
func Furthest(rows []Row) *Row {
	var out *Row
	for i, r := range rows {
		if r.Status != OnTrack && (out == nil || share(r) > share(*out)) {
			out = &rows[i]
		}
	}
	return out
}

// share is the distance from the target as a share of it; any amount is 1 off a target of 0.
func share(r Row) float64 {
	switch {
	case r.Actual == r.Target:
		return 0
	case r.Target == 0:
		return 1
	}
	return math.Abs(r.Difference().Float()) / r.Target.Float()
}
