package insight

import (
	"cmp"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
)

// Values are an amount of each [Nutrient].
type Values [4]Amount

// Point is a day of a [Course].
type Point struct {
	Date     calendar.Date
	Target   Values  // of the plan, which leaves skipped meals out, else of a full day
	Band     int     // how far around it counts as on target, in per cent
	Planned  *Values // nil: nothing is planned
	OnTarget bool    // what is planned, as the plan itself says
	Eaten    *Values // nil: nothing is logged, which is not zero
	Near     bool    // what was eaten lies within ±10 % in energy and all macros, and is not too small
}

// CourseWeek is a week of a [Course], from Monday on.
type CourseWeek struct {
	First    calendar.Date
	Planned  int // days
	OnTarget int // of them
	Logged   int // days
	Near     int // of them
}

// Course is what was planned and eaten, day by day, over whole weeks.
type Course struct {
	First, Last calendar.Date
	Points      []Point // one for each day
	Weeks       []CourseWeek
	// Missed are the macros that the plans miss, that which they miss on most days first.
	Missed []Pattern
	// Strayed are energy and the macros by which logged days miss the target, in the same order.
	Strayed []Pattern
	// Floor is the energy below which no day is near the target, wherever that is; 0: none.
	Floor nutrition.Energy
	// Remedy describes the recipe that would have helped the newest plan that misses its target
	// most; nil: none is known.
	Remedy *plan.Reason
}

// Follow lays a period's plans and diary side by side. It ends on a Sunday.
func Follow(p Period) Course {
	first := p.Last - calendar.Date(p.Days) + 1
	c := Course{First: first, Last: p.Last, Missed: missed(p.Plans, first, p.Last)}
	days, limits := logged(p.Eaten, first, p.Last), limitsOf(p.Body, p.Supervised)
	c.Floor = limits.floor
	for d := first; d <= p.Last; d++ {
		at := Point{Date: d, Target: valuesOf(p.Target), Band: dayBand}
		goal := p.Target
		for _, w := range p.Plans {
			if n := int(d - w.WeekOf); n >= 0 && n < len(w.Days) && w.Days[n].Planned() {
				day := w.Days[n]
				planned := valuesOf(day.Actual)
				at.Planned, at.OnTarget, at.Band, at.Target, goal = &planned, day.Balanced, w.TolerancePct, valuesOf(day.Target), w.Goal(day)
			}
		}
		if i := slices.IndexFunc(days, func(e Eaten) bool { return e.Date == d }); i >= 0 {
			e := days[i]
			at.Eaten = &Values{Amount(e.Energy), Amount(e.Macros.Protein), Amount(e.Macros.Fat), Amount(e.Macros.Carbs)}
			lines := rows(e, goal, dayBand)
			at.Near = limits.short(e.Energy, goal).Empty() && allOnTrack(lines)
			c.Strayed = stray(c.Strayed, lines)
		}
		c.Points = append(c.Points, at)
	}
	for points := range slices.Chunk(c.Points, 7) {
		w := CourseWeek{First: points[0].Date}
		for _, at := range points {
			w.Planned += one(at.Planned != nil)
			w.OnTarget += one(at.OnTarget)
			w.Logged += one(at.Eaten != nil)
			w.Near += one(at.Near)
		}
		c.Weeks = append(c.Weeks, w)
	}
	newest := plan.Week{}
	for _, w := range p.Plans {
		i := slices.IndexFunc(w.Reasons, func(r plan.Reason) bool { return r.Remedy != nil })
		if i >= 0 && w.WeekOf+6 >= first && w.WeekOf > newest.WeekOf {
			newest, c.Remedy = w, &w.Reasons[i]
		}
	}
	return c
}

// missed counts, for each macro, the planned days that lie outside its band.
func missed(weeks []plan.Week, first, last calendar.Date) []Pattern {
	var out []Pattern
	for _, w := range weeks {
		for _, d := range w.Days {
			if d.Date < first || d.Date > last || !d.Planned() || d.Balanced {
				continue
			}
			out = stray(out, rows(Eaten{Energy: d.Actual.Energy(), Macros: d.Actual}, d.Target, int64(w.TolerancePct))[Protein:])
		}
	}
	return out
}

// stray counts a day's nutrients that are off, and keeps those of most days first.
func stray(all []Pattern, day []Row) []Pattern {
	for _, r := range day {
		if r.Status == OnTrack {
			continue
		}
		i := slices.IndexFunc(all, func(p Pattern) bool { return p.Nutrient == r.Nutrient && p.Status == r.Status })
		if i < 0 {
			i = len(all)
			all = append(all, Pattern{Nutrient: r.Nutrient, Status: r.Status})
		}
		all[i].Days++
	}
	slices.SortFunc(all, func(a, b Pattern) int {
		return cmp.Or(cmp.Compare(b.Days, a.Days), cmp.Compare(a.Nutrient, b.Nutrient), cmp.Compare(a.Status, b.Status))
	})
	return all
}

func valuesOf(m nutrition.Macros) Values {
	return Values{Amount(m.Energy()), Amount(m.Protein), Amount(m.Fat), Amount(m.Carbs)}
}

func one(is bool) int {
	if is {
		return 1
	}
	return 0
}
