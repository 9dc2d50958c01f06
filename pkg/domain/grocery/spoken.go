package grocery

import (
	"cmp"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// forDishes begins what is said to buy of a food that no recipe states an amount of. An amount
// begins with a number.
const forDishes = "for "

// BuyIn is what a list says to buy, in a language: "2 cans (400 g) + 1.2 kg" is "2 Dosen (400 g) +
// 1,2 kg" in German. Units that the table does not know stay as they are written.
func BuyIn(in message.Language, buy string) string {
	if dishes, ok := strings.CutPrefix(buy, forDishes); ok {
		return in.Say("for %s", dishes)
	}
	if in.Tag() == message.English.Tag() {
		return buy
	}
	parts := strings.Split(buy, " + ")
	for i, p := range parts {
		amount, about := strings.CutPrefix(p, "≈ ")
		parts[i] = amountIn(in, amount)
		if about {
			parts[i] = "≈ " + parts[i]
		}
	}
	return strings.Join(parts, " + ")
}

// Loose reports whether what a list says to buy is no amount but the dishes it is for.
func Loose(buy string) bool { return strings.HasPrefix(buy, forDishes) }

// Unbroken keeps the numbers of amounts on one line with their units.
func Unbroken(buy string) string { return figure().ReplaceAllString(buy, "$1\u00a0$2") }

// figure is a number, or the sign of about, and what it counts.
var figure = lazyregexp.New(`([≈\d¼½¾⅓⅔⅛⅜⅝⅞]) ([^+(])`)

// amountIn says one amount: a number, a unit, what the unit holds.
func amountIn(in message.Language, amount string) string {
	amount, holds, sized := strings.Cut(amount, " (")
	n, unit, _ := strings.Cut(amount, " ")
	out := strings.TrimSpace(in.Decimal(n) + " " + in.Unit(unit))
	if content, ok := strings.CutSuffix(holds, ")"); sized && ok {
		out += " (" + amountIn(in, content) + ")"
	} else if sized {
		out += " (" + holds
	}
	return out
}

// Measured is an amount of an ingredient as one measures it in a kitchen, in a language: metric
// units in decimals, all others with the fractions of measuring spoons, the unit in the plural
// where it is more than one. A unit that the table does not know is named as the library names it.
func Measured(in message.Language, amount float64, of recipe.Unit) string {
	name := of.Name
	u, ok := units.Named(name)
	switch {
	case !ok && name != "" && amount > 1:
		name = cmp.Or(of.Plural, name)
	case ok && u.Style == units.Metric:
		return strings.TrimSpace(in.Decimal(strconv.FormatFloat(coarse(amount, 1.0/4), 'f', -1, 64)) + " " + name)
	case ok && u.Key == "":
		name = ""
	case ok && u.One != "" && !u.Heaped && amount > 1:
		name = in.Unit(u.Many)
	case ok && u.One != "" && !u.Heaped:
		name = in.Unit(u.One)
	}
	return strings.TrimSpace(in.Decimal(spooned(amount, ok && u.Kind == units.Count && u.Key != "")) + " " + name)
}

// coarse rounds to what can be weighed: hundreds to fives, tens to ones, ones to the step, less to
// hundredths.
func coarse(a, step float64) float64 {
	const fives, hundredths = 5, 100
	switch {
	case a >= 100:
		return math.Round(a/fives) * fives
	case a >= 10:
		return math.Round(a)
	case a >= 1:
		return math.Round(a/step) * step
	default:
		return math.Round(a*hundredths) / hundredths
	}
}

// spooned rounds to the nearest of a cook's fractions, ¼ ⅓ ½ ⅔ ¾ (⅛ of one alone), above ten to whole
// ones; cloves, slices and what else is counted in small things to halves from one half on. What is
// less than a tenth stays a decimal.
func spooned(a float64, small bool) string {
	const least, whole, eighths, half = 0.1, 10, 8, 0.5
	if a < least || a >= whole {
		return strconv.FormatFloat(coarse(a, 1), 'f', -1, 64)
	}
	if third := 1.0 / 3; small && a > (third+half)/2 {
		return kitchen(big.NewRat(int64(math.Round(a/half)), 2))
	}
	base := math.Floor(a)
	near := big.NewRat(int64(base), 1)
	off := a - base
	if 1-a+base < off {
		near.SetInt64(int64(base) + 1)
		off = 1 - (a - base)
	}
	if base == 0 && near.Sign() == 0 {
		off = 1
	}
	for _, v := range vulgar {
		if v.den == eighths && (base > 0 || v.num > 1) {
			continue
		}
		if d := math.Abs(a - base - float64(v.num)/float64(v.den)); d < off {
			off = d
			near.SetFrac64(int64(base)*v.den+v.num, v.den)
		}
	}
	return kitchen(near)
}
