package grocery

import (
	"cmp"
	"math/big"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// dimension is what a unit measures.
type dimension uint8

const (
	mass   dimension = iota // in grams
	volume                  // in millilitres
	count
)

// style decides how an amount is rounded and shown.
type style uint8

const (
	metric style = iota // grams, millilitres
	weigh               // ounces, pounds
	spoon
	vessel // cups, pints, quarts, gallons
	fluid  // fluid ounces
	item   // counted
	tiny   // pinch, dash: less than a spoon
	packed // container that may state what it holds
)

// unit is what an amount counts.
type unit struct {
	key       string
	dim       dimension
	style     style
	num, den  int64 // grams or millilitres in one, as num/den; den 0 for what is counted
	one, many string
	heaped    bool
	size      *size // what one container holds; nil: unknown
}

// size is the content of a container.
type size struct {
	amount *big.Rat
	unit   unit
}

func (u unit) factor() *big.Rat { return big.NewRat(u.num, u.den) }

// approx is the factor where exactness does not matter.
func (u unit) approx() float64 {
	if u.dim == count {
		return 1
	}
	return float64(u.num) / float64(u.den)
}

// node is the kind of amount that sums with the unit's own: "g", "ml" or what is counted.
func (u unit) node() string {
	switch u.dim {
	case mass:
		return "g"
	case volume:
		return "ml"
	default:
		return "#" + u.key
	}
}

const nano = 100_000_000_000 // so that a US teaspoon is a whole number

var (
	gram       = unit{key: "g", one: "g", many: "g", dim: mass, style: metric, num: 1, den: 1}
	ounce      = unit{key: "ounce", one: "oz", many: "oz", dim: mass, style: weigh, num: 28_349_523_125, den: 1_000_000_000}
	pound      = unit{key: "pound", one: "lb", many: "lb", dim: mass, style: weigh, num: 45_359_237, den: 100_000}
	millilitre = unit{key: "ml", one: "ml", many: "ml", dim: volume, style: metric, num: 1, den: 1}
	stick      = unit{key: "stick", one: "stick", many: "sticks", dim: count, style: item}
	piece      = unit{dim: count, style: item}
)

// measures are Tandoor's base units, then those known by name only. Ounce, pound and
// the US gallon of 231 cubic inches are exact by definition (NIST Handbook 44, appendix
// C), and so is the imperial gallon of 4.54609 l (UK Weights and Measures Act 1985). An
// imperial tablespoon is 5/8 of a fluid ounce, as in Tandoor. The spoons of continental
// Europe hold 15 and 5 ml.
var measures = [...]unit{
	gram,
	{key: "kg", one: "kg", many: "kg", dim: mass, style: metric, num: 1000, den: 1},
	{key: "mg", one: "mg", many: "mg", dim: mass, style: metric, num: 1, den: 1000},
	ounce,
	pound,
	millilitre,
	{key: "cl", one: "cl", many: "cl", dim: volume, style: metric, num: 10, den: 1},
	{key: "dl", one: "dl", many: "dl", dim: volume, style: metric, num: 100, den: 1},
	{key: "l", one: "l", many: "l", dim: volume, style: metric, num: 1000, den: 1},
	{key: "fluid_ounce", one: "fl oz", many: "fl oz", dim: volume, style: fluid, num: 378_541_178_400_000 / 128, den: nano},
	{key: "pint", one: "pint", many: "pints", dim: volume, style: vessel, num: 378_541_178_400_000 / 8, den: nano},
	{key: "quart", one: "quart", many: "quarts", dim: volume, style: vessel, num: 378_541_178_400_000 / 4, den: nano},
	{key: "gallon", one: "gallon", many: "gallons", dim: volume, style: vessel, num: 378_541_178_400_000, den: nano},
	{key: "us_cup", one: "cup", many: "cups", dim: volume, style: vessel, num: 378_541_178_400_000 / 16, den: nano},
	{key: "tbsp", one: "tbsp", many: "tbsp", dim: volume, style: spoon, num: 378_541_178_400_000 / 256, den: nano},
	{key: "tsp", one: "tsp", many: "tsp", dim: volume, style: spoon, num: 378_541_178_400_000 / 256, den: 3 * nano},
	{key: "imperial_fluid_ounce", one: "imperial fl oz", many: "imperial fl oz", dim: volume, style: fluid, num: 454_609, den: 16_000},
	{key: "imperial_pint", one: "imperial pint", many: "imperial pints", dim: volume, style: vessel, num: 454_609, den: 800},
	{key: "imperial_quart", one: "imperial quart", many: "imperial quarts", dim: volume, style: vessel, num: 454_609, den: 400},
	{key: "imperial_gallon", one: "imperial gallon", many: "imperial gallons", dim: volume, style: vessel, num: 454_609, den: 100},
	{key: "imperial_cup", one: "imperial cup", many: "imperial cups", dim: volume, style: vessel, num: 454_609, den: 1_600},
	{key: "imperial_tbsp", one: "imperial tbsp", many: "imperial tbsp", dim: volume, style: spoon, num: 454_609 * 5, den: 128_000},
	{key: "imperial_tsp", one: "imperial tsp", many: "imperial tsp", dim: volume, style: spoon, num: 454_609 * 5, den: 384_000},
	{key: "metric_cup", one: "metric cup", many: "metric cups", dim: volume, style: vessel, num: 250, den: 1},
	{key: "metric_tbsp", one: "tbsp", many: "tbsp", dim: volume, style: spoon, num: 15, den: 1},
	{key: "metric_tsp", one: "tsp", many: "tsp", dim: volume, style: spoon, num: 5, den: 1},
	{key: "krm", one: "krm", many: "krm", dim: volume, style: spoon, num: 1, den: 1},
	{key: "pinch", one: "pinch", many: "pinches", dim: count, style: tiny},
	{key: "dash", one: "dash", many: "dashes", dim: count, style: tiny},
	{key: "drop", one: "drop", many: "drops", dim: count, style: tiny},
	{key: "clove", one: "clove", many: "cloves", dim: count, style: item},
	{key: "slice", one: "slice", many: "slices", dim: count, style: item},
	stick,
	{key: "handful", one: "handful", many: "handfuls", dim: count, style: item},
	{key: "bunch", one: "bunch", many: "bunches", dim: count, style: item},
	{key: "sprig", one: "sprig", many: "sprigs", dim: count, style: item},
	{key: "leaf", one: "leaf", many: "leaves", dim: count, style: item},
	{key: "head", one: "head", many: "heads", dim: count, style: item},
	{key: "can", one: "can", many: "cans", dim: count, style: packed},
	{key: "jar", one: "jar", many: "jars", dim: count, style: packed},
	{key: "packet", one: "packet", many: "packets", dim: count, style: packed},
	{key: "bag", one: "bag", many: "bags", dim: count, style: packed},
	{key: "bottle", one: "bottle", many: "bottles", dim: count, style: packed},
	{key: "carton", one: "carton", many: "cartons", dim: count, style: packed},
	piece,
}

// spellings are the names of units besides their keys, in lower case and without dots.
var spellings = map[string]string{
	"gram": "g", "grams": "g", "gramme": "g", "grammes": "g", "gr": "g", "gm": "g", "gramm": "g",
	"kilo": "kg", "kilos": "kg", "kgs": "kg", "kilogram": "kg", "kilograms": "kg", "kilogramm": "kg",
	"milligram": "mg", "milligrams": "mg", "milligramm": "mg",
	"oz": "ounce", "ozs": "ounce", "ounces": "ounce", "lb": "pound", "lbs": "pound", "pounds": "pound",
	"milliliter": "ml", "milliliters": "ml", "millilitre": "ml", "millilitres": "ml", "mls": "ml", "cc": "ml",
	"centiliter": "cl", "centilitre": "cl", "deciliter": "dl", "decilitre": "dl",
	"liter": "l", "liters": "l", "litre": "l", "litres": "l", "ltr": "l",
	"fl oz": "fluid_ounce", "floz": "fluid_ounce", "fluid ounce": "fluid_ounce", "fluid ounces": "fluid_ounce", "us fl oz": "fluid_ounce",
	"pints": "pint", "pt": "pint", "us pint": "pint", "quarts": "quart", "qt": "quart", "us quart": "quart",
	"gallons": "gallon", "gal": "gallon", "us gallon": "gallon",
	"c": "us_cup", "cup": "us_cup", "cups": "us_cup", "us cup": "us_cup", "us cups": "us_cup",
	"metric cup": "metric_cup", "metric cups": "metric_cup", "au cup": "metric_cup",
	"imperial cup": "imperial_cup", "imperial cups": "imperial_cup", "uk cup": "imperial_cup",
	"tbs": "tbsp", "tbl": "tbsp", "tbsps": "tbsp", "tablespoon": "tbsp", "tablespoons": "tbsp",
	"tsps": "tsp", "teaspoon": "tsp", "teaspoons": "tsp",
	"metric tbsp": "metric_tbsp", "el": "metric_tbsp", "esslöffel": "metric_tbsp", "msk": "metric_tbsp", "matsked": "metric_tbsp", "matskedar": "metric_tbsp", "spsk": "metric_tbsp", "cuillère à soupe": "metric_tbsp",
	"metric tsp": "metric_tsp", "tl": "metric_tsp", "teelöffel": "metric_tsp", "tsk": "metric_tsp", "tesked": "metric_tsp", "teskedar": "metric_tsp", "cuillère à café": "metric_tsp",
	"kryddmått":      "krm",
	"imperial fl oz": "imperial_fluid_ounce", "imperial fluid ounce": "imperial_fluid_ounce", "uk fl oz": "imperial_fluid_ounce",
	"imperial pint": "imperial_pint", "imperial pints": "imperial_pint", "uk pint": "imperial_pint",
	"imperial quart": "imperial_quart", "imperial gallon": "imperial_gallon",
	"imperial tbsp": "imperial_tbsp", "imperial tsp": "imperial_tsp",
	"pinches": "pinch", "prise": "pinch", "prisen": "pinch", "nypa": "pinch", "pincée": "pinch",
	"dashes": "dash", "spritzer": "dash", "schuss": "dash", "drops": "drop", "tropfen": "drop",
	"cloves": "clove", "zehe": "clove", "zehen": "clove", "klyfta": "clove", "klyftor": "clove",
	"slices": "slice", "scheibe": "slice", "scheiben": "slice", "sticks": "stick",
	"handfuls": "handful", "handvoll": "handful", "bunches": "bunch", "bund": "bunch",
	"sprigs": "sprig", "leaves": "leaf", "heads": "head",
	"cans": "can", "tin": "can", "tins": "can", "dose": "can", "dosen": "can",
	"jars": "jar", "glas": "jar", "packets": "packet", "pack": "packet", "packs": "packet", "package": "packet", "packages": "packet", "pkg": "packet", "packung": "packet", "päckchen": "packet",
	"bags": "bag", "bottles": "bottle", "flasche": "bottle", "cartons": "carton",
	"piece": "", "pieces": "", "pc": "", "pcs": "", "pce": "", "whole": "", "stück": "", "stk": "", "st": "", "pièce": "",
}

// heaps are the words before a unit that say it is not level.
var heaps = [...]string{"heaping ", "heaped ", "rounded ", "generous ", "gehäufte ", "gehäufter "}

// levels are the words before a unit that change nothing.
var levels = [...]string{"level ", "scant ", "gestrichene ", "gestrichener "}

func measure(key string) (unit, bool) {
	for _, m := range measures {
		if m.key == key {
			return m, true
		}
	}
	return unit{}, false
}

// known finds a unit by its name. T is a tablespoon and t a teaspoon; in all other names
// case does not matter.
func known(name string) (unit, bool) {
	name = strings.Join(strings.Fields(strings.ReplaceAll(name, ".", " ")), " ")
	switch name {
	case "T":
		return measure("tbsp")
	case "t":
		return measure("tsp")
	}
	name = strings.ToLower(name)
	for _, h := range heaps {
		if rest, ok := strings.CutPrefix(name, h); ok {
			u, ok := known(rest)
			u.heaped = ok && u.dim == volume
			return u, ok
		}
	}
	for _, l := range levels {
		if rest, ok := strings.CutPrefix(name, l); ok {
			return known(rest)
		}
	}
	if key, ok := spellings[name]; ok {
		return measure(key)
	}
	if name == "" {
		return unit{}, false
	}
	return measure(name)
}

// unitOf reads a recipe's unit: by its base unit when it states one, else by its name,
// which may say what a container holds ("can (400 g)"). A name nobody knows is counted
// under itself.
func unitOf(u recipe.Unit) unit {
	if m, ok := measure(u.Base); ok && u.Base != "" {
		named, ok := known(u.Name)
		m.heaped = ok && named.heaped
		return m
	}
	name := strings.TrimSpace(u.Name)
	if name == "" {
		return piece
	}
	if m, ok := known(name); ok {
		return m
	}
	if p, err := ParseLine("1 " + name); err == nil && p.Name == "" && p.Note == "" && p.unit.size != nil {
		return p.unit
	}
	return unit{key: strings.ToLower(name), dim: count, style: item, one: name, many: cmp.Or(u.Plural, name)}
}

// holding is a container that holds the amount.
func (u unit) holding(amount *big.Rat, content unit) unit {
	u.size = &size{amount, content}
	u.key += " (" + shown(amount, content) + ")"
	return u
}
