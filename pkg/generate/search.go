package generate

import (
	"math"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// noArgument stands for a recipe of rule 7 that no day uses.
const noArgument = -1

// side is one half of rule 7: the days that share a lunch and a dinner recipe (1, 3, 5, 7 or
// 2, 4, 6), with the pairs of them in play.
type side struct {
	days    []*day
	uses    [3]bool // which of lunch and dinner some day takes from the pair
	lists   [3][]int32
	pairs   []*pair
	missing bool  // pairs were left out for lack of work
	floor   value // lower bound of a pair that was left out
	known   map[int64]bool
	counts  [3][]int64 // by meal and option, summed over the days
	base    value      // what the days' breakfasts cost at least, in counts
}

// pair is a choice of lunch and dinner for one side. Once refined, bound is the exact
// value of the side on its own, and rows are its free days' breakfasts.
type pair struct {
	lunch, dinner       int
	lunchRec, dinnerRec int32
	bound               value
	refined             bool
	fixed               value // days whose breakfast is settled, and the pair's counts
	rows                [][]entry
	picks               []int32 // recipes of the side's own best breakfasts
}

func (p *pair) shares(q *pair) bool {
	return p.lunchRec != noRecipe && (p.lunchRec == q.lunchRec || p.lunchRec == q.dinnerRec) ||
		p.dinnerRec != noRecipe && (p.dinnerRec == q.lunchRec || p.dinnerRec == q.dinnerRec)
}

// solution is a week: the option numbers of both pairs, and of each day's breakfast.
type solution struct {
	value      value
	sides      [2]*pair
	breakfasts [DaysPerWeek]int32
	found      bool
}

// search runs one pass over a model. Without outside it looks only at weeks whose every day
// is in band if it can be at all.
type search struct {
	*model
	sides    [2]*side
	best     solution
	assigner *assigner
	leaves   int
}

func newSearch(m *model, outside bool) *search {
	s := &search{model: m, assigner: newAssigner(len(m.problem.Recipes))}
	s.best.value = none
	for _, c := range m.classes {
		if c.outside != outside {
			c.outside = outside
			c.forget()
		}
	}
	for i := range s.sides {
		s.sides[i] = m.newSide(i)
	}
	return s
}

func (m *model) newSide(parity int) *side {
	s := &side{known: make(map[int64]bool)}
	for i := parity; i < DaysPerWeek; i += 2 {
		d := &m.days[i]
		s.days = append(s.days, d)
		for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
			s.uses[meal] = s.uses[meal] || d.class.varies[meal]
		}
		s.base = s.base.add(value{counts: leastOf(d.counts[recipe.Breakfast])})
	}
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		if !s.uses[meal] {
			continue
		}
		s.lists[meal] = m.eligible[meal]
		s.counts[meal] = make([]int64, len(m.eligible[meal]))
		for _, d := range s.days {
			for j, c := range d.counts[meal] {
				s.counts[meal][j] += c
			}
		}
	}
	return s
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
	out := make([]int, len(s.lists[meal]))
	for i := range out {
		out[i] = i
	}
	slices.SortStableFunc(out, func(a, b int) int { return int(s.counts[meal][a] - s.counts[meal][b]) })
	return out
}

// run searches until the best week of the pass is proven or the work is spent. It returns a
// lower bound of every week of the pass that is not the one found.
func (s *search) run() (proven bool, bound value) {
	for _, side := range s.sides {
		s.list(side)
	}
	s.widen()
	s.seed()
	if s.sides[0].missing || s.sides[1].missing {
		s.improve()
	}
	s.refineAll()
	return s.enumerate()
}

// list fills a side with its pairs: all, or as many of those with the least counts as the
// work allows.
func (s *search) list(side *side) {
	lunches, dinners := side.order(recipe.Lunch), side.order(recipe.Dinner)
	most := s.affordable(side)
	side.missing = len(lunches)*len(dinners) > most
	for sum := 0; sum < len(lunches)+len(dinners)-1; sum++ {
		for i := max(0, sum-len(dinners)+1); i <= min(sum, len(lunches)-1); i++ {
			if len(side.pairs) >= most {
				side.floor = s.floorOf(side, lunches[0], dinners[0])
				return
			}
			s.consider(side, lunches[i], dinners[sum-i])
		}
	}
	side.missing = false
}

// affordable returns how many pairs of a side may be looked at, a fifth of the budget.
func (s *search) affordable(side *side) int {
	cost := 1.0
	seen := make(map[*class]bool)
	for _, d := range side.days {
		if c := d.class; c.pairs() && !seen[c] {
			seen[c] = true
			n := float64(len(s.grid))
			cells := float64(len(c.grid.members)) / float64(len(c.grid.starts))
			cost += n * n * (1 + cells/2)
		}
	}
	return int(min(max(64, float64(s.work.budget)/5/cost), math.MaxInt32))
}

// floorOf bounds every pair of the side from below: the least counts, plus what the days
// that do not depend on a whole pair need.
func (s *search) floorOf(side *side, lunch, dinner int) value {
	v := side.base
	if lunch != noArgument {
		v.counts += side.counts[recipe.Lunch][lunch]
	}
	if dinner != noArgument {
		v.counts += side.counts[recipe.Dinner][dinner]
	}
	for _, d := range side.days {
		if !d.class.varies[recipe.Lunch] && !d.class.varies[recipe.Dinner] {
			v = v.add(d.class.low(noArgument, noArgument))
		}
	}
	return v
}

// consider adds a pair to the side unless it cannot be.
func (s *search) consider(side *side, lunch, dinner int) {
	key := int64(lunch+1)*(MaxRecipes+1) + int64(dinner+1)
	if side.known[key] {
		return
	}
	side.known[key] = true
	p := &pair{lunch: lunch, dinner: dinner, lunchRec: noRecipe, dinnerRec: noRecipe}
	if lunch != noArgument {
		p.lunchRec = side.lists[recipe.Lunch][lunch]
		p.fixed.counts += side.counts[recipe.Lunch][lunch]
	}
	if dinner != noArgument {
		p.dinnerRec = side.lists[recipe.Dinner][dinner]
		p.fixed.counts += side.counts[recipe.Dinner][dinner]
	}
	if p.lunchRec != noRecipe && p.lunchRec == p.dinnerRec {
		return
	}
	if s.bound(side, p); p.bound.exists() || !s.allOutside() {
		side.pairs = append(side.pairs, p)
	}
}

func (s *search) allOutside() bool {
	for _, c := range s.classes {
		if !c.outside {
			return false
		}
	}
	return true
}

// bound sets the pair's lower bound without looking at single breakfasts.
func (s *search) bound(side *side, p *pair) {
	p.bound = p.fixed.add(side.base)
	for _, d := range side.days {
		v := d.class.low(p.lunch, p.dinner)
		if !v.exists() {
			p.bound = none
			if s.allOutside() {
				return
			}
			continue
		}
		if p.bound.exists() {
			p.bound = p.bound.add(v)
		}
	}
}

// widen lets those classes leave the band that nothing keeps in it, then bounds the pairs
// anew and drops those that cannot be.
func (s *search) widen() {
	changed := false
	for _, c := range s.classes {
		if c.outside {
			continue
		}
		possible := false
		for _, v := range c.lows {
			if v.exists() {
				possible = true
				break
			}
		}
		if !possible {
			c.outside = true
			c.forget()
			changed = true
		}
	}
	for _, side := range s.sides {
		for _, p := range side.pairs {
			if changed {
				s.bound(side, p)
			}
		}
		side.pairs = slices.DeleteFunc(side.pairs, func(p *pair) bool { return !p.bound.exists() })
		sortPairs(side.pairs)
		if changed && side.missing {
			lunches, dinners := side.order(recipe.Lunch), side.order(recipe.Dinner)
			side.floor = s.floorOf(side, lunches[0], dinners[0])
		}
	}
}

func sortPairs(pairs []*pair) {
	slices.SortStableFunc(pairs, func(a, b *pair) int { return a.bound.compare(b.bound) })
}

const (
	seedPairs    = 24
	improvements = 3
)

// seed finds a first good week among the most promising pairs.
func (s *search) seed() {
	for n := seedPairs; ; n *= 4 {
		all := true
		for _, side := range s.sides {
			for _, p := range side.pairs[:min(n, len(side.pairs))] {
				s.refine(side, p)
			}
			all = all && n >= len(side.pairs)
		}
		s.combine(s.refined(0), s.refined(1))
		if s.best.found || all || s.work.exhausted() {
			return
		}
	}
}

// improve looks at the neighbours of the best week among the pairs left out: one of the four
// recipes of rule 7 exchanged.
func (s *search) improve() {
	for range improvements {
		if !s.best.found || s.work.spent > s.work.budget/2 {
			return
		}
		before := s.best.value
		for i, side := range s.sides {
			p := s.best.sides[i]
			from := len(side.pairs)
			for l := range side.lists[recipe.Lunch] {
				s.consider(side, l, p.dinner)
			}
			for d := range side.lists[recipe.Dinner] {
				s.consider(side, p.lunch, d)
			}
			fresh := slices.DeleteFunc(side.pairs[from:], func(p *pair) bool { return !p.bound.exists() })
			side.pairs = side.pairs[:from+len(fresh)]
			sortPairs(fresh)
			for _, q := range fresh[:min(seedPairs, len(fresh))] {
				s.refine(side, q)
			}
		}
		s.combine(s.refined(0), s.refined(1))
		if !s.best.value.less(before) {
			break
		}
	}
	for _, side := range s.sides {
		sortPairs(side.pairs)
	}
}

func (s *search) refined(i int) []*pair {
	var out []*pair
	for _, p := range s.sides[i].pairs {
		if p.refined && p.bound.exists() {
			out = append(out, p)
		}
	}
	sortPairs(out)
	return out
}

// refine makes the pair's bound exact for its side.
func (s *search) refine(side *side, p *pair) {
	if p.refined {
		return
	}
	p.refined = true
	var last *class
	var row []value
	for _, d := range side.days {
		if d.class != last {
			last, row = d.class, d.class.row(p.lunch, p.dinner)
		}
		if d.counts[recipe.Breakfast] == nil {
			if !row[0].exists() {
				p.bound = none
				return
			}
			p.fixed = p.fixed.add(row[0])
			continue
		}
		p.rows = append(p.rows, s.shortlist(d, row))
	}
	total := s.assigner.solve(p.rows)
	s.work.spend(100)
	if !total.exists() {
		p.bound = none
		return
	}
	p.bound = p.fixed.add(total)
	for i := range p.rows {
		p.picks = append(p.picks, recipeOf(p.rows[i], s.assigner.pick[i]))
	}
}

// recipeOf returns the recipe of the row's entry for the option.
func recipeOf(row []entry, option int32) int32 {
	for _, e := range row {
		if e.option == option {
			return e.rec
		}
	}
	return noRecipe
}

// shortlist returns the day's best breakfasts, as many as there are free breakfasts in the
// week: with that many, one is always left.
func (s *search) shortlist(d *day, row []value) []entry {
	out := make([]entry, 0, s.free+1)
	counts := d.counts[recipe.Breakfast]
	options := d.class.options[recipe.Breakfast]
	for b, v := range row {
		if !v.exists() {
			continue
		}
		v.counts += counts[b]
		if len(out) == s.free && !v.less(out[len(out)-1].value) {
			continue
		}
		at := len(out)
		for at > 0 && v.less(out[at-1].value) {
			at--
		}
		out = slices.Insert(out, at, entry{options[b].rec, int32(b), v})
		out = out[:min(len(out), s.free)]
	}
	return out
}

// combine tries all combinations of the two sorted lists that may beat the best week. It
// returns a lower bound of those it had no work left for.
func (s *search) combine(as, bs []*pair) (complete bool, bound value) {
	if len(as) == 0 || len(bs) == 0 {
		return true, none
	}
	rows := make([][]entry, 0, DaysPerWeek)
	for _, a := range as {
		if !a.bound.add(bs[0].bound).less(s.best.value) {
			return true, none
		}
		if s.work.exhausted() {
			return false, a.bound.add(bs[0].bound)
		}
		for _, b := range bs {
			sum := a.bound.add(b.bound)
			if !sum.less(s.best.value) {
				break
			}
			s.work.spend(1)
			if a.shares(b) {
				continue
			}
			if !disjoint(a.picks, b.picks) {
				rows = append(append(rows[:0], a.rows...), b.rows...)
				total := s.assigner.solve(rows)
				s.work.spend(500)
				s.leaves++
				if !total.exists() {
					continue
				}
				sum = total.add(a.fixed).add(b.fixed)
				if !sum.less(s.best.value) {
					continue
				}
			}
			s.keep(a, b, sum)
		}
	}
	return true, none
}

func disjoint(a, b []int32) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return false
		}
	}
	return true
}

func (s *search) keep(a, b *pair, v value) {
	s.assigner.solve(append(slices.Clone(a.rows), b.rows...))
	s.best = solution{value: v, sides: [2]*pair{a, b}, found: true}
	row := 0
	for i, side := range s.sides {
		for j, d := range side.days {
			if d.counts[recipe.Breakfast] != nil {
				s.best.breakfasts[i+2*j] = s.assigner.pick[row]
				row++
			}
		}
	}
}

// refineAll refines every pair that may still be part of a better week, cheapest first.
func (s *search) refineAll() {
	for i, side := range s.sides {
		other := s.sides[1-i].least()
		sortPairs(side.pairs)
		for _, p := range side.pairs {
			if s.work.exhausted() || !p.bound.add(other).less(s.best.value) && s.best.found {
				break
			}
			s.refine(side, p)
		}
		side.pairs = slices.DeleteFunc(side.pairs, func(p *pair) bool { return !p.bound.exists() })
		sortPairs(side.pairs)
	}
}

// least is a lower bound of the side's listed pairs.
func (s *side) least() value {
	v := none
	for _, p := range s.pairs {
		if p.bound.less(v) {
			v = p.bound
		}
	}
	return v
}

// enumerate settles the pass with the refined pairs.
func (s *search) enumerate() (proven bool, bound value) {
	complete, bound := s.combine(s.refined(0), s.refined(1))
	for i, side := range s.sides {
		other := s.sides[1-i]
		least := other.least()
		if other.missing && other.floor.less(least) {
			least = other.floor
		}
		for _, p := range side.pairs {
			if p.refined {
				continue
			}
			complete, bound = s.loosen(complete, bound, p.bound.add(least))
		}
		if side.missing {
			complete, bound = s.loosen(complete, bound, side.floor.add(least))
		}
	}
	return complete, bound
}

// loosen lowers the bound to v, which stands for weeks not looked at.
func (s *search) loosen(complete bool, bound, v value) (bool, value) {
	if !v.exists() || s.best.found && !v.less(s.best.value) {
		return complete, bound
	}
	if v.less(bound) {
		bound = v
	}
	return false, bound
}
