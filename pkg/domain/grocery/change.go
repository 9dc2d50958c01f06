package grocery

// Change is a food of which a list has another amount than another list.
type Change struct {
	Name    string
	Was, Is string // to buy; "" = nothing
}

// Diff lists what is to be bought otherwise: what is new or of another amount in the order of the
// list, then what is no longer bought.
func Diff(was, is List) []Change {
	before := map[string]Line{}
	for _, sec := range was.Sections {
		for _, l := range sec.Lines {
			before[l.Key()] = l
		}
	}
	var out []Change
	kept := map[string]bool{}
	for _, sec := range is.Sections {
		for _, l := range sec.Lines {
			old, had := before[l.Key()]
			kept[l.Key()] = true
			if !had || old.Buy != l.Buy {
				out = append(out, Change{l.Name, old.Buy, l.Buy})
			}
		}
	}
	for _, sec := range was.Sections {
		for _, l := range sec.Lines {
			if !kept[l.Key()] {
				out = append(out, Change{l.Name, l.Buy, ""})
			}
		}
	}
	return out
}
