// Package cbc writes the weekly selection problem as the textbook mixed-integer program, one
// binary variable for every slot, recipe and number of servings, and has the CBC solver work on
// it: a second exact method that shares nothing with the engine.
package cbc

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// Goal names one of the objectives of docs/solve-contract.md.
type Goal int

// The goals in their strict order.
const (
	DaysOut Goal = iota
	CountsMissed
	Repeats
	RotationDebt
	Cost
	goals
)

// Weights combine the goals into one objective to minimise.
type Weights [goals]float64

// Limits bound goals from above; NaN is no limit.
type Limits [goals]float64

// NoLimits leaves all goals free.
func NoLimits() (l Limits) {
	for i := range l {
		l[i] = math.NaN()
	}
	return l
}

type term struct {
	factor float64
	name   string
}

type constraint struct {
	terms []term
	sense string
	right float64
}

// model is the program under construction.
type model struct {
	p           generate.Problem
	goals       [goals][]term
	constraints []constraint
	binaries    []string
	byRecipe    map[recipe.ID][]term
	served      map[plan.Slot]map[int][]term // by index of the recipe
}

// Write writes the problem in the LP format.
func Write(out io.Writer, p generate.Problem, w Weights, limits Limits) error {
	m := &model{p: p, byRecipe: make(map[recipe.ID][]term), served: make(map[plan.Slot]map[int][]term)}
	m.build()
	var b strings.Builder
	b.WriteString("Minimize\n obj: ")
	var objective []term
	for g, weight := range w {
		for _, t := range m.goals[g] {
			if weight != 0 {
				objective = append(objective, term{weight * t.factor, t.name})
			}
		}
	}
	writeTerms(&b, merged(append(objective, term{0, "zero"})))
	b.WriteString("\nSubject To\n")
	for g, limit := range limits {
		if !math.IsNaN(limit) {
			m.constrain(append(m.goals[g], term{0, "zero"}), "<=", limit)
		}
	}
	for i, c := range m.constraints {
		fmt.Fprintf(&b, " c%d: ", i)
		writeTerms(&b, c.terms)
		fmt.Fprintf(&b, " %s %.12g\n", c.sense, c.right)
	}
	b.WriteString("Binaries\n")
	for _, name := range m.binaries {
		b.WriteString(" " + name + "\n")
	}
	b.WriteString("End\n")
	_, err := io.WriteString(out, b.String())
	return err
}

// merged adds up the factors of each variable: CBC takes a name once only.
func merged(terms []term) (out []term) {
	at := make(map[string]int, len(terms))
	for _, t := range terms {
		if i, ok := at[t.name]; ok {
			out[i].factor += t.factor
			continue
		}
		at[t.name] = len(out)
		out = append(out, t)
	}
	return out
}

func writeTerms(b *strings.Builder, terms []term) {
	for i, t := range terms {
		fmt.Fprintf(b, "%+.12g %s ", t.factor, t.name)
		if i%8 == 7 {
			b.WriteString("\n  ")
		}
	}
}

func (m *model) constrain(terms []term, sense string, right float64) {
	m.constraints = append(m.constraints, constraint{terms, sense, right})
}

func (m *model) binary(format string, args ...any) string {
	name := fmt.Sprintf(format, args...)
	m.binaries = append(m.binaries, name)
	return name
}

func (m *model) build() {
	breakfasts := make(map[recipe.ID][]term)
	roles := make(map[string]bool)
	for day := range generate.DaysPerWeek {
		m.day(day, breakfasts, roles)
	}
	for _, r := range m.p.Recipes {
		if terms := breakfasts[r.ID]; len(terms) > 1 {
			m.constrain(terms, "<=", 1)
		}
		if terms := m.byRecipe[r.ID]; len(terms) > 1 {
			m.constrain(terms, "<=", 1)
		}
	}
	for j := range m.p.Counts {
		m.count(j)
	}
}

// count measures how far a count is missed (rule 11).
func (m *model) count(j int) {
	c := &m.p.Counts[j]
	n := []term{{0, "zero"}}
	for i, r := range m.p.Recipes {
		if !slices.ContainsFunc(c.Tags, func(t string) bool { return slices.Contains(r.Tags, t) }) {
			continue
		}
		var all []term
		seen := ""
		for s := range generate.DaysPerWeek * len(recipe.Meals) {
			slot := plan.Slot{Date: m.p.Day(s / len(recipe.Meals)), Meal: recipe.Meal(s % len(recipe.Meals))}
			dish := m.served[slot][i]
			if len(dish) == 0 || !slices.Contains(c.Meals, slot.Meal) {
				continue
			}
			all = append(all, dish...)
			if c.Of == generate.CountRecipes {
				if seen == "" {
					seen = m.binary("seen_%d_%d", j, i)
				}
				m.constrain(append(slices.Clone(dish), term{-1, seen}), "<=", 0)
			}
		}
		switch {
		case seen != "":
			m.constrain(append([]term{{1, seen}}, negative(all)...), "<=", 0)
			n = append(n, term{1, seen})
		default:
			n = append(n, all...)
		}
	}
	short, over := fmt.Sprintf("short_%d", j), fmt.Sprintf("over_%d", j)
	m.goals[CountsMissed] = append(m.goals[CountsMissed], term{1, short}, term{1, over})
	m.constrain(append(slices.Clone(n), term{1, short}), ">=", float64(c.Min))
	if c.Max != nil {
		m.constrain(append(slices.Clone(n), term{-1, over}), "<=", float64(*c.Max))
	}
}

func negative(terms []term) []term {
	out := make([]term, len(terms))
	for i, t := range terms {
		out[i] = term{-t.factor, t.name}
	}
	return out
}

func (m *model) lock(s plan.Slot) *plan.Lock {
	if i := slices.IndexFunc(m.p.Locks, func(l plan.Lock) bool { return l.Slot == s }); i >= 0 {
		return &m.p.Locks[i]
	}
	return nil
}

func (m *model) day(day int, breakfasts map[recipe.ID][]term, roles map[string]bool) {
	date := m.p.Day(day)
	var open []recipe.Meal
	for _, meal := range recipe.Meals {
		if !slices.Contains(m.p.Skips, plan.Slot{Date: date, Meal: meal}) {
			open = append(open, meal)
		}
	}
	if len(open) == 0 {
		return
	}
	var actual [3][]term
	onDate := make(map[recipe.ID][]term)
	for _, meal := range open {
		slot := plan.Slot{Date: date, Meal: meal}
		lock := m.lock(slot)
		var one []term
		m.served[slot] = make(map[int][]term)
		for i := range m.p.Recipes {
			r := &m.p.Recipes[i]
			if lock != nil && lock.Recipe != r.ID || lock == nil && !m.candidate(r, slot) {
				continue
			}
			dish := m.servings(day, meal, i, lock, &actual)
			one = append(one, dish...)
			m.served[slot][i] = dish
			if meal == recipe.Breakfast {
				breakfasts[r.ID] = append(breakfasts[r.ID], dish...)
			}
			if lock != nil {
				continue
			}
			onDate[r.ID] = append(onDate[r.ID], dish...)
			m.history(r, slot, dish)
			if meal != recipe.Breakfast && !slices.Contains(m.p.TravelDates, date) {
				m.alternate(day, meal, r.ID, dish, roles)
			}
		}
		if len(one) == 0 {
			one = []term{{0, "zero"}}
		}
		m.constrain(one, "=", 1)
	}
	for _, r := range m.p.Recipes {
		if terms := onDate[r.ID]; len(terms) > 0 {
			m.constrain(terms, "<=", 1)
		}
	}
	m.band(day, len(open), actual)
}

// candidate applies rules 4, 5 and 10, and what locks of the date rule out.
func (m *model) candidate(r *generate.Recipe, s plan.Slot) bool {
	if !r.Suits(s.Meal) || slices.Contains(m.p.TravelDates, s.Date) && (r.Minutes <= 0 || r.Minutes > m.p.QuickMinutes) {
		return false
	}
	for _, l := range m.p.MinutesLimits {
		if slices.Contains(l.Dates, s.Date) && slices.Contains(l.Meals, s.Meal) &&
			(r.Minutes > l.Minutes || r.Minutes == 0 && m.p.RefuseUnknownMinutes) {
			return false
		}
	}
	for _, t := range m.p.AvoidTags {
		if slices.Contains(r.Tags, t) {
			return false
		}
	}
	return !slices.ContainsFunc(m.p.Locks, func(l plan.Lock) bool { return l.Date == s.Date && l.Recipe == r.ID })
}

// servings makes the variables of one dish in one slot and counts what they add to the day.
func (m *model) servings(day int, meal recipe.Meal, i int, lock *plan.Lock, actual *[3][]term) (dish []term) {
	values, free := m.p.Portions.Values(), true
	if lock != nil && lock.Servings > 0 {
		values, free = []nutrition.Servings{lock.Servings}, false
	}
	per := m.p.Recipes[i].PerServing
	for n, s := range values {
		name := m.binary("u_%d_%d_%d_%d", day, meal, i, n)
		dish = append(dish, term{1, name})
		for k, g := range []float64{per.Protein.Grams(), per.Fat.Grams(), per.Carbs.Grams()} {
			actual[k] = append(actual[k], term{g * s.Float(), name})
		}
		if free {
			weight := float64(m.p.PortionWeight) / float64(generate.RatioOne)
			m.goals[Cost] = append(m.goals[Cost], term{weight * math.Abs(s.Float()-1), name})
		}
	}
	return dish
}

func (m *model) history(r *generate.Recipe, s plan.Slot, dish []term) {
	debt := 0.0
	last := r.LastUsed[s.Meal]
	if m.p.RotateByRecipe {
		last = slices.Max(r.LastUsed[:])
	}
	if last != 0 && last <= s.Date {
		debt = max(0, float64(m.p.RotationDays)-float64(s.Date-last))
	}
	for _, t := range dish {
		if debt > 0 {
			m.goals[RotationDebt] = append(m.goals[RotationDebt], term{debt, t.name})
		}
		if slices.Contains(m.p.AvoidRepeats, r.ID) {
			m.goals[Repeats] = append(m.goals[Repeats], term{1, t.name})
		}
	}
}

// alternate ties a slot's dish to the recipe of its parity (rule 7), with equal portions to its
// servings too (rule 12).
func (m *model) alternate(day int, meal recipe.Meal, id recipe.ID, dish []term, roles map[string]bool) {
	if !m.p.SamePortions {
		m.tie(fmt.Sprintf("y_%d_%d_%d", day%2, meal, id), id, dish, roles)
		return
	}
	for n, t := range dish {
		m.tie(fmt.Sprintf("y_%d_%d_%d_%d", day%2, meal, id, n), id, []term{t}, roles)
	}
}

func (m *model) tie(name string, id recipe.ID, dish []term, roles map[string]bool) {
	if !roles[name] {
		roles[name] = true
		m.binary("%s", name)
		m.byRecipe[id] = append(m.byRecipe[id], term{1, name})
	}
	m.constrain(append(slices.Clone(dish), term{-1, name}), "=", 0)
}

// farOff is more than any deviation of a sensible problem, in targets.
const farOff = 20

// band measures the day's deviation from its target and whether it is out of band.
func (m *model) band(day, slots int, actual [3][]term) {
	out := m.binary("out_%d", day)
	m.goals[DaysOut] = append(m.goals[DaysOut], term{1, out})
	tolerance := float64(m.p.Tolerance)/float64(generate.RatioOne) + 1e-9
	target := []float64{m.p.Target.Protein.Grams(), m.p.Target.Fat.Grams(), m.p.Target.Carbs.Grams()}
	for k, terms := range actual {
		want := target[k] * float64(slots) / 3
		off := fmt.Sprintf("d_%d_%d", day, k)
		m.goals[Cost] = append(m.goals[Cost], term{1, off})
		over, under := []term{{1, off}}, []term{{1, off}}
		for _, t := range terms {
			over = append(over, term{-t.factor / want, t.name})
			under = append(under, term{t.factor / want, t.name})
		}
		m.constrain(over, ">=", -1)
		m.constrain(under, ">=", 1)
		m.constrain([]term{{1, off}, {-farOff, out}}, "<=", tolerance)
	}
}
