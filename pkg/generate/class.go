package generate

import (
	"math/bits"

	"github.com/mealplanner/mealplanner/pkg/recipe"
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
	grid    *grid
	// outside admits combinations out of band; without it they do not exist.
	outside bool
	box     [3][2]int64 // least and greatest coordinate of any breakfast
	// possible says that low has seen a combination that exists.
	possible bool
	lows     []value // by lunch and dinner, unknown where not asked for yet
	lowsFar  map[int]value
	rowsBy   map[int][]value
	scratch  []value
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
	c.grid = newGrid(options[recipe.Breakfast], m.limit+roundingMargin)
	c.box = c.grid.box
	c.forget()
	return c
}

// forget drops all answers, as after a change of outside.
func (c *class) forget() {
	c.possible = false
	c.lows, c.lowsFar, c.rowsBy = nil, make(map[int]value), make(map[int][]value)
	if n := len(c.options[recipe.Lunch]) * len(c.options[recipe.Dinner]); c.pairs() && n <= lowsTable {
		c.lows = make([]value, n)
		for i := range c.lows {
			c.lows[i] = unknown
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

// low returns a lower bound of the class's value over all breakfasts for one lunch and dinner:
// exact where a combination in band exists.
func (c *class) low(l, d int) value {
	key := c.key(l, d)
	if c.lows != nil {
		if c.lows[key] == unknown {
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

func (c *class) newLow(l, d int) value {
	v := none
	if c.pairs() {
		v = c.lowOfPair(&c.options[recipe.Lunch][l], &c.options[recipe.Dinner][d])
	} else {
		for _, w := range c.row(l, d) {
			if w.less(v) {
				v = w
			}
		}
	}
	c.possible = c.possible || v.exists()
	return v
}

func (c *class) lowOfPair(lunch, dinner *option) value {
	if lunch.clashes(dinner) {
		return none
	}
	if cost, ok := c.bestInBand(lunch, dinner); ok {
		return value{lunch.counts + dinner.counts, cost}
	}
	if !c.outside {
		return none
	}
	return value{outUnit + lunch.counts + dinner.counts, c.boxBound(lunch, dinner)}
}

// boxBound is the least cost if some breakfast were anywhere within the box of all of them.
func (c *class) boxBound(lunch, dinner *option) int64 {
	best := int64(1) << 62
	one := int64(1) << c.model.scale
	c.model.work.spend(len(lunch.points) * len(dinner.points))
	for i := range lunch.points {
		for j := range dinner.points {
			p, q := &lunch.points[i], &dinner.points[j]
			cost := p.penalty + q.penalty
			for m, r := range p.x {
				rest := one - r - q.x[m]
				cost += max(0, c.box[m][0]-rest, rest-c.box[m][1])
			}
			best = min(best, cost)
		}
	}
	return best
}

// bestInBand returns the least cost of any breakfast and portions in band.
func (c *class) bestInBand(lunch, dinner *option) (best int64, ok bool) {
	g, one := c.grid, int64(1)<<c.model.scale
	sure, wide := c.model.limit-roundingMargin, c.model.limit+roundingMargin
	best = 1 << 62
	spent := len(lunch.points) * len(dinner.points)
	for i := range lunch.points {
		p := &lunch.points[i]
		r0, r1, r2 := one-p.x[0], one-p.x[1], one-p.x[2]
		for j := range dinner.points {
			q := &dinner.points[j]
			base := p.penalty + q.penalty
			if base >= best {
				continue
			}
			s0, s1, s2 := r0-q.x[0], r1-q.x[1], r2-q.x[2]
			cell := g.near(s0, s1, s2)
			spent += len(cell)
			for _, n := range cell {
				e := &g.entries[n]
				a, b, f := abs(s0-e.x[0]), abs(s1-e.x[1]), abs(s2-e.x[2])
				cost := base + e.penalty + a + b + f
				if cost >= best || a > wide || b > wide || f > wide {
					continue
				}
				if e.option.clashes(lunch) || e.option.clashes(dinner) {
					continue
				}
				if (a > sure || b > sure || f > sure) && !c.exactlyInBand(p, q, e.point) {
					continue
				}
				best, ok = cost, true
			}
		}
	}
	c.model.work.spend(spent)
	return best, ok
}

func (c *class) exactlyInBand(p, q, r *point) bool {
	var raw [3]int64
	for m := range raw {
		raw[m] = p.raw[m] + q.raw[m] + r.raw[m]
	}
	return c.slots == 0 || c.model.balanced(raw, c.slots)
}

// row returns the best value for each breakfast option, none where there is none. The
// result is valid until the next call and must not be changed.
func (c *class) row(l, d int) []value {
	if c.pairs() {
		if c.scratch == nil {
			c.scratch = make([]value, len(c.options[recipe.Breakfast]))
		}
		return c.fill(c.scratch, l, d)
	}
	key := c.key(l, d)
	if c.rowsBy[key] == nil {
		c.rowsBy[key] = c.fill(make([]value, len(c.options[recipe.Breakfast])), l, d)
	}
	return c.rowsBy[key]
}

func (c *class) fill(row []value, l, d int) []value {
	for i := range row {
		row[i] = none
	}
	if c.slots == 0 {
		row[0] = value{}
		return row
	}
	lunches, dinners := c.choices(recipe.Lunch, l), c.choices(recipe.Dinner, d)
	for i := range lunches {
		for j := range dinners {
			switch {
			case lunches[i].clashes(&dinners[j]):
			case c.outside:
				c.fillRow(row, &lunches[i], &dinners[j])
			default:
				c.fillInBand(row, &lunches[i], &dinners[j])
			}
		}
	}
	return row
}

// fillInBand lowers row to what is in band with this lunch and dinner.
func (c *class) fillInBand(row []value, lunch, dinner *option) {
	g, one, counts := c.grid, int64(1)<<c.model.scale, lunch.counts+dinner.counts
	spent := len(lunch.points) * len(dinner.points)
	for i := range lunch.points {
		p := &lunch.points[i]
		for j := range dinner.points {
			q := &dinner.points[j]
			cell := g.near(one-p.x[0]-q.x[0], one-p.x[1]-q.x[1], one-p.x[2]-q.x[2])
			spent += len(cell)
			for _, n := range cell {
				e := &g.entries[n]
				v, ok := c.measure(p, q, e.point)
				v.counts += counts
				if !ok || !v.less(row[e.index]) || e.option.clashes(lunch) || e.option.clashes(dinner) {
					continue
				}
				row[e.index] = v
			}
		}
	}
	c.model.work.spend(spent)
}

// fillRow lowers row to the best in or out of band with this lunch and dinner.
func (c *class) fillRow(row []value, lunch, dinner *option) {
	counts := lunch.counts + dinner.counts
	for b := range c.options[recipe.Breakfast] {
		o := &c.options[recipe.Breakfast][b]
		if o.clashes(lunch) || o.clashes(dinner) {
			continue
		}
		best := value{row[b].counts - counts, row[b].cost}
		for i := range lunch.points {
			for j := range dinner.points {
				for n := range o.points {
					if v := c.weigh(&lunch.points[i], &dinner.points[j], &o.points[n], best); v.less(best) {
						best = v
					}
				}
			}
		}
		row[b] = value{best.counts + counts, best.cost}
	}
	c.model.work.spend(len(lunch.points) * len(dinner.points) * len(c.grid.entries))
}

// measure returns the value of three portions and whether they are in band.
func (c *class) measure(p, q, r *point) (value, bool) {
	one := int64(1) << c.model.scale
	a, b, f := abs(one-p.x[0]-q.x[0]-r.x[0]), abs(one-p.x[1]-q.x[1]-r.x[1]), abs(one-p.x[2]-q.x[2]-r.x[2])
	v := value{cost: p.penalty + q.penalty + r.penalty + a + b + f}
	most := max(a, b, f)
	if most > c.model.limit+roundingMargin {
		return v, false
	}
	return v, most <= c.model.limit-roundingMargin || c.exactlyInBand(p, q, r)
}

// weigh is measure with the day's count of days out; it may return best itself as soon as
// it is clear that the portions are not better.
func (c *class) weigh(p, q, r *point, best value) value {
	v, ok := c.measure(p, q, r)
	if best.counts == 0 && v.cost >= best.cost {
		return best
	}
	if !ok {
		v.counts = outUnit
	}
	return v
}

// resolved is one way to fill a day: an option and a portion for each meal.
type resolved struct {
	option [3]*option
	point  [3]*point
}

// resolve finds the portions, and the dishes of slots settled inside the class, that attain
// row(l, d)[b].
func (c *class) resolve(l, d, b int) (resolved, value) {
	var out resolved
	best := none
	breakfast := &c.options[recipe.Breakfast][b]
	lunches, dinners := c.choices(recipe.Lunch, l), c.choices(recipe.Dinner, d)
	for i := range lunches {
		for j := range dinners {
			lunch, dinner := &lunches[i], &dinners[j]
			if lunch.clashes(dinner) || breakfast.clashes(lunch) || breakfast.clashes(dinner) {
				continue
			}
			for x := range lunch.points {
				for y := range dinner.points {
					for z := range breakfast.points {
						p, q, r := &lunch.points[x], &dinner.points[y], &breakfast.points[z]
						v, ok := c.measure(p, q, r)
						if !ok && c.slots > 0 {
							v.counts = outUnit
						}
						if c.slots == 0 {
							v = value{}
						}
						v.counts += lunch.counts + dinner.counts
						if v.less(best) {
							best = v
							out = resolved{[3]*option{breakfast, lunch, dinner}, [3]*point{r, p, q}}
						}
					}
				}
			}
		}
	}
	return out, best
}

func abs(x int64) int64 { return max(x, -x) }

// grid finds the breakfast portions that may complete a day: each cell of space lists every
// portion within reach of some point of the cell.
type grid struct {
	entries []gridEntry
	box     [3][2]int64
	low     [3]int64
	high    [3]int64
	shift   [3]uint
	size    [3]int
	starts  []int32
	members []int32
}

type gridEntry struct {
	*point
	option *option
	index  int32
}

const maxCellsPerAxis = 24

func newGrid(options []option, reach int64) *grid {
	g := &grid{}
	for i := range options {
		for j := range options[i].points {
			g.entries = append(g.entries, gridEntry{&options[i].points[j], &options[i], int32(i)})
		}
	}
	for m := range g.box {
		for n, e := range g.entries {
			if n == 0 {
				g.box[m] = [2]int64{e.x[m], e.x[m]}
			}
			g.box[m] = [2]int64{min(g.box[m][0], e.x[m]), max(g.box[m][1], e.x[m])}
		}
		g.low[m], g.high[m] = g.box[m][0]-reach, g.box[m][1]+reach
		width := max(reach*3/4, (g.high[m]-g.low[m])/maxCellsPerAxis, 1)
		g.shift[m] = uint(bits.Len64(uint64(width - 1)))
		g.size[m] = int((g.high[m]-g.low[m])>>g.shift[m]) + 1
	}
	g.fill(reach)
	return g
}

func (g *grid) fill(reach int64) {
	g.starts = make([]int32, g.size[0]*g.size[1]*g.size[2]+1)
	g.each(reach, func(cell int, _ int32) { g.starts[cell+1]++ })
	for i := 1; i < len(g.starts); i++ {
		g.starts[i] += g.starts[i-1]
	}
	g.members = make([]int32, g.starts[len(g.starts)-1])
	next := append([]int32(nil), g.starts...)
	g.each(reach, func(cell int, n int32) {
		g.members[next[cell]] = n
		next[cell]++
	})
}

func (g *grid) each(reach int64, visit func(cell int, n int32)) {
	for n := range g.entries {
		x := &g.entries[n].x
		var from, to [3]int
		for m := range from {
			from[m] = int((x[m] - reach - g.low[m]) >> g.shift[m])
			to[m] = int((x[m] + reach - g.low[m]) >> g.shift[m])
		}
		for a := from[0]; a <= to[0]; a++ {
			for b := from[1]; b <= to[1]; b++ {
				for c := from[2]; c <= to[2]; c++ {
					visit((a*g.size[1]+b)*g.size[2]+c, int32(n))
				}
			}
		}
	}
}

// near lists the entries whose distance along every axis may be within reach.
func (g *grid) near(a, b, c int64) []int32 {
	if a < g.low[0] || b < g.low[1] || c < g.low[2] || a > g.high[0] || b > g.high[1] || c > g.high[2] {
		return nil
	}
	i := int((a - g.low[0]) >> g.shift[0])
	j := int((b - g.low[1]) >> g.shift[1])
	k := int((c - g.low[2]) >> g.shift[2])
	cell := (i*g.size[1]+j)*g.size[2] + k
	return g.members[g.starts[cell]:g.starts[cell+1]]
}
