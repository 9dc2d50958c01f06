package food

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// Line is an ingredient as the tables understand it.
type Line struct {
	Food    Food
	Named   bool // the tables have the food
	Mass    nutrition.Mass
	Weighed bool // Mass is known
}

// Resolve reads an ingredient whole. What an import tore apart is put together again: of
// "4 salmon steaks" it makes four "salmon" of the food "steaks", of "1 (8 oz) package cream
// cheese" one "(8" of "oz) package cream cheese". A note chooses the food where it says what a
// longer name of the tables does ("rice", "cooked"), and states the weight of one container.
func Resolve(i recipe.Ingredient) Line {
	if a := i.Food.Answer; a != nil && a.Ignored {
		return Line{Food: Food{Name: i.Food.Name, Category: Household}, Named: true}
	} else if a != nil && a.Is != "" {
		i.Food.Name, i.Food.Plural, i.Note = a.Is, "", ""
	}
	named, ok := Read(i.Food.Name)
	if !ok && i.Food.Plural != "" {
		named, ok = Read(i.Food.Plural)
	}
	if !ok && i.Note != "" && curated().names.Read(i.Food.Name).Bare { // "skinless", and "chicken breasts" in the note
		named, ok = Read(i.Food.Name + ", " + i.Note)
	}
	torn := i.Unit.Name != "" && i.Unit.Base == "" && !counts(i.Unit.Name, named.Food)
	text := i.Food.Name
	if torn {
		together := i.Unit.Name + " " + i.Food.Name
		if n, yes := Read(together); yes {
			named, ok, text = n, true, together
			i.Unit = recipe.Unit{}
		}
	}
	if i.Note != "" {
		if n, yes := specified(text, i.Note); yes {
			named, ok = n, true
		}
	}
	l := Line{Named: ok}
	l.Food, l.Named = numbered(i.Food, named.Food, ok)
	if m, yes := packed(i, text); yes {
		l.Mass, l.Weighed = m, true
		return l
	}
	if i.Unit.Name == "" && named.Part != "" {
		part := i
		part.Unit = recipe.Unit{Name: named.Part}
		if l.Mass, l.Weighed = Weigh(part, l.Food); l.Weighed {
			return l
		}
	}
	l.Mass, l.Weighed = Weigh(i, l.Food)
	return l
}

// counts reports whether a unit's name says how much, of this food or any.
func counts(unit string, f Food) bool {
	if _, ok := units.Named(unit); ok {
		return true
	}
	_, ok := f.piece(recipe.Unit{Name: unit})
	return ok
}

// specified reads a name together with its note, where both come to one food that every word
// of them describes.
func specified(name, note string) (Named, bool) {
	r := curated().names.Read(name + ", " + note)
	if !r.Known() || len(r.Foods) != 1 {
		return Named{}, false
	}
	return named(r), true
}

// statement is an amount with a unit inside a text.
var statement = lazyregexp.New(`(?i)(about |approx\.? |approximately |total |ca\.? )?(?:(\d+) )?(\d+(?:[.,]\d+)?|\d+/\d+)[ -]?(?:to \d+[ -]?)?([a-z]+)\b\.?( each| apiece| total)?`)

// packed weighs by what name and note say one container or piece holds: "(14 oz) can",
// "breasts (6 ounces each)". What is said "about" several pieces is taken for all of them.
func packed(i recipe.Ingredient, text string) (nutrition.Mass, bool) {
	if i.NoAmount || i.Amount <= 0 {
		return 0, false
	}
	u, known := units.Named(i.Unit.Name)
	if known && u.Kind != units.Count || i.Unit.Base != "" {
		return 0, false
	}
	for n, s := range []string{text, i.Note} {
		m := statement().FindStringSubmatchIndex(s)
		if m == nil {
			continue
		}
		sub := func(g int) string {
			if m[2*g] < 0 {
				return ""
			}
			return s[m[2*g]:m[2*g+1]]
		}
		of, ok := units.Named(sub(4))
		if !ok || of.Kind != units.Mass {
			continue
		}
		one, ok := massOfNumber(sub(2), sub(3), of.Key)
		if !ok {
			continue
		}
		leading := n == 0 && strings.Trim(s[:m[0]], "( ") == ""
		each := leading || known && u.Style == units.Packed || strings.TrimSpace(sub(5)) == "each" || strings.TrimSpace(sub(5)) == "apiece"
		if !each {
			return one, true
		}
		return nutrition.Mass(mulDiv(int64(one), int64(i.Amount), int64(recipe.One))), true
	}
	return 0, false
}

// massOfNumber weighs "14", "14.5" or "1/2" of a unit, with whole ones before it.
func massOfNumber(whole, number, key string) (nutrition.Mass, bool) {
	var total recipe.Amount
	for _, s := range []string{whole, number} {
		if s == "" {
			continue
		}
		a, ok := amountOf(s)
		if !ok {
			return 0, false
		}
		total += a
	}
	return quantity{total, recipe.Unit{Base: key}}.mass()
}

func amountOf(s string) (recipe.Amount, bool) {
	num, den, fraction := strings.Cut(s, "/")
	a, err := parseMass(strings.Replace(num, ",", ".", 1))
	if err != nil {
		return 0, false
	}
	// A mass is read in milligrams; an amount counts ten-thousandths.
	amount := mulDiv(int64(a), int64(recipe.One), int64(nutrition.Gram))
	if !fraction {
		return recipe.Amount(amount), true
	}
	b, err := parseMass(den)
	if err != nil || b <= 0 {
		return 0, false
	}
	return recipe.Amount(mulDiv(amount, int64(nutrition.Gram), int64(b))), true
}
