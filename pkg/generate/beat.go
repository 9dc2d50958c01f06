package generate

import "math"

// goal is an objective to beat; met says that a week beats it.
type goal struct {
	objective Objective
	met       bool
}

// beats reports whether a feasible model has a week better than the objective. It looks only
// at weeks that may be, and at no more once it has one.
func (m *model) beats(o Objective) bool {
	g := &goal{objective: o}
	below := m.above(o)
	s := newSearchBelow(m, false, below, g)
	s.run()
	if g.met || o.DaysOut <= s.forced() {
		return g.met
	}
	m.work.budget += m.work.spent
	newSearchBelow(m, true, below, g).run()
	return g.met
}

// above returns a value that every week better than the objective is below of.
func (m *model) above(o Objective) value {
	cost := math.Ceil((o.Cost+1e-9)*float64(int64(1)<<m.scale)) + DaysPerWeek*3*roundingMargin + 1
	return value{
		counts: int64(o.DaysOut)*outUnit + int64(o.Repeats)*repeatUnit + int64(o.RotationDebt),
		cost:   int64(min(cost, math.MaxInt64/4)),
	}
}

// forced is how many days no week of the pass has in band: those of classes that had to be
// let out. Weeks outside the pass have more days out.
func (s *search) forced() (n int) {
	for _, c := range s.classes {
		if c.outside {
			n += c.days[0] + c.days[1]
		}
	}
	return n
}
