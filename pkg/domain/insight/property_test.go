package insight_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

func genMacros(t *rapid.T, label string) nutrition.Macros {
	mass := func(most int64) nutrition.Mass {
		return nutrition.Mass(rapid.Int64Range(0, most).Draw(t, label)) * nutrition.Gram / 10
	}
	return nutrition.Macros{Protein: mass(4000), Fat: mass(2000), Carbs: mass(6000)}
}

// genAround draws macros between half and one and a half times the target's.
func genAround(t *rapid.T, target nutrition.Macros) nutrition.Macros {
	part := func(m nutrition.Mass) nutrition.Mass {
		return m * nutrition.Mass(rapid.Int64Range(50, 150).Draw(t, "per cent")) / 100
	}
	return nutrition.Macros{Protein: part(target.Protein), Fat: part(target.Fat), Carbs: part(target.Carbs)}
}

func genEaten(t *rapid.T, last calendar.Date, target nutrition.Macros) []insight.Eaten {
	base := genAround(t, target)
	var out []insight.Eaten
	for range rapid.IntRange(0, 60).Draw(t, "entries") {
		m := base
		if rapid.Bool().Draw(t, "differs") {
			m = genMacros(t, "macros")
		}
		e := insight.Eaten{Date: last - calendar.Date(rapid.IntRange(-2, 32).Draw(t, "ago")), Energy: m.Energy(), Macros: m}
		if rapid.IntRange(0, 3).Draw(t, "stated") == 0 {
			e.Energy = nutrition.Energy(rapid.IntRange(0, 5000).Draw(t, "kcal")) * nutrition.Kilocalorie
		}
		out = append(out, e)
	}
	return out
}

func genBody(t *rapid.T) *targets.Body {
	if rapid.Bool().Draw(t, "no body") {
		return nil
	}
	return &targets.Body{
		WeightKG: float64(rapid.IntRange(40, 150).Draw(t, "kg")), HeightCM: float64(rapid.IntRange(150, 200).Draw(t, "cm")), Age: rapid.IntRange(18, 90).Draw(t, "age"),
		Sex:      rapid.SampledFrom([]targets.Sex{targets.Female, targets.Male}).Draw(t, "sex"),
		Activity: rapid.SampledFrom([]targets.Activity{targets.Sedentary, targets.Light, targets.Moderate, targets.Active}).Draw(t, "activity"),
		Goal:     rapid.SampledFrom([]targets.Goal{targets.Lose, targets.Maintain, targets.Gain}).Draw(t, "goal"),
	}
}

func genPeriod(t *rapid.T) insight.Period {
	target := genMacros(t, "target")
	if rapid.IntRange(0, 3).Draw(t, "sane") > 0 {
		target = targets.Split(nutrition.Energy(rapid.IntRange(1000, 4000).Draw(t, "target kcal"))*nutrition.Kilocalorie, 30, 30)
	}
	p := insight.Period{
		Last: today, Days: 28, Target: target, Connected: rapid.IntRange(0, 9).Draw(t, "connected") > 0,
		Supervised: rapid.IntRange(0, 9).Draw(t, "supervised") == 0, Body: genBody(t),
	}
	p.Eaten = genEaten(t, p.Last, target)
	for range rapid.IntRange(0, 3).Draw(t, "plans") {
		p.Plans = append(p.Plans, plan.Week{WeekOf: today.Monday(), Target: genAround(t, target)})
	}
	return p
}

func genToday(t *rapid.T) insight.Today {
	target := genMacros(t, "target")
	in := insight.Today{Date: today, Target: target, Connected: true, Recent: genEaten(t, today, target), Body: genBody(t)}
	if e := genEaten(t, today, target); len(e) > 0 {
		in.Eaten = &e[0]
	}
	if rapid.Bool().Draw(t, "planned") {
		in.Planned = planned(today)
	}
	return in
}

func shuffled(t *rapid.T, days []insight.Eaten) []insight.Eaten {
	return rapid.Permutation(days).Draw(t, "order")
}

// The order of the days does not matter, nor whether a day comes twice.
func TestDaysCountOnceInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genPeriod(t)
		q := p
		q.Eaten = shuffled(t, append(append([]insight.Eaten{}, p.Eaten...), p.Eaten...))
		if diff := cmp.Diff(insight.Review(p), insight.Review(q)); diff != "" {
			t.Fatal(diff)
		}
		a := genToday(t)
		b := a
		b.Recent = shuffled(t, append(append([]insight.Eaten{}, a.Recent...), a.Recent...))
		if diff := cmp.Diff(insight.Advise(a), insight.Advise(b)); diff != "" {
			t.Fatal(diff)
		}
	})
}

// No day is counted that is outside the period or without energy.
func TestOnlyLoggedDaysCount(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genPeriod(t)
		dates := map[calendar.Date]bool{}
		for _, e := range p.Eaten {
			if p.Connected && e.Energy > 0 && e.Date <= p.Last && e.Date > p.Last-28 {
				dates[e.Date] = true
			}
		}
		got := insight.Review(p)
		sum := 0
		for _, w := range got.Weeks {
			sum += w.Logged
		}
		if got.Logged != len(dates) || sum != len(dates) || got.Adherent > got.Logged {
			t.Fatalf("%d logged, %d in the weeks, %d adherent, want %d", got.Logged, sum, got.Adherent, len(dates))
		}
		for _, pattern := range got.Patterns {
			if pattern.Days > got.Logged {
				t.Fatalf("%s on %d of %d days", pattern.Code(), pattern.Days, got.Logged)
			}
		}
	})
}

// Eating less never makes a verdict better for somebody who eats too little.
func TestEatingLessIsNeverBetter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := genToday(t)
		before := insight.Advise(in)
		if !before.Logged || before.Rows[insight.Energy].Status == insight.Over {
			return
		}
		pct := rapid.Int64Range(1, 99).Draw(t, "per cent left")
		less := lessOf(*in.Eaten, pct)
		if less.Energy == 0 {
			return
		}
		in.Eaten = &less
		after := insight.Advise(in)
		for n, r := range before.Rows {
			if r.Status == insight.Under && after.Rows[n].Status != insight.Under {
				t.Fatalf("%s became %v", r.Nutrient, after.Rows[n])
			}
		}
		if before.Short && !after.Short || len(after.Warnings) < len(before.Warnings) {
			t.Fatalf("a short day became a good one: %q", after.Warnings)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		p := genPeriod(t)
		before := insight.Review(p)
		pct := rapid.Int64Range(1, 99).Draw(t, "per cent left")
		for i := range p.Eaten {
			p.Eaten[i] = lessOf(p.Eaten[i], pct)
		}
		after := insight.Review(p)
		if before.Logged != after.Logged { // a trace of food became none
			return
		}
		if before.Short && (!after.Short || after.Proposal != nil || len(after.Warnings) == 0) {
			t.Fatalf("a short average became a good one: %+v", after)
		}
	})
}

func lessOf(e insight.Eaten, pct int64) insight.Eaten {
	e.Energy = e.Energy * nutrition.Energy(pct) / 100
	part := func(m nutrition.Mass) nutrition.Mass { return m * nutrition.Mass(pct) / 100 }
	e.Macros = nutrition.Macros{Protein: part(e.Macros.Protein), Fat: part(e.Macros.Fat), Carbs: part(e.Macros.Carbs)}
	return e
}

// A proposal keeps its limits, whatever was eaten and planned.
func TestProposalsKeepTheirLimits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := genPeriod(t)
		p.Eaten = nil
		base := lessOf(insight.Eaten{Macros: p.Target}, rapid.Int64Range(75, 125).Draw(t, "of the target")).Macros
		base.Protein = base.Protein * nutrition.Mass(rapid.Int64Range(80, 120).Draw(t, "protein")) / 100
		base.Carbs = base.Carbs * nutrition.Mass(rapid.Int64Range(80, 120).Draw(t, "carbs")) / 100
		for i := range rapid.IntRange(10, 28).Draw(t, "days") {
			p.Eaten = append(p.Eaten, ate(p.Last-calendar.Date(i), base))
		}
		got := insight.Review(p)
		if got.Proposal == nil {
			return
		}
		now, then := p.Target.Energy(), got.Proposal.Target.Energy()
		eaten := got.Average[insight.Energy].Actual.Float()
		switch {
		case p.Supervised || !p.Connected || got.Logged < 14 || got.Short || eaten < 1200:
			t.Fatalf("a proposal on %d days with %.0f kcal (supervised = %t)", got.Logged, eaten, p.Supervised)
		case then < 1200*nutrition.Kilocalorie:
			t.Fatalf("proposes %s", got.Proposal.Target)
		case got.Proposal.Mode != "" && (then < now-10*nutrition.Kilocalorie || then > now+10*nutrition.Kilocalorie):
			t.Fatalf("%s moves the energy: %s to %s", got.Proposal.Mode, p.Target, got.Proposal.Target)
		case got.Proposal.Mode != "":
			return
		case then*10 < now*9 || then*10 > now*11:
			t.Fatalf("%s to %s is more than 10 %%", p.Target, got.Proposal.Target)
		case then < now && eaten < now.Kcal():
			t.Fatalf("less for somebody who eats %.0f of %s", eaten, p.Target)
		}
		for _, w := range p.Plans {
			if then < now && then < w.Target.Energy()-500*nutrition.Kilocalorie {
				t.Fatalf("%s is more than 500 kcal below %s", got.Proposal.Target, w.Target)
			}
		}
		if _, refuse := targets.Check(got.Proposal.Target, 0, false); refuse != nil {
			t.Fatal(refuse)
		}
	})
}

// Nothing is divided by zero, and no figure is not a number.
func TestNoNaN(t *testing.T) {
	t.Parallel()
	check := func(t interface{ Fatalf(string, ...any) }, v any) {
		if s := fmt.Sprintf("%+v", v); strings.Contains(s, "NaN") || strings.Contains(s, "Inf") {
			t.Fatalf("%s", s)
		}
	}
	check(t, insight.Advise(insight.Today{}))
	check(t, insight.Advise(insight.Today{Connected: true, Eaten: &insight.Eaten{Energy: 1}}))
	check(t, insight.Review(insight.Period{}))
	check(t, insight.Review(insight.Period{Connected: true}))
	rapid.Check(t, func(t *rapid.T) {
		p := genPeriod(t)
		if rapid.Bool().Draw(t, "no target") {
			p.Target = nutrition.Macros{}
		}
		r := insight.Review(p)
		check(t, r)
		if r.Best != nil {
			check(t, *r.Best)
		}
		if r.Worst != nil {
			check(t, *r.Worst)
		}
		check(t, insight.Advise(genToday(t)))
	})
}
