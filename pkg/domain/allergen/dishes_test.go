package allergen_test

import (
	_ "embed"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// dishesFile gives dishes and products that are named after a food that carries less, in six
// languages, with groups that they usually carry.
//
//go:embed testdata/dishes.csv
var dishesFile string

// shapesFile gives words that make a dish of a food, what English calls the dish, what such
// dishes carry, and of which foods that is so.
//
//go:embed testdata/shapes.csv
var shapesFile string

func table(t *testing.T, file string) [][]string {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

func groups(t *testing.T, names string) allergen.Set {
	t.Helper()
	var set allergen.Set
	for g := range strings.FieldsSeq(names) {
		one, err := allergen.Parse(g)
		if err != nil {
			t.Fatal(err)
		}
		set |= one
	}
	return set
}

// A dish may be unknown, but not known without what it carries, also where an import took its
// first word for the unit.
func TestDishesNamedAfterFoods(t *testing.T) {
	t.Parallel()
	for _, row := range table(t, dishesFile) {
		want := groups(t, row[1])
		if set, known := allergen.Classify(recipe.Food{Name: row[0]}); known && set&want != want {
			t.Errorf("%s carries %q, not %q", row[0], set, row[1])
		}
	}
}

// plain are foods that carry nothing, or only what they are, by language.
var plain = map[string]map[string]string{
	"en": {"chicken": "chicken", "turkey": "turkey", "fish": "fish", "shrimp": "shrimp", "spinach": "spinach", "potato": "potato", "rice": "rice", "vegetables": "vegetable", "ham": "ham", "cheese": "cheese", "lentils": "lentil", "apple": "apple", "lemon": "lemon", "strawberry": "strawberry"},
	"fr": {"chicken": "poulet", "turkey": "dinde", "fish": "poisson", "shrimp": "crevettes", "spinach": "épinards", "potato": "pommes de terre", "rice": "riz", "vegetables": "légumes", "ham": "jambon", "cheese": "fromage", "lentils": "lentilles", "apple": "pommes", "lemon": "citron"},
	"it": {"chicken": "pollo", "turkey": "tacchino", "fish": "pesce", "shrimp": "gamberi", "spinach": "spinaci", "potato": "patate", "rice": "riso", "vegetables": "verdure", "apple": "mele"},
	"es": {"chicken": "pollo", "turkey": "pavo", "fish": "pescado", "shrimp": "gambas", "spinach": "espinacas", "potato": "patatas", "rice": "arroz", "vegetables": "verduras", "apple": "manzana", "strawberry": "fresa"},
	"de": {"chicken": "Hähnchen", "turkey": "Pute", "fish": "Fisch", "shrimp": "Garnelen", "spinach": "Spinat", "potato": "Kartoffeln", "rice": "Reis", "vegetables": "Gemüse"},
	"nl": {"chicken": "kip", "turkey": "kalkoen", "fish": "vis", "shrimp": "garnalen", "spinach": "spinazie", "potato": "aardappelen", "rice": "rijst", "vegetables": "groenten"},
}

// phrased says a dish of a shape and a food in a language, and what an import makes of it.
func phrased(lang, shape, food string) []recipe.Ingredient {
	between := map[string]string{"fr": " de ", "it": " di ", "es": " de "}[lang]
	if between == "" {
		between = " "
	}
	if strings.HasPrefix(food, "é") {
		between = " d'"
	}
	name, unit, rest := shape+between+food, shape, strings.TrimSpace(between)+" "+food
	if lang == "en" {
		name, unit, rest = food+" "+shape, food, shape
	}
	line := func(unit, food string) recipe.Ingredient {
		return recipe.Ingredient{Amount: recipe.One, Unit: recipe.Unit{Name: unit}, Food: recipe.Food{Name: food}}
	}
	return []recipe.Ingredient{line("", name), line("", "4 "+name), line(unit, rest), line("", name+", "+name)}
}

// What English calls by a name of its own, "chicken rolls", other languages call a shape of the
// food: "rouleaux de poulet". Such a dish never has fewer groups than it carries, nor than the
// English name.
func TestShapesHideNothing(t *testing.T) {
	t.Parallel()
	tried := 0
	for _, row := range table(t, shapesFile) {
		lang, want := row[0], groups(t, row[3])
		for food := range strings.FieldsSeq(row[4]) {
			word, ok := plain[lang][food]
			if !ok {
				t.Fatalf("%s: %q has no word", lang, food)
			}
			least := want
			if set, known := allergen.Classify(recipe.Food{Name: plain["en"][food] + " " + row[2]}); known && row[2] != "" {
				least |= set & allergen.Mentioned(fmt.Sprint(plain["en"][food], " ", row[2]))
			}
			for shape := range strings.SplitSeq(row[1], "|") {
				for _, i := range phrased(lang, shape, word) {
					tried++
					if set, unknown := allergen.NewPool(nil).Line(i); len(unknown) == 0 && set&least != least {
						t.Errorf("%s: %q of %q carries %q; it should be unknown, or carry %q", lang, i.Unit.Name, i.Food.Name, set, least)
					}
				}
			}
		}
	}
	if tried < 4000 {
		t.Errorf("only %d lines were tried", tried)
	}
}

// What is creamy by itself is no dish with cream; of anything else the word says that it holds some.
func TestCreamyByItself(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"creamy peanut butter", "romige pindakaas", "pindakaas, romig", "cremige Erdnussbutter", "Erdnussbutter cremig", "beurre de cacahuètes crémeux",
		"burro di arachidi cremoso", "mantequilla de cacahuete cremosa",
	} {
		if set, known := allergen.Classify(recipe.Food{Name: name}); !known || set != allergen.Peanuts {
			t.Errorf("%s: %q, known %v", name, set, known)
		}
	}
	for _, name := range []string{
		"romige spinazie", "romige kip", "cremige Polenta", "cremiger Spinat", "Spinat, cremig", "épinards crémeux", "polenta cremosa", "espinacas cremosas",
		"cremoso di mandorle", "crémeux au citron",
	} {
		if set, known := allergen.Classify(recipe.Food{Name: name}); known && set&allergen.Milk == 0 {
			t.Errorf("%s is free of milk: %q", name, set)
		}
	}
}
