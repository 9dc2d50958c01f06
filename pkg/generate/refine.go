package generate

import "github.com/mealplanner/mealplanner/pkg/domain/recipe"

// refinement is what refining a pair finds out. rows are the open days' best breakfasts, fixed
// the value of all else, picks the recipes of the side's own best breakfasts. lots are the rows
// by what their entries add to the tally, nil without counts.
type refinement struct {
	fixed value
	rows  [][]entry
	lots  [][]lot
	picks [4]int32
	// loose says that the pair's span does not settle what the rows add to the tally.
	loose bool
}

// refine makes the pair's bound exact for its side, as far as counts leave the days alone.
func (s *search) refine(side *side, p *pair) {
	if p.refined != nil {
		return
	}
	if s.tally != nil {
		s.refineCounted(side, p)
		return
	}
	r := &refinement{fixed: value{counts: side.fixedCounts(int(p.lunch), int(p.dinner))}, rows: make([][]entry, 0, len(side.days))}
	p.refined = r
	entries := make([]entry, 0, len(side.days)*s.free)
	var last *class
	var row row
	for _, d := range side.days {
		if d.class != last {
			last, row = d.class, d.class.row(int(p.lunch), int(p.dinner), anyShare)
		}
		if !d.open {
			r.fixed = r.fixed.add(row.values[0])
			continue
		}
		from := len(entries)
		entries = s.shortlist(entries, d, row)
		r.rows = append(r.rows, entries[from:len(entries):len(entries)])
	}
	s.work.spend(100)
	if p.bound = s.assign(r); p.bound.exists() {
		side.refined = append(side.refined, p)
	}
}

// assign finds the refinement's picks and its value.
func (s *search) assign(r *refinement) value {
	total := value{}
	if len(r.rows) > 0 {
		total = s.assigner.solve(r.rows)
	}
	if total = total.add(r.fixed); !total.exists() {
		return none
	}
	for i := range r.rows {
		r.picks[i] = r.rows[i][s.assigner.pick[i]].rec
	}
	return total
}

// shortlist appends the day's best breakfasts, as many as there are free breakfasts in the
// week: with that many, one is always left.
func (s *search) shortlist(out []entry, d *day, row row) []entry {
	from := len(out)
	counts := d.counts[recipe.Breakfast]
	options := d.class.options[recipe.Breakfast]
	for _, b := range row.some {
		v := row.values[b]
		v.counts += counts[b]
		at := len(out)
		if at-from == s.free {
			if at--; !v.less(out[at].value) {
				continue
			}
		} else {
			out = append(out, entry{})
		}
		for at > from && v.less(out[at-1].value) {
			out[at] = out[at-1]
			at--
		}
		out[at] = entry{rec: options[b].rec, option: b, value: v}
	}
	return out
}
