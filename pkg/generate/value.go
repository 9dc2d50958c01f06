package generate

import "cmp"

// value is an objective, or a part of one, as an element of an ordered group: the count
// fields share one integer, wide enough that no sum over a week carries from one into the
// next, so adding, subtracting and comparing are those of the contract's strict order.
// cost is in units of 2^-model.scale.
type value struct{ counts, cost int64 }

const (
	outUnit    = int64(1) << 50
	missUnit   = int64(1) << 30 // MaxCounts x MaxCount of them are less than outUnit
	repeatUnit = int64(1) << 24 // above any week's debt
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

// split gives the counts of the value; the cost is left out.
func (v value) split() Objective {
	return Objective{
		DaysOut:      int(v.counts / outUnit),
		CountsMissed: int(v.counts % outUnit / missUnit),
		Repeats:      int(v.counts % missUnit / repeatUnit),
		RotationDebt: int(v.counts % repeatUnit),
	}
}
