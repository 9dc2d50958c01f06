package food

import "github.com/mealplanner/mealplanner/pkg/domain/phrase"

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
	if i, ok := t.byName[phrase.Key(name)]; ok {
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
	if i, ok := t.byName[phrase.Key(name)]; ok {
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
	first := r.Foods[0]
	out := Named{t.foods[t.byName[first.Name]], first.Part}
	same := true
	for _, form := range first.Forms {
		same = same && !phrase.Changes(form, out.Food.Category)
	}
	for _, f := range r.Foods[1:] {
		for _, form := range f.Forms {
			same = same && (f.Join == phrase.Or || !phrase.Changes(form, out.Food.Category))
		}
		other := t.foods[t.byName[f.Name]]
		same = same && (f.Join == phrase.Or || other.Name == out.Food.Name || other.Seasoning() && out.Food.Seasoning() ||
			f.Join == phrase.With && other.Name == water)
	}
	if same {
		return out
	}
	if f, ok := shaped(out.Food, r); ok {
		out.Food = f
		return out
	}
	out.Food = out.Food.withoutFigures()
	return out
}

// shaped is the food that the table has for another one in a form: of cooked penne, cooked pasta;
// of limes, "juice of", lime juice.
func shaped(f Food, r phrase.Reading) (Food, bool) {
	form := ""
	for n, other := range r.Foods {
		if n > 0 && other.Join != phrase.Or && len(other.Forms) == 0 && curated().foods[curated().byName[other.Name]].Name != f.Name {
			return Food{}, false
		}
		for _, o := range other.Forms {
			if !phrase.Changes(o, f.Category) {
				continue
			}
			if form != "" && form != o {
				return Food{}, false
			}
			form = o
		}
	}
	if form == "" {
		return Food{}, false
	}
	for _, name := range []string{form + " " + f.Name, f.Name + " " + form} {
		if out, ok := Lookup(name); ok {
			return out, true
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
