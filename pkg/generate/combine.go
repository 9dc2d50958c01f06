package generate

import "slices"

// bundle is the refined pairs of a side that add the same to the tally, in order.
type bundle struct {
	adds  addition
	pairs []*pair
}

// bundles sorts the side's refined pairs into bundles, the best first.
func (s *search) bundles(side *side) (out []bundle) {
	sortPairs(side.refined)
	if s.tally == nil {
		return []bundle{{pairs: side.refined}}
	}
	at := make(map[addition]int)
	for _, p := range side.refined {
		n, ok := at[p.adds]
		if !ok {
			n = len(out)
			at[p.adds] = n
			out = append(out, bundle{adds: p.adds})
		}
		out[n].pairs = append(out[n].pairs, p)
	}
	return out
}

// match is a bundle of each side, with what their weeks miss at least and cost at least.
type match struct {
	a, b   *bundle
	missed value
	least  value
}

// matches lists the bundles that may beat the best week together, the best first.
func (s *search) matches() (out []match) {
	as, bs := s.bundles(s.sides[0]), s.bundles(s.sides[1])
	for i := range as {
		for j := range bs {
			m := match{a: &as[i], b: &bs[j], least: as[i].pairs[0].bound.add(bs[j].pairs[0].bound)}
			if !m.least.less(s.best.value) {
				break
			}
			if s.tally != nil {
				m.missed = s.tally.atLeast(m.a.adds, m.b.adds)
				m.least = m.least.add(m.missed)
			}
			if m.least.less(s.best.value) {
				out = append(out, m)
			}
		}
	}
	slices.SortStableFunc(out, func(x, y match) int { return x.least.compare(y.least) })
	return out
}

// combine tries all combinations of refined pairs that may beat the best week. It returns
// a lower bound of those it had no work left for.
func (s *search) combine() (complete bool, bound value) {
	if len(s.sides[0].refined) == 0 || len(s.sides[1].refined) == 0 || s.done() {
		return true, none
	}
	matches := s.matches()
	for i := range matches {
		m := &matches[i]
		if !m.least.less(s.best.value) {
			break
		}
		if complete, bound = s.combineBundles(m); !complete {
			if i+1 < len(matches) && matches[i+1].least.less(bound) {
				bound = matches[i+1].least
			}
			return false, bound
		}
	}
	return true, none
}

func (s *search) combineBundles(m *match) (complete bool, bound value) {
	rows := make([][]entry, 0, DaysPerWeek)
	for _, a := range m.a.pairs {
		left := a.bound.add(m.missed)
		first := left.add(m.b.pairs[0].bound)
		if !first.less(s.best.value) {
			return true, none
		}
		if s.best.found && s.work.exhausted() {
			return false, first
		}
		for _, b := range m.b.pairs {
			sum := left.add(b.bound)
			if !sum.less(s.best.value) {
				break
			}
			s.work.spend(1)
			if a.shares(b) {
				continue
			}
			p, q := a.refined, b.refined
			if p.loose || q.loose {
				if !s.branch(s.newBranching(a, b)) {
					return false, first
				}
				continue
			}
			if !disjoint(p.picks[:len(p.rows)], q.picks[:len(q.rows)]) {
				rows = append(append(rows[:0], p.rows...), q.rows...)
				total := s.assigner.solve(rows)
				s.work.spend(500)
				if !total.exists() {
					continue
				}
				if sum = total.add(p.fixed).add(q.fixed).add(m.missed); !sum.less(s.best.value) {
					continue
				}
			}
			rows = append(append(rows[:0], p.rows...), q.rows...)
			s.assigner.solve(rows)
			if s.keep(a, b, sum, rows); s.done() {
				return false, none
			}
		}
	}
	return true, none
}

func disjoint(a, b []int32) bool {
	for _, x := range a {
		if slices.Contains(b, x) {
			return false
		}
	}
	return true
}

// keep makes the week of both pairs, with the assigner's picks from the rows, the best.
func (s *search) keep(a, b *pair, v value, rows [][]entry) {
	s.best = solution{value: v, sides: [2]*pair{a, b}, found: true}
	row := 0
	for i, side := range s.sides {
		for j, d := range side.days {
			if d.open {
				e := rows[row][s.assigner.pick[row]]
				s.best.breakfasts[i+2*j], s.best.travel[i+2*j] = e.option, e.travel
				row++
			}
		}
	}
	s.judge()
}
