package generate_test

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// referee checks a plan against its problem with nothing but the contract: every hard rule,
// and every number recomputed from the meals in rational arithmetic.
func referee(p generate.Problem, plan generate.Plan) error {
	if plan.WeekOf != p.WeekOf || len(plan.Days) != 7 {
		return fmt.Errorf("week of %s with %d days", plan.WeekOf, len(plan.Days))
	}
	byID := make(map[recipe.ID]generate.Recipe)
	for _, r := range p.Recipes {
		byID[r.ID] = r
	}
	t := tally{Problem: p, byID: byID, rotating: make(map[[2]int]recipe.ID), servings: make(map[[2]int]nutrition.Servings), cost: new(big.Rat)}
	for i, d := range plan.Days {
		if d.Date != p.WeekOf+generate.Date(i) {
			return fmt.Errorf("day %d is %s", i, d.Date)
		}
		if err := t.day(d, i); err != nil {
			return fmt.Errorf("%s: %w", d.Date, err)
		}
	}
	for i, id := range t.breakfasts {
		if slices.Contains(t.breakfasts[:i], id) {
			return fmt.Errorf("rule 6: breakfast %d twice", id)
		}
	}
	var used []recipe.ID
	for _, key := range [][2]int{{0, 1}, {0, 2}, {1, 1}, {1, 2}} {
		if id, ok := t.rotating[key]; ok {
			if slices.Contains(used, id) {
				return fmt.Errorf("rule 7: %d is two of the four recipes", id)
			}
			used = append(used, id)
		}
	}
	if err := t.counts(plan); err != nil {
		return err
	}
	want := t.want
	want.Cost, _ = t.cost.Float64()
	got := plan.Objective
	if got.DaysOut != want.DaysOut || got.CountsMissed != want.CountsMissed || got.Repeats != want.Repeats || got.RotationDebt != want.RotationDebt || math.Abs(got.Cost-want.Cost) > 1e-8 {
		return fmt.Errorf("objective %+v, the meals give %+v", got, want)
	}
	if status := map[bool]generate.Status{true: generate.Balanced, false: generate.Unbalanced}[want.DaysOut == 0]; plan.Status != status {
		return fmt.Errorf("status %s with %d days out", plan.Status, want.DaysOut)
	}
	if plan.Optimal && plan.Bound != plan.Objective || !plan.Optimal && plan.Objective.Less(plan.Bound) {
		return fmt.Errorf("optimal %v with bound %+v and objective %+v", plan.Optimal, plan.Bound, plan.Objective)
	}
	return nil
}

// tally is what the referee has seen of a plan so far.
type tally struct {
	generate.Problem
	byID       map[recipe.ID]generate.Recipe
	rotating   map[[2]int]recipe.ID // by parity of the day, and meal
	servings   map[[2]int]nutrition.Servings
	breakfasts []recipe.ID
	want       generate.Objective
	cost       *big.Rat
}

func (t *tally) day(d generate.PlanDay, i int) error {
	travel := slices.Contains(t.TravelDates, d.Date)
	sums := [3]*big.Rat{new(big.Rat), new(big.Rat), new(big.Rat)}
	slots := int64(0)
	for m, s := range d.Meals {
		slot := generate.Slot{Date: d.Date, Meal: recipe.Meal(m)}
		if skipped := slices.Contains(t.Skips, slot); skipped != (s == nil) {
			return fmt.Errorf("rule 1: %s skipped %v, empty %v", slot.Meal, skipped, s == nil)
		}
		if s == nil {
			continue
		}
		slots++
		r, ok := t.byID[s.Recipe]
		if !ok || s.Servings <= 0 {
			return fmt.Errorf("%s: recipe %d, servings %s", slot.Meal, s.Recipe, s.Servings)
		}
		n := slices.IndexFunc(t.Locks, func(l generate.Lock) bool { return l.Slot == slot })
		source := generate.Chosen
		switch {
		case n >= 0:
			source = generate.Locked
		case travel:
			source = generate.Travel
		}
		if s.Source != source {
			return fmt.Errorf("%s: source %s, want %s", slot.Meal, s.Source, source)
		}
		fixed := n >= 0 && t.Locks[n].Servings > 0
		switch {
		case n >= 0 && t.Locks[n].Recipe != s.Recipe:
			return fmt.Errorf("rule 2: %s holds %d, locked to %d", slot.Meal, s.Recipe, t.Locks[n].Recipe)
		case fixed && t.Locks[n].Servings != s.Servings:
			return fmt.Errorf("rule 2: %s holds %s servings", slot.Meal, s.Servings)
		case !fixed && (s.Servings < t.Portions.Min || s.Servings > t.Portions.Max || (s.Servings-t.Portions.Min)%t.Portions.Step != 0):
			return fmt.Errorf("rule 1: %s holds %s servings", slot.Meal, s.Servings)
		}
		if n < 0 {
			if err := t.chosen(r, d, slot, travel); err != nil {
				return err
			}
			if err := t.rotates(s, slot, i, travel); err != nil {
				return err
			}
		}
		if slot.Meal == recipe.Breakfast {
			t.breakfasts = append(t.breakfasts, s.Recipe)
		}
		if !fixed {
			off := big.NewRat(int64(s.Servings)-10000, 10000)
			t.cost.Add(t.cost, off.Mul(off.Abs(off), big.NewRat(int64(t.PortionWeight), 10000)))
		}
		for k, mass := range []int64{int64(r.PerServing.Protein), int64(r.PerServing.Fat), int64(r.PerServing.Carbs)} {
			sums[k].Add(sums[k], new(big.Rat).Mul(big.NewRat(mass, 10000), big.NewRat(int64(s.Servings), 10000)))
		}
	}
	return t.sums(d, slots, sums)
}

func (t *tally) chosen(r generate.Recipe, d generate.PlanDay, slot generate.Slot, travel bool) error {
	if !slices.Contains(r.Meals, slot.Meal) {
		return fmt.Errorf("rule 4: %d is no %s", r.ID, slot.Meal)
	}
	for _, tag := range t.AvoidTags {
		if slices.Contains(r.Tags, tag) {
			return fmt.Errorf("rule 4: %d has tag %s", r.ID, tag)
		}
	}
	if travel && (r.Minutes <= 0 || r.Minutes > t.QuickMinutes) {
		return fmt.Errorf("rule 5: %d takes %d minutes", r.ID, r.Minutes)
	}
	for m, other := range d.Meals {
		if m != int(slot.Meal) && other != nil && other.Recipe == r.ID {
			return fmt.Errorf("rule 8: %d twice on one date", r.ID)
		}
	}
	for _, l := range t.MinutesLimits {
		if slices.Contains(l.Dates, d.Date) && slices.Contains(l.Meals, slot.Meal) &&
			(r.Minutes > l.Minutes || r.Minutes == 0 && t.RefuseUnknownMinutes) {
			return fmt.Errorf("rule 10: %s is %d with %d minutes", slot.Meal, r.ID, r.Minutes)
		}
	}
	if slices.Contains(t.AvoidRepeats, r.ID) {
		t.want.Repeats++
	}
	last := r.LastUsed[slot.Meal]
	if t.RotateByRecipe {
		last = max(r.LastUsed[0], r.LastUsed[1], r.LastUsed[2])
	}
	if last != 0 && last <= d.Date {
		t.want.RotationDebt += max(0, t.RotationDays-int(d.Date-last))
	}
	return nil
}

// rotates checks a chosen dish of an alternating slot: rules 7 and 12.
func (t *tally) rotates(s *generate.Serving, slot generate.Slot, i int, travel bool) error {
	if slot.Meal == recipe.Breakfast || travel {
		return nil
	}
	key := [2]int{i % 2, int(slot.Meal)}
	if id, ok := t.rotating[key]; ok && id != s.Recipe {
		return fmt.Errorf("rule 7: %s is %d, not %d", slot.Meal, s.Recipe, id)
	}
	if n, ok := t.servings[key]; ok && t.SamePortions && n != s.Servings {
		return fmt.Errorf("rule 12: %s has %s servings, not %s", slot.Meal, s.Servings, n)
	}
	t.rotating[key], t.servings[key] = s.Recipe, s.Servings
	return nil
}

// counts recomputes what each count has, and checks that the misses, and no others, are reasons.
func (t *tally) counts(plan generate.Plan) error {
	if plan.Counted != (len(t.Counts) > 0) {
		return fmt.Errorf("counted %v with %d counts", plan.Counted, len(t.Counts))
	}
	var missed []string
	for _, c := range t.Counts {
		var found []recipe.ID
		for _, d := range plan.Days {
			for _, m := range c.Meals {
				if s := d.Meals[m]; s != nil && slices.ContainsFunc(t.byID[s.Recipe].Tags, func(tag string) bool { return slices.Contains(c.Tags, tag) }) {
					found = append(found, s.Recipe)
				}
			}
		}
		if c.Of == generate.CountRecipes {
			slices.Sort(found)
			found = slices.Compact(found)
		}
		off := max(0, c.Min-len(found))
		most := "any"
		if c.Max != nil {
			off += max(0, len(found)-*c.Max)
			most = strconv.Itoa(*c.Max)
		}
		if t.want.CountsMissed += off; off > 0 {
			missed = append(missed, fmt.Sprint(c.Name, len(found), c.Min, most))
		}
	}
	var told []string
	for _, r := range plan.Reasons {
		if r.Code == generate.CountMissed {
			most := "any"
			if r.Max != nil {
				most = strconv.Itoa(*r.Max)
			}
			told = append(told, fmt.Sprint(r.Name, r.Have, r.Min, most))
		}
	}
	if !slices.Equal(missed, told) {
		return fmt.Errorf("rule 11: missed %q, reasons %q", missed, told)
	}
	return nil
}

func (t *tally) sums(d generate.PlanDay, slots int64, sums [3]*big.Rat) error {
	actual := []int64{d.Actual.Protein, d.Actual.Fat, d.Actual.Carbs}
	target := []float64{d.Target.Protein, d.Target.Fat, d.Target.Carbs}
	limit := big.NewRat(int64(t.Tolerance), 10000)
	limit.Add(limit, big.NewRat(1, 1_000_000_000))
	out := false
	for k, mass := range []int64{int64(t.Target.Protein), int64(t.Target.Fat), int64(t.Target.Carbs)} {
		if sums[k].Cmp(big.NewRat(actual[k], generate.TotalGram)) != 0 {
			return fmt.Errorf("actual %v, the meals give %s", d.Actual, sums[k].FloatString(8))
		}
		whole := big.NewRat(mass*slots, 30000)
		if f, _ := whole.Float64(); math.Abs(f-target[k]) > 1e-8 {
			return fmt.Errorf("target %v, want %g", d.Target, f)
		}
		if slots > 0 {
			off := new(big.Rat).Sub(sums[k], whole)
			off.Quo(off.Abs(off), whole)
			t.cost.Add(t.cost, off)
			out = out || off.Cmp(limit) > 0
		}
	}
	if out == d.Balanced {
		return fmt.Errorf("balanced %v", d.Balanced)
	}
	if out {
		t.want.DaysOut++
	}
	return nil
}
