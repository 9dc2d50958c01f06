package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// lot is the best breakfasts of a day that add the same share to the tally, in order.
type lot struct {
	share   int32
	entries []entry
}

// insert keeps the n best entries of different recipes.
func insert(list []entry, e entry, n int) []entry {
	if len(list) == n && !e.value.less(list[n-1].value) {
		return list
	}
	if at := slices.IndexFunc(list, func(o entry) bool { return o.rec == e.rec }); at >= 0 {
		if !e.value.less(list[at].value) {
			return list
		}
		list = slices.Delete(list, at, at+1)
	}
	at := len(list)
	for at > 0 && e.value.less(list[at-1].value) {
		at--
	}
	if at == n {
		return list
	}
	if len(list) == n {
		list = list[:n-1]
	}
	return slices.Insert(list, at, e)
}

// shortlisted is how many entries of a kind a day needs, so that one is always left.
func (s *search) shortlisted() int { return max(1, s.free) }

// merge puts lots of a day together.
func (s *search) merge(lots []lot) []entry {
	if len(lots) == 1 {
		return lots[0].entries
	}
	var out []entry
	for _, l := range lots {
		for _, e := range l.entries {
			out = insert(out, e, s.shortlisted())
		}
	}
	return out
}

// lotsOf lists what an open day may be with the pair.
func (s *search) lotsOf(n int, p *pair) (out []lot) {
	d := &s.model.days[n]
	c, counts := d.class, d.counts[recipe.Breakfast]
	for travel, add := range c.shares {
		r := c.row(int(p.lunch), int(p.dinner), travel)
		s.work.spend(entryWork * len(r.some))
		slots := s.tally.join(add[0], add[1])
		for _, b := range r.some {
			o := &c.options[recipe.Breakfast][b]
			e := entry{rec: o.rec, option: b, travel: int32(travel), share: s.tally.join(o.share, slots), value: r.values[b]}
			if counts != nil {
				e.value.counts += counts[b]
			} else {
				e.rec = int32(len(s.problem.Recipes) + n)
			}
			out = s.put(out, e)
		}
	}
	for _, l := range out {
		s.places[l.share] = 0
	}
	return out
}

// entryWork is what an entry of a lot costs, in units of the meter.
const entryWork = 4

// put adds an entry to the lot of its share; places says which that is, from 1.
func (s *search) put(lots []lot, e entry) []lot {
	for len(s.places) <= int(e.share) {
		s.places = append(s.places, 0)
	}
	at := s.places[e.share]
	if at == 0 {
		lots = append(lots, lot{e.share, make([]entry, 0, s.shortlisted())})
		at = len(lots)
		s.places[e.share] = at
	}
	l := &lots[at-1]
	l.entries = insert(l.entries, e, s.shortlisted())
	return lots
}

// refineCounted is refine for a problem with counts: where days may add different shares, the pair
// is replaced by one refined pair for each way to distribute them.
func (s *search) refineCounted(side *side, p *pair) {
	r := &refinement{fixed: value{counts: side.fixedCounts(int(p.lunch), int(p.dinner))}}
	p.refined = r
	for j, d := range side.days {
		if !d.open {
			r.fixed = r.fixed.add(d.class.row(int(p.lunch), int(p.dinner), anyShare).values[0])
			continue
		}
		lots := s.lotsOf(side.parity+2*j, p)
		r.lots = append(r.lots, lots)
		r.rows = append(r.rows, s.merge(lots))
	}
	s.work.spend(100)
	p.bound = s.assign(r)
	if s.improves(p.bound.add(s.rest(side.parity, p.adds))) {
		s.split(side, p)
	}
}

// mostPatterns is the usual bound of the refined pairs that replace one.
const mostPatterns = 500

// split enters the pair's patterns, one kind of lots for each open day.
func (s *search) split(side *side, p *pair) {
	r := p.refined
	parts := make([][][]lot, len(r.lots))
	for keyed := len(s.tally.counts) + 1; ; keyed-- {
		patterns := 1
		for i, lots := range r.lots {
			parts[i] = s.tally.divide(lots, keyed)
			patterns *= len(parts[i])
		}
		if patterns <= s.patterns || keyed == 0 {
			break
		}
	}
	pattern := make([]int, len(parts))
	for {
		if !side.mirrored(pattern) {
			s.enter(side, p, parts, pattern)
		}
		i := len(pattern) - 1
		for ; i >= 0 && pattern[i] == len(parts[i])-1; i-- {
			pattern[i] = 0
		}
		if i < 0 {
			return
		}
		pattern[i]++
	}
}

// enter adds one pattern of a pair to the refined pairs, if it may be part of a better week.
func (s *search) enter(side *side, p *pair, parts [][][]lot, pattern []int) {
	r := &refinement{fixed: p.refined.fixed}
	q := &pair{lunch: p.lunch, dinner: p.dinner, lunchRec: p.lunchRec, dinnerRec: p.dinnerRec, adds: addition{own: p.adds.own, kind: exactChosen}, refined: r}
	for i, part := range pattern {
		lots := parts[i][part]
		r.lots = append(r.lots, lots)
		r.rows = append(r.rows, s.merge(lots))
		adds := s.tally.shares[lots[0].share].span
		for _, l := range lots {
			adds = s.tally.cover(adds, s.tally.shares[l.share].span)
			r.loose = r.loose || len(lots) > 1 || len(s.tally.shares[l.share].codes) > 0
			if adds != s.tally.shares[l.share].span {
				q.adds.kind = roughChosen
			}
		}
		q.adds.chosen = s.tally.sum(q.adds.chosen, adds)
	}
	s.work.spend(100)
	if q.bound = s.assign(r); s.improves(q.bound.add(s.rest(side.parity, q.adds))) {
		side.refined = append(side.refined, q)
	}
}

// divide groups lots by their share, or with fewer keys by what it adds to the first counts.
func (t *tally) divide(lots []lot, keyed int) (out [][]lot) {
	for _, l := range lots {
		at := slices.IndexFunc(out, func(part []lot) bool { return t.alike(part[0].share, l.share, keyed) })
		if at < 0 {
			at = len(out)
			out = append(out, nil)
		}
		out[at] = append(out[at], l)
	}
	return out
}

func (t *tally) alike(a, b int32, keyed int) bool {
	if keyed > len(t.counts) {
		return a == b
	}
	x, y := &t.spans[t.shares[a].span], &t.spans[t.shares[b].span]
	return slices.Equal(x.low[:keyed], y.low[:keyed]) && slices.Equal(x.high[:keyed], y.high[:keyed])
}

// count works out what the side's slots add to the tally.
func (s *side) count(t *tally) {
	s.tally = t
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		slots := 0
		for _, d := range s.days {
			if d.kinds[meal] == freeSlot {
				slots++
			}
		}
		for _, b := range s.lists[meal] {
			s.spans[meal] = append(s.spans[meal], t.batch(b.rec, meal, slots))
		}
	}
	var open []*day
	for _, d := range s.days {
		if !d.open {
			continue
		}
		s.twins = append(s.twins, slices.IndexFunc(open, func(o *day) bool {
			return o.class == d.class && slices.Equal(o.counts[recipe.Breakfast], d.counts[recipe.Breakfast])
		}))
		open = append(open, d)
		s.chosen = t.sum(s.chosen, t.chosenOn(d))
	}
}

// chosenOn is the span of all that an open day may add.
func (t *tally) chosenOn(d *day) int32 {
	out := int32(-1)
	for _, add := range d.class.shares {
		slots := t.join(add[0], add[1])
		for i := range d.class.options[recipe.Breakfast] {
			adds := t.shares[t.join(d.class.options[recipe.Breakfast][i].share, slots)].span
			if out < 0 {
				out = adds
			}
			out = t.cover(out, adds)
		}
	}
	return max(out, 0)
}

func (s *side) spanOf(meal recipe.Meal, option int) int32 {
	if option == noArgument {
		return 0
	}
	return s.spans[meal][option]
}

// mirrored reports whether exchanging two days that are alike gives a pattern listed earlier.
func (s *side) mirrored(pattern []int) bool {
	for i, twin := range s.twins {
		if twin >= 0 && pattern[i] < pattern[twin] {
			return true
		}
	}
	return false
}
