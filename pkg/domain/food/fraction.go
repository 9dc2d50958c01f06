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

// halfFraction is a fraction in a note that has lost what it is divided by, with the whole ones or the
// lower end of a range before it: "about 3 1/", "1/3-1/".
var halfFraction = lazyregexp.New(`(?:^|[\s(])(?:(\d+(?:/\d+)?) ?- ?)?(?:(\d+) )?(\d+)/(?:[^\d\pL/]|$)`)

// denominated gives a fraction in the note its end back, which the import took for the amount: of "sugar
// (1/3-1/2 cup)" it makes 2 cups with the note "1/3-1/". What the name itself begins with counts
// first: "a 15-ounce container ricotta (about 1 3/4 cups)".
func denominated(i recipe.Ingredient) recipe.Ingredient {
	const most = 16
	by := i.Amount / recipe.One
	if i.NoAmount || by < 2 || by > most || i.Amount%recipe.One != 0 || !strings.Contains(i.Note, "/") {
		return i
	}
	note := phrase.Fold(i.Note)
	m := halfFraction().FindStringSubmatchIndex(note)
	if m == nil || !torn(i, note, m) {
		return i
	}
	end := m[7] + 1 // behind the stroke
	amount, ok := amountOf(note[m[6]:end] + strconv.FormatInt(int64(by), 10))
	if !ok || amount >= recipe.One {
		return i
	}
	if m[4] >= 0 {
		whole, _ := amountOf(note[m[4]:m[5]])
		amount += whole
	}
	i.Note = strings.TrimSpace(note[:end] + strconv.FormatInt(int64(by), 10) + " " + i.Unit.Name + note[end:])
	own := i
	own.Amount, own.NoAmount, own.Unit = 0, true, recipe.Unit{}
	if own = amountInName(own); !own.NoAmount {
		return own
	}
	if m[2] >= 0 {
		if low, ok := amountOf(note[m[2]:m[3]]); ok && low < amount {
			amount = (low + amount) / 2
		}
	}
	i.Amount = amount
	return i
}

// hedges may stand before a fraction that is all a note says.
var hedges = lazyregexp.New(`^(?:(?:about|approx\.?|approximately|around|roughly|nearly|scant|plus|to taste|circa|ca\.?|etwa|ungefahr|env\.?|environ|ongeveer)[ ,]*)*$`)

// behind is what may follow it: nothing, what it weighs, or how thick pieces of so many inches are.
var behind = lazyregexp.New(`^(?:[ .,;]*$| \(\d|\)| thick$)`)

// torn reports whether a match of [halfFraction] is an amount, and no words about another: the fraction
// is all that a note says, closes a bracket, or ends a range that begins with a whole one.
func torn(i recipe.Ingredient, note string, m []int) bool {
	after := note[m[7]+1:]
	if strings.HasPrefix(after, ")") || m[2] >= 0 && strings.Contains(note[m[2]:m[3]], "/") {
		return true
	}
	if strings.HasSuffix(after, " thick") && phrase.Key(i.Unit.Name) != "inch" {
		return false
	}
	begin := m[6]
	for _, b := range []int{m[2], m[4]} {
		if b >= 0 {
			begin = min(begin, b)
		}
	}
	return hedges().MatchString(strings.TrimLeft(note[:begin], "( ")) && behind().MatchString(after)
}

// decimal begins what is left of "ca. 1,5 kg varkenshaas", whose comma the import took for the end of
// the food's name: 5 kg of "ca. 1", with the note "varkenshaas".
var decimal = lazyregexp.New(`(?i)^(?:(?:ca|circa|ongeveer|etwa|ungefahr|env|environ|about) ?\.? ?)?(\d{1,3})$`)

// pointed puts such an amount together again.
func pointed(i recipe.Ingredient) recipe.Ingredient {
	tenth := i.Amount / recipe.One
	if i.NoAmount || i.Note == "" || tenth < 1 || tenth >= 10 || i.Amount%recipe.One != 0 {
		return i
	}
	m := decimal().FindStringSubmatch(strings.TrimSpace(phrase.Fold(i.Food.Name)))
	if m == nil {
		return i
	}
	whole, ok := amountOf(m[1])
	if _, food := Read(i.Note); !ok || !food {
		return i
	}
	i.Amount, i.Food.Name, i.Note = whole+i.Amount/10, i.Note, ""
	return i
}

// emptied begins what is left of "½ (14 ounce) package pastry", whose brackets the import took for the amount.
var emptied = lazyregexp.New(`(?i)^(?:(\d+) +)?(\d+/\d+) *\( *(fl\.? *oz\.?|fluid +ounces?|ounces?|oz\.?)? *\) *(\pL.*)$`)

// partly takes as much of such a package as was asked for: half of 14 ounces.
func partly(i recipe.Ingredient) recipe.Ingredient {
	if i.NoAmount || i.Amount <= 0 || !strings.Contains(i.Food.Name, "(") {
		return i
	}
	m := emptied().FindStringSubmatch(strings.TrimSpace(phrase.Fold(i.Food.Name)))
	if m == nil {
		return i
	}
	share, ok := amountOf(m[2])
	if whole, more := amountOf(m[1]); more {
		share += whole
	}
	if !ok {
		return i
	}
	i.Amount, i.Food.Name = recipe.Amount(mulDiv(int64(i.Amount), int64(share), int64(recipe.One))), m[4]
	if m[3] != "" {
		i.Unit = recipe.Unit{Name: strings.TrimSpace(i.Unit.Name + " " + m[3])}
	}
	return i
}

// into ends a note that lost a number, and often its last word, to the amount.
var into = lazyregexp.New(`(?i)(?:^|\s)(?:cut|sliced|divided|quartered|broken|torn|shaped|rolled|separated) (?:up )?(?:into|in)(?: about)?$`)

// divided gives "½ cup butter, cut into 8 pieces" its amount back, of which an import makes eight pieces.
func divided(i recipe.Ingredient) recipe.Ingredient {
	if i.NoAmount || !into().MatchString(strings.TrimSpace(i.Note)) {
		return i
	}
	own := i
	own.Amount, own.NoAmount, own.Unit = 0, true, recipe.Unit{}
	if own = amountInName(own); own.NoAmount {
		return i
	}
	return own
}

// starred takes the mark of a footnote off a unit: "cups*".
func starred(i recipe.Ingredient) recipe.Ingredient {
	if i.Unit.Base == "" {
		i.Unit.Name = strings.TrimRight(i.Unit.Name, "*†‡")
	}
	return i
}

// shares are the parts of a whole one that a line counts, by their row of purposes.csv: of eight
// "wedges" of an apple one is whole.
var shares = []struct {
	row string
	of  int64
}{{"half", 2}, {"quarter", 4}, {"wedge", 8}}

// share is what the halves, quarters or wedges of a fruit or vegetable weigh that a line counts.
// Where the word does not come first, nor last after one word alone, it may say how whole ones
// are cut: "2 cipolle a metà", "1 red onion, wedges".
func (r *resolver) share(f Food) (nutrition.Mass, bool) {
	whole, ok := f.piece(recipe.Unit{})
	words := strings.Fields(r.text)
	if !ok || f.Category != Produce || r.i.Unit.Name != "" || r.i.Note != "" || r.i.NoAmount || r.i.Amount < recipe.One || len(words) < 2 || strings.ContainsAny(r.text, ",(") {
		return 0, false
	}
	if slices.ContainsFunc(words[1:], func(w string) bool { _, unit := units.Named(w); return unit || w == "inch" }) {
		return 0, false // "half pound mushrooms", "cuartos de kilo"
	}
	word := words[0]
	if len(words) == 2 && r.i.Amount > recipe.One && !strings.HasSuffix(word, "s") && slices.Contains([]string{"halves", "quarters", "wedges"}, words[1]) {
		word = words[1]
	}
	of := partOf(word)
	if of == 0 {
		return 0, false
	}
	return nutrition.Mass(mulDiv(int64(r.i.Amount), int64(whole), of*int64(recipe.One))), true
}

// partOf is of how many such parts a whole one is made, or 0.
func partOf(word string) int64 {
	for _, s := range shares {
		if purposes()[s.row][phrase.Key(word)] {
			return s.of
		}
	}
	return 0
}
