package sandbox_test

import (
	"math"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fetched returns the demo's recipes the way the program gets them: over the protocol.
func fetched(t *testing.T, change func(*tandoortest.Library)) []recipe.Recipe {
	t.Helper()
	lib, err := sandbox.Library()
	if err != nil {
		t.Fatal(err)
	}
	if change != nil {
		change(&lib)
	}
	srv, err := tandoortest.New(tandoortest.Options{Library: lib})
	if err != nil {
		t.Fatal(err)
	}
	hs := httptest.NewServer(srv)
	t.Cleanup(hs.Close)
	c, err := tandoor.New(tandoor.Config{BaseURL: hs.URL, Token: seal.Secret(tandoortest.DefaultToken), HTTP: hs.Client()})
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.Sync(t.Context(), tandoor.Ask{Full: true})
	if err != nil {
		t.Fatal(err)
	}
	if len(res.Changed) != len(lib.Recipes) {
		t.Fatalf("%d of %d recipes came over: %+v", len(res.Changed), len(lib.Recipes), res.Problems)
	}
	return res.Changed
}

// known are the recipes with every nutrition typed in, so that all can be compared.
func known(t *testing.T) []recipe.Recipe {
	t.Helper()
	return fetched(t, func(l *tandoortest.Library) {
		for i := range l.Recipes {
			l.Recipes[i].Nutrition = tandoortest.ModeProperties
		}
	})
}

func TestLibraryCounts(t *testing.T) {
	t.Parallel()
	var perMeal, quick [3]int
	names := map[string]bool{}
	for _, r := range fetched(t, nil) {
		if names[r.Name] {
			t.Errorf("%s occurs twice", r.Name)
		}
		names[r.Name] = true
		for _, m := range r.Meals {
			perMeal[m]++
			if r.Minutes() <= 15 {
				quick[m]++
			}
		}
		if r.Minutes() == 0 || len(r.Steps) < 1 || len(r.Steps) > 5 || len(r.Ingredients) < 4 || len(r.Ingredients) > 12 {
			t.Errorf("%s: %d minutes, %d steps, %d ingredients", r.Name, r.Minutes(), len(r.Steps), len(r.Ingredients))
		}
		if r.Servings != 2 && r.Servings != 4 {
			t.Errorf("%s: %d servings", r.Name, r.Servings)
		}
	}
	t.Logf("%d recipes; per meal %v, at most 15 minutes %v", len(names), perMeal, quick)
	for m, want := range [...]int{36, 42, 42} {
		if perMeal[m] < want || quick[m] < 15 {
			t.Errorf("%s: %d recipes, %d quick; want %d and 15", recipe.Meals[m], perMeal[m], quick[m], want)
		}
	}
	if len(names) < 120 {
		t.Errorf("%d recipes, want at least 120", len(names))
	}
}

func TestLibraryShowsEveryPlaceOfNutrition(t *testing.T) {
	t.Parallel()
	count := map[recipe.NutritionSource]int{}
	all := fetched(t, nil)
	for _, r := range all {
		count[r.Nutrition]++
	}
	for source, least := range map[recipe.NutritionSource]int{
		recipe.Stated: 65, recipe.Computed: 13, recipe.Legacy: 4, recipe.Unknown: 8,
	} {
		if 100*count[source] < least*len(all) {
			t.Errorf("%s: %d of %d recipes, want %d %%", source, count[source], len(all), least)
		}
	}
}

func TestLibraryEnergyIsPlausible(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range lib.Foods {
		if f.Properties == nil {
			continue
		}
		want, ok := food.ByNDB(f.FDC)
		if !ok || f.Properties.Kcal != want.Energy.Kcal() || f.Properties.Protein != want.Per100g.Protein.Grams() {
			t.Errorf("%s: %+v is not what the USDA's %05d says", f.Name, *f.Properties, f.FDC)
		}
	}
	energies := statedEnergies(t)
	for _, r := range known(t) {
		atwater, stated := r.PerServing.Energy().Kcal(), energies[r.Name]
		if stated < 150 || stated > 1100 {
			t.Errorf("%s: %.0f kcal a serving", r.Name, stated)
		}
		if math.Abs(stated-atwater) > 0.2*atwater {
			t.Errorf("%s: %.0f kcal by the foods, %.0f by 4-4-9", r.Name, stated, atwater)
		}
	}
}

// statedEnergies sums the energies the USDA states for the ingredients, per serving.
func statedEnergies(t *testing.T) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	for _, r := range fetched(t, nil) {
		for _, i := range r.Ingredients {
			if i.NoAmount {
				continue
			}
			f, ok := food.Of(i.Food)
			m, weighed := food.Weigh(i, f)
			if !ok || !weighed {
				t.Fatalf("%s: %s cannot be weighed", r.Name, i.Food.Name)
			}
			out[r.Name] += f.Energy.Kcal() * m.Grams() / 100 / float64(r.Servings)
		}
	}
	return out
}

// What the program estimates must be what Tandoor computes from the same foods, for every
// recipe and not only for those without nutrition.
func TestEstimateAgreesWithProperties(t *testing.T) {
	t.Parallel()
	for _, r := range known(t) {
		est, ok := food.Estimate(r)
		if !ok || len(est.Unmatched) > 0 {
			t.Errorf("%s cannot be estimated: %q", r.Name, est.Unmatched)
			continue
		}
		for _, m := range []struct {
			macro     string
			got, want nutrition.Mass
		}{
			{"protein", est.PerServing.Protein, r.PerServing.Protein},
			{"fat", est.PerServing.Fat, r.PerServing.Fat},
			{"carbs", est.PerServing.Carbs, r.PerServing.Carbs},
		} {
			if diff := max(m.got-m.want, m.want-m.got); 20*diff > m.want {
				t.Errorf("%s: estimated %s of %s, computed %s", r.Name, m.got, m.macro, m.want)
			}
		}
	}
}

// The same without the library's conversions: the program's own weights must do.
func TestEstimateNeedsNoConversions(t *testing.T) {
	t.Parallel()
	for _, r := range known(t) {
		with, _ := food.Estimate(r)
		for i := range r.Ingredients {
			r.Ingredients[i].Food.Conversions = nil
		}
		without, ok := food.Estimate(r)
		diff := with.PerServing.Energy() - without.PerServing.Energy()
		if !ok || max(diff, -diff) > nutrition.Kilocalorie {
			t.Errorf("%s: %s with conversions, %s without", r.Name, with.PerServing, without.PerServing)
		}
	}
}

func TestLibraryAllergensAreKnown(t *testing.T) {
	t.Parallel()
	carriers := map[string]allergen.Set{
		"almond": allergen.Nuts, "walnut": allergen.Nuts, "hazelnut": allergen.Nuts, "cashew": allergen.Nuts, "pistachio": allergen.Nuts,
		"granola": allergen.Nuts, "peanut": allergen.Peanuts, "egg": allergen.Eggs, "milk": allergen.Milk, "cheese": allergen.Milk,
		"skyr": allergen.Milk, "bread": allergen.Gluten, "prawn": allergen.Crustaceans, "tofu": allergen.Soy, "salmon": allergen.Fish,
		"mussel": allergen.Molluscs, "sesame": allergen.Sesame, "mustard": allergen.Mustard, "celery": allergen.Celery,
	}
	free := []string{"Coconut milk"}
	seen := map[string]bool{}
	for _, r := range fetched(t, nil) {
		set, unclassified := allergen.Of(r)
		if len(unclassified) > 0 {
			t.Errorf("%s: nobody has classified %q", r.Name, unclassified)
		}
		for _, i := range r.Ingredients {
			for word, carries := range carriers {
				words := strings.FieldsFunc(strings.ToLower(i.Food.Name+" "+i.Food.Plural), func(c rune) bool { return c == ' ' || c == '-' })
				if !slices.ContainsFunc(words, func(w string) bool { return w == word || w == word+"s" }) || slices.Contains(free, i.Food.Name) {
					continue
				}
				seen[word] = true
				if set&carries != carries {
					t.Errorf("%s holds %s and is said to carry only %q", r.Name, i.Food.Name, set)
				}
			}
		}
	}
	if len(seen) != len(carriers) {
		t.Errorf("only %d of %d carriers occur: the test has gone blind", len(seen), len(carriers))
	}
}

func TestLibraryFoodNames(t *testing.T) {
	t.Parallel()
	lib, err := sandbox.Library()
	if err != nil {
		t.Fatal(err)
	}
	plurals := 0
	for _, f := range lib.Foods {
		for _, n := range []string{f.Name, f.Plural} {
			if strings.ContainsRune(n, utf8.RuneError) || n != strings.TrimSpace(n) {
				t.Errorf("%q, %q is no name", f.Name, f.Plural)
			}
		}
		if f.Plural != "" {
			plurals++
			if byPlural, ok := food.Lookup(f.Plural); !ok || !strings.EqualFold(byPlural.Name, f.Name) {
				t.Errorf("%q is not found as the plural of %q", f.Plural, f.Name)
			}
		}
	}
	if plurals < 20 {
		t.Errorf("only %d foods of %d have a plural", plurals, len(lib.Foods))
	}
}

func TestLibraryFoodTree(t *testing.T) {
	t.Parallel()
	want := map[string][]string{"Cheddar": {"Cheese", "Dairy"}, "Chicken breast": {"Chicken", "Poultry", "Meat"}, "Walnuts": {"Nut"}}
	for _, r := range fetched(t, nil) {
		for _, i := range r.Ingredients {
			ancestors, ok := want[i.Food.Name]
			if !ok {
				continue
			}
			delete(want, i.Food.Name)
			if !slices.EqualFunc(i.Food.Ancestors, ancestors, func(a recipe.FoodRef, b string) bool { return a.Name == b }) {
				t.Errorf("%s descends from %+v, want %q", i.Food.Name, i.Food.Ancestors, ancestors)
			}
		}
	}
	if len(want) > 0 {
		t.Errorf("not in the library: %v", want)
	}
}

// Tags are promises too.
func TestLibraryTagsAreTrue(t *testing.T) {
	t.Parallel()
	const animal = allergen.Milk | allergen.Eggs | allergen.Fish | allergen.Crustaceans | allergen.Molluscs
	meats := []string{"Meat", "Poultry", "Chicken", "Turkey", "Beef", "Pork", "Lamb"}
	for _, r := range fetched(t, nil) {
		var set allergen.Set // of the foods, not of what brands may add: words may say "scrambled" of tofu
		for _, i := range r.Ingredients {
			set |= allergen.Mentioned(i.Food.Name)
		}
		isA := func(names ...string) bool {
			return slices.ContainsFunc(r.Ingredients, func(i recipe.Ingredient) bool {
				return slices.ContainsFunc(i.Food.Ancestors, func(a recipe.FoodRef) bool { return slices.Contains(names, a.Name) })
			})
		}
		has := func(tag string) bool { return slices.Contains(r.Keywords, tag) }
		if has("vegan") && (set&animal != 0 || isA(meats...)) {
			t.Errorf("%s is not vegan", r.Name)
		}
		if has("vegetarian") && (set&(allergen.Fish|allergen.Crustaceans|allergen.Molluscs) != 0 || isA(meats...)) {
			t.Errorf("%s is not vegetarian", r.Name)
		}
		for _, tag := range []string{"Pork", "Beef", "Chicken", "Fish"} {
			if isA(tag) && !has(strings.ToLower(tag)) {
				t.Errorf("%s lacks the keyword %s", r.Name, strings.ToLower(tag))
			}
		}
	}
}
