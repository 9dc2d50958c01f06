package grocery

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
)

// Key names a food of a list: by the food of the tables, so that it stays the same when the
// library calls it otherwise, else by the library's id, else by its name.
func (l Line) Key() string {
	if same, ok := food.Same(l.Name); ok {
		return "food:" + same
	}
	if l.Food != 0 {
		return "id:" + strconv.FormatInt(l.Food, 10)
	}
	return "name:" + strings.ToLower(l.Name)
}

// Find returns the line with the key, of what is bought or of the pantry.
func (l List) Find(key string) (Line, bool) {
	for _, sec := range append(slices.Clone(l.Sections), Section{Lines: l.Pantry}) {
		for _, line := range sec.Lines {
			if line.Key() == key {
				return line, true
			}
		}
	}
	return Line{}, false
}

// Covers reports whether who has the first amounts needs no more for the second. Amounts of one
// kind add up: 1 kg covers 900 g. Where only a conversion could tell, nothing is covered.
func Covers(had, need []Quantity) bool {
	has := sums(had)
	for node, n := range sums(need) {
		if have := has[node]; have == nil || have.Cmp(n) < 0 {
			return false
		}
	}
	return true
}

// sums are the amounts in grams, millilitres or pieces, by kind.
func sums(of []Quantity) map[string]*big.Rat {
	out := map[string]*big.Rat{}
	for _, q := range Wanted(of) {
		node, base := "#"+q.Unit, q.Amount
		if u, ok := measure(q.Unit); ok && q.Unit != "" {
			node, base = u.node(), inBase(q.Amount, u)
		}
		if out[node] == nil {
			out[node] = new(big.Rat)
		}
		out[node].Add(out[node], base)
	}
	return out
}

// Staple reports whether the line is one of the foods that are always at home. Whole names
// compare, in singular and plural and as the tables know them: oil is no olive oil.
func (l Line) Staple(staples []string) bool {
	return slices.ContainsFunc(staples, func(s string) bool { return SameFood(s, l.Name) })
}

// SameFood reports whether two names are of one food.
func SameFood(a, b string) bool {
	if one, ok := food.Same(a); ok {
		other, ok := food.Same(b)
		return ok && one == other
	}
	return slices.Contains(food.Forms(a), food.Normalize(b))
}

// Aside returns the list with what is always at home in the pantry: it is looked for, not bought.
func (l List) Aside(staples []string) List {
	if len(staples) == 0 {
		return l
	}
	out := List{Pantry: slices.Clone(l.Pantry)}
	for _, sec := range l.Sections {
		kept := Section{Name: sec.Name}
		for _, line := range sec.Lines {
			if !line.Staple(staples) {
				kept.Lines = append(kept.Lines, line)
				continue
			}
			if len(line.Need) == 0 { // only the names of dishes
				line.Buy = ""
			}
			out.Pantry = append(out.Pantry, line)
		}
		if len(kept.Lines) > 0 {
			out.Sections = append(out.Sections, kept)
		}
	}
	sortLines(out.Pantry)
	return out
}
