package insight

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Period is what the trends look at: whole weeks up to and including Last.
type Period struct {
	Last       calendar.Date
	Days       int // a multiple of 7, usually 28
	Target     nutrition.Macros
	Eaten      []Eaten     // days outside the period are left out
	Plans      []plan.Week // of the period; older ones only bound how far a target may have fallen
	Connected  bool        // a diary is connected
	Supervised bool        // a doctor follows the diet: no floors, no proposals
	Body       *targets.Body
}

// Trends is what the period tells. Every figure of what was eaten is over logged days only.
type Trends struct {
	First, Last  calendar.Date
	Connected    bool
	Days, Logged int
	Short        bool  // the average is far too small: nothing of it is a success
	Average      []Row // energy, protein, fat, carbs at ±15 %; nil with fewer than 3 logged days
	Patterns     []Pattern
	Adherent     int   // logged days within ±10 % in energy and all macros, and not far too small
	Best, Worst  *Date // by [Date.Gap]; Best is never a day that is far too small
	Weeks        []Week
	Planned      Planned
	Warnings     []message.Text
	Proposal     *Proposal // at most one change, nil when there is nothing sensible to change
}

// Pattern is a nutrient whose average lies more than 15 % off its target.
type Pattern struct {
	Nutrient Nutrient
	Status   Status // Under or Over
	Days     int    // logged days that are off by more than 15 % in the same direction
}

// Code returns the pattern's name: protein_deficiency, calorie_surplus and so on.
func (p Pattern) Code() string {
	switch {
	case p.Nutrient == Energy && p.Status == Under:
		return "calorie_deficit"
	case p.Nutrient == Energy:
		return "calorie_surplus"
	case p.Nutrient == Carbs && p.Status == Under:
		return "carb_deficiency"
	case p.Nutrient == Carbs:
		return "carb_overage"
	case p.Status == Under:
		return p.Nutrient.String() + "_deficiency"
	default:
		return p.Nutrient.String() + "_overage"
	}
}

// Date is a logged day of the period.
type Date struct {
	Date calendar.Date
	Rows []Row // at ±10 %
	// Gap is the sum over protein, fat and carbs of the distance from the target as a share
	// of it: 0.3 for three macros 10 % off. Grams and kilocalories added up would let energy
	// decide alone, since it has the largest numbers and holds every macro a second time.
	Gap float64
}

// Week is a week of the period; it begins on any day of the week.
type Week struct {
	First   calendar.Date
	Logged  int
	Average []Row // at ±15 %; nil when nothing is logged
}

// Planned is what the plans of the period hold.
type Planned struct {
	Days, OnTarget, Meals int // days with at least one meal, those of them in band, and meals
}

// Review looks back at a period.
func Review(p Period) Trends {
	first := p.Last - calendar.Date(p.Days) + 1
	t := Trends{First: first, Last: p.Last, Connected: p.Connected, Days: p.Days, Planned: planned(p.Plans, first, p.Last)}
	if !p.Connected {
		return t
	}
	days := logged(p.Eaten, first, p.Last)
	t.Logged = len(days)
	for week := first; week+6 <= p.Last; week += 7 {
		w := Week{First: week}
		if in := logged(days, week, week+6); len(in) > 0 {
			w.Logged, w.Average = len(in), rows(average(in), p.Target, trendBand)
		}
		t.Weeks = append(t.Weeks, w)
	}
	limits := limitsOf(p.Body, p.Supervised)
	t.Adherent, t.Best, t.Worst = compare(days, p.Target, limits)
	if len(days) < fewestDays {
		return t
	}
	mean := average(days)
	t.Average = rows(mean, p.Target, trendBand)
	t.Patterns = patterns(t.Average, days, p.Target)
	if why := limits.short(mean.Energy, p.Target); !why.Empty() {
		t.Short = true
		t.Warnings = append(t.Warnings, message.Textf("The logged days hold %v a day on average, %v. Either meals are missing from the log, or you eat too little. If it is the latter, talk to %v.",
			kcal(mean.Energy), why, limits.helper()))
	}
	t.Proposal = propose(p, t, mean.Energy)
	return t
}

// compare counts the days close to the target and finds the closest and the farthest; of
// equals it takes the earlier one.
func compare(days []Eaten, target nutrition.Macros, l limits) (adherent int, best, worst *Date) {
	for _, e := range days {
		d := &Date{Date: e.Date, Rows: rows(e, target, dayBand)}
		for _, r := range d.Rows[Protein:] {
			d.Gap += share(r)
		}
		short := !l.short(e.Energy, target).Empty()
		if !short && allOnTrack(d.Rows) {
			adherent++
		}
		if !short && (best == nil || d.Gap < best.Gap) {
			best = d
		}
		if worst == nil || d.Gap > worst.Gap {
			worst = d
		}
	}
	if worst == best {
		worst = nil
	}
	return adherent, best, worst
}

func patterns(average []Row, days []Eaten, target nutrition.Macros) []Pattern {
	var out []Pattern
	for _, r := range average {
		if r.Status == OnTrack {
			continue
		}
		p := Pattern{Nutrient: r.Nutrient, Status: r.Status}
		for _, d := range days {
			if rows(d, target, trendBand)[r.Nutrient].Status == r.Status {
				p.Days++
			}
		}
		out = append(out, p)
	}
	return out
}

// planned counts every date of the period once, though a week may come twice.
func planned(weeks []plan.Week, first, last calendar.Date) Planned {
	var out Planned
	var seen []calendar.Date
	for _, w := range weeks {
		for _, d := range w.Days {
			meals := len(dishes(&d))
			if d.Date < first || d.Date > last || !d.Planned() || slices.Contains(seen, d.Date) {
				continue
			}
			seen = append(seen, d.Date)
			out.Days++
			out.Meals += meals
			if d.Balanced {
				out.OnTarget++
			}
		}
	}
	return out
}
