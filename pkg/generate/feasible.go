package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// choice is one decision of the hard rules: a breakfast, one of the four recipes of rule 7,
// or a slot of a travel date.
type choice struct {
	meal   recipe.Meal
	rule   int // the rule that sets it apart: 6 breakfasts, 7 alternating recipes, 5 travel slots
	travel bool
	days   []int
	domain []int32
	slow   []int32 // recipes that rule 10 alone keeps out of the domain
}

func (c *choice) conflicts(d *choice) bool {
	return c.rule == d.rule && c.rule != 5 ||
		slices.ContainsFunc(c.days, func(i int) bool { return slices.Contains(d.days, i) })
}

// choices lists the decisions of the week, with what locks on the same date leave of them.
func (m *model) choices() []choice {
	var out []choice
	for i := range m.days {
		for meal, kind := range m.days[i].kinds {
			c := choice{meal: recipe.Meal(meal), rule: 5, travel: kind == travelSlot, days: []int{i}}
			switch {
			case kind == skippedSlot || kind == lockedSlot:
				continue
			case c.meal == recipe.Breakfast:
				c.rule = 6
			case kind == freeSlot:
				c.rule = 7
				if n := slices.IndexFunc(out, func(o choice) bool {
					return o.rule == 7 && o.meal == c.meal && (o.days[0]-i)%2 == 0
				}); n >= 0 {
					out[n].days = append(out[n].days, i)
					continue
				}
			}
			c.domain = m.eligible[meal]
			if c.travel {
				c.domain = m.quick[meal]
			}
			out = append(out, c)
		}
	}
	for n := range out {
		out[n].domain = slices.DeleteFunc(slices.Clone(out[n].domain), func(rec int32) bool {
			return slices.ContainsFunc(out[n].days, func(i int) bool { return m.lockedOn(i, rec) })
		})
		m.hurry(&out[n])
	}
	return out
}

// hurry applies rule 10 to the choice, on each of its days.
func (m *model) hurry(c *choice) {
	for _, i := range c.days {
		slot := Slot{Date: m.days[i].date, Meal: c.meal}
		within := m.within(c.domain, slot)
		if len(within) < len(c.domain) {
			c.slow = append(c.slow, slices.DeleteFunc(c.domain, func(rec int32) bool { return m.inTime(rec, slot) })...)
		}
		c.domain = within
	}
}

// lockedOn reports whether some slot of the day is locked to the recipe.
func (m *model) lockedOn(day int, rec int32) bool {
	d := &m.days[day]
	for meal, kind := range d.kinds {
		if kind == lockedSlot && d.class.options[meal][0].rec == rec {
			return true
		}
	}
	return false
}

// satisfy gives every choice a recipe such that no two conflicting ones share it, or
// reports that this is impossible. A choice with more recipes than conflicts can always be
// made last, so what is left to search is small.
func satisfy(choices []choice) ([]int32, bool) {
	picks := make([]int32, len(choices))
	for i := range picks {
		picks[i] = noRecipe
	}
	var postponed []int
	open := make([]bool, len(choices))
	for i := range open {
		open[i] = true
	}
	for again := true; again; {
		again = false
		for i := range choices {
			if !open[i] {
				continue
			}
			degree := 0
			for j := range choices {
				if open[j] && j != i && choices[i].conflicts(&choices[j]) {
					degree++
				}
			}
			if len(choices[i].domain) > degree {
				open[i], again = false, true
				postponed = append(postponed, i)
			}
		}
	}
	if !satisfyOpen(choices, open, picks) {
		return nil, false
	}
	for _, i := range slices.Backward(postponed) {
		for _, rec := range choices[i].domain {
			if fits(choices, picks, i, rec) {
				picks[i] = rec
				break
			}
		}
	}
	return picks, true
}

func fits(choices []choice, picks []int32, i int, rec int32) bool {
	for j := range choices {
		if j != i && picks[j] == rec && choices[i].conflicts(&choices[j]) {
			return false
		}
	}
	return true
}

// satisfyOpen makes the open choices, the one with the fewest recipes left first.
func satisfyOpen(choices []choice, open []bool, picks []int32) bool {
	next, fewest := -1, []int32(nil)
	for i := range choices {
		if !open[i] {
			continue
		}
		var left []int32
		for _, rec := range choices[i].domain {
			if fits(choices, picks, i, rec) {
				left = append(left, rec)
			}
		}
		if next < 0 || len(left) < len(fewest) {
			next, fewest = i, left
		}
	}
	if next < 0 {
		return true
	}
	open[next] = false
	for _, rec := range fewest {
		picks[next] = rec
		if satisfyOpen(choices, open, picks) {
			return true
		}
	}
	picks[next] = noRecipe
	open[next] = true
	return false
}

// shortages names the sets of choices that cannot be made together, smallest first. It is
// empty when the hard rules can be satisfied.
func (m *model) shortages() []Reason {
	choices := m.choices()
	families := [][]int{nil, nil}
	byDay := make([][]int, DaysPerWeek)
	var all []int
	for i := range choices {
		if len(choices[i].domain) == 0 {
			families = append(families, []int{i})
		}
		switch choices[i].rule {
		case 6:
			families[0] = append(families[0], i)
		case 7:
			families[1] = append(families[1], i)
		}
		for _, d := range choices[i].days {
			byDay[d] = append(byDay[d], i)
		}
		all = append(all, i)
	}
	slices.SortStableFunc(families, func(a, b []int) int { return len(a) - len(b) })
	var out []Reason
	var named []int
	for n, family := range append(append(families, byDay...), all) {
		family = slices.DeleteFunc(slices.Clone(family), func(i int) bool { return slices.Contains(named, i) })
		if n >= len(families) && len(out) > 0 {
			break
		}
		set := smallest(choices, family)
		if set == nil {
			continue
		}
		named = append(named, set...)
		out = append(out, m.shortage(choices, set))
	}
	slices.SortStableFunc(out, func(a, b Reason) int { return a.Need - b.Need })
	return out
}

// smallest reduces an impossible set to one of which no choice can be spared, then adds the
// choices that compete for the same recipes. nil means that the set is possible.
func smallest(choices []choice, set []int) []int {
	pick := func(set []int) bool {
		some := make([]choice, len(set))
		for i, n := range set {
			some[i] = choices[n]
		}
		_, ok := satisfy(some)
		return ok
	}
	if pick(set) {
		return nil
	}
	least := slices.Clone(set)
	for _, n := range set {
		without := slices.DeleteFunc(slices.Clone(least), func(i int) bool { return i == n })
		if !pick(without) {
			least = without
		}
	}
	if len(least) == 1 {
		return least
	}
	recipes := union(choices, least)
	rule := choices[least[0]].rule
	for _, n := range set {
		inside := !slices.ContainsFunc(choices[n].domain, func(rec int32) bool { return !slices.Contains(recipes, rec) })
		if inside && choices[n].rule == rule && len(choices[n].domain) > 0 && !slices.Contains(least, n) {
			least = append(least, n)
		}
	}
	slices.Sort(least)
	return least
}

func union(choices []choice, set []int) []int32 {
	var out []int32
	for _, n := range set {
		out = append(out, choices[n].domain...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// shortage describes an impossible set.
func (m *model) shortage(choices []choice, set []int) Reason {
	r := Reason{Code: NotEnoughRecipes, Need: len(set), Have: len(union(choices, set))}
	var days []int
	for _, n := range set {
		c := &choices[n]
		switch {
		case r.Rule == 0:
			r.Rule = c.rule
		case r.Rule != c.rule || c.rule == 5:
			r.Rule = 8
		}
		r.Meals = append(r.Meals, c.meal)
		days = append(days, c.days...)
	}
	switch {
	case tooSlow(choices, set):
		r.Rule = 10
	case len(set) == 1:
		r.Rule = m.ruleAgainst(&choices[set[0]])
	}
	slices.Sort(r.Meals)
	r.Meals = slices.Compact(r.Meals)
	slices.Sort(days)
	for _, d := range slices.Compact(days) {
		r.Dates = append(r.Dates, m.days[d].date)
	}
	return r
}

// tooSlow reports whether rule 10 alone makes the set impossible.
func tooSlow(choices []choice, set []int) bool {
	some := make([]choice, len(set))
	for i, n := range set {
		some[i] = choices[n]
		some[i].domain = slices.Concat(some[i].domain, some[i].slow)
	}
	_, ok := satisfy(some)
	return ok
}

// ruleAgainst names the rule that leaves a single choice without recipes.
func (m *model) ruleAgainst(c *choice) int {
	switch {
	case len(m.eligible[c.meal]) == 0 && c.rule == 6 && m.lockedAway():
		return 6
	case len(m.eligible[c.meal]) == 0:
		return 4
	case c.travel && len(m.quick[c.meal]) == 0:
		return 5
	default:
		return 8
	}
}

// lockedAway reports whether only locked breakfasts keep a breakfast from having candidates.
func (m *model) lockedAway() bool {
	for i := range m.problem.Recipes {
		if m.problem.reject(&m.problem.Recipes[i], recipe.Breakfast) == LockedBreakfast {
			return true
		}
	}
	return false
}
