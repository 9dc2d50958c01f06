package phrase

import (
	"math/bits"
	"slices"
	"strings"
)

// segment reads words that no conjunction parts. Without a food and an unknown word it says
// nothing of its own.
func (n *Names) segment(ws []word) ([]Food, []string) {
	if f, ok := n.single(ws); ok {
		return []Food{f}, nil
	}
	return n.compose(ws)
}

// single reads a single name, in the order of the words or, as in "juice of limes", around
// the word between a piece and its food.
func (n *Names) single(ws []word) (Food, bool) {
	f, ok := n.one(ws)
	i := slices.IndexFunc(ws, func(w word) bool { return w.kind == of })
	if i <= 0 || slices.ContainsFunc(ws[:i], func(w word) bool { return w.late }) {
		return f, ok
	}
	if around, found := n.one(slices.Concat(ws[i+1:], ws[:i])); found && (!ok || strings.Count(around.Name, " ") > strings.Count(f.Name, " ")) {
		return around, true
	}
	return f, ok
}

// mostOptional bounds the words of the vocabulary that are tried both as part of a name and left out.
const mostOptional = 8

// one reads words of which a single name is left when words of the vocabulary are left out.
func (n *Names) one(ws []word) (Food, bool) {
	var (
		optional []int // indexes
		needed   bool
	)
	kept := make([]bool, len(ws))
	for i, w := range ws {
		if w.text == "" {
			continue
		}
		in := n.within(w.text)
		switch w.kind {
		case plain, part, form, of, brand, shape:
			if in {
				optional = append(optional, i)
			}
			continue
		case measure, before:
			if !needed { // "3 Knoblauchzehen" is a unit, and a name
				if in {
					optional = append(optional, i)
				}
				continue
			}
		default:
		}
		if !in {
			return Food{}, false
		}
		kept[i], needed = true, true
	}
	if extra := len(optional) - mostOptional; extra > 0 {
		optional = optional[extra:]
	}
	for count := len(optional); count >= 0; count-- {
		for mask := 1<<len(optional) - 1; mask >= 0; mask-- { // later words first: they are nearer the food
			if bits.OnesCount(uint(mask)) != count {
				continue
			}
			for bit, at := range optional {
				kept[at] = mask&(1<<bit) != 0
			}
			if key := keyOf(ws, kept); n.has(key) && n.fit(key, ws, kept) {
				return left(key, ws, kept), true
			}
		}
	}
	return Food{}, false
}

func keyOf(ws []word, kept []bool) string {
	var b strings.Builder
	for i, w := range ws {
		if !kept[i] {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(w.text)
	}
	return b.String()
}

func left(key string, ws []word, kept []bool) Food {
	f := Food{Name: key}
	for i, w := range ws {
		if !kept[i] && (w.kind != part || !into(ws[:i])) {
			f.leave(w)
		}
	}
	return f
}
