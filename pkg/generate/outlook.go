package generate

import "slices"

// outlook bounds what pairs of one side can expect of the other: the least bound of the
// other's pairs by what they add, and the answers given.
type outlook struct {
	adds   []addition
	leasts []value
	known  map[addition]value
	floor  value // of any pair that is not among them
}

// prospect works out what each side can expect of the other. It stays valid while bounds
// are refined.
func (s *search) prospect() {
	for i := range s.sides {
		other := s.sides[1-i]
		o := outlook{floor: other.least()}
		if s.tally != nil {
			o.known = make(map[addition]value)
			at := make(map[addition]int)
			for _, p := range other.pairs {
				n, ok := at[p.adds]
				if !ok {
					n = len(o.adds)
					at[p.adds] = n
					o.adds, o.leasts = append(o.adds, p.adds), append(o.leasts, none)
				}
				if p.bound.less(o.leasts[n]) {
					o.leasts[n] = p.bound
				}
			}
			o.floor = none
			if other.missing {
				o.floor = other.floor
			}
		}
		s.outlook[i] = o
	}
}

// rest is a lower bound of what the other side and the misses add to a pair of the side.
func (s *search) rest(side int, adds addition) value {
	o := &s.outlook[side]
	if o.known == nil {
		return o.floor
	}
	if v, ok := o.known[adds]; ok {
		return v
	}
	v := o.floor
	for n, other := range o.adds {
		if !o.leasts[n].less(v) {
			continue
		}
		with := o.leasts[n].add(s.tally.atLeast(adds, other))
		if with.less(v) {
			v = with
		}
	}
	o.known[adds] = v
	return v
}

// promising returns n pairs of the side that bound a good week, in their order.
func (s *search) promising(side *side, n int) []*pair {
	if s.tally == nil {
		return lowest(side.pairs, n)
	}
	weeks := make(map[*pair]value, len(side.pairs))
	for _, p := range side.pairs {
		weeks[p] = p.bound.add(s.rest(side.parity, p.adds))
	}
	out := slices.Clone(side.pairs)
	slices.SortStableFunc(out, func(p, q *pair) int { return weeks[p].compare(weeks[q]) })
	return out[:min(n, len(out))]
}
