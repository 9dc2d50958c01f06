package food

import "math/bits"

// Tandoor's base units. Masses in nanograms and volumes in picolitres, by the exact
// international definitions (1 lb = 453.59237 g; 1 US gallon = 3.785411784 l; 1 imperial
// gallon = 4.54609 l), rounded to a picolitre. Spoons and cups are those of the US gallon.
var (
	masses = map[string]int64{
		"g": nanogramsPerG, "kg": 1000 * nanogramsPerG, "ounce": 28_349_523_125, "pound": 453_592_370_000,
	}
	volumes = map[string]int64{
		"ml": picolitresPerMl, "l": 1000 * picolitresPerMl,
		"fluid_ounce": 29_573_529_563, "pint": 473_176_473_000, "quart": 946_352_946_000, "gallon": 3_785_411_784_000,
		"tbsp": 14_786_764_781, "tsp": 4_928_921_594, "us_cup": 236_588_236_500,
		"imperial_fluid_ounce": 28_413_062_500, "imperial_pint": 568_261_250_000, "imperial_quart": 1_136_522_500_000,
		"imperial_gallon": 4_546_090_000_000, "imperial_tbsp": 17_758_164_063, "imperial_tsp": 5_919_388_021,
	}
)

const (
	nanogramsPerG   = 1_000_000_000
	picolitresPerMl = 1_000_000_000
)

// namedUnit gives the base of a unit that is known by its name alone.
func namedUnit(name string) (string, bool) {
	switch Normalize(name) {
	case "g", "gr", "gram", "grams", "gramme", "grammes":
		return "g", true
	case "kg", "kilo", "kilos", "kilogram", "kilograms":
		return "kg", true
	case "oz", "ounce", "ounces":
		return "ounce", true
	case "lb", "lbs", "pound", "pounds":
		return "pound", true
	case "ml", "millilitre", "millilitres", "milliliter", "milliliters":
		return "ml", true
	case "l", "litre", "litres", "liter", "liters":
		return "l", true
	case "fl oz", "fluid ounce", "fluid ounces":
		return "fluid_ounce", true
	case "tbsp", "tablespoon", "tablespoons", "el":
		return "tbsp", true
	case "tsp", "teaspoon", "teaspoons", "tl":
		return "tsp", true
	case "cup", "cups":
		return "us_cup", true
	default:
		return "", false
	}
}

// mulDiv returns a*b/c, rounded to nearest, for a, b >= 0 and c > 0. It saturates, so that
// an absurd amount stays absurd instead of wrapping around.
func mulDiv(a, b, c int64) int64 {
	const most = 1<<63 - 1
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	lo, carry := bits.Add64(lo, uint64(c)/2, 0)
	hi += carry
	if hi >= uint64(c) {
		return most
	}
	q, _ := bits.Div64(hi, lo, uint64(c))
	return int64(min(q, most))
}
