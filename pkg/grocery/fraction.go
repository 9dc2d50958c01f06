package grocery

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// snapped are the denominators whose fractions four decimals cannot hold. Halves,
// quarters, fifths, eighths and sixteenths are exact as they are.
var snapped = [...]int64{3, 6, 7, 9, 11, 12}

// exact returns the fraction an amount stands for. Tandoor sends four decimals, so a
// third arrives as 0.3333: an amount whose decimals are those of n/3, n/6, n/7, n/9, n/11
// or n/12, rounded or cut off, is that fraction; all others are taken as written.
func exact(a recipe.Amount) *big.Rat {
	const one = int64(recipe.One)
	whole, part := int64(a)/one, int64(a)%one
	if part == 0 {
		return big.NewRat(whole, 1)
	}
	for _, den := range snapped {
		num := (part*den + one/2) / one
		if num*one%den == 0 {
			continue // also a finite decimal
		}
		if cut := num * one / den; part == cut || part == cut+1 && 2*(num*one%den) >= den {
			return big.NewRat(whole*den+num, den)
		}
	}
	return big.NewRat(int64(a), one)
}

// vulgar are the fractions shown as one sign, smallest first.
var vulgar = [...]struct {
	num, den int64
	sign     string
}{
	{1, 8, "⅛"}, {1, 4, "¼"}, {1, 3, "⅓"}, {3, 8, "⅜"}, {1, 2, "½"}, {5, 8, "⅝"}, {2, 3, "⅔"}, {3, 4, "¾"}, {7, 8, "⅞"},
}

// kitchen renders an amount with the fractions of measuring spoons where they fit, else
// as a decimal.
func kitchen(r *big.Rat) string {
	whole, rest := split(r)
	if rest.Sign() == 0 {
		return whole.String()
	}
	for _, v := range vulgar {
		if rest.Num().IsInt64() && rest.Denom().IsInt64() && rest.Num().Int64() == v.num && rest.Denom().Int64() == v.den {
			if whole.Sign() == 0 {
				return v.sign
			}
			return whole.String() + v.sign
		}
	}
	return decimal(r)
}

// decimal renders up to two decimals; what they cannot show of a tiny amount is shown
// with as many as it takes for one digit.
func decimal(r *big.Rat) string {
	digits := 2
	for digits < 9 && r.Sign() != 0 && strings.Trim(r.FloatString(digits), "0.") == "" {
		digits++
	}
	s := r.FloatString(digits)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

func split(r *big.Rat) (*big.Int, *big.Rat) {
	whole := new(big.Int).Quo(r.Num(), r.Denom())
	return whole, new(big.Rat).Sub(r, new(big.Rat).SetInt(whole))
}

// ceil rounds up to a multiple of step.
func ceil(r *big.Rat, step int64) int64 {
	num, den := r.Num(), new(big.Int).Mul(r.Denom(), big.NewInt(step))
	n := new(big.Int).Add(num, den)
	n.Sub(n, big.NewInt(1))
	return n.Quo(n, den).Int64() * step
}

// ceilKitchen rounds up to the next quarter or third.
func ceilKitchen(r *big.Rat) *big.Rat {
	whole, rest := split(r)
	up := new(big.Rat).SetInt(whole)
	if rest.Sign() == 0 {
		return up
	}
	for _, v := range vulgar {
		if f := big.NewRat(v.num, v.den); v.den < 8 && rest.Cmp(f) <= 0 {
			return up.Add(up, f)
		}
	}
	return up.Add(up, big.NewRat(1, 1))
}

func thousandths(n int64) string {
	s := strconv.FormatFloat(float64(n)/1000, 'f', 2, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}
