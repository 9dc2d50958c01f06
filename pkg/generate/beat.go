package generate

import "math"

// costNoise is by how much two sums of one week's deviations may differ: weeks whose costs
// differ by less are as good as each other.
const costNoise = 1e-9

// goal is an objective to beat, by more than costNoise. Every week that beats it is below
// within, every week below sure beats it; met says that there is one.
type goal struct {
	objective    Objective
	sure, within value
	met          bool
}

// goalOf puts an objective of the same recipes and target in the model's terms.
func (m *model) goalOf(o Objective) *goal {
	const margin = DaysPerWeek*3*roundingMargin + 1
	counts := int64(o.DaysOut)*outUnit + int64(o.CountsMissed)*missUnit + int64(o.Repeats)*repeatUnit + int64(o.RotationDebt)
	cost := func(c float64) int64 { return int64(min(c*float64(int64(1)<<m.scale), math.MaxInt64/4)) }
	g := &goal{sure: value{counts, cost(o.Cost-costNoise) - margin}, within: value{counts, cost(o.Cost+costNoise) + margin}}
	o.Cost -= costNoise
	g.objective = o
	return g
}

// beats reports whether a feasible model has a week better than the objective. It looks only
// at weeks that may be, and at no more once it has one.
func (m *model) beats(o Objective) bool {
	g := m.goalOf(o)
	s := newSearchFor(m, false, g)
	s.run()
	if g.met || o.DaysOut <= s.forced() {
		return g.met
	}
	m.work.budget += m.work.spent
	newSearchFor(m, true, g).run()
	return g.met
}

// judge sets met when the best week beats the goal.
func (s *search) judge() {
	g := s.goal
	if g == nil || g.met {
		return
	}
	g.met = s.best.value.less(g.sure) || s.price(s.days()).Less(g.objective)
}

// done reports whether nothing more need be known.
func (s *search) done() bool { return s.goal != nil && s.goal.met }

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
