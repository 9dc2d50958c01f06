package unit

import (
	"strings"
	"testing"
)

func TestNamed(t *testing.T) {
	t.Parallel()
	for want, names := range map[string]string{
		"g":            "g, G, Gramm, grammes, gramos, grammi",
		"kg":           "kg, Kilo, kgs., chilo",
		"metric_pound": "Pfund, livres, pond",
		"ounce":        "oz., oz, Ounces",
		"pound":        "lb., lbs, POUND",
		"cl":           "cl, centilitres",
		"dl":           "dl, decilitros",
		"us_cup":       "C, c, cups, taza",
		"metric_cup":   "Tasse, Tasse(n), tasses, kopje",
		"tbsp":         "T, Tbsp., tbs, TB, tablespoons",
		"tsp":          "t, tsp., teaspoon",
		"metric_tbsp":  "EL, Esslöffel, Eßlöffel, c. à soupe, c. à s., càs, cuillères à soupe, cucharada, cucchiai, eetlepel, msk",
		"metric_tsp":   "TL, Teelöffel, c. à c., cuillère à café, cucharaditas, cucchiaino, theelepels, tsk",
		"pinch":        "pinch, Prise(n), Msp., pincées, pizca, pizzico, snufje",
		"clove":        "cloves, Zehe/n, Zehe(n), gousses, dientes, spicchi, teentjes",
		"can":          "can, tins, Dose/n, boîte, lata, lattina, blik",
		"packet":       "Pck., Päckchen, sachet, sobre, bustina, zakje",
		"carton":       "Becher",
		"bunch":        "Bund, botte, manojo, mazzetto, bosje",
		"slice":        "Scheibe(n), tranches, rodajas, fette, plakjes",
		"dozen":        "dozen, doz., Dutzend, douzaine, docena",
		"quart":        "quart, qts, qt.",
		"stick":        "sticks",
		"":             "piece, Stück, Stk., pièces, unidades, pezzi, stuks, whole",
		"size":         "large, Med., mittelgroße, petites, pequeña, grandi, kleine",
	} {
		for name := range strings.SplitSeq(names, ", ") {
			if u, ok := Named(name); !ok || u.Key != want {
				t.Errorf("%q is %q, %t; want %q", name, u.Key, ok, want)
			}
		}
	}
	// An import takes any second word for the unit: a colour makes another food ("2 green onions"),
	// and a chili is no kilogram.
	for _, name := range []string{"", " ", "green", "red", "rote", "chili", "steaks", "carrots", "ca", "Knubbel", "tt", "CC cream"} {
		if u, ok := Named(name); ok {
			t.Errorf("%q is %q", name, u.Key)
		}
	}
}

func TestHeapedAndLevel(t *testing.T) {
	t.Parallel()
	for name, heaped := range map[string]bool{"heaping tbsp.": true, "gehäufter EL": true, "level tsp": false, "gestr. TL": false, "heaped can": false} {
		if u, ok := Named(name); !ok || u.Heaped != heaped {
			t.Errorf("%q: %+v, %t", name, u, ok)
		}
	}
}

// What is also another word is a unit only where it stands as one.
func TestAside(t *testing.T) {
	t.Parallel()
	for name, aside := range map[string]bool{"large": true, "pot": true, "box": true, "clove": false, "EL": false} {
		if u, ok := Named(name); !ok || u.Aside != aside {
			t.Errorf("%q: %+v, %t", name, u, ok)
		}
	}
}

func TestFactors(t *testing.T) {
	t.Parallel()
	for key, want := range map[string]float64{
		"kg": 1000, "mg": 0.001, "pound": 453.59237, "metric_pound": 500, "dl": 100, "us_cup": 236.5882365, "metric_cup": 250,
		"tbsp": 14.78676478125, "tsp": 4.92892159375, "metric_tbsp": 15, "imperial_pint": 568.26125, "gallon": 3785.411784,
	} {
		if u, ok := Keyed(key); !ok || float64(u.Num)/float64(u.Den)-want > 1e-9 || want-float64(u.Num)/float64(u.Den) > 1e-9 {
			t.Errorf("%s: %d/%d, want %g", key, u.Num, u.Den, want)
		}
	}
	if u, _ := Keyed("dozen"); u.Times != 12 {
		t.Errorf("a dozen are %d", u.Times)
	}
}

func TestTableIsChecked(t *testing.T) {
	t.Parallel()
	head := strings.Join(columns, ",") + "\n"
	good := head + "g,mass,metric,1,1,g,g,gram\n"
	if _, err := read(good); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"no header":      "g,mass,metric,1,1,g,g,gram\n",
		"kind":           head + "g,weight,metric,1,1,g,g,gram\n",
		"style":          head + "g,mass,nice,1,1,g,g,gram\n",
		"no factor":      head + "g,mass,metric,,,g,g,gram\n",
		"zero":           head + "g,mass,metric,1,0,g,g,gram\n",
		"key twice":      good + "g,mass,metric,1,1,g,g,grams\n",
		"spelling twice": good + "kg,mass,metric,1000,1,kg,kg,gram\n",
		"upper case":     head + "g,mass,metric,1,1,g,g,Gram\n",
		"a dot":          head + "g,mass,metric,1,1,g,g,gr.\n",
		"nothing":        head + "g,mass,metric,1,1,g,g,gram||grams\n",
	} {
		if _, err := read(text); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
