package generate

import (
	"math"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// row holds the best value for each breakfast option, none where there is none; some lists
// the options that have one.
type row struct {
	values []value
	some   []int32
}

// anyShare asks for the best of all that a travel date may add to the tally.
const anyShare = -1

// row returns the row of a lunch and a dinner, with dishes of travel slots that add the given one of c.shares. It is
// valid until the next call and must not be changed.
func (c *class) row(l, d, share int) row {
	if c.pairs() {
		c.fill(&c.scratch, l, d, anyShare)
		return c.scratch
	}
	if len(c.shares) == 1 {
		share = anyShare
	}
	key := c.key(l, d)*(len(c.shares)+1) + share + 1
	if _, ok := c.rowsBy[key]; !ok {
		var r row
		c.fill(&r, l, d, share)
		c.rowsBy[key] = r
	}
	return c.rowsBy[key]
}

// allows reports whether the dishes of a lunch and a dinner add the given one of c.shares.
func (c *class) allows(share int, lunch, dinner *option) bool {
	return share == anyShare || c.shares[share] == [2]int32{lunch.share, dinner.share}
}

func (c *class) fill(r *row, l, d, share int) {
	if r.values == nil {
		r.values = make([]value, len(c.options[recipe.Breakfast]))
		for i := range r.values {
			r.values[i] = none
		}
	}
	for _, i := range r.some {
		r.values[i] = none
	}
	r.some = r.some[:0]
	if c.slots == 0 {
		r.set(0, value{})
		return
	}
	lunches, dinners := c.choices(recipe.Lunch, l), c.choices(recipe.Dinner, d)
	for i := range lunches {
		for j := range dinners {
			switch {
			case lunches[i].clashes(&dinners[j]) || !c.allows(share, &lunches[i], &dinners[j]):
			case c.outside:
				c.fillRow(r, &lunches[i], &dinners[j])
			default:
				c.fillInBand(r, &lunches[i], &dinners[j])
			}
		}
	}
}

func (r *row) set(i int32, v value) {
	if !r.values[i].exists() {
		r.some = append(r.some, i)
	}
	r.values[i] = v
}

// fillInBand lowers the row to what is in band with this lunch and dinner.
func (c *class) fillInBand(r *row, lunch, dinner *option) {
	g, one, counts := c.grid, int64(1)<<c.model.scale, lunch.counts+dinner.counts
	if c.rough {
		g = c.near
	}
	sure, wide := c.model.limit-roundingMargin, c.model.limit+roundingMargin
	spent := len(lunch.points) * len(dinner.points)
	for i := range lunch.points {
		p := &lunch.points[i]
		r0, r1, r2 := one-p.x[0], one-p.x[1], one-p.x[2]
		for j := range dinner.points {
			q := &dinner.points[j]
			base := p.penalty + q.penalty
			s0, s1, s2 := r0-q.x[0], r1-q.x[1], r2-q.x[2]
			cell := g.around(s0, s1, s2)
			spent += len(cell)
			for _, n := range cell {
				e := &g.entries[n]
				a, b, f := abs(s0-e.x[0]), abs(s1-e.x[1]), abs(s2-e.x[2])
				if a > wide || b > wide || f > wide {
					continue
				}
				v := value{counts, base + e.penalty + a + b + f}
				if !v.less(r.values[e.index]) || e.option.clashes(lunch) || e.option.clashes(dinner) {
					continue
				}
				if (a > sure || b > sure || f > sure) && !c.exactlyInBand(p, q, e.point) {
					continue
				}
				r.set(e.index, v)
			}
		}
	}
	c.model.work.spend(spent)
}

// fillRow lowers the row to the best in or out of band with this lunch and dinner.
func (c *class) fillRow(r *row, lunch, dinner *option) {
	c.fillInBand(r, lunch, dinner)
	one, counts := int64(1)<<c.model.scale, lunch.counts+dinner.counts
	for b := range c.options[recipe.Breakfast] {
		o := &c.options[recipe.Breakfast][b]
		if r.values[b].counts <= counts || o.clashes(lunch) || o.clashes(dinner) {
			continue // nothing out of band is better
		}
		least := int64(math.MaxInt64)
		if r.values[b].counts == counts+outUnit {
			least = r.values[b].cost
		}
		for i := range lunch.points {
			p := &lunch.points[i]
			for j := range dinner.points {
				q := &dinner.points[j]
				base := p.penalty + q.penalty
				s0, s1, s2 := one-p.x[0]-q.x[0], one-p.x[1]-q.x[1], one-p.x[2]-q.x[2]
				for n := range o.points {
					e := &o.points[n]
					least = min(least, base+e.penalty+abs(s0-e.x[0])+abs(s1-e.x[1])+abs(s2-e.x[2]))
				}
			}
		}
		if v := (value{counts + outUnit, least}); v.less(r.values[b]) {
			r.set(int32(b), v)
		}
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

// resolved is one way to fill a day: an option and a portion for each meal.
type resolved struct {
	option [3]*option
	point  [3]*point
}

// resolve finds the portions, and the dishes of slots settled inside the class, that attain
// row(l, d, share)[b].
func (c *class) resolve(l, d, b, share int) (resolved, value) {
	var out resolved
	best := none
	breakfast := &c.options[recipe.Breakfast][b]
	lunches, dinners := c.choices(recipe.Lunch, l), c.choices(recipe.Dinner, d)
	for i := range lunches {
		for j := range dinners {
			lunch, dinner := &lunches[i], &dinners[j]
			if lunch.clashes(dinner) || breakfast.clashes(lunch) || breakfast.clashes(dinner) || !c.allows(share, lunch, dinner) {
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
