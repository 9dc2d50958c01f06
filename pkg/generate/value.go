package generate

import "cmp"

// value is an objective, or a part of one, as an element of an ordered group: the count
// fields share one integer, wide enough that no sum over a week carries from one into the
// next, so adding, subtracting and comparing are those of the contract's strict order.
// cost is in units of 2^-model.scale.
type value struct{ counts, cost int64 }

const (
	outUnit    = int64(1) << 50
	repeatUnit = int64(1) << 40
	// noCounts marks a combination that does not exist; a week's worth of them still adds up.
	noCounts = int64(1) << 57
)

var none = value{counts: noCounts}

func (v value) add(w value) value { return value{v.counts + w.counts, v.cost + w.cost} }
func (v value) sub(w value) value { return value{v.counts - w.counts, v.cost - w.cost} }

func (v value) less(w value) bool {
	return v.counts < w.counts || v.counts == w.counts && v.cost < w.cost
}

func (v value) compare(w value) int {
	if c := cmp.Compare(v.counts, w.counts); c != 0 {
		return c
	}
	return cmp.Compare(v.cost, w.cost)
}

func (v value) exists() bool { return v.counts < noCounts/2 }

func (v value) split() (out, repeats, debt int) {
	return int(v.counts / outUnit), int(v.counts % outUnit / repeatUnit), int(v.counts % repeatUnit)
}
