package food

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// statement is an amount with a unit inside a text, or a range: "1-1/2 pounds", "6 to 8 oz each".
var statement = lazyregexp.New(`(?i)(about |approx\.? |approximately |total |ca\.? )?(` + stating + `)(?: ?(?:-|-? ?to) ?(` + stating + `))?[ -]?(fl(?:uid|\.)? ?(?:ounces?|oz)|[a-z]+)\b\.?( each| apiece| total)?`)

// digits reports whether a text may hold a number: a digit, or what folds into one.
func digits(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return r >= '0' && r <= '9' || r >= utf8.RuneSelf })
}

const stating = `(?:\d+[ -]+)?\d+/\d+|\d*\.\d+|\d+(?:,\d+)?`

// stated finds the first [statement] of a text: what stands before it, and its groups, nil if
// there is none.
func stated(text string) (before string, group func(int) string) {
	if !digits(text) {
		return "", nil
	}
	text = phrase.Fold(text)
	m := statement().FindStringSubmatchIndex(text)
	if m == nil {
		return "", nil
	}
	return text[:m[0]], func(g int) string {
		if m[2*g] < 0 {
			return ""
		}
		return text[m[2*g]:m[2*g+1]]
	}
}

// packed weighs by what name and note say one container or piece holds: "(14 oz) can", "(1.5
// fluid ounce) jigger", "breasts (6 ounces each)". What is said "about" several pieces is taken for all of them.
func packed(i recipe.Ingredient, text string, f Food) (nutrition.Mass, bool) {
	if i.NoAmount || i.Amount <= 0 {
		return 0, false
	}
	u, known := units.Named(i.Unit.Name)
	if known && u.Kind != units.Count || i.Unit.Base != "" {
		return 0, false
	}
	for n, s := range []string{text, i.Note} {
		before, sub := stated(s)
		if sub == nil {
			continue
		}
		of, ok := units.Named(sub(4))
		leading := n == 0 && strings.Trim(before, "( ") == ""
		poured := of.Kind == units.Volume && known && u.Style == units.Packed && sub(1) == "" // a bottle of "64 fluid ounces"
		if !ok || of.Kind == units.Count || of.Kind == units.Volume && !leading && !poured {
			continue
		}
		one, ok := massOfNumber(sub(2), sub(3), of.Key, f)
		if !ok {
			continue
		}
		var each bool
		switch said := strings.TrimSpace(sub(5)); {
		case said == "each" || said == "apiece" || known && u.Style == units.Packed:
			each = true
		case said == "total":
		case leading:
			each = sub(1) == "" || i.Amount <= recipe.One
		default:
			each = sizes().MatchString(s) // four fillets, "6-oz"
		}
		if !each {
			return one, true
		}
		return nutrition.Mass(mulDiv(int64(one), int64(i.Amount), int64(recipe.One))), true
	}
	return 0, false
}

// sizes is a note that is nothing but the size of one.
var sizes = lazyregexp.New(`(?i)^\(?\s*\d[\d/. ]*-(?:oz|ounces?|g|grams?|lbs?|pounds?)\.?\s*\)?$`)

// massOfNumber weighs "14", "14.5" or "1 1/2" of a unit; of a range, which high ends, the middle.
func massOfNumber(low, high, key string, f Food) (nutrition.Mass, bool) {
	total, ok := summing(low)
	const widest = 3 // times; what is wider was torn
	switch upper, ok := summing(high); {
	case ok && upper > widest*total:
		total = upper
	case ok && upper > total:
		total = (total + upper) / 2
	}
	if !ok {
		return 0, false
	}
	return Weigh(recipe.Ingredient{Amount: total, Unit: recipe.Unit{Base: key}}, f)
}

// summing reads "1 1/2", or "1-1/2".
func summing(number string) (recipe.Amount, bool) {
	whole, part, mixed := strings.Cut(strings.Replace(number, "-", " ", 1), " ")
	total, ok := amountOf(whole)
	if mixed && ok {
		var more recipe.Amount
		more, ok = amountOf(strings.TrimSpace(part))
		total += more
	}
	return total, ok
}

// amountOf reads "14", "1,5" or "1/2".
func amountOf(s string) (recipe.Amount, bool) {
	num, den, fraction := strings.Cut(s, "/")
	v, err := strconv.ParseFloat(strings.Replace(num, ",", ".", 1), 64)
	if fraction && err == nil {
		var by float64
		by, err = strconv.ParseFloat(den, 64)
		v /= by
	}
	const most = 1_000_000 // more is no amount
	if err != nil || !(v >= 0 && v <= most) {
		return 0, false
	}
	return recipe.Amount(math.Round(v * float64(recipe.One))), true
}
