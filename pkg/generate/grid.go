package generate

import "math/bits"

// grid finds the breakfast portions that may complete a day: each cell of space lists every
// portion within reach of some point of the cell, along every axis or, if summed, with the
// distances along all axes and its penalty added up.
type grid struct {
	summed  bool
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
	x       [3]int64
	penalty int64
	point   *point
	option  *option
	index   int32
}

const (
	maxCellsPerAxis = 32
	manyEntries     = 1000 // from here on small cells cost more to fill than they save
)

func newGrid(options []option, reach int64, summed bool) *grid {
	g := &grid{summed: summed}
	for i := range options {
		for j := range options[i].points {
			p := &options[i].points[j]
			g.entries = append(g.entries, gridEntry{p.x, p.penalty, p, &options[i], int32(i)})
		}
	}
	share := int64(3)
	if len(g.entries) > manyEntries {
		share = 6
	}
	for m := range g.box {
		for n, e := range g.entries {
			if n == 0 {
				g.box[m] = [2]int64{e.x[m], e.x[m]}
			}
			g.box[m] = [2]int64{min(g.box[m][0], e.x[m]), max(g.box[m][1], e.x[m])}
		}
		g.low[m], g.high[m] = g.box[m][0]-reach, g.box[m][1]+reach
		width := max(reach*share/8, (g.high[m]-g.low[m])/maxCellsPerAxis, 1)
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
		e := &g.entries[n]
		radius := reach
		if g.summed {
			radius -= e.penalty
		}
		if radius < 0 {
			continue
		}
		var from, to [3]int
		for m := range from {
			from[m] = int((e.x[m] - radius - g.low[m]) >> g.shift[m])
			to[m] = int((e.x[m] + radius - g.low[m]) >> g.shift[m])
		}
		for a := from[0]; a <= to[0]; a++ {
			farA := g.far(0, a, e)
			for b := from[1]; b <= to[1]; b++ {
				farB := farA + g.far(1, b, e)
				if farB > radius {
					continue
				}
				for c := from[2]; c <= to[2]; c++ {
					if farB+g.far(2, c, e) <= radius {
						visit((a*g.size[1]+b)*g.size[2]+c, int32(n))
					}
				}
			}
		}
	}
}

// far is how far along an axis the entry is from a cell, where that counts.
func (g *grid) far(axis, cell int, e *gridEntry) int64 {
	if !g.summed {
		return 0
	}
	low := g.low[axis] + int64(cell)<<g.shift[axis]
	return max(0, low-e.x[axis], e.x[axis]-(low+int64(1)<<g.shift[axis]-1))
}

// around lists the entries whose distance along every axis may be within reach.
func (g *grid) around(a, b, c int64) []int32 {
	if a < g.low[0] || b < g.low[1] || c < g.low[2] || a > g.high[0] || b > g.high[1] || c > g.high[2] {
		return nil
	}
	i := int((a - g.low[0]) >> g.shift[0])
	j := int((b - g.low[1]) >> g.shift[1])
	k := int((c - g.low[2]) >> g.shift[2])
	cell := (i*g.size[1]+j)*g.size[2] + k
	return g.members[g.starts[cell]:g.starts[cell+1]]
}
