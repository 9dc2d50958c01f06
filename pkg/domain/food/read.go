package food

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// Named is what a phrase names.
type Named struct {
	Food Food
	Part string // the cut or piece that the phrase counts: "clove"
}

// Same returns the name of the food of the table that a phrase is, where buying one is buying
// the other: "large eggs" and "egg" are, frozen and fresh spinach are not. false: the table
// does not have it, or the phrase names more than one.
func Same(name string) (string, bool) {
	t := curated()
	if i, ok := t.byName[phrase.Key(name)]; ok && !phrase.Opens(name) {
		return t.foods[i].Name, true
	}
	r := t.names.Read(name)
	if !r.Known() || len(r.Foods) != 1 || len(r.Foods[0].Forms) > 0 {
		return "", false
	}
	return t.foods[t.byName[r.Foods[0].Name]].Name, true
}

// Read finds the food of a phrase such as "garlic cloves, finely chopped". Of alternatives it
// is the first. A food whose figures are not those of the table, because it is dried, cooked
// or low in fat without a food of its own, comes without figures. false: the phrase names no
// food of the table, or holds a word that is not understood.
func Read(name string) (Named, bool) {
	t := curated()
	if i, ok := t.byName[phrase.Key(name)]; ok && !phrase.Opens(name) {
		return Named{Food: t.foods[i]}, true
	}
	r := t.names.Read(name)
	if len(r.Foods) == 0 || len(r.Unknown) > 0 {
		return Named{}, false
	}
	return named(r), true
}

// named takes the first food of a reading that has one.
func named(r phrase.Reading) Named {
	t := curated()
	r = t.unseasoned(r)
	first := r.Foods[0]
	out := Named{t.foods[t.byName[first.Name]], first.Part}
	same, foreign := true, false
	for n, f := range r.Foods {
		other := t.foods[t.byName[f.Name]]
		for _, form := range f.Forms {
			same = same && (n > 0 && t.either(r, n) || !changes(form, out.Food.Category) || lean(form, out.Food))
			foreign = foreign || !slices.Contains(phrase.English(form), form)
		}
		same = same && (n == 0 || t.either(r, n) || f.Join == phrase.With && other.Name == water || alike(out.Food, other) ||
			f.Join != phrase.First && !out.Food.Seasoning() && (other.Seasoning() || other.herb()))
	}
	if same && !foreign {
		return out
	}
	if f, ok := shaped(out.Food, r); ok {
		out.Food = f
	} else if !same {
		out.Food = out.Food.withoutFigures()
	}
	return out
}

// unseasoned moves what only seasons another food of one name behind it: "vanilla whey protein" is
// no vanilla.
func (t table) unseasoned(r phrase.Reading) phrase.Reading {
	seasons := func(f phrase.Food) bool {
		food := t.foods[t.byName[f.Name]]
		return food.Seasoning() || food.herb()
	}
	if len(r.Foods) < 2 || !seasons(r.Foods[0]) {
		return r
	}
	for n, f := range r.Foods[1:] {
		if f.Join != phrase.Within {
			return r
		}
		if !seasons(f) {
			foods := slices.Clone(r.Foods)
			foods[0], foods[n+1] = foods[n+1], foods[0]
			foods[0].Join, foods[n+1].Join = foods[n+1].Join, foods[0].Join
			r.Foods = foods
			return r
		}
	}
	return r
}

// either reports whether a food of a reading may be taken instead of the first: after an "or",
// and after the Dutch "of", which stands between two names where the English one stands between
// a piece and its food.
func (t table) either(r phrase.Reading, n int) bool {
	f := r.Foods[n]
	return f.Join == phrase.Or || f.Join == phrase.Of && (t.dutch[f.Name] || t.dutch[r.Foods[n-1].Name])
}

// alike reports whether a mixture of two foods has the figures of one: spices, herbs, butter and
// oil, and vegetables and fruit that hold about as little.
func alike(a, b Food) bool {
	if a.Name == b.Name || a.Seasoning() && b.Seasoning() || a.herb() && b.herb() || a.fat() && b.fat() {
		return true
	}
	const about = 15 * nutrition.Kilocalorie
	light := func(f Food) bool { return f.Known() && f.Category == Produce && f.Energy <= watery }
	return light(a) && light(b) && max(a.Energy, b.Energy)-min(a.Energy, b.Energy) <= about
}

// changes reports whether the form changes the figures of food of an aisle: in its own
// language, and as English calls it.
func changes(form, aisle string) bool {
	return phrase.Changes(form, aisle) && !slices.ContainsFunc(phrase.English(form), func(e string) bool {
		return !phrase.Form(e) || !phrase.Changes(e, aisle)
	})
}

// lean reports whether a form takes fat off a food that has none: off "fat-free broth".
func lean(form string, f Food) bool {
	const none = nutrition.Gram / 2 // in 100 g
	return f.Known() && f.Per100g.Fat <= none && purposes()["low fat"][form]
}

// shaped is the food that the table has for another one in a form: of cooked penne, cooked pasta;
// of limes, "juice of", lime juice; of "lentilles cuites", cooked lentils.
func shaped(f Food, r phrase.Reading) (Food, bool) {
	var form []string
	for n, other := range r.Foods {
		if n > 0 && other.Join != phrase.Or && len(other.Forms) == 0 && curated().foods[curated().byName[other.Name]].Name != f.Name {
			return Food{}, false
		}
		for _, o := range other.Forms {
			e := phrase.English(o)
			if !changes(o, f.Category) {
				if _, ok := formed(f, e); !ok || slices.Contains(e, o) {
					continue
				}
			}
			if form != nil && !slices.Equal(form, e) {
				return Food{}, false
			}
			form = e
		}
	}
	return formed(f, form)
}

// formed looks for a food in a form, under any of the form's names.
func formed(f Food, form []string) (Food, bool) {
	for _, e := range form {
		if e != "" && slices.Contains(strings.Fields(phrase.Key(f.Name)), e) {
			return f, true // "cacao en poudre"
		}
		for _, name := range f.names() {
			if out, ok := Lookup(e + " " + name); ok {
				return out, true
			}
			if out, ok := Lookup(name + " " + e); ok {
				return out, true
			}
		}
	}
	return Food{}, false
}

const water = "water"

// withoutFigures is the food for what the table does not say of it.
func (f Food) withoutFigures() Food {
	f.NDB, f.Description, f.Per100g, f.Energy = 0, "", Food{}.Per100g, Food{}.Energy
	f.Density, f.Pieces = 0, nil
	return f
}
