package food_test

import (
	"math"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// What an import tears apart weighs what the cook wrote.
func TestTornLines(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		amount           float64
		unit, name, note string
		food             string
		grams            float64 // 0: nobody can weigh it
	}{
		{0, "", "One 15-ounce can black beans", "", "black bean", 425.2},
		{0, "", "Two 28-ounce cans crushed tomatoes", "", "crushed tomatoes", 1587.6},
		{0, "", "Half an onion", "", "onion", 55},
		{0, "", "A handful of spinach", "", "spinach", 25},
		{0, "", "zwei Eier", "", "egg", 100},
		{0, "", "Cloves", "", "clove", 0},
		{100, "g", "milk chocolate (such as Lindt)", "", "milk chocolate", 100},
		{100, "g", "Milchschokolade (z.B. von Zoblat)", "", "milk chocolate", 100},
		{100, "g", "chocolat au lait (de préférence Zoblat", "", "milk chocolate", 100},
		{2, "tablespoons", "olive oil plus additional for brushing the zoblats", "", "olive oil", 27.4},
		{1, "cup", "sugar, preferably Zoblat", "", "sugar", 201.1},
		{100, "g", "milk (Zoblat)", "", "", 0},
		{1, "(.25", "ounce) package active dry yeast", "", "dried yeast", 7.1},
		{8, "pieces", "½ cup unsalted butter", "cut into", "unsalted butter", 113.6},
		{4, "breasts", "(about 1 1/2 lbs total) chicken breasts", "", "chicken breast", 680.4},
		{4, "chops", "lean boneless pork chops", "6-oz", "pork chop", 680.4},
		{4, "fillets", "salmon fillets", "about 6 oz", "salmon", 170.1},
		{1, "bunch", "fresh thyme", "", "thyme", 20},
		{1, "(5", "½ pound) pot roast", "", "chuck roast", 2494.8},
		{14, "ounce", "½ () package pastry for a 9-inch double-crust pie", "", "double pie crust", 198.4},
		{12, "fluid", "1 ½ ( ounce) can beer", "", "beer", 532.3},
		{4, "cups", "cooked and refrigerated white rice", "", "cooked rice", 634.1},
		{4, "canned", "pineapple rings", "", "canned pineapple", 188},
		{4, "", "pineapple rings", "", "pineapple", 336},
		{4, "lettuce", "leaves", "", "salad leaves", 40},
		{4, "dried", "guajillo chile peppers", "", "dried chile", 12},
		{4, "ounces", "(115 grams) dark (semi- or zoblat) chocolate", "", "dark chocolate", 113.4},
		{1, "", "(14-ounce) can chickpeas (such as Zoblat)", "", "chickpea", 396.9},
		{100, "g", "water plus 1 cup zoblat", "", "", 0},
		{1, "head", "romaine lettuce - rinsed", "dried, and torn", "romaine lettuce", 300},
		{1, "bottle", "apple cider", "64 fluid ounce", "apple cider", 1987.3},
		{40, "milk", "chocolate candy kisses", "unwrapped", "milk chocolate", 180},
		{4, "", "boneless", "skinless chicken breast halves", "chicken breast", 680},
		{6, "ounces", "grilled salmon", "", "cooked salmon", 170.1},
		{1, "pound", "ground turkey", "browned", "turkey mince", 453.6},
		{1, "–2", "rum", "tablespoons", "rum", 20.8},
		{2, "–3", "tablespoons milk", "", "milk", 38.1},
		{1, "–700ml", "milk", "", "milk", 361},
		{1, "⁄3", "olive oil", "cup", "olive oil", 72},
		{1, "1⁄2", "cups beef stock", "", "beef stock", 354.9},
		{1, "+", "1/4 cup sugar", "", "sugar", 251.4},
		{150, "g/5½oz", "sugar", "caster", "sugar", 150},
		{50, "", "g, Brokkoli", "roh", "broccoli", 50},
		{2, "c.", "à soupe d'huile d'olive", "", "olive oil", 27.4},
		{1, "fluid", "ounce vodka", "", "vodka", 28},
		{2, "Pasture-Raised", "Eggs", "", "egg", 100},
		{2, "28-ounce", "cans crushed tomatoes", "", "crushed tomatoes", 1587.6},
		{1.25, "to", "1½ cups flour", "", "plain flour", 171.9},
		{8, "ounces", "macaroni", "cooked", "pasta", 226.8},
		{200, "g", "Reis", "gekochter vom Vortag", "cooked rice", 200},
		{2, "cups", "rice", "cooked", "cooked rice", 317},
		{3, "slices", "bacon", "cooked, crumbled", "cooked bacon", 0},
		{2, "", "limes", "juice of", "lime juice", 0},
		{4, "sprigs", "thyme", "or 1 teaspoon dried", "thyme", 4},
		{1, "cup", "non-fat milk", "", "skimmed milk", 0},
		{500, "g", "Hackfleisch", "gemischt", "mixed mince", 500},
		{2, "à", "3 cuillères à soupe de miel", "", "honey", 52.5},
		{125, "à", "250 ml de crème", "", "whipping cream", 187.5},
		{2, "a", "3 zoete aardappelen", "", "sweet potato", 325},
		{1, "c.", "soupe de miel", "à", "honey", 21},
		{0.75, "de", "tasse de lait", "", "milk", 193},
		{1, "t", "de yogourt nature", "250 ml", "yogurt", 257.5},
		{1, "grosse", "boîte de tomates concassées", "", "chopped tomatoes", 400},
		{2, "afgestreken", "tl mosterd", "", "mustard", 10.5},
		{1, "citron", "Le jus de", "", "lemon juice", 45},
		{2, "citron", "Le jus d'1/", "", "lemon juice", 22.5},
		{1, "limone", "zeste di", "", "lemon zest", 6},
		{0, "", "Une cuillère à soupe d'huile d'olive", "", "olive oil", 13.7},
		{0, "", "Un filet d'huile d'olive", "", "olive oil", 9.1},
		{1, "filo", "d'olio", "", "oil", 9.2},
		{2, "filets", "de cabillaud", "", "cod", 0},
		{0, "", "un peu de beurre", "", "butter", 0},
		{0, "", "21 seasoning", "", "seasoning", 0},
		{2, "", "oignons, coupés en tranches", "", "onion", 220},
		{1, "cipolla", "tagliata a fette", "", "onion", 110},
		{3, "", "cucumbers, cut into slices", "", "cucumber", 900},
		{1, "rouleau", "de pâte feuilletée", "", "puff pastry", 245},
		{2, "vasetti", "di farina", "", "plain flour", 132},
		{1, "glas", "rode wijn", "", "red wine", 150},
		{2, "cuillères", "Parmesan - à soupe", "", "parmesan", 12.6},
		{2, "citrons", "le jus de verts", "", "lime juice", 60},
		{0, "", "klein blik mais", "", "canned sweetcorn", 0},
		{3, "stronken", "witlof", "", "chicory", 390},
		{5, "schijfjes", "zachte geitenkaas", "", "goat cheese", 140},
		{2, "bolletjes", "ijs", "", "ice cream", 132},
		{3, "vierkante", "plakjes bladerdeeg", "ontdooid", "puff pastry", 135},
		{1, "à", "2 ajuin", "", "onion", 165},
		{150, "g", "zwarte olijven zonder pit", "in schijfjes", "black olive", 150},
		{250, "ml", "ongezoete slagroom", "", "double cream", 250},
		{50, "g", "Parmezaanse kaas", "gemalen", "parmesan", 50},
		{1, "blikje", "croissantdeeg", "", "crescent roll dough", 227},
		{2, "pakken", "verse gnocchi", "", "gnocchi", 1000},
		{400, "g", "Rundergehakt met Italiaanse kruiden", "", "beef mince", 400},
	} {
		i := recipe.Ingredient{Amount: recipe.Amount(math.Round(c.amount * float64(recipe.One))), NoAmount: c.amount == 0, Unit: recipe.Unit{Name: c.unit}, Food: recipe.Food{Name: c.name}, Note: c.note}
		l := food.Resolve(i)
		if l.Food.Name != c.food || c.grams > 0 && math.Abs(l.Mass.Grams()/c.grams-1) > 0.02 {
			t.Errorf("%v %q %q %q: %s, %s; want %s, %v g", c.amount, c.unit, c.name, c.note, l.Food.Name, l.Mass, c.food, c.grams)
		}
	}
}

// A form means the same in every language, and two names with the Dutch "of" are two to choose from.
func TestFormsOfOtherLanguages(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"lentilles cuites": "cooked lentils", "lenticchie già cotte": "cooked lentils", "penne cuites": "cooked pasta", "citroen, sap": "lemon juice",
		"myrtilles surgelées": "frozen blueberry", "lait (de vache), demi-écrémé": "semi-skimmed milk", "abricots séchés": "dried apricot", "cacao en poudre": "cocoa powder",
		"lentilles sèches": "lentil", "fagioli borlotti secchi": "dried cranberry bean", "lait de coco non sucré": "coconut milk", "rucola of spinazie": "rocket", "melk of room": "milk",
		"bladpeterselie en koriander": "parsley", "fromage cheddar râpé": "cheddar", "oeufs cuits durs": "hard-boiled egg",
	} {
		if got, ok := food.Read(text); !ok || got.Food.Name != want || !got.Food.Known() {
			t.Errorf("%q: got %q, with figures: %v; want %q", text, got.Food.Name, got.Food.Known(), want)
		}
	}
	for _, text := range []string{"carottes et lardons", "cheese of milk"} {
		if got, ok := food.Read(text); ok && got.Food.Known() {
			t.Errorf("%q: got the figures of %q", text, got.Food.Name)
		}
	}
}

// What is put on at the table counts a little where its amount is left to the cook; headings and
// what an import leaves of them count nothing, and refuse nothing.
func TestWhatHasNoAmount(t *testing.T) {
	t.Parallel()
	rice := recipe.Ingredient{Amount: 400 * recipe.One, Unit: recipe.Unit{Name: "g"}, Food: recipe.Food{Name: "rice"}}
	plain, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{rice}})
	if !ok {
		t.Fatal(plain.Refused)
	}
	for name, kcal := range map[string]float64{
		"Parmesan": 41, "maple syrup": 53, "Accompaniment": 0, "Optional toppings": 0, "For the yogurt ranch": 0, "Zum Servieren": 0,
		"Flour for rolling": 0, "Quinoa for serving": 0, "flour": 28, "Latte": 12, "pasta": -1, "chicken": -1, "Zauberpulver": -1,
	} {
		r := recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{rice, {NoAmount: true, Food: recipe.Food{Name: name}}}}
		est, ok := food.Estimate(r)
		if got := est.PerServing.Energy().Kcal() - plain.PerServing.Energy().Kcal(); ok != (kcal >= 0) || ok && math.Abs(got-kcal) > 4 {
			t.Errorf("%q: %.0f kcal more, refused: %q; want %v", name, got, est.Refused, kcal)
		}
	}
}

// Without a plateful of something else it may be the dish itself.
func TestWhatHasNoAmountBesideNothing(t *testing.T) {
	t.Parallel()
	rice := recipe.Ingredient{Amount: 180 * recipe.One, Unit: recipe.Unit{Name: "g"}, Food: recipe.Food{Name: "rice"}}
	for _, name := range []string{"flour", "milk", "sugar", "Parmesan"} {
		if est, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{rice, {NoAmount: true, Food: recipe.Food{Name: name}}}}); ok {
			t.Errorf("%q beside 45 g a serving: %.0f kcal", name, est.PerServing.Energy().Kcal())
		}
	}
}

// Bones are taken off what is weighed with them, also where the note has the weight.
func TestBonesOfWhatTheNoteWeighs(t *testing.T) {
	t.Parallel()
	kcal := func(i recipe.Ingredient) float64 {
		est, ok := food.Estimate(recipe.Recipe{Servings: 4, Ingredients: []recipe.Ingredient{i}})
		if !ok {
			t.Fatal(est.Refused)
		}
		return est.PerServing.Energy().Kcal()
	}
	steaks := recipe.Ingredient{Amount: 4 * recipe.One, Unit: recipe.Unit{Name: "bone-in"}, Food: recipe.Food{Name: "pork shoulder steaks"}, Note: "about 3 pounds"}
	boneless := steaks
	boneless.Unit.Name = "boneless"
	if with, without := kcal(steaks), kcal(boneless); math.Abs(with/without-0.75) > 0.01 {
		t.Errorf("%.0f kcal with the bone, %.0f without", with, without)
	}
	whole := recipe.Ingredient{Amount: 3 * recipe.One, Unit: recipe.Unit{Name: "pounds"}, Food: recipe.Food{Name: "chicken drumsticks"}, Note: "boneless"}
	for note, want := range map[string]float64{
		"": 0.67, "not boneless": 0.67, "boneless or bone-in": 0.67, "bone-in or boneless": 0.67, "on the bone": 0.67, "niet uitgebeend": 0.67, "désossé ou avec os": 0.67,
		"skin-on, boneless": 1, "without skin, boneless": 1, "désossé": 1, "entbeint": 1,
	} {
		line := whole
		line.Note = note
		if got := kcal(line) / kcal(whole); math.Abs(got-want) > 0.01 {
			t.Errorf("%q: %.2f of what is boneless, want %.2f", note, got, want)
		}
	}
}
