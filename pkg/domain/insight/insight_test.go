package insight_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// today is Tuesday, 1 December 2026.
var today = calendar.On(time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC))

func grams(p, f, c nutrition.Mass) nutrition.Macros {
	return nutrition.Macros{Protein: p * nutrition.Gram, Fat: f * nutrition.Gram, Carbs: c * nutrition.Gram}
}

var target = grams(150, 67, 200) // 2,003 kcal

func ate(d calendar.Date, m nutrition.Macros, meals ...recipe.Meal) insight.Eaten {
	return insight.Eaten{Date: d, Energy: m.Energy(), Macros: m, Meals: meals}
}

// planned has the three meals A, B and C of 666 kcal each.
func planned(d calendar.Date) *plan.Day {
	out := &plan.Day{Date: d, Target: target, Balanced: true}
	for i, name := range []string{"A", "B", "C"} {
		out.Meals[i] = &plan.Serving{Recipe: recipe.ID(i + 1), Name: name, Servings: nutrition.OneServing, PerServing: grams(50, 22, 67)}
	}
	return out
}

func statuses(rows []insight.Row) string {
	var out []string
	for _, r := range rows {
		out = append(out, r.Nutrient.String()+" "+[]string{"on track", "under", "over"}[r.Status])
	}
	return strings.Join(out, ", ")
}

func meals(dishes []insight.Dish) string {
	var out []string
	for _, d := range dishes {
		out = append(out, d.Meal.String()+" "+d.Name)
	}
	return strings.Join(out, ", ")
}

func TestAdvise(t *testing.T) {
	t.Parallel()
	all := recipe.Meals[:]
	man := &targets.Body{Sex: targets.Male}
	for _, c := range []struct {
		name       string
		eaten      *insight.Eaten
		change     func(*insight.Today)
		rows       string
		missing    string
		short      bool
		warning    string // of the first one
		insight    string
		suggestion string
	}{
		{
			name: "on track", eaten: new(ate(today, grams(148, 65, 204), all...)),
			rows:    "energy on track, protein on track, fat on track, carbs on track",
			insight: "Energy and all three macros are within ±10 % of your target.", suggestion: "Nothing needs to change.",
		},
		{
			name: "at the edge of the band", eaten: new(insight.Eaten{Date: today, Energy: target.Energy() * 9 / 10, Macros: grams(135, 67, 220), Meals: all}),
			rows: "energy on track, protein on track, fat on track, carbs on track", suggestion: "Nothing needs to change.",
			insight: "Energy and all three macros are within ±10 % of your target.",
		},
		{
			name: "protein under", eaten: new(ate(today, grams(130, 66, 205), all...)),
			rows:       "energy on track, protein under, fat on track, carbs on track",
			suggestion: "Tomorrow, mind the protein: today lacked 20 g.",
		},
		{
			name: "too much", eaten: new(ate(today, grams(160, 90, 260), all...)),
			rows:       "energy over, protein on track, fat over, carbs over",
			suggestion: "There is nothing to make up for: eat tomorrow as on any other day.",
		},
		{
			name: "dinner not logged", eaten: new(ate(today, grams(100, 44, 133), recipe.Breakfast, recipe.Lunch)),
			rows: "energy under, protein under, fat under, carbs under", missing: "dinner C", short: true,
			warning:    "Only 1,328 kcal are logged today, below 80 % of your target (2,003 kcal). The log has no dinner: if that is still to come, have it; if you had it, log it.",
			insight:    "With dinner as planned, today comes to 1,994 kcal of 2,003 kcal.",
			suggestion: "Have dinner as planned: C.",
		},
		{
			name: "breakfast not logged", eaten: new(ate(today, grams(120, 55, 160), recipe.Lunch, recipe.Dinner)),
			rows: "energy under, protein under, fat under, carbs under", missing: "breakfast A",
			insight:    "With breakfast as planned, today comes to 2,281 kcal of 2,003 kcal.",
			suggestion: "Log breakfast if you had it; otherwise have something more this evening.",
		},
		{
			name: "far too little, all meals logged", eaten: new(ate(today, grams(75, 30, 100), all...)),
			rows: "energy under, protein under, fat under, carbs under", short: true,
			warning:    "Only 970 kcal are logged today, below 1,200 kcal, which is too little for most people. If that is all you ate, have something more this evening. So small a day is nothing to aim for.",
			suggestion: "About 1,033 kcal are missing to your target: a further helping this evening is in order.",
		},
		{
			name: "macros fine, energy far too low", eaten: new(insight.Eaten{Date: today, Energy: 1190 * nutrition.Kilocalorie, Macros: target, Meals: all}),
			rows: "energy under, protein on track, fat on track, carbs on track", short: true, warning: "Only 1,190 kcal",
			insight:    "The log states 1,190 kcal, its macros add up to 2,003 kcal: a figure may be missing, or it was alcohol.",
			suggestion: "About 813 kcal are missing",
		},
		{
			name: "a tiny target that is met", eaten: new(ate(today, grams(80, 30, 100), all...)),
			change: func(t *insight.Today) { t.Target = grams(80, 30, 100) },
			rows:   "energy on track, protein on track, fat on track, carbs on track", short: true, warning: "Only 990 kcal",
			suggestion: "Look at your target once more: it is lower than most people need.",
		},
		{
			name: "a man", eaten: new(ate(today, grams(100, 45, 160), all...)), short: true, warning: "Only 1,445 kcal are logged today, below 1,500 kcal",
			change: func(t *insight.Today) { t.Body, t.Target = man, grams(105, 45, 160) },
			rows:   "energy on track, protein on track, fat on track, carbs on track", suggestion: "Look at your target once more",
		},
		{
			name: "supervised", eaten: new(ate(today, grams(80, 30, 100), all...)),
			change:  func(t *insight.Today) { t.Supervised, t.Target = true, grams(80, 30, 100) },
			rows:    "energy on track, protein on track, fat on track, carbs on track",
			insight: "Energy and all three", suggestion: "Nothing needs to change.",
		},
		{
			name: "meals unknown", eaten: new(ate(today, grams(100, 44, 133))), short: true, warning: "Only 1,328 kcal",
			rows: "energy under, protein under, fat under, carbs under", suggestion: "About 675 kcal are missing",
		},
		{
			name: "nothing logged", missing: "breakfast A, lunch B, dinner C",
			insight: "Nothing is logged today. That says nothing about what you ate.", suggestion: "Log today while you remember it, even roughly.",
		},
		{
			name: "a log of water", eaten: &insight.Eaten{Date: today}, missing: "breakfast A, lunch B, dinner C",
			insight: "Nothing is logged today.", suggestion: "Log today",
		},
		{
			name: "no diary", change: func(t *insight.Today) { t.Connected = false },
			insight: "No food diary is connected", suggestion: "Connect your FatSecret diary",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			in := insight.Today{Date: today, Target: target, Eaten: c.eaten, Connected: true, Planned: planned(today), Tomorrow: planned(today + 1)}
			if c.change != nil {
				c.change(&in)
			}
			a := insight.Advise(in)
			if got := statuses(a.Rows); got != c.rows {
				t.Errorf("rows: %s", got)
			}
			if got := meals(a.Missing); got != c.missing {
				t.Errorf("missing: %s", got)
			}
			if a.Short != c.short || a.Logged != (c.rows != "") {
				t.Errorf("short = %t, logged = %t", a.Short, a.Logged)
			}
			says(t, "warning", a.Warnings, c.warning)
			says(t, "insight", a.Insights, c.insight)
			if !strings.HasPrefix(a.Suggestion.String(), c.suggestion) {
				t.Errorf("suggestion %q", a.Suggestion)
			}
			if got := meals(a.Tomorrow); got != "breakfast A, lunch B, dinner C" {
				t.Errorf("tomorrow: %s", got)
			}
		})
	}
}

// says checks that the first text begins as wanted; "" wants no text at all.
func says(t *testing.T, what string, got []message.Text, want string) {
	t.Helper()
	if want == "" && len(got) > 0 || want != "" && (len(got) == 0 || !strings.HasPrefix(got[0].String(), want)) {
		t.Errorf("%s %q, want %q", what, got, want)
	}
}

func TestTheAverageOfTheWeekBefore(t *testing.T) {
	t.Parallel()
	little := grams(70, 30, 100)
	in := insight.Today{Date: today, Target: target, Connected: true, Recent: []insight.Eaten{
		ate(today, target), ate(today-8, target), // not of the week before
		ate(today-1, little), ate(today-1, little), ate(today-7, little), // one day twice
		{Date: today - 3}, // no entries
	}}
	if a := insight.Advise(in); a.Average != nil || a.AverageDays != 0 || a.Warnings != nil {
		t.Errorf("2 days are too few, got %d", a.AverageDays)
	}
	in.Recent = append(in.Recent, ate(today-2, little))
	a := insight.Advise(in)
	if a.AverageDays != 3 || statuses(a.Average) != "energy under, protein under, fat under, carbs under" {
		t.Errorf("%d days: %s", a.AverageDays, statuses(a.Average))
	}
	says(t, "warning", a.Warnings, "The 3 days logged in the week before hold 950 kcal a day on average, below 1,200 kcal, which is too little for most people. If nothing is missing from the log, talk to a doctor or dietitian.")
	in.Supervised = true
	says(t, "warning", insight.Advise(in).Warnings, "The 3 days logged in the week before hold 950 kcal a day on average, below 80 % of your target (2,003 kcal). If nothing is missing from the log, talk to the doctor who follows your diet.")
}

var (
	woman = targets.Body{WeightKG: 70, HeightCM: 172, Age: 35, Sex: targets.Female, Activity: targets.Light, Goal: targets.Maintain} // 1,998 kcal
	large = targets.Body{WeightKG: 95, HeightCM: 185, Age: 30, Sex: targets.Male, Activity: targets.Active, Goal: targets.Gain}
)

// period logs the days before and including today alike.
func period(m nutrition.Macros, days int) insight.Period {
	p := insight.Period{Last: today, Days: 28, Target: target, Connected: true}
	for i := range days {
		p.Eaten = append(p.Eaten, ate(today-calendar.Date(i), m))
	}
	return p
}

func codes(patterns []insight.Pattern) string {
	var out []string
	for _, p := range patterns {
		out = append(out, p.Code())
	}
	return strings.Join(out, ", ")
}

func command(p *insight.Proposal) string {
	if p == nil {
		return ""
	}
	return p.Command()
}

func TestPatternsAndProposals(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		eaten    nutrition.Macros
		days     int
		change   func(*insight.Period)
		patterns string
		proposal string
		warns    bool
	}{
		{name: "on target", eaten: target, days: 28},
		{name: "at the edge", eaten: grams(150, 67, 230), days: 28},
		{name: "protein under", eaten: grams(120, 70, 215), days: 20, patterns: "protein_deficiency", proposal: "REGENERATE WEEK WITH HIGH PROTEIN"},
		{name: "13 days are too few", eaten: grams(120, 70, 215), days: 13, patterns: "protein_deficiency"},
		{name: "14 days are enough", eaten: grams(120, 70, 215), days: 14, patterns: "protein_deficiency", proposal: "REGENERATE WEEK WITH HIGH PROTEIN"},
		{name: "supervised", eaten: grams(120, 70, 215), days: 28, patterns: "protein_deficiency", change: func(p *insight.Period) { p.Supervised = true }},
		{name: "no room for more protein", eaten: grams(170, 42, 150), days: 28, patterns: "protein_deficiency, fat_deficiency", change: func(p *insight.Period) {
			p.Target, p.Body = grams(210, 50, 150), &targets.Body{WeightKG: 62, HeightCM: 170, Age: 30, Sex: targets.Female}
		}},
		{name: "carbs over", eaten: grams(150, 62, 240), days: 28, patterns: "carb_overage", proposal: "REGENERATE WEEK WITH LOW CARB"},
		{name: "fat over", eaten: grams(150, 80, 180), days: 28, patterns: "fat_overage", proposal: "REGENERATE WEEK WITH BALANCED"},
		{name: "everything over", eaten: grams(180, 85, 250), days: 28, patterns: "calorie_surplus, protein_overage, fat_overage, carb_overage"},
		{name: "a little under", eaten: grams(129, 55, 172), days: 28, patterns: "calorie_deficit, fat_deficiency"},
		{name: "far under", eaten: grams(100, 40, 120), days: 28, patterns: "calorie_deficit, protein_deficiency, fat_deficiency, carb_deficiency", warns: true},
		{name: "small target met", eaten: grams(90, 35, 110), days: 28, warns: true, change: func(p *insight.Period) { p.Target = grams(90, 35, 110) }},
		{name: "body needs more", eaten: target, days: 28, proposal: "TARGETS 165 73 220", change: func(p *insight.Period) { p.Body = &large }},
		{name: "body needs less", eaten: grams(180, 85, 270), days: 28, proposal: "TARGETS 158 75 243", change: func(p *insight.Period) { p.Target, p.Body = grams(175, 83, 269), &woman }},
		{name: "body needs less, eats less than the target", eaten: grams(160, 80, 262), days: 28, change: func(p *insight.Period) { p.Target, p.Body = grams(175, 83, 269), &woman }},
		{name: "lowered by 500 already", eaten: grams(180, 85, 270), days: 28, change: func(p *insight.Period) {
			p.Target, p.Body = grams(175, 83, 269), &woman
			p.Plans = []plan.Week{{Target: grams(225, 100, 330)}}
		}},
		{name: "close to the body's need", eaten: target, days: 28, change: func(p *insight.Period) { p.Body = &woman }},
		{name: "no days", days: 0},
		{name: "2 days", eaten: grams(50, 20, 60), days: 2},
		{name: "no diary", eaten: grams(50, 20, 60), days: 28, change: func(p *insight.Period) { p.Connected = false }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := period(c.eaten, c.days)
			if c.change != nil {
				c.change(&p)
			}
			got := insight.Review(p)
			if codes := codes(got.Patterns); codes != c.patterns {
				t.Errorf("patterns %q (%s)", codes, statuses(got.Average))
			}
			if line := command(got.Proposal); line != c.proposal {
				t.Errorf("proposal %q", line)
			}
			if got.Short != c.warns || (len(got.Warnings) > 0) != c.warns {
				t.Errorf("short = %t, warnings %q", got.Short, got.Warnings)
			}
			if got.Short && (got.Adherent > 0 || got.Best != nil) {
				t.Errorf("a short average with %d good days", got.Adherent)
			}
		})
	}
}

func TestReview(t *testing.T) {
	t.Parallel()
	p := insight.Period{Last: today, Days: 28, Target: target, Connected: true, Eaten: []insight.Eaten{
		ate(today, target), ate(today-1, grams(100, 67, 240)), ate(today-2, grams(140, 62, 190)),
		ate(today-27, grams(20, 10, 30)), ate(today-28, target), ate(today+1, target),
	}}
	week := plan.Week{WeekOf: today.Monday()}
	for i := range week.Days {
		week.Days[i] = *planned(week.WeekOf + calendar.Date(i))
	}
	week.Days[1].Meals[2], week.Days[1].Balanced = nil, false
	p.Plans = []plan.Week{week, week}
	got := insight.Review(p)
	if got.First != today-27 || got.Logged != 4 || got.Adherent != 2 {
		t.Errorf("from %s, %d logged, %d adherent", got.First, got.Logged, got.Adherent)
	}
	if got.Best.Date != today || got.Best.Gap != 0 || got.Worst.Date != today-27 {
		t.Errorf("best %v, worst %v", got.Best, got.Worst)
	}
	if diff := cmp.Diff(insight.Planned{Days: 2, OnTarget: 1, Meals: 5}, got.Planned); diff != "" {
		t.Error(diff)
	}
	var logged []int
	for _, w := range got.Weeks {
		logged = append(logged, w.Logged)
		if (w.Average == nil) != (w.Logged == 0) {
			t.Errorf("week of %s: %d logged, average %v", w.First, w.Logged, w.Average)
		}
	}
	if diff := cmp.Diff([]int{1, 0, 0, 3}, logged); diff != "" {
		t.Error(diff)
	}
	for _, p := range got.Patterns {
		if p.Nutrient == insight.Protein && p.Days != 2 {
			t.Errorf("%d days show %s", p.Days, p.Code())
		}
	}
}

// Energy alone does not decide which day is best: its gaps would outweigh the macros'.
func TestTheBestDayIsJudgedByMacros(t *testing.T) {
	t.Parallel()
	p := insight.Period{Last: today, Days: 28, Target: target, Connected: true, Eaten: []insight.Eaten{
		ate(today, grams(100, 67, 250)),   // the right energy out of the wrong macros
		ate(today-1, grams(145, 75, 206)), // 61 kcal too much
	}}
	if got := insight.Review(p); got.Best.Date != today-1 || got.Worst.Date != today {
		t.Errorf("best %s, worst %s", got.Best.Date, got.Worst.Date)
	}
}
