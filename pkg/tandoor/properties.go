package tandoor

import (
	"slices"
	"strings"
)

// Nutrient is one of the four values the planner needs of a recipe.
type Nutrient uint8

// The nutrients.
const (
	Energy Nutrient = iota
	Protein
	Fat
	Carbs
	nutrients = 4
)

// String returns "energy", "protein", "fat" or "carbs".
func (n Nutrient) String() string { return [nutrients]string{"energy", "protein", "fat", "carbs"}[n] }

// PropertyRules recognise a property type, which is user data with names of any
// language: first by FoodData Central id, then by open-data slug, then by name.
type PropertyRules struct {
	FDC     map[int64]Nutrient
	Slugs   map[string]Nutrient
	Aliases map[string]Nutrient // lower-case; a trailing "(...)" of a name is ignored
}

func (r PropertyRules) empty() bool { return len(r.FDC)+len(r.Slugs)+len(r.Aliases) == 0 }

// DefaultProperties returns the ids and slugs Tandoor's own importers use, and the usual
// names in Danish, Dutch, English, French, German, Italian, Norwegian, Polish, Portuguese,
// Spanish and Swedish.
func DefaultProperties() PropertyRules {
	names := map[Nutrient][]string{
		Energy: {
			"calories", "calorie", "kcal", "energy", "energie", "kalorien", "brennwert", "kilojoule", "kj",
			"énergie", "calorías", "calorias", "energía", "energia", "kalorie", "kalorier", "energi", "calorieën",
		},
		Protein: {
			"protein", "proteins", "eiweiß", "eiweiss", "proteine", "proteinen", "protéines", "protéine",
			"proteínas", "proteína", "proteina", "eiwit", "eiwitten", "białko", "białka",
		},
		Fat: {
			"fat", "fats", "total fat", "fett", "fette", "lipides", "matières grasses", "grasas", "grasa",
			"grassi", "vet", "vetten", "tłuszcz", "tłuszcze", "gordura", "gorduras", "lípidos", "fedt",
		},
		Carbs: {
			"carbohydrates", "carbohydrate", "carbs", "total carbohydrate", "total carbohydrates", "kohlenhydrate",
			"glucides", "carbohidratos", "hidratos de carbono", "carboidrati", "carboidratos", "koolhydraten",
			"węglowodany", "kolhydrater", "kulhydrater", "karbohydrater",
		},
	}
	aliases := map[string]Nutrient{}
	for n, list := range names {
		for _, name := range list {
			aliases[name] = n
		}
	}
	return PropertyRules{
		FDC: map[int64]Nutrient{1008: Energy, 1003: Protein, 1004: Fat, 1005: Carbs},
		Slugs: map[string]Nutrient{
			"property-calories": Energy, "property-proteins": Protein,
			"property-fats": Fat, "property-carbohydrates": Carbs,
		},
		Aliases: aliases,
	}
}

// match returns the nutrient and how it was recognised: 0 by id, 1 by slug, 2 by name.
func (r PropertyRules) match(t wirePropertyType) (n Nutrient, rank int, ok bool) {
	if n, ok = r.FDC[t.FDC.integer()]; ok && t.FDC.stated {
		return n, 0, true
	}
	if n, ok = r.Slugs[deref(t.Slug)]; ok {
		return n, 1, true
	}
	name := strings.ToLower(strings.TrimSpace(t.Name))
	if i := strings.LastIndexByte(name, '('); i > 0 && strings.HasSuffix(name, ")") {
		name = strings.TrimSpace(name[:i])
	}
	n, ok = r.Aliases[name]
	return n, 2, ok
}

const kilojoulesPerKilocalorie = 4.184

// unitFactor converts a property's unit to kilocalories or grams. No unit means the
// usual one.
func unitFactor(n Nutrient, unit string) (float64, bool) {
	u := strings.ToLower(strings.TrimSpace(unit))
	if n == Energy {
		switch u {
		case "", "kcal", "cal", "kilocalories", "kilocalorie", "kalorien":
			return 1, true
		case "kj", "kilojoule", "kilojoules":
			return 1 / kilojoulesPerKilocalorie, true
		}
		return 0, false
	}
	return 1, slices.Contains([]string{"", "g", "gr", "gram", "grams", "gramm", "grammes"}, u)
}
