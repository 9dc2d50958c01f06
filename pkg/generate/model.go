package generate

import (
	"cmp"
	"fmt"
	"math"
	"math/bits"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// noRecipe stands for the empty dish of a skipped slot.
const noRecipe = -1

// point is one dish with one number of servings as seen from a day's target: x is in units
// of 2^-scale of the target of each macro, raw in 1e-8 g, penalty what the portion costs.
type point struct {
	x        [3]int64
	raw      [3]int64
	penalty  int64
	servings nutrition.Servings
}

// option is a dish a slot may hold. counts is its share of the objective on its own, used
// where the slot decides alone (a travel slot); elsewhere it is added per date. share is what a
// breakfast or a dish on a travel date adds to the tally.
type option struct {
	rec    int32
	chosen bool
	share  int32
	counts int64
	points []point
}

func (o *option) clashes(p *option) bool {
	return o.rec == p.rec && o.rec != noRecipe && (o.chosen || p.chosen)
}

type slotKind uint8

const (
	skippedSlot slotKind = iota
	lockedSlot
	freeSlot // a free breakfast, or a lunch or dinner that alternates
	travelSlot
)

// day is one date with what its slots may hold. counts is indexed by meal and option and
// holds the objective's share of a free slot's option on this date. open says that breakfasts,
// or what adds to the tally, are chosen.
type day struct {
	date   Date
	kinds  [3]slotKind
	class  *class
	counts [3][]int64
	open   bool
}

func (d *day) slots() int {
	n := 0
	for _, k := range d.kinds {
		if k != skippedSlot {
			n++
		}
	}
	return n
}

// model is a problem in the engine's terms.
type model struct {
	problem   *Problem
	scale     uint  // one target is 1<<scale
	limit     int64 // of |x - one| to be in band, short of rounding
	tolerant  uint64
	grid      []nutrition.Servings
	index     map[recipe.ID]int32
	repeats   []bool
	eligible  [3][]int32 // recipes a free slot may hold, in the seed's order
	quick     [3][]int32 // those for a travel date
	batches   [3][]batch // what alternating lunches and dinners may be
	left      [3]int     // how many there were before trimming
	leftQuick [3]int
	trimmed   bool // some of either were left out: nothing is proven
	days      [DaysPerWeek]day
	classes   []*class
	free      int    // breakfasts to be chosen
	tally     *tally // nil without counts
	patterns  int    // the most refined pairs that replace one
	work      *meter
}

// roundingMargin bounds the error of the sum of three coordinates, each rounded once.
const roundingMargin = 3

func newModel(p *Problem, effort int) *model {
	m := &model{problem: p, grid: p.Portions.Values(), index: make(map[recipe.ID]int32, len(p.Recipes)), work: &meter{}, patterns: mostPatterns}
	m.repeats = make([]bool, len(p.Recipes))
	for i := range p.Recipes {
		m.index[p.Recipes[i].ID] = int32(i)
		m.repeats[i] = slices.Contains(p.AvoidRepeats, p.Recipes[i].ID)
	}
	m.scale = p.scale()
	// tolerance + 1e-9 in units of 1e-9, and the same in units of 2^-scale.
	m.tolerant = uint64(p.Tolerance)*100_000 + 1
	hi, lo := bits.Mul64(m.tolerant, 1<<m.scale)
	q, _ := bits.Div64(hi, lo, 1_000_000_000)
	m.limit = int64(q)
	m.chooseEligible()
	m.work.budget = budgetFor(effort, m.largestPool(), len(m.grid))
	if len(p.Counts) > 0 {
		m.work.budget = min(m.work.budget, countedBudget*int64(effort))
	}
	m.trim(effort)
	m.buildBatches()
	m.tally = m.newTally()
	m.buildDays()
	if m.tally != nil {
		for _, c := range m.classes {
			for _, add := range c.shares {
				for _, code := range m.tally.shares[m.tally.join(add[0], add[1])].codes {
					m.tally.travels[code] = true
				}
			}
		}
		m.findTotals()
	}
	return m
}

// scale returns the number of binary digits behind the point with which costs are computed:
// 40, or fewer where an absurd recipe is so many times the target that a week would overflow.
func (p *Problem) scale() uint {
	amount, servings := nutrition.Mass(0), p.Portions.Max
	for i := range p.Recipes {
		amount = max(amount, slices.Max(sliceOf(vector(p.Recipes[i].PerServing))))
	}
	for _, l := range p.Locks {
		servings = max(servings, l.Servings)
	}
	target := float64(slices.Min(sliceOf(vector(p.Target)))) / 3
	perSlot := float64(amount)*servings.Float()/target + 1 +
		float64(p.PortionWeight)/float64(RatioOne)*max(servings.Float(), 1)
	scale := uint(40)
	for perSlot*4*3*21*float64(uint64(1)<<scale) > math.MaxInt64 {
		scale--
	}
	return scale
}

func sliceOf[T any](a [3]T) []T { return a[:] }

// chooseEligible applies rules 4 and 5, and the part of rule 6 that concerns locks.
func (m *model) chooseEligible() {
	p, rng := m.problem, splitMix(m.problem.Seed)
	for meal := range recipe.Meals {
		for i := range p.Recipes {
			if p.reject(&p.Recipes[i], recipe.Meal(meal)) == "" {
				m.eligible[meal] = append(m.eligible[meal], int32(i))
			}
		}
		shuffle(&rng, m.eligible[meal])
		for _, i := range m.eligible[meal] {
			if p.quick(&p.Recipes[i]) {
				m.quick[meal] = append(m.quick[meal], i)
			}
		}
	}
}

func (m *model) largestPool() int {
	return max(len(m.eligible[0]), len(m.eligible[1]), len(m.eligible[2]))
}

// trim cuts pools that are too large for the effort to the recipes with the least history.
func (m *model) trim(effort int) {
	core, quick := coreFor(effort, len(m.grid)), quickFor(m.work.budget, len(m.grid))
	for _, meal := range recipe.Meals {
		m.left[meal], m.leftQuick[meal] = len(m.eligible[meal]), len(m.quick[meal])
		most := core
		if m.problem.SamePortions && meal != recipe.Breakfast {
			most = min(core, max(leastQuick, mostBatches/len(m.grid)))
		}
		m.eligible[meal] = m.leastUsed(m.eligible[meal], meal, most)
		m.quick[meal] = m.leastUsed(m.quick[meal], meal, core)
		if meal != recipe.Breakfast && len(m.problem.TravelDates) > 0 {
			m.quick[meal] = m.leastUsed(m.quick[meal], meal, quick)
		}
	}
}

func (m *model) leastUsed(recipes []int32, meal recipe.Meal, most int) []int32 {
	if len(recipes) <= most {
		return recipes
	}
	m.trimmed = true
	history := make(map[int32]int64, len(recipes))
	for _, rec := range recipes {
		for i := range DaysPerWeek {
			history[rec] += m.counts(rec, Slot{Date: m.problem.Day(i), Meal: meal})
		}
	}
	out := slices.Clone(recipes)
	slices.SortStableFunc(out, func(a, b int32) int { return cmp.Compare(history[a], history[b]) })
	return m.withNeeded(out[:most:most], out[most:], meal)
}

// withNeeded adds to the recipes kept some of the rest where a slot can take few of those
// kept, so that trimming makes no slot impossible.
func (m *model) withNeeded(kept, rest []int32, meal recipe.Meal) []int32 {
	for _, needed := range m.needs(meal) {
		n := 0
		for _, rec := range kept {
			if needed(rec) {
				n++
			}
		}
		for _, rec := range rest {
			if n < leastQuick && needed(rec) && !slices.Contains(kept, rec) {
				kept = append(kept, rec)
				n++
			}
		}
	}
	return kept
}

// needs lists what recipes for the meal have to be like: in time for each date. Counts are
// soft, but better met.
func (m *model) needs(meal recipe.Meal) (out []func(rec int32) bool) {
	for i := range DaysPerWeek {
		s := Slot{Date: m.problem.Day(i), Meal: meal}
		if _, limited := m.problem.tightest(s); limited {
			out = append(out, func(rec int32) bool { return m.inTime(rec, s) })
		}
	}
	for i := range m.problem.Counts {
		c := &m.problem.Counts[i]
		if c.Min > 0 && slices.Contains(c.Meals, meal) {
			out = append(out, func(rec int32) bool { return c.counts(&m.problem.Recipes[rec]) })
		}
	}
	return out
}

func (m *model) inTime(rec int32, s Slot) bool { return m.problem.inTime(&m.problem.Recipes[rec], s) }

// within returns those of the recipes that rule 10 admits to the slot.
func (m *model) within(recipes []int32, s Slot) []int32 {
	if _, limited := m.problem.tightest(s); !limited {
		return recipes
	}
	return slices.DeleteFunc(slices.Clone(recipes), func(rec int32) bool { return !m.inTime(rec, s) })
}

func (p *Problem) quick(r *Recipe) bool { return r.Minutes > 0 && r.Minutes <= p.QuickMinutes }

// kindOf returns what the slot is, and its lock if it has one.
func (p *Problem) kindOf(s Slot) (slotKind, *Lock) {
	if slices.Contains(p.Skips, s) {
		return skippedSlot, nil
	}
	for i := range p.Locks {
		if p.Locks[i].Slot == s {
			return lockedSlot, &p.Locks[i]
		}
	}
	if slices.Contains(p.TravelDates, s.Date) {
		return travelSlot, nil
	}
	return freeSlot, nil
}

// counts is the share of repeats and rotation debt of serving the recipe in the slot.
func (m *model) counts(rec int32, s Slot) (c int64) {
	if m.repeats[rec] {
		c = repeatUnit
	}
	return c + int64(m.problem.debt(&m.problem.Recipes[rec], s))
}

// debt is the contract's rotation debt of serving the recipe in the slot, in days.
func (p *Problem) debt(r *Recipe, s Slot) int {
	last := r.LastUsed[s.Meal]
	if p.RotateByRecipe {
		last = slices.Max(r.LastUsed[:])
	}
	if last == 0 || last > s.Date {
		return 0
	}
	return max(0, p.RotationDays-int(s.Date-last))
}

func (m *model) buildDays() {
	p := m.problem
	byKey := make(map[string]*class)
	lists := make(map[string][]option)
	for i := range m.days {
		d := &m.days[i]
		d.date = p.Day(i)
		var locks [3]*Lock
		for meal := range recipe.Meals {
			d.kinds[meal], locks[meal] = p.kindOf(Slot{Date: d.date, Meal: recipe.Meal(meal)})
		}
		k := d.slots()
		keys := []string{strconv.Itoa(k)}
		var options [3][]option
		for meal := range recipe.Meals {
			listKey, list := m.options(d, k, recipe.Meal(meal), locks[meal])
			if _, ok := lists[listKey]; !ok {
				lists[listKey] = list()
			}
			options[meal] = lists[listKey]
			keys = append(keys, listKey)
			if d.kinds[meal] == freeSlot || meal == int(recipe.Breakfast) && d.kinds[meal] == travelSlot {
				d.counts[meal] = make([]int64, len(options[meal]))
				for j := range options[meal] {
					d.counts[meal][j] = m.counts(options[meal][j].rec, Slot{Date: d.date, Meal: recipe.Meal(meal)})
				}
			}
		}
		d.open = d.counts[recipe.Breakfast] != nil
		if d.open {
			m.free++
		}
		if m.tally != nil && (d.kinds[recipe.Lunch] == travelSlot || d.kinds[recipe.Dinner] == travelSlot) {
			d.open = true
		}
		key := strings.Join(keys, "|")
		if byKey[key] == nil {
			byKey[key] = newClass(m, k, d.kinds, options)
			m.classes = append(m.classes, byKey[key])
		}
		d.class = byKey[key]
		d.class.join(i)
	}
}

// options names the list of dishes the slot may hold, and builds it. Lists that depend on
// the date carry it in their name.
func (m *model) options(d *day, k int, meal recipe.Meal, lock *Lock) (key string, list func() []option) {
	breakfast, slot := meal == recipe.Breakfast, Slot{Date: d.date, Meal: meal}
	limit := ""
	if minutes, limited := m.problem.tightest(slot); limited {
		limit = fmt.Sprint(":", minutes)
	}
	switch d.kinds[meal] {
	case skippedSlot:
		return "skip", func() []option { return []option{{rec: noRecipe, points: []point{{}}}} }
	case lockedSlot:
		rec := m.index[lock.Recipe]
		return fmt.Sprint("lock", k, ":", rec, ":", lock.Servings), func() []option {
			if lock.Servings == 0 {
				return []option{{rec: rec, points: m.points(rec, k)}}
			}
			return []option{{rec: rec, points: []point{m.point(rec, k, lock.Servings)}}}
		}
	case travelSlot:
		key := fmt.Sprint("travel", k, ":", meal, limit)
		if !breakfast {
			key += d.date.String()
		}
		return key, func() []option { return m.dishes(m.within(m.quick[meal], slot), k, slot) }
	default:
		if breakfast {
			return fmt.Sprint("free", k, ":", meal, limit), func() []option { return m.dishes(m.within(m.eligible[meal], slot), k, slot) }
		}
		return fmt.Sprint("free", k, ":", meal), func() []option { return m.batchOptions(meal, k) }
	}
}

// dishes turns recipes for a breakfast or a travel date into options; counts go into those of
// a lunch or dinner, which the slot decides alone.
func (m *model) dishes(recipes []int32, k int, s Slot) []option {
	out := make([]option, len(recipes))
	for i, rec := range recipes {
		out[i] = option{rec: rec, chosen: true, points: m.points(rec, k)}
		if s.Meal != recipe.Breakfast {
			out[i].counts = m.counts(rec, s)
		}
		if m.tally != nil {
			out[i].share = m.tally.dish(rec, s.Meal)
		}
	}
	return out
}

func (m *model) points(rec int32, k int) []point {
	out := make([]point, len(m.grid))
	for i, s := range m.grid {
		out[i] = m.point(rec, k, s)
		out[i].penalty = m.penalty(s)
	}
	return out
}

// penalty is portion_weight x |servings - 1| in units of 2^-scale.
func (m *model) penalty(s nutrition.Servings) int64 {
	off := uint64(unnatural(s))
	hi, lo := bits.Mul64(uint64(m.problem.PortionWeight)*off, 1<<m.scale)
	q, _ := bits.Div64(hi, lo, uint64(RatioOne)*uint64(nutrition.OneServing))
	return int64(q)
}

// point places a dish on a day with k slots: 3 x amount / (k x daily target).
func (m *model) point(rec int32, k int, s nutrition.Servings) point {
	out := point{servings: s}
	target := vector(m.problem.Target)
	for i, per := range vector(m.problem.Recipes[rec].PerServing) {
		out.raw[i] = int64(per) * int64(s)
		day := uint64(k) * uint64(target[i]) * uint64(nutrition.OneServing)
		hi, lo := bits.Mul64(3*uint64(out.raw[i]), 1<<m.scale)
		lo, carry := bits.Add64(lo, day/2, 0)
		q, _ := bits.Div64(hi+carry, lo, day)
		out.x[i] = int64(q)
	}
	return out
}

// balanced decides the contract's band exactly: |3 actual - k target| x 1e9 is at most
// k target x (tolerance + 1e-9) x 1e9, all in 1e-8 g.
func (m *model) balanced(raw [3]int64, k int) bool {
	for i, t := range vector(m.problem.Target) {
		if !inBand(raw[i], t, k, m.tolerant) {
			return false
		}
	}
	return true
}

func inBand(raw int64, target nutrition.Mass, k int, tolerant uint64) bool {
	day := int64(k) * int64(target) * int64(nutrition.OneServing)
	off := 3*raw - day
	if off < 0 {
		off = -off
	}
	hi, lo := bits.Mul64(uint64(off), 1_000_000_000)
	limitHi, limitLo := bits.Mul64(uint64(day), tolerant)
	return hi < limitHi || hi == limitHi && lo <= limitLo
}
