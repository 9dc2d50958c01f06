package generate

import (
	"math/bits"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Contradiction is a set of counts (rule 11) that no week can keep together. It is seen without a
// search: the slots, what the candidates for each count as, and the batches of rule 7 do not allow
// it. Other wishes that exclude each other are found by the search alone.
type Contradiction struct {
	// Counts are their numbers in the problem. Those but the last with Capped want a Min, and it
	// has a Max.
	Counts []int
	// Wanted is what their Min add up to, Possible the most that any week gives. With Capped it is
	// the most of the first that a week gives which keeps the second.
	Wanted, Possible int
	Capped           bool
	// Alternating says that it would be possible if lunches and dinners were no batches.
	Alternating bool
}

const (
	mostContradicted = 16 // counts that want something are looked at
	mostTogether     = 3  // of them at a time, and all
	mostLimits       = 64 // counts are looked at in all, a bit of a mask each
	mostAlternating  = 8  // of those that want something are looked at by threes in batches
)

// contradictions lists the smallest sets of counts that contradict each other.
func (m *model) contradictions() []Contradiction {
	var wanting []int
	for i := range min(len(m.problem.Counts), mostLimits) {
		if m.problem.Counts[i].Min > 0 && len(wanting) < mostContradicted {
			wanting = append(wanting, i)
		}
	}
	if len(wanting) == 0 {
		return nil
	}
	var (
		ofMeal [len(recipe.Meals)][]counted
		out    []Contradiction
		found  []uint64
	)
	for _, meal := range recipe.Meals {
		ofMeal[meal] = m.countedOf(meal)
	}
	slots, week := m.slotMasks(ofMeal), m.servings(ofMeal)
	try := func(set uint64) {
		if slices.ContainsFunc(found, func(smaller uint64) bool { return smaller&set == smaller }) {
			return
		}
		c := Contradiction{}
		for _, count := range wanting {
			if set&(1<<count) != 0 {
				c.Counts, c.Wanted = append(c.Counts, count), c.Wanted+m.problem.Counts[count].Min
			}
		}
		for _, masks := range slots {
			most := 0
			for _, mask := range masks {
				most = max(most, bits.OnesCount64(mask&set))
			}
			c.Possible += most
		}
		if few := len(c.Counts) < mostTogether || len(c.Counts) == mostTogether && len(wanting) <= mostAlternating; few && c.Wanted <= c.Possible {
			if most, ok := m.alternating(week, c.Counts, -1); ok && most < c.Wanted {
				c.Possible, c.Alternating = most, true
			}
		}
		if c.Wanted > c.Possible {
			out, found = append(out, c), append(found, set)
		}
	}
	for n := 1; n <= mostTogether; n++ {
		for chosen := uint32(1); chosen < 1<<len(wanting); chosen++ {
			if bits.OnesCount32(chosen) == n {
				try(setOf(wanting, chosen))
			}
		}
	}
	try(setOf(wanting, 1<<len(wanting)-1))
	for _, count := range wanting {
		if !slices.Contains(found, 1<<count) {
			out = append(out, m.capped(count, slots, week)...)
		}
	}
	return out
}

// setOf has a bit for each of the counts that are chosen by a bit of their place.
func setOf(counts []int, chosen uint32) (set uint64) {
	for i, count := range counts {
		if chosen&(1<<i) != 0 {
			set |= 1 << count
		}
	}
	return set
}

// slotMasks says, for each slot that is not skipped, what its candidates count as: a bit for each
// count. A travel date's are those of any other.
func (m *model) slotMasks(counted [len(recipe.Meals)][]counted) (out [][]uint64) {
	var ofMeal [len(recipe.Meals)][]uint64
	for meal, list := range counted {
		ofMeal[meal] = masksOf(list, func(int32) bool { return true })
	}
	for i := range m.days {
		for meal, kind := range m.days[i].kinds {
			switch kind {
			case lockedSlot:
				_, lock := m.problem.kindOf(Slot{Date: m.days[i].date, Meal: recipe.Meal(meal)})
				out = append(out, []uint64{m.countsOf(m.index[lock.Recipe], recipe.Meal(meal))})
			case freeSlot, travelSlot:
				out = append(out, ofMeal[meal])
			case skippedSlot:
			}
		}
	}
	return out
}

// countsOf has a bit for each of the counts that a recipe is one of at the meal.
func (m *model) countsOf(rec int32, meal recipe.Meal) (mask uint64) {
	for i := range min(len(m.problem.Counts), mostLimits) {
		if slices.Contains(m.problem.Counts[i].Meals, meal) && m.tally.tagged[i][rec] {
			mask |= 1 << i
		}
	}
	return mask
}

// capped lists the counts whose Max another one's Min exceeds: so many of the first can only be had
// with more of the second.
func (m *model) capped(wanting int, slots [][]uint64, week []serving) (out []Contradiction) {
	want := &m.problem.Counts[wanting]
	for i := range min(len(m.problem.Counts), mostLimits) {
		c := &m.problem.Counts[i]
		if i == wanting || c.Max == nil || c.Of == CountRecipes && want.Of == CountSlots && *c.Max > 0 {
			continue
		}
		free := 0 // slots that may hold one of the first that is none of the second
		for _, masks := range slots {
			if slices.ContainsFunc(masks, func(mask uint64) bool { return mask&(1<<wanting) != 0 && mask&(1<<i) == 0 }) {
				free++
			}
		}
		found := Contradiction{Counts: []int{wanting, i}, Wanted: want.Min, Possible: *c.Max + free, Capped: true}
		if found.Possible >= want.Min && c.Of == CountSlots {
			if most, ok := m.alternating(week, []int{wanting}, i); ok && most < want.Min {
				found.Possible, found.Alternating = most, true
			}
		}
		if found.Possible < want.Min {
			out = append(out, found)
		}
	}
	return out
}
