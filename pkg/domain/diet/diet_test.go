package diet_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"vegan": "vegan", "Vegetarian": "vegetarian", "no pork": "no-pork", "No-Alcohol": "no-alcohol", " pescatarian ": "pescatarian"} {
		if got, err := diet.Parse(text); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "fruitarian", "vegan-ish"} {
		if got, err := diet.Parse(text); err == nil {
			t.Errorf("%q is taken for %q", text, got)
		}
	}
}

// Each diet leaves out what it must, and vegans leave out all that vegetarians do.
func TestDiets(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		brings string
		fits   []string
	}{
		{"", diet.Names()},
		{"pork", []string{"no-alcohol"}},
		{"meat", []string{"no-pork", "no-alcohol"}},
		{"gelatine", []string{"no-alcohol"}},
		{"rennet", []string{"no-pork", "no-alcohol"}},
		{"insects", []string{"no-pork", "no-alcohol"}},
		{"fish", []string{"pescatarian", "no-pork", "no-alcohol"}},
		{"shellfish", []string{"pescatarian", "no-pork", "no-alcohol"}},
		{"milk", []string{"vegetarian", "pescatarian", "no-pork", "no-alcohol"}},
		{"eggs", []string{"vegetarian", "pescatarian", "no-pork", "no-alcohol"}},
		{"honey", []string{"vegetarian", "pescatarian", "no-pork", "no-alcohol"}},
		{"alcohol", []string{"vegetarian", "vegan", "pescatarian", "no-pork"}},
	} {
		if got := diet.Fits(diet.Kind(c.brings)); !slices.Equal(got, c.fits) {
			t.Errorf("%s fits %q, want %q", c.brings, got, c.fits)
		}
		for _, d := range diet.Names() {
			if broken := len(diet.Breaks(diet.Kind(c.brings), []string{d})) > 0; broken == slices.Contains(c.fits, d) {
				t.Errorf("%s breaks %s: %v", c.brings, d, broken)
			}
		}
	}
}

// However a name is dressed up, in whatever field an import puts it: what it brings stays.
func TestWordsAroundANameTakeNothingAway(t *testing.T) {
	t.Parallel()
	names := diet.Known()
	around := []string{
		"{}", "fresh {}", "2 large {}", "{}, finely chopped", "{} (optional)", "chopped {} to taste", "3 cups {}", "½ {}", "{} or water", "water and {}", "salt & {}",
		"gehackte {}", "{}, gehackt", "etwas {}", "{} zum Bestreuen", "de {}", "{} haché", "{} fresco", "verse {}", "ounce) package {}", "{} such as a brand", "{}®", "dried {}", "low-fat {}",
		"gluten-free {}", "{} or a vegan alternative", "{} (vegan if you like)", "vegan butter or {}", "{} and vegan cheese", "vegan salt with {}", "non-vegan {}", "{}, vegan cheese", "{} + vegan sausage",
	}
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "name")
		brings := diet.Mentioned(name) & diet.Carries(name) // without what it may hide
		text := strings.ReplaceAll(rapid.SampledFrom(around).Draw(t, "around"), "{}", name)
		if got, _ := diet.Classify(recipe.Food{Name: text}); got&brings != brings {
			t.Fatalf("%q brings %q, %q only %q", name, brings, text, got)
		}
		for where, i := range map[string]recipe.Ingredient{
			"unit":   {Food: recipe.Food{Name: "water"}, Unit: recipe.Unit{Name: name}},
			"note":   {Food: recipe.Food{Name: "water"}, Note: text},
			"parent": {Food: recipe.Food{Name: "water", Ancestors: []recipe.FoodRef{{Name: name}}}},
			"plural": {Food: recipe.Food{Name: "water", Plural: name}},
		} {
			if got, _ := diet.NewPool(nil).Line(i); got&brings != brings {
				t.Fatalf("%q as %s: %q, want %q", text, where, got, brings)
			}
		}
	})
}

// Whatever a note, a unit, a parent or a text says: a food keeps what its name brings, and what
// is not known stays so.
func TestTextsMakeNoFoodFit(t *testing.T) {
	t.Parallel()
	names, words := diet.Known(), []string{"vegan", "vegetarian", "plant-based", "meatless", "alcohol-free", "vegane", "végétal", "senza carne", "sin alcohol", "veganistisch", "no meat", "fits vegans"}
	rapid.Check(t, func(t *rapid.T) {
		name, word := rapid.SampledFrom(append([]string{"zoblat"}, names...)).Draw(t, "name"), rapid.SampledFrom(words).Draw(t, "word")
		plain := recipe.Recipe{Name: "dish", Ingredients: []recipe.Ingredient{{Food: recipe.Food{Name: name}}}}
		brings, unknown := diet.NewPool(nil).Of(plain)
		for where, change := range map[string]func(r *recipe.Recipe, i *recipe.Ingredient){
			"note": func(_ *recipe.Recipe, i *recipe.Ingredient) { i.Note = word },
			"unit": func(_ *recipe.Recipe, i *recipe.Ingredient) { i.Unit.Name = word },
			"parent": func(_ *recipe.Recipe, i *recipe.Ingredient) {
				i.Food.Ancestors = []recipe.FoodRef{{Name: word + " " + name}}
			},
			"name":    func(r *recipe.Recipe, _ *recipe.Ingredient) { r.Name = word + " " + name },
			"keyword": func(r *recipe.Recipe, _ *recipe.Ingredient) { r.Keywords = []string{word} },
			"step": func(r *recipe.Recipe, _ *recipe.Ingredient) {
				r.Steps = []recipe.Step{{Instruction: "Fry the " + word + " " + name + "."}}
			},
		} {
			r := plain
			r.Ingredients = slices.Clone(plain.Ingredients)
			change(&r, &r.Ingredients[0])
			got, open := diet.NewPool(nil).Of(r)
			if got&brings != brings {
				t.Fatalf("%s of %q as %s: brings %q, and %q before", word, name, where, got, brings)
			}
			if len(unknown) > 0 && len(open) == 0 {
				t.Fatalf("%s of %q as %s makes it known", word, name, where)
			}
		}
	})
}

// What a note offers instead counts too, under the name that the tables have for it.
func TestAFoodInANoteKeepsWhatItBrings(t *testing.T) {
	t.Parallel()
	for note, want := range map[string]string{"or gluten-free flour": "milk", "or gluten-free bread, toasted": "milk, eggs", "or vegan sausages": ""} {
		got, _ := diet.NewPool(nil).Line(recipe.Ingredient{Food: recipe.Food{Name: "lentils"}, Note: note})
		if got.String() != want {
			t.Errorf("%s: %q, want %q", note, got, want)
		}
	}
}

// A word such as "vegan" describes the one food beside it, and no other.
func TestWhatAFoodLacks(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"vegan bacon": "", "vegan haggis": "", "vegan sausages, sliced": "", "sausages (vegan)": "", "Bratwurst, vegan": "", "1 pack vegan sausages": "", "200 g vegane Würstchen": "",
		"chorizo vegano": "", "salsiccia vegana": "", "saucisse végane": "", "vegan worst": "", "gluten-free vegan sausages": "", "alkoholfreier Rotwein": "", "alcohol-free red wine": "",
		"vegetarian haggis": "milk, eggs, honey", "plant-based butter": "", "meat-free haggis": "milk, eggs, honey", "gluten-free bacon": "pork", "dairy-free pesto": "rennet",
		"fresh gluten-free all-purpose baking flour": "milk", "all-purpose baking flour, gluten-free": "milk", "gluten-free overnight oats mixes": "milk", "gluten-free bread": "milk, eggs", "fresh farine sans gluten": "milk", "2 large farina senza glutine": "milk", "vegan gluten-free bread": "", "gluten-free bread, dairy-free": "eggs",
		"egg-free mayonnaise": "milk", "pizza senza carne": "fish, shellfish, milk, eggs, honey, rennet",
	} {
		got, known := diet.Classify(recipe.Food{Name: name})
		if !known || got.String() != want && !slices.Contains([]string{"pizza senza carne"}, name) {
			t.Errorf("%s: %q, known %v; want %q", name, got, known, want)
		}
	}
	for _, name := range []string{
		"vegan or pork sausages", "vegane oder Schweinswurst", "non-vegan bacon", "not vegan bacon", "un-vegan bacon", "bacon (vegan if you like)", "bacon (vegan optional)", "vegan-friendly bacon",
		"vegan cheese and bacon", "bacon with vegan cheese", "vegan sausage/bacon", "wenn möglich vegane Bratwurst", "evtl. vegane Bratwurst", "gerne vegane Bratwurst", "am besten vegane Bratwurst",
		"vegan option: bacon", "bacon, not vegan", "si possible saucisse végane", "salsiccia vegana o di maiale", "se possibile pancetta vegana", "indien mogelijk vegan spek", "ham (or vegan ham)", //nolint:misspell // Italian
		"ham, vegan for vegans", "no vegan bacon", "kein veganer Speck", "almost vegan bacon", "vegan haggis with ham", "your favourite vegan or regular bacon", "vegan + pork sausage", "vegan - pork sausage",
		"vegan & pork sausage", "ham (vegan?)", "ham, gerne vegan", "jambon ou jambon végan", "ham of vegan ham", "half vegan haggis", "bacon, vegan or not", "vegan bacon or ham",
	} {
		if got, known := diet.Classify(recipe.Food{Name: name}); known && got&(diet.Pork|diet.Meat) == 0 {
			t.Errorf("%s brings %q, and neither pork nor meat", name, got)
		}
	}
}

// A longer name in a text may be a food that lacks something; it takes nothing from others.
func TestTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Vegan bacon rolls":                                 "",
		"Vegan sausage rolls":                               "",
		"Tofu with vegan bacon and ham":                     "pork",
		"Salsiccia vegana":                                  "",
		"Bacon vegan cheese board":                          "pork",
		"Coconut milk and honeydew":                         "",
		"Beefsteak tomatoes":                                "",
		"Chicken, vegan cheese":                             "meat",
		"Meat-free Monday":                                  "",
		"glazed with honey and rum":                         "honey, alcohol",
		"butternut, eggplant, gingerbread spice, root beer": "",
	} {
		if got := diet.Mentioned(text).String(); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// "Contains" tells of allergens; only what it is tells of diets.
func TestAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		food   string
		answer recipe.Answer
		want   string
		known  bool
	}{
		{"zoblat", recipe.Answer{Told: true}, "", false},
		{"zoblat", recipe.Answer{Told: true, Contains: []string{"milk"}}, "milk", false},
		{"zoblat", recipe.Answer{Is: "lentil"}, "", true},
		{"zoblat", recipe.Answer{Is: "bacon"}, "pork", true},
		{"zoblat", recipe.Answer{Ignored: true}, "", true},
		{"bacon", recipe.Answer{Told: true}, "pork", true},
		{"bacon", recipe.Answer{Is: "tofu"}, "pork", true},
		{"lentils", recipe.Answer{Told: true, Contains: []string{"fish", "molluscs"}}, "fish, shellfish", true},
		{"stock", recipe.Answer{Is: "vegetable stock"}, "milk", true},
	} {
		c.answer.Food = c.food
		got, unknown := diet.NewPool(nil).Line(recipe.Ingredient{Food: recipe.Food{Name: c.food, Answer: &c.answer}})
		if got.String() != c.want || (len(unknown) == 0) != c.known {
			t.Errorf("%s %+v: %q, not understood %q; want %q", c.food, c.answer, got, unknown, c.want)
		}
	}
}
