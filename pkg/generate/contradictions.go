package generate

import (
	"math/bits"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Contradiction is a set of counts (rule 11) that no week can keep together. It is seen without a
// search: the slots, and what the candidates for each count as, do not allow it. Other wishes that
// exclude each other, by the alternation of rule 7 for one, are found by the search alone.
type Contradiction struct {
	// Counts are their numbers in the problem. Those but the last with Capped want a Min, and it
	// has a Max.
	Counts []int
	// Wanted is what their Min add up to, Possible the most that any week gives. With Capped it is
	// the most of the first that a week gives which keeps the second.
	Wanted, Possible int
	Capped           bool
}

const (
	mostContradicted = 16 // counts that want something are looked at
	mostTogether     = 3  // of them at a time, and all
)

// contradictions lists the smallest sets of counts that contradict each other.
func (m *model) contradictions() []Contradiction {
	var wanting []int
	for i := range m.problem.Counts {
		if m.problem.Counts[i].Min > 0 && len(wanting) < mostContradicted {
			wanting = append(wanting, i)
		}
	}
	if len(wanting) == 0 {
		return nil
	}
	var (
		slots = m.masks(wanting)
		out   []Contradiction
		found []uint32
	)
	try := func(set uint32) {
		if slices.ContainsFunc(found, func(smaller uint32) bool { return smaller&set == smaller }) {
			return
		}
		c := Contradiction{}
		for i, count := range wanting {
			if set&(1<<i) != 0 {
				c.Counts, c.Wanted = append(c.Counts, count), c.Wanted+m.problem.Counts[count].Min
			}
		}
		for _, masks := range slots {
			most := 0
			for _, mask := range masks {
				most = max(most, bits.OnesCount32(mask&set))
			}
			c.Possible += most
		}
		if c.Wanted > c.Possible {
			out, found = append(out, c), append(found, set)
		}
	}
	all := uint32(1)<<len(wanting) - 1
	for n := 1; n <= mostTogether; n++ {
		for set := uint32(1); set <= all; set++ {
			if bits.OnesCount32(set) == n {
				try(set)
			}
		}
	}
	try(all)
	for i, count := range wanting {
		if !slices.Contains(found, 1<<i) {
			out = append(out, m.capped(count)...)
		}
	}
	return out
}

// masks says, for each slot that is not skipped, what its candidates count as: a bit for each of the
// counts.
func (m *model) masks(counts []int) [][]uint32 {
	var out [][]uint32
	m.eachSlot(func(meal recipe.Meal, candidates []int32) {
		var masks []uint32
		for _, rec := range candidates {
			mask := uint32(0)
			for i, count := range counts {
				if m.countsAs(count, rec, meal) {
					mask |= 1 << i
				}
			}
			if !slices.Contains(masks, mask) {
				masks = append(masks, mask)
			}
		}
		out = append(out, masks)
	})
	return out
}

// capped lists the counts whose Max another one's Min exceeds: so many of the first can only be had
// with more of the second.
func (m *model) capped(wanting int) (out []Contradiction) {
	want := &m.problem.Counts[wanting]
	for i := range m.problem.Counts {
		c := &m.problem.Counts[i]
		if i == wanting || c.Max == nil || c.Of == CountRecipes && want.Of == CountSlots && *c.Max > 0 {
			continue
		}
		free := 0 // slots that may hold one of the first that is none of the second
		m.eachSlot(func(meal recipe.Meal, candidates []int32) {
			if slices.ContainsFunc(candidates, func(rec int32) bool { return m.countsAs(wanting, rec, meal) && !m.countsAs(i, rec, meal) }) {
				free++
			}
		})
		if possible := *c.Max + free; possible < want.Min {
			out = append(out, Contradiction{Counts: []int{wanting, i}, Wanted: want.Min, Possible: possible, Capped: true})
		}
	}
	return out
}

// eachSlot calls do with each slot's meal and the recipes it may hold; a travel date's are those of
// any other.
func (m *model) eachSlot(do func(recipe.Meal, []int32)) {
	for i := range m.days {
		for meal, kind := range m.days[i].kinds {
			switch kind {
			case lockedSlot:
				_, lock := m.problem.kindOf(Slot{Date: m.days[i].date, Meal: recipe.Meal(meal)})
				do(recipe.Meal(meal), []int32{m.index[lock.Recipe]})
			case freeSlot, travelSlot:
				do(recipe.Meal(meal), m.candidatesFor(recipe.Meal(meal)))
			case skippedSlot:
			}
		}
	}
}

// candidatesFor are the recipes that the meal takes, before any was left out for their number.
func (m *model) candidatesFor(meal recipe.Meal) (out []int32) {
	for i := range m.problem.Recipes {
		if m.problem.reject(&m.problem.Recipes[i], meal) == "" {
			out = append(out, int32(i))
		}
	}
	return out
}

func (m *model) countsAs(count int, rec int32, meal recipe.Meal) bool {
	c := &m.problem.Counts[count]
	return slices.Contains(c.Meals, meal) && m.tally.tagged[count][rec]
}
