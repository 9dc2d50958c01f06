package grocery

import (
	"math/big"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
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
	num, den, ok := small(r)
	if !ok {
		return decimal(r)
	}
	whole, rest := num/den, num%den
	if rest == 0 {
		return strconv.FormatInt(whole, 10)
	}
	for _, v := range vulgar {
		switch {
		case rest != v.num || den != v.den:
		case whole == 0:
			return v.sign
		default:
			return strconv.FormatInt(whole, 10) + v.sign
		}
	}
	return decimal(r)
}

// small returns numerator and denominator where products of them with a thousand fit an
// int64.
func small(r *big.Rat) (num, den int64, ok bool) {
	const bits = 50
	if r.Num().BitLen() > bits || r.Denom().BitLen() > bits {
		return 0, 0, false
	}
	return r.Num().Int64(), r.Denom().Int64(), true
}

// decimal renders up to two decimals, half rounded up; what they cannot show of a tiny
// amount is shown with as many as it takes for one digit.
func decimal(r *big.Rat) string {
	const hundred = 100
	if num, den, ok := small(r); ok {
		if n := (2*hundred*num + den) / (2 * den); n > 0 || num == 0 {
			return trimmed(strconv.FormatInt(n/hundred, 10) + "." + strconv.FormatInt(hundred+n%hundred, 10)[1:])
		}
	}
	digits := 2
	for digits < 9 && r.Sign() != 0 && strings.Trim(r.FloatString(digits), "0.") == "" {
		digits++
	}
	return trimmed(r.FloatString(digits))
}

func trimmed(s string) string { return strings.TrimSuffix(strings.TrimRight(s, "0"), ".") }

// ceil rounds up to a multiple of step.
func ceil(r *big.Rat, step int64) int64 {
	if num, den, ok := small(r); ok {
		return (num + den*step - 1) / (den * step) * step
	}
	num, den := r.Num(), new(big.Int).Mul(r.Denom(), big.NewInt(step))
	n := new(big.Int).Add(num, den)
	n.Sub(n, big.NewInt(1))
	return n.Quo(n, den).Int64() * step
}

// ceilKitchen rounds up to the next quarter or third.
func ceilKitchen(r *big.Rat) *big.Rat {
	const parts = 12 // a dozen holds the quarters and the thirds
	n := ceil(new(big.Rat).Mul(r, big.NewRat(parts, 1)), 1)
	for n%parts%3 != 0 && n%parts%4 != 0 {
		n++
	}
	return big.NewRat(n, parts)
}

// less reports whether r is below n.
func less(r *big.Rat, n int64) bool {
	if num, den, ok := small(r); ok {
		return num < n*den
	}
	return r.Cmp(big.NewRat(n, 1)) < 0
}

func thousandths(n int64) string {
	return trimmed(strconv.FormatFloat(float64(n)/1000, 'f', 2, 64))
}
