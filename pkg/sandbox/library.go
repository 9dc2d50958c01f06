package sandbox

import (
	"embed"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

//go:embed library/*.txt
var libraryFiles embed.FS

// Library returns the demo's recipes: our own, written in the format of [parseRecipes],
// with figures, weights and aisles of package food. Errors have kind
// [fault.InvalidInput] and name the file, the recipe and what is wrong with it.
func Library() (tandoortest.Library, error) {
	b := newLibraryBuilder()
	for _, f := range []struct {
		name string
		read func(string) error
	}{
		{"foods.txt", b.readTree},
		{"names.txt", b.readNames},
		{"breakfast.txt", b.addRecipes},
		{"lunch.txt", b.addRecipes},
		{"dinner.txt", b.addRecipes},
	} {
		text, err := libraryFiles.ReadFile("library/" + f.name)
		if err == nil {
			err = f.read(string(text))
		}
		if err != nil {
			return tandoortest.Library{}, fault.Wrap(fault.InvalidInput, "demo library: "+f.name, err)
		}
	}
	return b.lib, nil
}

// libraryBuilder collects what the recipes use.
type libraryBuilder struct {
	lib     tandoortest.Library
	parents map[string]string // by the child's name in package food
	names   map[string]shown  // likewise
	foods   map[string]int    // index in lib.Foods, by name as shown
}

func newLibraryBuilder() *libraryBuilder {
	b := &libraryBuilder{parents: map[string]string{}, names: map[string]shown{}, foods: map[string]int{}}
	for i, c := range food.Categories() {
		b.lib.Categories = append(b.lib.Categories, tandoortest.CategorySpec{Name: title(c), Order: i})
	}
	for _, n := range baseUnits {
		b.lib.Units = append(b.lib.Units, tandoortest.UnitSpec{Name: n, BaseUnit: n})
	}
	for _, n := range countUnits {
		b.lib.Units = append(b.lib.Units, tandoortest.UnitSpec{Name: n, Plural: plural(n)})
	}
	for _, m := range recipe.Meals {
		b.lib.Keywords = append(b.lib.Keywords, tandoortest.KeywordSpec{Name: m.String()})
	}
	return b
}

// baseUnits are the units of mass and volume; Tandoor's base units have the same names.
var baseUnits = []string{"g", "ml", "tbsp", "tsp"}

// countUnits are the units that count things.
var countUnits = []string{
	"piece", "slice", "clove", "tin", "handful", "fillet", "stalk", "leaf", "sheet", "scoop", "head", "bunch", "rasher", "roll", "nest",
}

// bulk are last words of names that stay singular on a shopping list.
var bulk = []string{
	"bacon", "bass", "butter", "celery", "cod", "fennel", "garlic", "haddock", "juice", "lemongrass", "mackerel",
	"nori", "pollock", "salmon", "trout", "tuna", "veal",
}

// plural is empty for names that have none.
func plural(n string) string {
	if slices.Contains(bulk, strings.ToLower(n[strings.LastIndex(n, " ")+1:])) {
		return ""
	}
	for _, f := range food.Forms(n)[1:] {
		if strings.HasSuffix(f, "s") {
			return f
		}
	}
	return ""
}

func title(s string) string {
	if s == "" {
		return ""
	}
	r, size := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[size:]
}

// shown is how a food is called.
type shown struct{ name, plural string }

// readTree reads lines "food: kind, kind".
func (b *libraryBuilder) readTree(text string) error {
	return eachListed(text, func(parent, kind string) error {
		if other := b.parents[kind]; other != "" {
			return fmt.Errorf("%s is a kind of both %s and %s", kind, other, parent)
		}
		b.parents[kind] = parent
		return nil
	})
}

// readNames reads lines "counted: food, food=plural" and "always plural: food, food".
func (b *libraryBuilder) readNames(text string) error {
	return eachListed(text, func(how, item string) error {
		name, many, irregular := strings.Cut(item, "=")
		if !irregular {
			many = plural(name)
		}
		switch how {
		case "counted":
			b.names[name] = shown{title(name), title(many)}
		case "always plural":
			b.names[name] = shown{title(many), ""}
		default:
			return fmt.Errorf("%q is neither counted nor always plural", how)
		}
		return nil
	})
}

// eachListed calls fn for every item of lines "head: item, item".
func eachListed(text string, fn func(head, item string) error) error {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		head, items, ok := strings.Cut(line, ":")
		if !ok {
			return fmt.Errorf("%q is not head: item, item", line)
		}
		for item := range strings.SplitSeq(items, ",") {
			if err := fn(head, strings.TrimSpace(item)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *libraryBuilder) addRecipes(text string) error {
	recipes, err := parseRecipes(text)
	if err != nil {
		return err
	}
	for _, r := range recipes {
		for i, in := range r.Steps[0].Ingredients {
			name, err := b.use(in.Food, in.Unit)
			if err != nil {
				return fmt.Errorf("%s: %s: %w", r.Name, in.Food, err)
			}
			r.Steps[0].Ingredients[i].Food = name
		}
		for _, k := range r.Keywords {
			if !slices.ContainsFunc(b.lib.Keywords, func(x tandoortest.KeywordSpec) bool { return x.Name == k }) {
				b.lib.Keywords = append(b.lib.Keywords, tandoortest.KeywordSpec{Name: k})
			}
		}
		b.lib.Recipes = append(b.lib.Recipes, r)
	}
	return nil
}

// use makes sure that the library has the food, with a conversion to grams for the unit,
// and returns its name as shown.
func (b *libraryBuilder) use(name, unit string) (string, error) {
	f, ok := food.Lookup(name)
	if !ok || !f.Known() {
		return "", errors.New("package food has no figures for it")
	}
	spec := &b.lib.Foods[b.addFood(f)]
	if unit == "" || unit == "g" || slices.ContainsFunc(spec.Conversions, func(c tandoortest.ConversionSpec) bool { return c.Unit == unit }) {
		return spec.Name, nil
	}
	m, ok := food.Weigh(recipe.Ingredient{Amount: recipe.One, Unit: recipe.Unit{Name: unit}}, f)
	if !ok {
		return "", fmt.Errorf("the weight of a %s of it is unknown", unit)
	}
	spec.Conversions = append(spec.Conversions, tandoortest.ConversionSpec{Amount: 1, Unit: unit, ToAmount: m.Grams(), ToUnit: "g"})
	return spec.Name, nil
}

// addFood returns the food's index in the library.
func (b *libraryBuilder) addFood(f food.Food) int {
	as, ok := b.names[f.Name]
	if !ok {
		as.name = title(f.Name)
	}
	if i, ok := b.foods[as.name]; ok {
		return i
	}
	spec := tandoortest.FoodSpec{
		Name: as.name, Plural: as.plural, Category: title(f.Category), FDC: f.NDB,
		Properties: &tandoortest.Values{
			Kcal: f.Energy.Kcal(), Protein: f.Per100g.Protein.Grams(), Fat: f.Per100g.Fat.Grams(), Carbs: f.Per100g.Carbs.Grams(),
		},
		IgnoreShopping: f.Name == "water",
	}
	if parent := b.parents[f.Name]; parent != "" {
		spec.Parent = b.addParent(parent)
	}
	b.lib.Foods = append(b.lib.Foods, spec)
	b.foods[as.name] = len(b.lib.Foods) - 1
	return b.foods[as.name]
}

// addParent adds a node of the food tree, with those above it, and returns its name.
func (b *libraryBuilder) addParent(n string) string {
	if f, ok := food.Lookup(n); ok && f.Known() && f.Name == n {
		return b.lib.Foods[b.addFood(f)].Name
	}
	name := title(n)
	if _, ok := b.foods[name]; ok {
		return name
	}
	spec := tandoortest.FoodSpec{Name: name}
	if p := b.parents[n]; p != "" {
		spec.Parent = b.addParent(p)
	}
	b.lib.Foods = append(b.lib.Foods, spec)
	b.foods[name] = len(b.lib.Foods) - 1
	return name
}
