package food

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

const figure = `((?:\d+ )?\d+/\d+|\d+(?:[.,]\d+)?) ?`

// What an import leaves of an amount that was written twice, or in two parts.
var (
	anotherFirst = lazyregexp.New(`(?i)^` + figure + `(\pL+)\.? (plus |\+ ?|and |& ?)?(.+)$`)
	anotherThen  = lazyregexp.New(`(?i)^(?:plus|\+|&) ?` + figure + `(\pL+)\.? (.+)$`)
	upTo         = lazyregexp.New(`(?:^|\s)(\d+(?:/\d+)?) ?[-–] ?(\d+(?:/\d+)?)$`)
)

// ending is an amount at the end of a name.
var ending = lazyregexp.New(`(?i)^[- ]*(\pL[^\d,(]*?)[ :–-]+` + figure + `(\pL+)?\.?$`)

// amountLast takes the amount of a line that states none from the end of its name: "Tuorli 3",
// "Harina - 100 g".
func amountLast(i recipe.Ingredient) recipe.Ingredient {
	if !i.NoAmount && i.Amount > 0 || i.Unit.Name != "" {
		return i
	}
	m := ending().FindStringSubmatch(phrase.Fold(i.Food.Name))
	if m == nil {
		return i
	}
	if m[3] != "" {
		if u, ok := units.Named(m[3]); !ok || u.Key == "size" {
			return i
		}
	}
	total := recipe.Amount(0)
	for s := range strings.FieldsSeq(m[2]) {
		a, ok := amountOf(s)
		if !ok {
			return i
		}
		total += a
	}
	if _, ok := Read(m[1]); !ok || total <= 0 {
		return i
	}
	i.Amount, i.NoAmount, i.Unit, i.Food.Name = total, false, recipe.Unit{Name: m[3]}, m[1]
	return i
}

// ranged takes the middle of a range whose lower end the import took for the amount, leaving
// the whole at the end of the note: 2 tablespoons, "divided 2-4". "1-1/2" is one and a half.
func ranged(i recipe.Ingredient) recipe.Ingredient {
	if i.NoAmount || i.Amount <= 0 || !digits(i.Note) {
		return i
	}
	note := strings.TrimSpace(phrase.Fold(i.Note))
	m := upTo().FindStringSubmatchIndex(note)
	if m == nil {
		return i
	}
	low, ok := amountOf(note[m[2]:m[3]])
	high, ok2 := amountOf(note[m[4]:m[5]])
	const widest = 3 // times
	switch {
	case !ok || !ok2 || low != i.Amount:
		return i
	case high < recipe.One && low >= recipe.One:
		i.Amount += high
	case high > low && high <= widest*low:
		i.Amount = (low + high) / 2
	default:
		return i
	}
	i.Note = strings.TrimSpace(note[:m[0]])
	return i
}

// summed adds what an import took apart: of "1/4 cup plus 2 tbsp oil" it makes 2 tbsp of the food
// "1/4 cup plus oil". Where the food's name begins with another measure of the same
// ("1.75 oz, 1/2 cup cocoa" became 75 oz of "1/2 cup cocoa") that one counts if the first is absurd.
func summed(i recipe.Ingredient) recipe.Ingredient {
	line := quantity{i.Amount, i.Unit}
	if i.NoAmount || i.Amount <= 0 {
		return i
	}
	name := strings.TrimSpace(phrase.Fold(i.Food.Name))
	if name == "" || !strings.ContainsRune("0123456789+&pP", rune(name[0])) || !line.scales() {
		return i
	}
	if m := anotherThen().FindStringSubmatch(name); m != nil {
		if q, ok := measured(m[1], m[2]); ok {
			return line.plus(i, q, m[3])
		}
	}
	m := anotherFirst().FindStringSubmatch(name)
	if m == nil {
		return i
	}
	q, ok := measured(m[1], m[2])
	if !ok {
		return i
	}
	if m[3] != "" {
		return line.plus(i, q, m[4])
	}
	weight, heavy := line.mass()
	if nl, ok := q.volume(); ok && heavy && weight > massOf(nl, heaviest) {
		i.Amount, i.Unit, i.Food.Name = q.amount, q.unit, strings.TrimPrefix(m[4], "() ")
	}
	return i
}

// measured is an amount of a unit of mass or volume, as written.
func measured(number, unit string) (quantity, bool) {
	u, ok := units.Named(unit)
	if !ok || u.Kind == units.Count || u.Aside {
		return quantity{}, false
	}
	total := recipe.Amount(0)
	for s := range strings.FieldsSeq(number) {
		a, ok := amountOf(s)
		if !ok {
			return quantity{}, false
		}
		total += a
	}
	return quantity{total, recipe.Unit{Name: u.One, Base: u.Key}}, true
}

// scales reports whether the unit is one of mass or volume.
func (q quantity) scales() bool {
	_, ok := namedUnit(q.base())
	_, mass := massOfOne(q.base())
	return ok || mass
}

// plus is the line with another amount of the same kind added.
func (q quantity) plus(i recipe.Ingredient, other quantity, name string) recipe.Ingredient {
	one := quantity{recipe.One, q.unit}
	if per, ok := one.volume(); ok {
		if more, ok := other.volume(); ok && per > 0 {
			i.Amount += recipe.Amount(mulDiv(more, int64(recipe.One), per))
			i.Food.Name = name
		}
		return i
	}
	if per, ok := one.mass(); ok {
		if more, ok := other.mass(); ok && per > 0 {
			i.Amount += recipe.Amount(mulDiv(int64(more), int64(recipe.One), int64(per)))
			i.Food.Name = name
		}
	}
	return i
}
