package generate

import (
	"cmp"
	"slices"
)

// box bounds some portions: the least and greatest coordinates, and the least penalty.
type box struct {
	low, high [3]int64
	penalty   int64
}

// perBox is the most portions of a box.
const perBox = 8

// boxesOf divides portions into boxes, halving where they are widest.
func boxesOf(entries []gridEntry) []box {
	if len(entries) == 0 {
		return nil
	}
	return halve(slices.Clone(entries), nil)
}

func halve(entries []gridEntry, out []box) []box {
	b := around(entries)
	if len(entries) <= perBox {
		return append(out, b)
	}
	axis := 0
	for m := range b.low {
		if b.high[m]-b.low[m] > b.high[axis]-b.low[axis] {
			axis = m
		}
	}
	slices.SortFunc(entries, func(a, b gridEntry) int {
		return cmp.Or(cmp.Compare(a.x[axis], b.x[axis]), cmp.Compare(a.index, b.index))
	})
	half := len(entries) / 2
	return halve(entries[half:], halve(entries[:half], out))
}

func around(entries []gridEntry) box {
	b := box{entries[0].x, entries[0].x, entries[0].penalty}
	for i := range entries {
		e := &entries[i]
		b.penalty = min(b.penalty, e.penalty)
		for m, x := range e.x {
			b.low[m], b.high[m] = min(b.low[m], x), max(b.high[m], x)
		}
	}
	return b
}

// far is the least cost of a portion in the box where one at the point costs nothing.
func (b *box) far(p *[3]int64) int64 {
	return b.penalty +
		max(0, b.low[0]-p[0], p[0]-b.high[0]) +
		max(0, b.low[1]-p[1], p[1]-b.high[1]) +
		max(0, b.low[2]-p[2], p[2]-b.high[2])
}
