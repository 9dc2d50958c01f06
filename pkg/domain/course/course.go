// Package course tells which recipes are meals. Libraries hold jam, dough, drinks and sauces
// beside dinners, and most of their recipes have no keyword that says so.
package course

import (
	_ "embed" // for the table
	"encoding/csv"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// The energy of a serving within which a recipe that nothing else is known of is a meal: below
// lie sauces and drinks, above whole cakes and loaves whose servings nobody counted.
const (
	least = 200 * nutrition.Kilocalorie
	most  = 1200 * nutrition.Kilocalorie
	// least protein of a meal: sweets have less.
	protein = 5 * nutrition.Gram
)

// Verdict is what a recipe is eaten as.
type Verdict struct {
	Meals []recipe.Meal // none: it is no meal
	Why   string        // continues "it"
}

// Of judges a recipe with its figures: by keywords for a meal, by keywords for another course,
// by the words of its title, and last by what a serving holds and is made of.
func Of(r recipe.Recipe) Verdict {
	if r.MealsSaid {
		return Verdict{r.Meals, "has a keyword for its meals"}
	}
	for _, k := range r.Keywords {
		if c, word := find(phrase.Key(k)); c != "" {
			return as(r, c, "has the keyword "+word)
		}
	}
	if c, word := title(r.Name); c != "" {
		return as(r, c, `is called "`+word+`"`)
	}
	switch e := r.PerServing.Energy(); {
	case e < least:
		return Verdict{nil, "has less than 200 kcal a serving, which is no meal"}
	case e > most:
		return Verdict{nil, "has more than 1,200 kcal a serving, which is no serving"}
	case r.PerServing.Protein < protein:
		return Verdict{nil, "has less than 5 g of protein a serving, as sweets and drinks do"}
	case sweet(r):
		return Verdict{nil, "has a fifth of its energy from sugar, chocolate and the like, and no meat, fish or pulses: a dessert"}
	}
	return Verdict{r.Meals, "has the figures of a meal"}
}

// sweet reports whether a recipe is a dessert by what it is made of.
func sweet(r recipe.Recipe) bool {
	var all, sugars nutrition.Energy
	for _, i := range r.Ingredients {
		l := food.Resolve(i)
		switch l.Food.Category {
		case food.Meat, food.Fish, food.Pulses:
			return false
		}
		const hundred = 100 * nutrition.Gram
		if !l.Weighed || l.Mass > nutrition.MaxMass {
			continue
		}
		e := l.Food.Energy * nutrition.Energy(l.Mass/nutrition.Gram) / nutrition.Energy(hundred/nutrition.Gram)
		all += e
		if l.Food.Category == food.Sweets || strings.Contains(l.Food.Name, "sugar") || strings.Contains(l.Food.Name, "chocolate") {
			sugars += e
		}
	}
	const share = 5
	return sugars*share > all && all > 0
}

// as is the verdict on a recipe of a course.
func as(r recipe.Recipe, c, why string) Verdict {
	switch c {
	case "breakfast":
		return Verdict{[]recipe.Meal{recipe.Breakfast}, why}
	case "main":
		return Verdict{r.Meals, why}
	default:
		return Verdict{nil, why + ": a " + c}
	}
}

//go:embed data/courses.csv
var file string

// words are the courses by their words, in six languages.
var words = sync.OnceValue(func() map[string]string {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	out := map[string]string{}
	for _, row := range rows[1:] {
		for w := range strings.SplitSeq(row[1], "|") {
			if k := phrase.Key(w); out[k] == "" { // the first wins
				out[k] = row[0]
			}
		}
	}
	return out
})

// longest is the number of words of the longest entry.
const longest = 4

// find returns the course of a keyword, which may be of several words: "vegan desserts".
func find(key string) (course, word string) {
	ws := strings.Fields(key)
	for n := min(longest, len(ws)); n > 0; n-- {
		for i := range len(ws) - n + 1 {
			w := strings.Join(ws[i:i+n], " ")
			if c := words()[w]; c != "" {
				return c, w
			}
		}
	}
	return "", ""
}

// title returns the course that the head of a title names: of "Spaghetti with tomato sauce" it
// is spaghetti, of "Strawberry jam" jam. In the Romance languages the head comes first:
// "confiture de fraises".
func title(name string) (course, word string) {
	ws := strings.Fields(phrase.Key(name))
	end := slices.IndexFunc(ws, func(w string) bool { return slices.Contains(joins, w) })
	if end > 0 {
		ws = ws[:end]
	}
	for n := min(longest, len(ws)); n > 0; n-- {
		for _, w := range []string{strings.Join(ws[len(ws)-n:], " "), strings.Join(ws[:n], " ")} {
			if c := words()[w]; c != "" {
				return c, w
			}
		}
	}
	return "", ""
}

// joins begin what comes with a dish.
var joins = []string{"with", "in", "on", "and", "for", "from", "mit", "auf", "und", "an", "in", "fur", "zu", "avec", "et", "sur", "au", "aux", "a", "con", "e", "y", "en", "met", "op", "de", "d", "di", "del", "della", "van", "von", "alla", "al"}
