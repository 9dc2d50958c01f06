package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// serving is a set of slots that hold one recipe: a batch of rule 7, or a single slot. masks are what
// its candidates count as, a bit for each count.
type serving struct {
	slots []Slot
	masks []uint64
}

// counted is a recipe that is no lock's, with what it counts as.
type counted struct {
	rec  int32
	mask uint64
}

// countedOf lists what may be chosen for a meal, before any was left out for their number.
func (m *model) countedOf(meal recipe.Meal) (out []counted) {
	for i := range m.problem.Recipes {
		if m.problem.reject(&m.problem.Recipes[i], meal) == "" {
			out = append(out, counted{int32(i), m.countsOf(int32(i), meal)})
		}
	}
	return out
}

// masksOf are the different masks of the recipes that suit.
func masksOf(list []counted, suits func(rec int32) bool) (out []uint64) {
	for _, c := range list {
		if !slices.Contains(out, c.mask) && suits(c.rec) {
			out = append(out, c.mask)
		}
	}
	return out
}

// servings parts the week into what is decided at once.
func (m *model) servings(ofMeal [len(recipe.Meals)][]counted) (out []serving) {
	batches := map[[2]int]int{} // by meal and parity of the day
	for i := range m.days {
		for meal, kind := range m.days[i].kinds {
			s := Slot{Date: m.days[i].date, Meal: recipe.Meal(meal)}
			switch kind {
			case skippedSlot:
			case lockedSlot:
				_, lock := m.problem.kindOf(s)
				out = append(out, serving{[]Slot{s}, []uint64{m.countsOf(m.index[lock.Recipe], s.Meal)}})
			case freeSlot:
				key := [2]int{meal, i % 2}
				if at, ok := batches[key]; ok && s.Meal != recipe.Breakfast {
					out[at].slots = append(out[at].slots, s)
					continue
				}
				batches[key] = len(out)
				out = append(out, serving{slots: []Slot{s}})
			case travelSlot:
				masks := masksOf(ofMeal[meal], func(rec int32) bool { return m.problem.quick(&m.problem.Recipes[rec]) && m.inTime(rec, s) })
				out = append(out, serving{[]Slot{s}, masks})
			}
		}
	}
	for i := range out {
		if out[i].masks == nil {
			out[i].masks = masksOf(ofMeal[out[i].slots[0].Meal], func(rec int32) bool {
				return !slices.ContainsFunc(out[i].slots, func(s Slot) bool { return !m.inTime(rec, s) })
			})
		}
	}
	return out
}

// mostStates bounds the sums that [model.alternating] keeps.
const mostStates = 600

// alternating is the most that a week gives of what counts want together, where its batches are
// taken whole; with a capped count (or -1), of weeks that keep its Max. false: it is not looked
// at, or no week keeps it.
func (m *model) alternating(week []serving, wanting []int, capped int) (int, bool) {
	var (
		counts = wanting
		sizes  []int // of the sums of each count
		states = 1
	)
	for _, c := range wanting {
		sizes = append(sizes, m.problem.Counts[c].Min+1)
	}
	if capped >= 0 {
		counts, sizes = append(slices.Clone(wanting), capped), append(sizes, *m.problem.Counts[capped].Max+1)
	}
	for _, s := range sizes {
		if states *= s; states > mostStates {
			return 0, false
		}
	}
	reached := make([]bool, states)
	reached[0] = true
	for _, s := range week {
		if gains := m.gains(s, counts); len(gains) > 0 {
			reached = step(reached, gains, sizes, capped >= 0)
		}
	}
	most, kept := 0, false
	for state, ok := range reached {
		if !ok {
			continue
		}
		sum := 0
		for i, size := range sizes {
			if i < len(wanting) {
				sum += state % size
			}
			state /= size
		}
		most, kept = max(most, sum), true
	}
	return most, kept
}

// gains are the different things that a serving may add to the counts.
func (m *model) gains(s serving, counts []int) (out [][]int) {
	for _, mask := range s.masks {
		g := make([]int, len(counts))
		for i, c := range counts {
			switch {
			case mask&(1<<c) == 0:
			case m.problem.Counts[c].Of == CountSlots:
				g[i] = len(s.slots)
			default:
				g[i] = 1
			}
		}
		if !slices.ContainsFunc(out, func(o []int) bool { return slices.Equal(o, g) }) {
			out = append(out, g)
		}
	}
	return out
}

// step adds one of the gains to each sum. What is above a size counts as the most below it; with
// capped the last count may not come to more.
func step(reached []bool, gains [][]int, sizes []int, capped bool) []bool {
	out := make([]bool, len(reached))
	for state, ok := range reached {
		if !ok {
			continue
		}
	gain:
		for _, g := range gains {
			to, rest, unit := 0, state, 1
			for i, size := range sizes {
				n := rest%size + g[i]
				if n >= size && capped && i == len(sizes)-1 {
					continue gain
				}
				to, rest, unit = to+unit*min(n, size-1), rest/size, unit*size
			}
			out[to] = true
		}
	}
	return out
}
