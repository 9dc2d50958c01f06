package phrase

import "slices"

// fit reports whether the words that are left out of a name only describe it: shapes are pieces of
// that food, and what describes a food after it does not stand before it.
func (n *Names) fit(key string, ws []word, kept []bool) bool {
	named := false
	for i, w := range ws {
		switch {
		case kept[i]:
			named = true
		case w.late && !named, w.bound && !n.suits(w.text, key) && !into(ws[:i]):
			return false
		default:
		}
	}
	return true
}

// suits reports whether a shape is a piece of the food: a stick of butter is butter, one of
// fish is a dish. A list that only excludes suits all others.
func (n *Names) suits(shape, key string) bool {
	kin := []string{key}
	if n.kin != nil {
		kin = append(kin, n.kin(key)...)
	}
	excludes := true
	for _, s := range words().suits[shape] {
		if s[0] != '!' {
			excludes = false
		}
		for _, k := range kin {
			if s == k {
				return true
			}
			if s[0] == '!' && s[1:] == k {
				return false
			}
		}
	}
	return excludes
}

// misfits returns the shapes that are no pieces of the food.
func (n *Names) misfits(shapes []string, key string) []string {
	return slices.DeleteFunc(slices.Clone(shapes), func(s string) bool { return n.suits(s, key) })
}

// apart moves the shapes among unknown words to those that lead a phrase.
func apart(unknown, leading []string) (rest, shapes []string) {
	for _, w := range unknown {
		if len(words().suits[w]) > 0 {
			leading = append(leading, w)
		} else {
			rest = append(rest, w)
		}
	}
	return rest, leading
}

// cut is what a list has for a shape that foods are cut into: "oignons en rondelles".
const cut = "into"

// unsuited returns the words without the shapes that a segment says of the food before it:
// "butter, 2 sticks", "poulet coupé en bâtonnets".
func (n *Names) unsuited(unknown []string, s segment, before []Food) []string {
	if len(before) == 0 || len(unknown) == 0 {
		return unknown
	}
	return slices.DeleteFunc(slices.Clone(unknown), func(w string) bool {
		if len(words().suits[w]) == 0 {
			return false
		}
		into := s.join == And && !s.marked && slices.Contains(words().suits[w], cut)
		return into || n.suits(w, before[len(before)-1].Name)
	})
}

// Likens reports whether a text holds a word that begins examples: what follows need not be known.
func Likens(text string) bool {
	return slices.ContainsFunc(tagged(tokens(text)), func(w word) bool { return w.kind == like })
}

// Shapes reports whether the words of a unit's name are shapes that foods may have without being
// themselves any more: four "bâtonnets" of "poisson".
func Shapes(unit string) bool {
	return slices.ContainsFunc(tagged(tokens(unit)), func(w word) bool { return w.kind == shape || w.late })
}
