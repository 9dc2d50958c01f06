package generate

import (
	"encoding/binary"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// tally says what dishes add to the counts of rule 11. Spans and shares go by number; 0 is the
// one that adds nothing.
type tally struct {
	problem *Problem
	counts  []Count
	tagged  [][]bool       // by count and recipe
	locked  [][]bool       // by count and recipe: a lock has it counted already
	fixed   []int          // what the locks add
	roaming []bool         // by recipe: a breakfast that may be lunch or dinner too
	travels map[int32]bool // the codes of dishes for travel slots
	// totals are the spans that all open days can add together, nil if they are too many to list,
	// best what a week misses at least by the span of the lunches and dinners.
	totals map[int32]bool
	best   map[int32]value

	spans   []span
	shares  []share
	bySpan  map[string]int32
	byShare map[string]int32
	summed  map[[2]int32]int32 // sums of two spans
	joined  map[[2]int32]int32 // sums of two shares
}

// span is the least and the most that some slots add to each count, and how many recipes are
// sure to be among those it has counted, be it elsewhere.
type span struct{ low, high, sure []int32 }

// share is what the chosen dishes of a day add. codes are counts with recipes that may have
// been counted elsewhere, so that their span is from 0 to 1; see [tally.code].
type share struct {
	span  int32
	codes []int32
}

// newTally returns nil for a problem without counts.
func (m *model) newTally() *tally {
	p := m.problem
	if len(p.Counts) == 0 {
		return nil
	}
	t := &tally{
		problem: p, counts: p.Counts, fixed: make([]int, len(p.Counts)), roaming: make([]bool, len(p.Recipes)),
		bySpan: make(map[string]int32), byShare: make(map[string]int32),
		best: make(map[int32]value), travels: make(map[int32]bool), summed: make(map[[2]int32]int32), joined: make(map[[2]int32]int32),
	}
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		for _, rec := range m.eligible[meal] {
			t.roaming[rec] = true
		}
	}
	for i := range t.counts {
		c := &t.counts[i]
		tagged, locked := make([]bool, len(p.Recipes)), make([]bool, len(p.Recipes))
		for rec := range p.Recipes {
			tagged[rec] = c.counts(&p.Recipes[rec])
		}
		for _, l := range p.Locks {
			rec := m.index[l.Recipe]
			if !tagged[rec] || !slices.Contains(c.Meals, l.Meal) || c.Of == CountRecipes && locked[rec] {
				continue
			}
			locked[rec] = true
			t.fixed[i]++
		}
		t.tagged, t.locked = append(t.tagged, tagged), append(t.locked, locked)
	}
	t.internShare(t.internSpan(t.zero()), nil)
	return t
}

func (t *tally) zero() span {
	n := len(t.counts)
	all := make([]int32, 3*n)
	return span{all[:n:n], all[n : 2*n : 2*n], all[2*n:]}
}

// adds reports whether the recipe adds to the count when served at the meal.
func (t *tally) adds(count int, rec int32, meal recipe.Meal) bool {
	c := &t.counts[count]
	return t.tagged[count][rec] && slices.Contains(c.Meals, meal) && (c.Of == CountSlots || !t.locked[count][rec])
}

// batch returns the span of a recipe that alternates over so many slots.
func (t *tally) batch(rec int32, meal recipe.Meal, slots int) int32 {
	s := t.zero()
	for i := range t.counts {
		if slots == 0 || !t.adds(i, rec, meal) {
			continue
		}
		n := int32(1)
		if t.counts[i].Of == CountSlots {
			n = int32(slots)
		}
		s.low[i], s.high[i] = n, n
	}
	return t.internSpan(s)
}

// dish returns the share of a breakfast, or of a dish on a travel date.
func (t *tally) dish(rec int32, meal recipe.Meal) int32 {
	s := t.zero()
	var codes []int32
	for i := range t.counts {
		if !t.adds(i, rec, meal) {
			continue
		}
		s.low[i], s.high[i] = 1, 1
		if t.counts[i].Of == CountRecipes && (meal != recipe.Breakfast || t.roaming[rec]) {
			s.low[i], s.sure[i] = 0, 1
			codes = append(codes, t.code(i, rec))
		}
	}
	return t.internShare(t.internSpan(s), codes)
}

// code names a recipe within a count.
func (t *tally) code(count int, rec int32) int32 {
	return int32(count)*int32(len(t.problem.Recipes)) + rec
}

func (t *tally) internSpan(s span) int32 {
	key := make([]byte, 0, 8*len(s.low))
	for i := range s.low {
		key = binary.AppendVarint(binary.AppendVarint(key, int64(s.low[i])), int64(s.high[i]))
		key = binary.AppendVarint(key, int64(s.sure[i]))
	}
	id, ok := t.bySpan[string(key)]
	if !ok {
		id = int32(len(t.spans))
		t.spans = append(t.spans, s)
		t.bySpan[string(key)] = id
	}
	return id
}

func (t *tally) internShare(span int32, codes []int32) int32 {
	key := binary.AppendVarint(nil, int64(span))
	for _, c := range codes {
		key = binary.AppendVarint(key, int64(c))
	}
	id, ok := t.byShare[string(key)]
	if !ok {
		id = int32(len(t.shares))
		t.shares = append(t.shares, share{span, codes})
		t.byShare[string(key)] = id
	}
	return id
}

// sum adds two spans.
func (t *tally) sum(a, b int32) int32 {
	key := [2]int32{min(a, b), max(a, b)}
	id, ok := t.summed[key]
	if !ok {
		s := t.zero()
		for i := range s.low {
			s.low[i], s.high[i] = t.spans[a].low[i]+t.spans[b].low[i], t.spans[a].high[i]+t.spans[b].high[i]
			s.sure[i] = max(t.spans[a].sure[i], t.spans[b].sure[i])
		}
		id = t.internSpan(s)
		t.summed[key] = id
	}
	return id
}

// cover returns the span from the lower low to the higher high of two.
func (t *tally) cover(a, b int32) int32 {
	if a == b {
		return a
	}
	s := t.zero()
	for i := range s.low {
		s.low[i], s.high[i] = min(t.spans[a].low[i], t.spans[b].low[i]), max(t.spans[a].high[i], t.spans[b].high[i])
		s.sure[i] = min(t.spans[a].sure[i], t.spans[b].sure[i])
	}
	return t.internSpan(s)
}

// join adds two shares.
func (t *tally) join(a, b int32) int32 {
	if a == 0 || b == 0 {
		return a + b
	}
	key := [2]int32{min(a, b), max(a, b)}
	id, ok := t.joined[key]
	if !ok {
		codes := slices.Concat(t.shares[a].codes, t.shares[b].codes)
		slices.Sort(codes)
		id = t.internShare(t.sum(t.shares[a].span, t.shares[b].span), slices.Compact(codes))
		t.joined[key] = id
	}
	return id
}

// exact is what a week of two pairs and the days' entries misses.
func (t *tally) exact(pairs [2]*pair, entries []entry) value {
	n := slices.Clone(t.fixed)
	for _, p := range pairs {
		for i, low := range t.spans[p.adds.own].low {
			n[i] += int(low)
		}
	}
	codes := t.codesOf(pairs)
	for _, e := range entries {
		s := &t.shares[e.share]
		for i, low := range t.spans[s.span].low {
			n[i] += int(low)
		}
		for _, c := range s.codes {
			if !slices.Contains(codes, c) {
				codes = append(codes, c)
				n[int(c)/len(t.problem.Recipes)]++
			}
		}
	}
	missed := 0
	for i := range t.counts {
		missed += t.counts[i].missed(n[i])
	}
	return value{counts: missUnit * int64(missed)}
}
