package generate

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// class is what days with the same target and the same options have in common: what a
// lunch and a dinner leave for each breakfast. Slots that alternate (varies) are arguments of
// its questions, the others are settled inside. Days of a class differ only in the counts
// their dates add.
type class struct {
	model   *model
	slots   int
	options [3][]option
	varies  [3]bool
	free    bool   // breakfasts are chosen, all different
	days    [2]int // how many days of each side are of the class
	want    int    // the larger of them, or 1 where breakfasts are not chosen
	grid    *grid
	// near, if there is one, is a grid for costs below reach: low then says reach where
	// there is nothing nearer.
	near  *grid
	reach int64
	rough bool // rows leave out what near does not list
	// outside admits combinations out of band; without it they do not exist.
	outside bool
	boxes   []box // around all breakfast portions
	// possible says that low has seen a combination that exists.
	possible bool
	lows     [][2]value // by lunch and dinner, unknown where not asked for yet
	lowsFar  map[int][2]value
	rowsBy   map[int]row
	scratch  row
	// shares lists what lunch and dinner of a travel date may add to the tally: rows differ by it.
	shares [][2]int32
}

// approach makes low look only for costs below reach in what it has not answered yet, and
// if rough, row too.
func (c *class) approach(reach int64, rough bool) {
	if reach < c.model.limit {
		c.near, c.reach, c.rough = newGrid(c.options[recipe.Breakfast], reach, !rough), reach, rough
	}
}

// nearest is the grid that low uses.
func (c *class) nearest() *grid {
	if c.near != nil {
		return c.near
	}
	return c.grid
}

// unknown marks an answer that has not been worked out.
var unknown = value{counts: -1}

// lowsTable is the most pairs for which answers are kept in a table.
const lowsTable = 1 << 20

func newClass(m *model, k int, kinds [3]slotKind, options [3][]option) *class {
	c := &class{model: m, slots: k, options: options}
	for _, meal := range []recipe.Meal{recipe.Lunch, recipe.Dinner} {
		c.varies[meal] = kinds[meal] == freeSlot
	}
	c.grid = newGrid(options[recipe.Breakfast], m.limit+roundingMargin, false)
	c.boxes = boxesOf(c.grid.entries)
	c.free = kinds[recipe.Breakfast] == freeSlot || kinds[recipe.Breakfast] == travelSlot
	for _, lunch := range sharesOf(options[recipe.Lunch]) {
		for _, dinner := range sharesOf(options[recipe.Dinner]) {
			c.shares = append(c.shares, [2]int32{lunch, dinner})
		}
	}
	return c
}

func sharesOf(options []option) (out []int32) {
	for i := range options {
		if !slices.Contains(out, options[i].share) {
			out = append(out, options[i].share)
		}
	}
	return out
}

// join adds a day of the week, counted from 0, to the class.
func (c *class) join(day int) {
	c.days[day%2]++
	c.want = 1
	if c.free {
		c.want = max(c.days[0], c.days[1])
	}
}

// forget drops all answers, as after a change of outside.
func (c *class) forget() {
	c.possible, c.near, c.rough = false, nil, false
	c.lows, c.lowsFar, c.rowsBy = nil, make(map[int][2]value), make(map[int]row)
	if n := len(c.options[recipe.Lunch]) * len(c.options[recipe.Dinner]); c.pairs() && n <= lowsTable {
		c.lows = make([][2]value, n)
		for i := range c.lows {
			c.lows[i][0] = unknown
		}
	}
}

// pairs reports whether both lunch and dinner are arguments.
func (c *class) pairs() bool { return c.varies[recipe.Lunch] && c.varies[recipe.Dinner] }

// key names a question; an argument the class does not take is ignored.
func (c *class) key(l, d int) int {
	if !c.varies[recipe.Lunch] {
		l = 0
	}
	if !c.varies[recipe.Dinner] {
		d = 0
	}
	return l*len(c.options[recipe.Dinner]) + d
}

// choices returns the options of lunch or dinner that argument i leaves.
func (c *class) choices(meal recipe.Meal, i int) []option {
	if c.varies[meal] {
		return c.options[meal][i : i+1]
	}
	return c.options[meal]
}

// low returns a lower bound of what the class's days of each side add up to with one lunch
// and dinner: the sum of the least values of as many different breakfasts.
func (c *class) low(l, d int) [2]value {
	key := c.key(l, d)
	if c.lows != nil {
		if c.lows[key][0] == unknown {
			c.lows[key] = c.newLow(l, d)
		}
		return c.lows[key]
	}
	v, ok := c.lowsFar[key]
	if !ok {
		v = c.newLow(l, d)
		c.lowsFar[key] = v
	}
	return v
}

func (c *class) newLow(l, d int) [2]value {
	if !c.pairs() {
		r := c.row(l, d, anyShare)
		best := fewest{want: c.want}
		for _, i := range r.some {
			best.offer(r.values[i], i)
		}
		c.possible = c.possible || best.n > 0
		return c.total(&best, none)
	}
	lunch, dinner := &c.options[recipe.Lunch][l], &c.options[recipe.Dinner][d]
	if lunch.clashes(dinner) {
		return [2]value{none, none}
	}
	best, rest := fewest{want: c.want}, none
	if c.near != nil {
		c.bestInBand(c.near, c.reach, &best, lunch, dinner)
		rest = value{cost: c.reach}
	} else {
		c.bestInBand(c.grid, 1<<62, &best, lunch, dinner)
		if c.outside && best.n < c.want {
			rest = value{outUnit, c.boxBound(lunch, dinner)}
		}
	}
	c.possible = c.possible || best.n > 0
	return c.total(&best, rest)
}

// total adds up the least values for the days of each side; what is not among them is rest.
func (c *class) total(best *fewest, rest value) (out [2]value) {
	for parity, n := range c.days {
		for i := range n {
			if !c.free {
				i = 0
			}
			v := rest
			if i < best.n {
				v = best.values[i]
			}
			out[parity] = out[parity].add(v)
		}
	}
	return out
}

// fewest keeps the least values of different breakfasts, at most want of them, in order.
type fewest struct {
	want, n int
	values  [4]value
	index   [4]int32
}

func (f *fewest) offer(v value, index int32) {
	if f.n == f.want && !v.less(f.values[f.n-1]) {
		return
	}
	at := f.n
	for i := range f.n {
		if f.index[i] == index {
			if !v.less(f.values[i]) {
				return
			}
			at = i
		}
	}
	if at == f.n {
		if f.n < f.want {
			f.n++
		} else {
			at--
		}
	}
	for at > 0 && v.less(f.values[at-1]) {
		f.values[at], f.index[at] = f.values[at-1], f.index[at-1]
		at--
	}
	f.values[at], f.index[at] = v, index
}

// limit is the cost from which on an offer in band is in vain.
func (f *fewest) limit(most int64) int64 {
	if f.n < f.want {
		return most
	}
	return min(most, f.values[f.n-1].cost)
}

// boxBound is the least cost if there were breakfasts anywhere within their boxes.
func (c *class) boxBound(lunch, dinner *option) int64 {
	best := int64(1) << 62
	one := int64(1) << c.model.scale
	c.model.work.spend(len(lunch.points) * len(dinner.points))
	for i := range lunch.points {
		p := &lunch.points[i]
		for j := range dinner.points {
			q := &dinner.points[j]
			base := p.penalty + q.penalty
			rest := [3]int64{one - p.x[0] - q.x[0], one - p.x[1] - q.x[1], one - p.x[2] - q.x[2]}
			for n := range c.boxes {
				best = min(best, base+c.boxes[n].far(&rest))
			}
		}
	}
	return best
}

// bestInBand offers the least costs below most of any breakfast and portions in band.
func (c *class) bestInBand(g *grid, most int64, best *fewest, lunch, dinner *option) {
	one := int64(1) << c.model.scale
	sure, wide := c.model.limit-roundingMargin, c.model.limit+roundingMargin
	limit := most
	spent := len(lunch.points) * len(dinner.points)
	for i := range lunch.points {
		p := &lunch.points[i]
		r0, r1, r2 := one-p.x[0], one-p.x[1], one-p.x[2]
		for j := range dinner.points {
			q := &dinner.points[j]
			base := p.penalty + q.penalty
			if base >= limit {
				continue
			}
			s0, s1, s2 := r0-q.x[0], r1-q.x[1], r2-q.x[2]
			cell := g.around(s0, s1, s2)
			spent += len(cell)
			for _, n := range cell {
				e := &g.entries[n]
				a, b, f := abs(s0-e.x[0]), abs(s1-e.x[1]), abs(s2-e.x[2])
				cost := base + e.penalty + a + b + f
				if cost >= limit || a > wide || b > wide || f > wide {
					continue
				}
				if e.option.clashes(lunch) || e.option.clashes(dinner) {
					continue
				}
				if (a > sure || b > sure || f > sure) && !c.exactlyInBand(p, q, e.point) {
					continue
				}
				best.offer(value{cost: cost}, e.index)
				limit = best.limit(most)
			}
		}
	}
	c.model.work.spend(spent)
}

func (c *class) exactlyInBand(p, q, r *point) bool {
	var raw [3]int64
	for m := range raw {
		raw[m] = p.raw[m] + q.raw[m] + r.raw[m]
	}
	return c.slots == 0 || c.model.balanced(raw, c.slots)
}

func abs(x int64) int64 { return max(x, -x) }
