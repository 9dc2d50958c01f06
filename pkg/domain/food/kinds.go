package food

import (
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// kindMark begins a piece that is one of a kind which the line names: "~persian:85" of cucumbers,
// "~8-inch:49" of tortillas.
const kindMark = "~"

var inches = lazyregexp.New(`(\d+)(?:-| )?(?:inch(?:es)?\b|"|”|in\.)`)

// ofKind is what one weighs of the kind that the line names; of several the longest name counts.
func (r *resolver) ofKind(f Food) (nutrition.Mass, bool) {
	if r.i.NoAmount || r.i.Amount <= 0 || !slices.ContainsFunc(f.Pieces, func(p Piece) bool { return strings.HasPrefix(p.Unit, kindMark) }) {
		return 0, false
	}
	u, known := units.Named(r.i.Unit.Name)
	if known && u.Key != "" && u.Key != "size" {
		return 0, false
	}
	written := strings.ToLower(r.i.Unit.Name + " " + r.text + " " + r.i.Note)
	text := " " + inches().ReplaceAllString(written, " $1-inch ") + " " + phrase.Key(written) + " "
	best := Piece{}
	for _, p := range f.Pieces {
		kind, ok := strings.CutPrefix(p.Unit, kindMark)
		if ok && len(p.Unit) > len(best.Unit) && strings.Contains(text, " "+kind+" ") {
			best = p
		}
	}
	return nutrition.Mass(mulDiv(int64(r.i.Amount), int64(best.Mass), int64(recipe.One))), best.Unit != ""
}

// canned takes the canned food for one that comes by the can: "2 cans salmon".
func (r *resolver) canned() {
	u, ok := units.Named(r.i.Unit.Name)
	if !ok || u.Key != "can" || !r.ok {
		return
	}
	if f, ok := Lookup("canned " + r.named.Food.Name); ok {
		r.named.Food = f
	}
}

// across takes an amount that only says how wide the food is for the size of one: of nine "inch"
// "pound cake" there is one, of nine inches.
func (r *resolver) across(unit string) {
	if !slices.Contains([]string{"inch", "inches", "-inch", "\"", "”"}, strings.ToLower(strings.TrimSpace(unit))) || r.i.NoAmount {
		return
	}
	r.text = strconv.FormatInt(int64(r.i.Amount/recipe.One), 10) + "-inch " + r.text
	r.i.Amount = recipe.One
}

// weighed is what a line with a volume weighs by a statement in its name or note: "2 cups (56 g)
// kale, torn". One that does not come first must come near to what our density says.
func weighed(i recipe.Ingredient, text string, f Food) (nutrition.Mass, bool) {
	own, known := Weigh(i, f)
	for n, s := range []string{text, i.Note} {
		before, sub := stated(s)
		if sub == nil {
			continue
		}
		of, ok := units.Named(sub(4))
		if !ok || of.Kind != units.Mass || strings.TrimSpace(sub(5)) == "each" || strings.TrimSpace(sub(5)) == "apiece" {
			continue
		}
		one, ok := massOfNumber(sub(2), sub(3), of.Key, f)
		if !ok || one <= 0 {
			continue
		}
		first := strings.Trim(before, "(~ ") == ""
		near := known && 2*one <= 3*own && 2*own <= 3*one
		const most = 3
		plausible := known && one <= most*own && own <= most*one
		if near || first && plausible || first && !known && n == 0 {
			return one, true
		}
	}
	return 0, false
}
