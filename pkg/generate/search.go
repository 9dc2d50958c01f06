package generate

import "github.com/mealplanner/mealplanner/pkg/domain/recipe"

// solution is a week: the option numbers of both pairs, and of each day's breakfast, and what
// travel slots add to the tally.
type solution struct {
	value      value
	sides      [2]*pair
	breakfasts [DaysPerWeek]int32
	travel     [DaysPerWeek]int32 // of the class's shares; anyShare leaves it open
	found      bool
}

// search runs one pass over a model. Without outside it looks only at weeks whose every day
// is in band if it can be at all.
type search struct {
	*model
	sides    [2]*side
	best     solution
	assigner *assigner
	outside  bool
	rough    bool // refined bounds are no bounds: what is far off was left out
	goal     *goal
	outlook  [2]outlook // what each side's pairs can expect of the other
	places   []int      // scratch for lots, by share
}

func newSearch(m *model, outside bool) *search {
	return newSearchFor(m, outside, nil)
}

// newSearchFor returns a search that, with a goal, looks only at weeks that may beat it and
// ends when it has one.
func newSearchFor(m *model, outside bool, g *goal) *search {
	s := &search{model: m, assigner: newAssigner(len(m.problem.Recipes)), outside: outside, goal: g}
	s.best.value = none
	if g != nil {
		s.best.value = g.within
	}
	for _, c := range m.classes {
		c.outside = outside
		c.forget()
	}
	for i := range s.sides {
		s.sides[i] = m.newSide(i)
	}
	return s
}

// run searches until the best week of the pass is proven or the work is spent. It returns a
// lower bound of every week of the pass that is not the one found.
func (s *search) run() (proven bool, bound value) {
	if !s.outside {
		s.scout()
	}
	if s.done() {
		return false, none
	}
	var met [2][][2]int
	var least [2]value
	for i, side := range s.sides {
		met[i] = append(s.list(side, s.affordable(side, s.listShare()), float64(i+1)*listedShare), side.outOfBand...)
	}
	s.widen()
	for i, side := range s.sides {
		side.floor = side.floorOf()
		least[i] = side.least()
		for _, p := range met[i] {
			if v := side.bound(p[0], p[1]); v.less(least[i]) {
				least[i] = v
			}
		}
	}
	for i, side := range s.sides {
		for _, p := range met[i] {
			if v := side.bound(p[0], p[1]); s.improves(v.add(least[1-i])) {
				side.add(p[0], p[1], v)
			}
		}
	}
	if s.seed(); s.done() {
		return false, none
	}
	if s.sides[0].missing || s.sides[1].missing {
		s.improve()
	}
	s.refineAll()
	return s.enumerate()
}

const (
	scoutedPairs   = 192  // of each side
	scoutFrom      = 4    // times as many pairs make scouting worth while
	scoutPortions  = 3    // as many portions make looking for breakfasts costly
	roughShare     = 2.5  // the same where all cannot be looked at anyway
	scoutedShare   = 0.2  // of the budget, for looking at the first pairs
	listedShare    = 0.35 // of the budget, when looking at one side's pairs stops
	fullShare      = 0.6  // of the budget, for looking at all pairs of a side
	roughListShare = 0.2  // the same where all cannot be looked at
	reachShare     = 5    // the part of the slack in cost that one day is expected to take
)

// scout solves the week for a few pairs first. What that leaves to be gained bounds how far
// a day may be from its target to matter, and so how wide low has to look.
func (s *search) scout() {
	if len(s.grid) < scoutPortions {
		return
	}
	for _, side := range s.sides {
		if side.size() < scoutFrom*scoutedPairs {
			return
		}
	}
	for _, side := range s.sides {
		for _, c := range side.classes {
			if c.pairs() {
				continue
			}
			for _, l := range side.order(recipe.Lunch) {
				for _, d := range side.order(recipe.Dinner) {
					c.low(l, d)
				}
			}
		}
	}
	for _, c := range s.classes {
		if !c.pairs() {
			s.widenOne(c)
		}
	}
	var floor value
	for _, side := range s.sides {
		for _, p := range s.list(side, scoutedPairs, scoutedShare) {
			if v := side.bound(p[0], p[1]); v.exists() {
				side.add(p[0], p[1], v)
			} else {
				side.outOfBand = append(side.outOfBand, p)
			}
		}
		for _, p := range lowest(side.pairs, seedPairs) {
			s.refine(side, p)
		}
		floor = floor.add(side.floorOf())
	}
	if s.combine(); !s.best.value.exists() || s.done() {
		return
	}
	slack := s.best.value.sub(floor).cost
	s.approach(max(1, slack/reachShare))
	for _, side := range s.sides {
		s.rough = s.rough || side.size() > s.affordable(side, fullShare)
	}
	if s.rough {
		s.approach(max(1, int64(float64(slack)/roughShare)))
	}
}

// listShare is the share of the budget for looking at one side's pairs.
func (s *search) listShare() float64 {
	if s.rough {
		return roughListShare
	}
	return fullShare
}

func (s *search) approach(reach int64) {
	for _, c := range s.classes {
		if c.pairs() {
			c.approach(reach, s.rough)
		}
	}
}

// widen lets those classes leave the band that nothing keeps in it.
func (s *search) widen() {
	for _, c := range s.classes {
		s.widenOne(c)
	}
}

func (s *search) widenOne(c *class) {
	if !c.outside && !c.possible {
		c.outside = true
		c.forget()
	}
}

const (
	seedPairs    = 24
	improvements = 3
)

// seed finds a first good week among the most promising pairs.
func (s *search) seed() {
	s.prospect()
	for n := seedPairs; ; n *= 4 {
		all := true
		for _, side := range s.sides {
			for _, p := range s.promising(side, n) {
				s.refine(side, p)
			}
			all = all && n >= len(side.pairs)
		}
		s.combine()
		if s.best.found || all || s.work.exhausted() || s.done() {
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
			p, from := s.best.sides[i], len(side.pairs)
			for l := range side.lists[recipe.Lunch] {
				s.meetLate(side, l, int(p.dinner))
			}
			for d := range side.lists[recipe.Dinner] {
				s.meetLate(side, int(p.lunch), d)
			}
			for _, q := range lowest(side.pairs[from:], seedPairs) {
				s.refine(side, q)
			}
		}
		s.combine()
		if !s.best.value.less(before) {
			return
		}
	}
}

func (s *search) meetLate(side *side, lunch, dinner int) {
	if side.meet(lunch, dinner) {
		if v := side.bound(lunch, dinner); v.exists() {
			side.add(lunch, dinner, v)
		}
	}
}

// refineAll refines every pair that may still be part of a better week, cheapest first.
func (s *search) refineAll() {
	for i, side := range s.sides {
		s.prospect()
		var open []*pair
		for _, p := range side.pairs {
			if p.refined == nil && s.improves(p.bound.add(s.rest(i, p.adds))) {
				open = append(open, p)
			}
		}
		sortPairs(open)
		for _, p := range open {
			if s.work.exhausted() || s.done() {
				return
			}
			s.refine(side, p)
		}
	}
}

func (s *search) improves(v value) bool { return v.exists() && v.less(s.best.value) }

// enumerate settles the pass with the refined pairs. The bound is that of the weeks not
// looked at.
func (s *search) enumerate() (proven bool, bound value) {
	proven, bound = s.combine()
	if s.rough {
		return false, s.sides[0].floor.add(s.sides[1].floor)
	}
	leave := func(v value) {
		if s.improves(v) {
			proven = false
			if v.less(bound) {
				bound = v
			}
		}
	}
	s.prospect()
	for i, side := range s.sides {
		for _, p := range side.pairs {
			if p.refined == nil {
				leave(p.bound.add(s.rest(i, p.adds)))
			}
		}
		if side.missing {
			leave(side.floor.add(s.sides[1-i].least()))
		}
	}
	return proven, bound
}
