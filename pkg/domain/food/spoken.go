package food

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// drizzled is what a drizzle or a splash of oil, vinegar or milk comes to, in nanolitres: two
// teaspoons.
const drizzled = 10_000_000

// drizzle is the unit of that.
const drizzle = "drizzle"

// trickles are the French and Italian words for a drizzle that are also words for other things:
// a fillet of fish, and pastry.
var trickles = []string{"filet", "filets", "filo", "filetto"}

// spoken reads what cooks say instead of an amount: "un peu d'huile" has none, "un filet d'huile"
// is a drizzle, of a "grosse boîte de maïs" the tin is the unit.
func spoken(i recipe.Ingredient) recipe.Ingredient {
	i = heaped(halved(shifted(unasked(i))))
	if i.NoAmount && i.Unit.Name == "" {
		words := strings.Fields(elisions().ReplaceAllString(phrase.Fold(i.Food.Name), "${1}de "))
		for n := min(longestVague, len(words)-1); n > 0; n-- {
			if numbers()[phrase.Key(strings.Join(words[:n], " "))] == vague {
				i.Food.Name = strings.Join(words[n:], " ")
				return i
			}
		}
		if len(words) > 2 && numbers()[phrase.Key(words[0])] == "1" && slices.Contains(trickles, phrase.Key(words[1])) {
			return trickled(i, strings.Join(words[2:], " "))
		}
	}
	if slices.Contains(trickles, phrase.Key(i.Unit.Name)) {
		return trickled(i, i.Food.Name)
	}
	return i
}

// abbreviated are sizes, what "gr." and "kl." mean of a few things that are counted: "1 gr. Zwiebel" is no gram and "2 kl. Äpfel"
// no spoons.
var abbreviated = map[string]string{"gr": "large", "kl": "small"}

const (
	mostSized     = 8
	smallestSized = 15 * nutrition.Gram
)

// heaps are words for how full a spoon is, of which an import left no more.
var heaps = []string{"gehauft", "gehaufte", "gehaufter", "geh", "gestr", "gestrichen", "gestrichene", "gestrichener"}

// heaped takes a spoon of which nothing is said but how full it is for one of spices, a teaspoon, or else for two,
// which is between a teaspoon and a tablespoon. A portion was torn from "4 Port.".
func heaped(i recipe.Ingredient) recipe.Ingredient {
	switch unit := phrase.Key(i.Unit.Name); {
	case i.Unit.Base != "":
	case abbreviated[unit] != "" && i.Amount > 0 && i.Amount <= mostSized*recipe.One:
		if n, ok := Read(i.Food.Name); ok {
			if one, ok := n.Food.piece(recipe.Unit{}); ok && one >= smallestSized {
				i.Unit = recipe.Unit{Name: abbreviated[unit]}
			}
		}
	case unit == "port":
		i.Unit = recipe.Unit{Name: "portion"}
	case slices.Contains(heaps, unit):
		word, _, _ := strings.Cut(strings.TrimSpace(i.Food.Name), " ")
		if _, spoon := units.Named(word); spoon {
			return i // "gestr." of "EL Kurkuma"
		}
		if n, ok := Read(i.Food.Name); ok {
			i.Unit = recipe.Unit{Name: "tl"}
			if !n.Food.Seasoning() {
				i.Amount *= 2
			}
		}
	}
	return i
}

// vague is what numbers.csv says of words for no amount in particular, of so many words at most.
const (
	vague        = "0"
	longestVague = 3
)

var elisions = lazyregexp.New(`(?i)(^|\s)d'`)

// trickled takes a drizzle of what is poured.
func trickled(i recipe.Ingredient, name string) recipe.Ingredient {
	n, ok := Read(name)
	if !ok || !n.Food.Pours() && !n.Food.fat() {
		return i
	}
	i.Unit, i.Food.Name = recipe.Unit{Name: drizzle}, name
	if i.NoAmount {
		i.Amount, i.NoAmount = recipe.One, false
	}
	return i
}

var optional = lazyregexp.New(`(?i)^\(?(facultatif|facultative|optionnel|optionnelle|en option|opzionale|facoltativo|facoltativa|optioneel|optional)(?:\)| ?:) ?(\S.*)$`)

// unasked moves the word that a line may be left out from before its amount into the note.
func unasked(i recipe.Ingredient) recipe.Ingredient {
	if !i.NoAmount || i.Unit.Name != "" {
		return i
	}
	if m := optional().FindStringSubmatch(i.Food.Name); m != nil {
		i.Food.Name, i.Note = m[2], strings.TrimSpace(m[1]+" "+i.Note)
	}
	return i
}

// shifted takes the spoon or container that a food's name begins with for the unit, where the
// import took the word before it: one "grosse" of "boîte de maïs", 3/4 "de" of "tasse de lait".
// "t" before a French "de" is a cup.
func shifted(i recipe.Ingredient) recipe.Ingredient {
	unit := phrase.Key(i.Unit.Name)
	if unit == "" || i.Unit.Base != "" {
		return i
	}
	name := phrase.Fold(i.Food.Name)
	if unit == "t" && (strings.HasPrefix(name, "de ") || strings.HasPrefix(name, "d'")) {
		i.Unit = recipe.Unit{Name: "tasse"}
		return i
	}
	if strings.HasPrefix(unit, "cui") {
		if m := spoonLast().FindStringSubmatch(name); m != nil {
			i.Unit, i.Food.Name = recipe.Unit{Name: phrase.Fold(i.Unit.Name) + " " + m[2]}, m[1]
			return i
		}
	}
	u, sized := units.Named(unit)
	if sized && u.Key != "size" || !sized && (!phrase.Describes(unit) || phrase.Form(unit)) {
		return i
	}
	if f, whole := Lookup(name); whole && (!sized || phrase.Key(f.Name) == phrase.Key(name)) {
		return i // nine "inch" of "pound cake", two "kleine" of "pak choi"
	}
	words := strings.Fields(name)
	const longest = 4
	for n := min(longest, len(words)-1); n > 0; n-- {
		of := strings.Join(words[:n], " ")
		u, ok := units.Named(of)
		if _, longer := units.Named(unit + " " + of); longer || !ok || u.Kind == units.Count && u.Style != units.Packed && u.Style != units.Tiny {
			continue
		}
		rest := strings.Join(words[n:], " ")
		if _, food := Read(rest); !food && sized {
			continue
		}
		i.Unit, i.Food.Name = recipe.Unit{Name: of}, rest
		return i
	}
	return i
}

// spoonLast is what is left of "2 cuillères à soupe" after a food: two "cuillères" of "parmesan - à soupe".
var spoonLast = lazyregexp.New(`^(.*?)[ -]+(a (?:soupe|cafe|the))$`)

var broken = lazyregexp.New(`(?i)^(.*\b(?:de|d'|di|van)) ?1/$`)

// halved puts a fraction together that the import tore: of "le jus d'1/2 citron" it makes two "citron"
// of the food "le jus d'1/".
func halved(i recipe.Ingredient) recipe.Ingredient {
	if i.NoAmount || i.Amount < recipe.One || !strings.ContainsAny(i.Food.Name, "1¹") {
		return i
	}
	m := broken().FindStringSubmatch(strings.TrimSpace(phrase.Fold(i.Food.Name)))
	if m == nil {
		return i
	}
	i.Amount = recipe.Amount(mulDiv(int64(recipe.One), int64(recipe.One), int64(i.Amount)))
	i.Food.Name = strings.Replace(m[1], "d'", "de", 1)
	return i
}

// around puts the unit of a line back where the import took it from: "le jus de" and "le jus de
// verts" with "citrons".
func around(name, unit string) []string {
	var out []string
	words := strings.Fields(name)
	for n := 1; n < len(words); n++ {
		if slices.Contains([]string{"de", "d'", "di", "van"}, strings.ToLower(words[n])) {
			out = append(out, strings.Join(slices.Insert(slices.Clone(words), n+1, unit), " "))
		}
	}
	return out
}

// drizzles weighs drizzles.
func drizzles(amount recipe.Amount, f Food) nutrition.Mass {
	return nutrition.Mass(mulDiv(int64(amount), int64(massOf(drizzled, f.Density)), int64(recipe.One)))
}
