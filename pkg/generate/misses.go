package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// addition is what a side adds: the spans of its lunch and dinner, and of its open days.
type addition struct {
	own, chosen int32
	kind        additionKind
}

type additionKind uint8

const (
	anyChosen   additionKind = iota // the open days add whatever they can
	roughChosen                     // chosen covers several spans
	exactChosen                     // chosen is the sum of one span for each open day
)

// atLeast bounds the misses of a week whose sides add a and b. It exists only if there are
// dishes for that.
func (t *tally) atLeast(a, b addition) value {
	chosen := t.sum(a.chosen, b.chosen)
	if t.totals != nil {
		switch {
		case a.kind == anyChosen && b.kind == anyChosen:
			return t.atBest(t.sum(a.own, b.own))
		case a.kind == exactChosen && b.kind == exactChosen && !t.totals[chosen]:
			return none
		}
	}
	return t.boundWithin(t.sum(a.own, b.own), chosen)
}

// boundWithin is bound, or that of the best of the totals if this is higher.
func (t *tally) boundWithin(own, chosen int32) value {
	v := t.bound(own, chosen)
	if t.totals == nil {
		return v
	}
	if w := t.atBest(own); v.less(w) {
		return w
	}
	return v
}

// bound is what a week misses at least if lunches and dinners add own, open days chosen.
func (t *tally) bound(own, chosen int32) value {
	missed := 0
	x, y := &t.spans[own], &t.spans[chosen]
	for i := range t.counts {
		low := max(x.low[i]+y.low[i], y.sure[i])
		missed += t.counts[i].missedBetween(t.fixed[i]+int(low), t.fixed[i]+int(x.high[i]+y.high[i]))
	}
	return value{counts: missUnit * int64(missed)}
}

// atBest is bound for the best of the totals.
func (t *tally) atBest(own int32) value {
	v, ok := t.best[own]
	if !ok {
		v = none
		for chosen := range t.totals {
			if w := t.bound(own, chosen); w.less(v) {
				v = w
			}
		}
		t.best[own] = v
	}
	return v
}

// mostTotals is how many totals are listed.
const mostTotals = 2000

// findTotals lists what the open days can add together: so many different breakfasts, and for
// each travel date what its slots can.
func (m *model) findTotals() {
	t := m.tally
	supply := make(map[int32]int)
	var kinds []int32
	for _, rec := range m.eligible[recipe.Breakfast] {
		adds := t.shares[t.dish(rec, recipe.Breakfast)].span
		if supply[adds] == 0 {
			kinds = append(kinds, adds)
		}
		supply[adds]++
	}
	type state struct {
		used int
		span int32
	}
	states := map[state]bool{{}: true}
	for _, adds := range kinds {
		next := make(map[state]bool)
		for st := range states {
			for n := 0; n <= supply[adds] && st.used+n <= m.free; n++ {
				next[state{st.used + n, st.span}] = true
				st.span = t.sum(st.span, adds)
			}
		}
		if states = next; len(states) > mostTotals {
			return
		}
	}
	totals := make(map[int32]bool)
	for st := range states {
		if st.used == m.free {
			totals[st.span] = true
		}
	}
	for i := range m.days {
		if !m.days[i].open {
			continue
		}
		next := make(map[int32]bool)
		for _, add := range m.days[i].class.shares {
			slots := t.shares[t.join(add[0], add[1])].span
			for span := range totals {
				next[t.sum(span, slots)] = true
			}
		}
		if totals = next; len(totals) > mostTotals {
			return
		}
	}
	t.totals = totals
}

// missed is what a plan's days miss, from its meals alone.
func (m *model) missed(days []PlanDay) (missed int) {
	for i, n := range m.have(days) {
		missed += m.problem.Counts[i].missed(n)
	}
	return missed
}

// have counts a plan's days for each count, from its meals alone.
func (m *model) have(days []PlanDay) []int {
	out := make([]int, len(m.problem.Counts))
	for i := range m.problem.Counts {
		c := &m.problem.Counts[i]
		seen := make(map[recipe.ID]bool)
		for j := range days {
			for _, meal := range recipe.Meals {
				s := days[j].Meals[meal]
				if s == nil || !slices.Contains(c.Meals, meal) || !c.counts(&m.problem.Recipes[m.index[s.Recipe]]) {
					continue
				}
				if c.Of == CountSlots || !seen[s.Recipe] {
					out[i]++
				}
				seen[s.Recipe] = true
			}
		}
	}
	return out
}
