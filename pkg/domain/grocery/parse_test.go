package grocery_test

import (
	"math/big"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
)

// render shows a parsed line as "amount unit {each} | name | note".
func render(p grocery.Parsed) string {
	s := "-"
	if p.Amount != nil {
		s = p.Amount.RatString() + " " + p.Unit
	}
	if p.Heaped {
		s = "heaped " + s
	}
	if p.Each != nil {
		s += " = " + new(big.Rat).Mul(p.Amount, p.Each.Amount).RatString() + " " + p.Each.Unit
	}
	return s + " | " + p.Name + " | " + p.Note
}

func TestParseLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"carrots":                         "- | carrots | ",
		"cake flour":                      "- | cake flour | ",
		"- 200 g Mehl":                    "200 g | Mehl | ",
		"• 200 g Mehl":                    "200 g | Mehl | ",
		"-style cheese":                   "- | -style cheese | ",
		"capers":                          "- | capers | ",
		"etwas Salz":                      "- | etwas Salz | ",
		"ca. 200 g Mehl":                  "200 g | Mehl | ",
		"1.500 g Mehl":                    "1500 g | Mehl | ",
		"1.125 cups milk":                 "9/8 us_cup | milk | ",
		"2 c. à soupe de sucre":           "2 metric_tbsp | de sucre | ",
		"3 Zehe(n) Knoblauch":             "3 clove | Knoblauch | ",
		"2 large eggs":                    "2  | large eggs | ",
		"1½ cups flour":                   "3/2 us_cup | flour | ",
		"1 ½ cups flour":                  "3/2 us_cup | flour | ",
		"½ cup flour":                     "1/2 us_cup | flour | ",
		"1 1/2 tsp salt":                  "3/2 tsp | salt | ",
		"1-1/2 tsp salt":                  "3/2 tsp | salt | ",
		"3/4 cup of sugar":                "3/4 us_cup | sugar | ",
		"1⁄3 cup sugar":                   "1/3 us_cup | sugar | ",
		"2–3 eggs":                        "3  | eggs | ",
		"2 to 3 eggs":                     "3  | eggs | ",
		"2-3 EL Öl":                       "3 metric_tbsp | Öl | ",
		"3-2 eggs":                        "3  | eggs | ",
		"2 oranges":                       "2  | oranges | ",
		"2 (400 g) cans tomatoes":         "2 can (400 g) = 800 g | tomatoes | ",
		"2 cans (400 g) tomatoes":         "2 can (400 g) = 800 g | tomatoes | ",
		"2 cans (400 g each) tomatoes":    "2 can (400 g) = 800 g | tomatoes | ",
		"2 x 400g tins tomatoes, chopped": "2 can (400 g) = 800 g | tomatoes | chopped",
		"1 14-oz can coconut milk":        "1 can (14 oz) = 14 ounce | coconut milk | ",
		"2 x 250 g mozzarella":            "2 pack (250 g) = 500 g | mozzarella | ",
		"juice of 2 lemons":               "2  | lemons | juice of",
		"Juice and zest of 1 lime":        "1  | lime | Juice and zest of",
		"1,5 dl milk":                     "3/2 dl | milk | ",
		"0,125 l milk":                    "1/8 l | milk | ",
		"1,000 g flour":                   "1000 g | flour | ",
		"1 heaping tbsp sugar":            "heaped 1 tbsp | sugar | ",
		"a heaped teaspoon of cocoa":      "heaped 1 tsp | cocoa | ",
		"1 level tbsp sugar":              "1 tbsp | sugar | ",
		"1 T sugar":                       "1 tbsp | sugar | ",
		"1 t sugar":                       "1 tsp | sugar | ",
		"1 Tbsp. sugar":                   "1 tbsp | sugar | ",
		"2 msk smör":                      "2 metric_tbsp | smör | ",
		"2 tsk smör":                      "2 metric_tsp | smör | ",
		"1 TL Zimt":                       "1 metric_tsp | Zimt | ",
		"4 fl oz cream":                   "4 fluid_ounce | cream | ",
		"4 fl. oz. cream":                 "4 fluid_ounce | cream | ",
		"4 oz cheese":                     "4 ounce | cheese | ",
		"1 imperial pint milk":            "1 imperial_pint | milk | ",
		"1 metric cup milk":               "1 metric_cup | milk | ",
		"400g flour":                      "400 g | flour | ",
		"about 200 g spinach":             "200 g | spinach | ",
		"a pinch of salt":                 "1 pinch | salt | ",
		"a handful of basil leaves":       "1 handful | basil leaves | ",
		"an onion":                        "- | an onion | ",
		"2 cloves garlic":                 "2 clove | garlic | ",
		"1 bunch coriander (cilantro)":    "1 bunch | coriander | cilantro",
		"1 stick butter":                  "1 stick | butter | ",
		"salt":                            "- | salt | ",
		"salt, to taste":                  "- | salt | to taste",
		"7UP":                             "- | 7UP | ",
		"7-Up":                            "- | 7-Up | ",
		"2% milk":                         "- | 2% milk | ",
		"21 Seasoning":                    "- | 21 Seasoning | ",
		"1 tsp 21 seasoning":              "1 tsp | 21 seasoning | ",
		"2-inch piece ginger":             "- | 2-inch piece ginger | ",
		"100 g rice (dry), washed":        "100 g | rice | dry, washed",
		"3 large eggs":                    "3  | large eggs | ",
		"2\u00a0dl milk":                  "2 dl | milk | ",
		"1 can tomatoes (drained: 240 g)": "1 can | tomatoes | drained: 240 g",
		"6 slices bread":                  "6 slice | bread | ",
		"1 cuillère à soupe de sucre":     "1 metric_tbsp | de sucre | ",
		"0 g salt":                        "0 g | salt | ",
	} {
		p, err := grocery.ParseLine(in, "21 Seasoning", "", "onion")
		if err != nil {
			t.Errorf("%q: %v", in, err)
		} else if got := render(p); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{
		"": "empty", " \t": "empty", "1/0 cup milk": "1/0", "-2 eggs": "negative", "12345678 g salt": "12345678",
		"1 0/0 cups": "0/0", "2 (1/0 g) cans": "1/0", "1 - 99999999 eggs": "99999999",
		strings.Repeat("heaping ", 200): "1000",
	} {
		if p, err := grocery.ParseLine(in); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %q and error %v, want one with %q", in, render(p), err, want)
		}
	}
}

// Whatever is read, an amount is never negative or endless, and no word is invented.
func FuzzParseLine(f *testing.F) {
	for _, s := range []string{"1½ cups flour", "2 (400 g) cans tomatoes", "2–3 eggs", "21 Seasoning", "1 heaping tbsp sugar", "1/0", "juice of 2 lemons", "1,5 dl m", "(((", "1 ("} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := grocery.ParseLine(s, "21 Seasoning")
		if err != nil {
			return
		}
		if p.Amount != nil && (p.Amount.Sign() < 0 || p.Amount.Num().BitLen() > 100) {
			t.Errorf("%q: amount %s", s, p.Amount)
		}
		if p.Each != nil && p.Each.Amount.Sign() <= 0 {
			t.Errorf("%q: holds %s", s, p.Each.Amount)
		}
		if p.Amount == nil && (p.Unit != "" || p.Each != nil) {
			t.Errorf("%q: a unit without an amount", s)
		}
		plain := strings.NewReplacer("⁄", "/", "(", "", ")", "", ",", "")
		line := plain.Replace(s)
		for word := range strings.FieldsSeq(plain.Replace(p.Name + " " + strings.TrimPrefix(p.Note, "juice of "))) {
			if !strings.Contains(line, word) {
				t.Errorf("%q: %q is not in the line", s, word)
			}
		}
	})
}
