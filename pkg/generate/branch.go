package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// branching is the choice of lots for the open days of a week with given pairs. Once the pairs
// are known, a lot's share has only those codes that another day may have too.
type branching struct {
	pairs [2]*pair
	lots  [][]lot
}

func (s *search) newBranching(a, b *pair) *branching {
	t := s.tally
	out := &branching{pairs: [2]*pair{a, b}}
	served := t.codesOf(out.pairs)
	rows := slices.Concat(a.refined.lots, b.refined.lots)
	days := make(map[int32]int) // on which a code may occur
	for _, lots := range rows {
		seen := make(map[int32]bool)
		for _, l := range lots {
			for _, c := range t.shares[l.share].codes {
				if !seen[c] {
					seen[c] = true
					days[c]++
				}
			}
		}
	}
	for _, lots := range rows {
		var settled []lot
		for _, l := range lots {
			share := t.settle(l.share, served, days)
			at := slices.IndexFunc(settled, func(o lot) bool { return o.share == share })
			if at < 0 {
				settled = append(settled, lot{share, l.entries})
				continue
			}
			settled[at].entries = s.merge([]lot{settled[at], l})
		}
		out.lots = append(out.lots, settled)
	}
	s.work.spend(500)
	return out
}

// codesOf lists the codes of the pairs' lunches and dinners.
func (t *tally) codesOf(pairs [2]*pair) (codes []int32) {
	for _, p := range pairs {
		for i := range t.counts {
			for meal, rec := range [3]int32{noRecipe, p.lunchRec, p.dinnerRec} {
				if rec != noRecipe && t.adds(i, rec, recipe.Meal(meal)) {
					codes = append(codes, t.code(i, rec))
				}
			}
		}
	}
	return codes
}

// settle returns the share without the codes of what is served already, which add nothing, and
// those that no other day can have, which add one.
func (t *tally) settle(id int32, served []int32, days map[int32]int) int32 {
	old := &t.shares[id]
	if len(old.codes) == 0 {
		return id
	}
	s := t.zero()
	from := &t.spans[old.span]
	copy(s.low, from.low)
	copy(s.high, from.high)
	var codes []int32
	for _, c := range old.codes {
		i := int(c) / len(t.problem.Recipes)
		switch {
		case slices.Contains(served, c):
			s.high[i]--
		case days[c] == 1 || !t.travels[c]: // breakfasts are different anyway
			s.low[i]++
		default:
			s.sure[i] = 1
			codes = append(codes, c)
		}
	}
	return t.internShare(t.internSpan(s), codes)
}

// firm is the span where no sure recipe is served elsewhere.
func (t *tally) firm(id int32) int32 {
	s := t.zero()
	for i, sure := range t.spans[id].sure {
		s.low[i], s.high[i] = t.spans[id].low[i]+sure, t.spans[id].high[i]
	}
	return t.internSpan(s)
}

// branch looks for a week better than the best by dividing the lots of a day, and reports
// whether the work sufficed.
func (s *search) branch(b *branching) bool {
	if s.done() || s.best.found && s.work.exhausted() {
		return false
	}
	rows := make([][]entry, len(b.lots))
	for i, lots := range b.lots {
		rows[i] = s.merge(lots)
	}
	total := value{}
	if len(rows) > 0 {
		total = s.assigner.solve(rows)
	}
	s.work.spend(500)
	if !total.exists() {
		return true
	}
	total = total.add(b.pairs[0].refined.fixed).add(b.pairs[1].refined.fixed)
	least := s.tally.boundOf(b)
	if !total.add(least).less(s.best.value) {
		return true
	}
	picked := make([]entry, len(rows))
	for i, row := range rows {
		picked[i] = row[s.assigner.pick[i]]
	}
	missed := s.tally.exact(b.pairs, picked)
	if v := total.add(missed); v.less(s.best.value) {
		s.keep(b.pairs[0], b.pairs[1], v, rows)
	}
	day, parts := s.tally.divided(b)
	if missed == least || len(parts) < 2 {
		return true
	}
	whole, complete := b.lots[day], true
	for _, part := range parts {
		b.lots[day] = part
		complete = s.branch(b) && complete
	}
	b.lots[day] = whole
	return complete
}

// boundOf bounds the misses of the branching's weeks.
func (t *tally) boundOf(b *branching) value {
	chosen := int32(0)
	for _, lots := range b.lots {
		span := t.shares[lots[0].share].span
		for _, l := range lots {
			span = t.cover(span, t.shares[l.share].span)
		}
		chosen = t.sum(chosen, span)
	}
	return t.boundWithin(t.sum(b.pairs[0].adds.own, b.pairs[1].adds.own), t.firm(chosen))
}

// divided returns the day that has the most spans, and its lots by span; once each day has
// one, the day with the most lots, and each of them.
func (t *tally) divided(b *branching) (day int, parts [][]lot) {
	for _, keyed := range []int{len(t.counts), len(t.counts) + 1} {
		for i, lots := range b.lots {
			if p := t.divide(lots, keyed); len(p) > len(parts) {
				day, parts = i, p
			}
		}
		if len(parts) > 1 {
			break
		}
	}
	return day, parts
}
