package food

import (
	_ "embed" // for the table
	"encoding/csv"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// says reports whether unit, name or note hold a word for the purpose.
func says(i recipe.Ingredient, purpose string) bool {
	return slices.ContainsFunc(strings.Fields(textOf(i)), func(w string) bool { return purposes()[purpose][w] })
}

// textOf is unit, name and note, by [phrase.Key].
func textOf(i recipe.Ingredient) string {
	text := i.Unit.Name + " " + i.Food.Name + " " + i.Note
	if asLiked().MatchString(i.Food.Name) {
		text += " belieben"
	}
	return phrase.Key(text)
}

// asLiked is "n. B.", which is "nach Belieben", and what an import leaves of it.
var asLiked = lazyregexp.New(`^(?:[nN]\. ?)?[bB]\. `)

// purposesFile holds the words by which recipes in six languages say what a line is for, in what
// state it is bought or used, and the herbs of which they take a bunch or some leaves.
//
//go:embed data/purposes.csv
var purposesFile string

var purposes = sync.OnceValue(func() map[string]map[string]bool {
	out := map[string]map[string]bool{}
	for _, row := range rowsOf(purposesFile) {
		out[row[0]] = map[string]bool{}
		for w := range strings.SplitSeq(row[1], "|") {
			out[row[0]][phrase.Key(w)] = true
		}
	}
	return out
})

func fries(i recipe.Ingredient) bool   { return says(i, "fry") }
func greases(i recipe.Ingredient) bool { return says(i, "grease") }

// fat reports whether the food is one to fry in or to grease with.
func (f Food) fat() bool {
	return f.Category == Oils || f.Category == Dairy && f.Per100g.Fat > 70*nutrition.Gram
}

// thin reports whether the food holds next to nothing, as water, broth and salt do.
func (f Food) thin() bool { return f.Known() && max(f.Energy, f.Per100g.Energy()) <= thin }

// herb reports whether the food is a fresh herb, of which recipes take a bunch or some leaves.
func (f Food) herb() bool {
	return purposes()["herb"][f.Name]
}

// freely reports whether a line without an amount counts as nothing.
func (f Food) freely(i recipe.Ingredient) bool {
	return f.Seasoning() || f.herb() || f.thin() || says(i, "garnish")
}

// alcohol is, for 100 g of a drink, the carbohydrate that would hold the energy which protein,
// fat and carbohydrate do not account for: alcohol has 7 kcal/g, and a plan counts three macros.
func (f Food) alcohol() nutrition.Mass {
	const least = 15 * nutrition.Kilocalorie // below it is rounding and fibre
	if rest := f.Energy - f.Per100g.Energy(); f.Category == Drinks && rest > least {
		return nutrition.Mass(rest / 4)
	}
	return 0
}

// refuseFile gives, in percent of the weight, the bones and shells of foods that are bought
// with them, and the liquid of pulses: of a "can" where the figures are of drained ones, of
// "drained" ones where they are of the whole can. The figures of the USDA's table are for what is eaten.
//
//go:embed data/refuse.csv
var refuseFile string

// servedFile gives, in grams a serving, what is put on at the table of foods whose amount is left
// to the cook: grated cheese, icing sugar, ice cream.
//
//go:embed data/served.csv
var servedFile string

var served = sync.OnceValue(func() map[string]nutrition.Mass {
	out := map[string]nutrition.Mass{}
	for name, grams := range perFood(servedFile) {
		out[name] = nutrition.Mass(grams) * nutrition.Gram
	}
	return out
})

// loss is what is not eaten of a food.
type loss struct {
	percent int64
	when    string // the purpose that a line must tell of; empty: always
}

var refuses = sync.OnceValue(func() map[string]loss {
	when := map[string]string{}
	for _, row := range rowsOf(refuseFile) {
		when[row[0]] = row[2]
	}
	out := map[string]loss{}
	for name, percent := range perFood(refuseFile) {
		out[name] = loss{percent, when[name]}
	}
	return out
})

// rowsOf reads a file without its header.
func rowsOf(file string) [][]string {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return rows[1:]
}

// perFood reads a file of foods, each with a number.
func perFood(file string) map[string]int64 {
	out := map[string]int64{}
	for _, row := range rowsOf(file) {
		n, err := strconv.ParseInt(row[1], 10, 64)
		if err != nil {
			panic(err)
		}
		out[row[0]] = n
	}
	return out
}

// What meat that a recipe wants with its bones, and molluscs in their shells, are taken to
// lose, in percent.
const (
	bone  = 25
	shell = 70
)

// weighedInNote reports whether a note says what the pieces weigh: "about 3 pounds".
func weighedInNote(note string) bool {
	if !digits(note) {
		return false
	}
	const unitGroup = 4
	m := statement().FindStringSubmatch(phrase.Fold(note))
	if m == nil {
		return false
	}
	u, ok := units.Named(m[unitGroup])
	return ok && u.Kind == units.Mass
}

// refuse is the share of a line's weight that is not eaten, in percent. Pieces are weighed
// without, but for a whole bird.
func refuse(i recipe.Ingredient, l Line) int64 {
	f := l.Food
	lost, listed := refuses()[f.Name]
	if listed && lost.when != "" {
		if says(i, lost.when) && !l.drained() {
			return lost.percent
		}
		return 0
	}
	if _, scales := (quantity{i.Amount, i.Unit}).mass(); !scales && f.Name != "whole chicken" && !weighedInNote(i.Note) {
		return 0
	}
	if boneless(i) {
		return 0
	}
	if listed {
		return lost.percent
	}
	text := " " + textOf(i) + " "
	if f.Category == Fish && (strings.Contains(text, " shell ") || strings.Contains(text, " shells ") || strings.Contains(text, " debearded ") || strings.Contains(text, " scrubbed ")) {
		return shell
	}
	if f.Category == Meat && boned(text) {
		return bone
	}
	return 0
}

// boned reports whether a text, in spaces, says that the bones are in.
func boned(text string) bool {
	for p := range purposes()["bone in"] {
		if strings.Contains(text, " "+p+" ") {
			return true
		}
	}
	return false
}

// boneless reports whether a line says that the bones are out, and nothing else of them: "not
// boneless" and "bone-in or boneless" do not.
func boneless(i recipe.Ingredient) bool {
	text, said := textOf(i), false
	words := strings.Fields(text)
	for n, w := range words {
		if !purposes()["boneless"][w] {
			continue
		}
		if n > 0 && purposes()["not"][words[n-1]] {
			return false
		}
		said = true
	}
	return said && !boned(" "+text+" ")
}

// drained reports whether the weight is that of drained pulses: measured by the cup, weighed by the
// table's can, or called so.
func (l Line) drained() bool {
	if _, volume := (quantity{l.Amount, l.Unit}).volume(); volume || says(l.Ingredient, "drained weight") {
		return true
	}
	one, ok := l.Food.piece(l.Unit)
	return ok && l.Mass == nutrition.Mass(mulDiv(int64(l.Amount), int64(one), int64(recipe.One)))
}
