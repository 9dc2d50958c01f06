package generate

import (
	"cmp"
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// pairWork is what looking at a pair costs apart from its portions, in units of the meter.
const pairWork = 4

// leastPairs are looked at on any budget.
const leastPairs = 64

// noArgument stands for a recipe of rule 7 that no day uses.
const noArgument = -1

// side is one half of rule 7: the days that share a lunch and a dinner recipe (1, 3, 5, 7 or
// 2, 4, 6), with the pairs of them in play.
type side struct {
	parity  int
	days    []*day
	classes []*class
	uses    [3]bool // which of lunch and dinner some day takes from the pair
	lists   [3][]batch
	barred  [3][]bool  // by meal and option: rule 10 forbids it on some day, nil without limits
	counts  [3][]int64 // by meal and option, summed over the days
	base    value      // what the days' breakfasts cost at least, in counts
	tally   *tally     // nil without counts
	spans   [3][]int32 // what each batch adds to the tally, by meal and option
	chosen  int32      // the span of what the open days add
	twins   []int      // by open day: an earlier one that is like it, or -1
	known   []uint64   // a bit for every pair that has been looked at
	pairs   []*pair
	refined []*pair // those of the pairs that are refined and exist
	missing bool    // pairs were left out for lack of work
	floor   value   // lower bound of a pair that was left out
	// outOfBand are pairs that scout found none in band for, to be looked at again after widen.
	outOfBand [][2]int
	chunk     []pair
}

// pair is a choice of lunch and dinner for one side. Once refined, bound is the exact
// value of the side on its own.
type pair struct {
	lunch, dinner       int32
	lunchRec, dinnerRec int32
	bound               value
	adds                addition
	refined             *refinement
}

func (p *pair) shares(q *pair) bool {
	return p.lunchRec != noRecipe && (p.lunchRec == q.lunchRec || p.lunchRec == q.dinnerRec) ||
		p.dinnerRec != noRecipe && (p.dinnerRec == q.lunchRec || p.dinnerRec == q.dinnerRec)
}

func sortPairs(pairs []*pair) {
	slices.SortFunc(pairs, func(a, b *pair) int {
		if c := a.bound.compare(b.bound); c != 0 {
			return c
		}
		return cmp.Or(cmp.Compare(a.lunch, b.lunch), cmp.Compare(a.dinner, b.dinner))
	})
}

// lowest returns the n pairs with the least bounds, in their order.
func lowest(pairs []*pair, n int) []*pair {
	if n >= len(pairs)/8 {
		out := slices.Clone(pairs)
		sortPairs(out)
		return out[:min(n, len(out))]
	}
	out := make([]*pair, 0, n+1)
	for _, p := range pairs {
		if len(out) == n && !p.bound.less(out[n-1].bound) {
			continue
		}
		at := len(out)
		for at > 0 && p.bound.less(out[at-1].bound) {
			at--
		}
		out = slices.Insert(out, at, p)
		out = out[:min(len(out), n)]
	}
	return out
}

func (m *model) newSide(parity int) *side {
	s := &side{parity: parity}
	for i := parity; i < DaysPerWeek; i += 2 {
		d := &m.days[i]
		s.days = append(s.days, d)
		if !slices.Contains(s.classes, d.class) {
			s.classes = append(s.classes, d.class)
		}
		for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
			s.uses[meal] = s.uses[meal] || d.class.varies[meal]
		}
		s.base.counts += leastOf(d.counts[recipe.Breakfast])
	}
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		if !s.uses[meal] {
			continue
		}
		s.lists[meal] = m.batches[meal]
		s.barred[meal] = m.barred(s.days, meal)
		s.counts[meal] = make([]int64, len(m.batches[meal]))
		for _, d := range s.days {
			for j, c := range d.counts[meal] {
				s.counts[meal][j] += c
			}
		}
	}
	if m.tally != nil {
		s.count(m.tally)
	}
	s.known = make([]uint64, ((len(s.lists[recipe.Lunch])+1)*(len(s.lists[recipe.Dinner])+1)+63)/64)
	return s
}

// barred marks the batches for the days' alternating meal that are too slow for one of them.
func (m *model) barred(days []*day, meal recipe.Meal) (out []bool) {
	for _, d := range days {
		slot := Slot{Date: d.date, Meal: meal}
		if _, limited := m.problem.tightest(slot); !limited || d.kinds[meal] != freeSlot {
			continue
		}
		if out == nil {
			out = make([]bool, len(m.batches[meal]))
		}
		for j, b := range m.batches[meal] {
			out[j] = out[j] || !m.inTime(b.rec, slot)
		}
	}
	return out
}

// admits reports whether rule 10 admits the option of the meal on all its days.
func (s *side) admits(meal recipe.Meal, option int) bool {
	return option == noArgument || s.barred[meal] == nil || !s.barred[meal][option]
}

func leastOf(counts []int64) int64 {
	if len(counts) == 0 {
		return 0
	}
	return slices.Min(counts)
}

// order lists a meal's options by their counts, ties in the seed's order.
func (s *side) order(meal recipe.Meal) []int {
	if !s.uses[meal] {
		return []int{noArgument}
	}
	out := make([]int, 0, len(s.lists[meal]))
	for i := range s.lists[meal] {
		if s.admits(meal, i) {
			out = append(out, i)
		}
	}
	slices.SortStableFunc(out, func(a, b int) int { return cmp.Compare(s.counts[meal][a], s.counts[meal][b]) })
	return out
}

// meet marks a pair as looked at, and reports whether it is new and rules 7 and 10 admit it.
func (s *side) meet(lunch, dinner int) bool {
	n := (lunch+1)*(len(s.lists[recipe.Dinner])+1) + dinner + 1
	if s.known[n/64]>>(n%64)&1 != 0 {
		return false
	}
	s.known[n/64] |= 1 << (n % 64)
	if !s.admits(recipe.Lunch, lunch) || !s.admits(recipe.Dinner, dinner) {
		return false
	}
	return lunch == noArgument || dinner == noArgument || s.lists[recipe.Lunch][lunch].rec != s.lists[recipe.Dinner][dinner].rec
}

// size is the number of pairs, those that rule 7 forbids included.
func (s *side) size() int {
	n := 1
	for meal, uses := range s.uses {
		if uses {
			n *= len(s.lists[meal])
		}
	}
	return n
}

// list looks at pairs of the side it has not met: all, or at most so many of those with
// the least counts, until a share of the budget is spent. It returns those that rule 7 admits.
func (m *model) list(s *side, most int, share float64) (met [][2]int) {
	until := int64(share * float64(m.work.budget))
	lunches, dinners := s.order(recipe.Lunch), s.order(recipe.Dinner)
	s.missing = len(lunches)*len(dinners) > most
	met = make([][2]int, 0, min(most, len(lunches)*len(dinners)))
	for sum := range len(lunches) + len(dinners) - 1 {
		for i := max(0, sum-len(dinners)+1); i <= min(sum, len(lunches)-1); i++ {
			if len(met) >= most || m.work.spent >= until && len(met) >= leastPairs {
				return met
			}
			lunch, dinner := lunches[i], dinners[sum-i]
			if s.meet(lunch, dinner) {
				met = append(met, [2]int{lunch, dinner})
				m.work.spend(pairWork)
				for _, c := range s.classes {
					c.low(lunch, dinner)
				}
			}
		}
	}
	s.missing = false
	return met
}

// affordable returns how many pairs of a side a share of the budget allows to look at.
func (m *model) affordable(s *side, share float64) int {
	cost := 1.0
	for _, c := range s.classes {
		if c.pairs() {
			portions := float64(len(c.options[recipe.Lunch][0].points) * len(c.options[recipe.Dinner][0].points))
			g := c.nearest()
			cells := float64(len(g.members)) / float64(len(g.starts))
			cost += portions*(1+cells/2) + pairWork
		}
	}
	most := math.MaxInt32
	if m.problem.SamePortions {
		most = lowsTable
	}
	return min(int(max(64, share*float64(m.work.budget)/cost)), most)
}

// floorOf bounds every pair of the side from below: the least counts, plus what the days
// that do not depend on the pair need.
func (s *side) floorOf() value {
	v := s.base
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		v.counts += leastOf(s.counts[meal])
	}
	for _, c := range s.classes {
		if !c.varies[recipe.Lunch] && !c.varies[recipe.Dinner] {
			v = v.add(c.low(noArgument, noArgument)[s.parity])
		}
	}
	return v
}

// fixedCounts is the pair's own share of the counts.
func (s *side) fixedCounts(lunch, dinner int) (c int64) {
	if lunch != noArgument {
		c += s.counts[recipe.Lunch][lunch]
	}
	if dinner != noArgument {
		c += s.counts[recipe.Dinner][dinner]
	}
	return c
}

// bound is a lower bound of the pair.
func (s *side) bound(lunch, dinner int) value {
	bound := value{counts: s.base.counts + s.fixedCounts(lunch, dinner)}
	for _, c := range s.classes {
		bound = bound.add(c.low(lunch, dinner)[s.parity])
	}
	if !bound.exists() {
		return none
	}
	return bound
}

// add puts a pair into play.
func (s *side) add(lunch, dinner int, bound value) {
	if len(s.chunk) == cap(s.chunk) {
		s.chunk = make([]pair, 0, 256)
	}
	p := pair{
		lunch: int32(lunch), dinner: int32(dinner), bound: bound,
		lunchRec: s.recipeAt(recipe.Lunch, lunch), dinnerRec: s.recipeAt(recipe.Dinner, dinner),
	}
	if s.tally != nil {
		p.adds = addition{s.tally.sum(s.spanOf(recipe.Lunch, lunch), s.spanOf(recipe.Dinner, dinner)), s.chosen, anyChosen}
	}
	s.chunk = append(s.chunk, p)
	s.pairs = append(s.pairs, &s.chunk[len(s.chunk)-1])
}

func (s *side) recipeAt(meal recipe.Meal, i int) int32 {
	if i == noArgument {
		return noRecipe
	}
	return s.lists[meal][i].rec
}

// batchOf returns the first option with the recipe.
func (s *side) batchOf(meal recipe.Meal, rec int32) int32 {
	return int32(slices.IndexFunc(s.lists[meal], func(b batch) bool { return b.rec == rec }))
}

// least is a lower bound of all the side's pairs, looked at or not.
func (s *side) least() value {
	v := none
	if s.missing {
		v = s.floor
	}
	for _, p := range s.pairs {
		if p.bound.less(v) {
			v = p.bound
		}
	}
	return v
}
