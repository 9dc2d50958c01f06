package grocery

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// few reports whether the part is some spoons, shown as such.
func (p part) few() bool {
	if slices.ContainsFunc(p.units, func(u unit) bool { return u.style != spoon && u.style != tiny }) {
		return false
	}
	_, _, ok := p.spoons()
	return ok
}

// text renders the part: what to buy, the sum before rounding, and whether the food's
// name takes its plural. Amounts written in one unit stay in it where people shop by it;
// all others become grams and millilitres.
func (p part) text(keep bool) (buy, sum string, many bool) {
	first := p.units[0]
	same := !slices.ContainsFunc(p.units, func(u unit) bool { return u.key != first.key })
	all := func(s units.Style) bool {
		return !slices.ContainsFunc(p.units, func(u unit) bool { return u.style != s && u.style != tiny })
	}
	switch {
	case first.dim == count:
		n := ceil(p.base, 1)
		return label(strconv.FormatInt(n, 10), first, n > 1), shown(p.base, first), n > 1
	case first.dim == mass && all(weigh):
		return p.imperialMass()
	case first.dim == mass:
		return grams(p.base), metricExact(p.base, "g", "kg"), true
	case all(spoon) && keep:
		if buy, sum, ok := p.spoons(); ok {
			return buy, sum, true
		}
	case same && (first.style == vessel || first.style == fluid):
		amount := new(big.Rat).Quo(p.base, first.factor())
		up := ceilKitchen(amount)
		if first.style == fluid {
			up = new(big.Rat).SetInt64(ceil(amount, 1))
		}
		return shown(up, first), shown(amount, first), true
	}
	return millilitres(p.base), metricExact(p.base, "ml", "l"), true
}

// imperialMass shows ounces up to a pound, then pounds in quarters.
func (p part) imperialMass() (buy, sum string, many bool) {
	ounce, pound := keyed("ounce"), keyed("pound")
	amount := new(big.Rat).Quo(p.base, pound.factor())
	if less(amount, 1) {
		amount.Quo(p.base, ounce.factor())
		return shown(new(big.Rat).SetInt64(ceil(amount, 1)), ounce), shown(amount, ounce), true
	}
	quarters := ceil(new(big.Rat).Mul(amount, big.NewRat(4, 1)), 1)
	return shown(big.NewRat(quarters, 4), pound), shown(amount, pound), true
}

// spoons shows less than four tablespoons as spoons: whole and half teaspoons below a
// tablespoon, then half tablespoons.
func (p part) spoons() (buy, sum string, ok bool) {
	tbsp, tsp := keyed(family(p.units[0].key, "tbsp")), keyed(family(p.units[0].key, "tsp"))
	u := tbsp
	amount := new(big.Rat).Quo(p.base, tbsp.factor())
	switch {
	case !less(amount, 4):
		return "", "", false
	case less(amount, 1):
		u = tsp
		amount = new(big.Rat).Quo(p.base, tsp.factor())
	}
	halves := ceil(new(big.Rat).Mul(amount, big.NewRat(2, 1)), 1)
	return shown(big.NewRat(halves, 2), u), shown(amount, u), true
}

// family names the spoon of the same system.
func family(key, spoon string) string {
	switch {
	case strings.HasPrefix(key, "imperial_"):
		return "imperial_" + spoon
	case strings.HasPrefix(key, "metric_"), key == "krm":
		return "metric_" + spoon
	default:
		return spoon
	}
}

func grams(base *big.Rat) string {
	n := ceil(base, step(base, 5, 250, 10))
	if less(base, 5) {
		n = ceil(base, 1)
	}
	return rounded(n, "g", "kg")
}

func millilitres(base *big.Rat) string {
	return rounded(ceil(base, step(base, 10, 250, 50)), "ml", "l")
}

// step is the rounding step: small below the limit, middle up to a thousand, 50 above.
func step(base *big.Rat, small, limit, middle int64) int64 {
	switch {
	case less(base, limit):
		return small
	case less(base, 1000):
		return middle
	default:
		return 50
	}
}

func rounded(n int64, small, big string) string {
	if n < 1000 {
		return strconv.FormatInt(n, 10) + " " + small
	}
	return thousandths(n) + " " + big
}

func metricExact(base *big.Rat, small, large string) string {
	if less(base, 1000) {
		return decimal(base) + " " + small
	}
	return decimal(new(big.Rat).Quo(base, big.NewRat(1000, 1))) + " " + large
}

// shown renders an amount of a unit as a recipe would.
func shown(amount *big.Rat, u unit) string {
	n := kitchen(amount)
	if u.style == metric {
		n = decimal(amount)
	}
	return label(n, u, amount.Num().Cmp(amount.Denom()) > 0)
}

func label(n string, u unit, many bool) string {
	name := u.one
	if many {
		name = u.many
	}
	if u.size != nil {
		name += " (" + shown(u.size.amount, u.size.unit) + ")"
	}
	return strings.TrimSpace(n + " " + name)
}
