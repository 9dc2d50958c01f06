package food

import (
	_ "embed" // for the ids
	"encoding/csv"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Food is one food of the tables.
type Food struct {
	Name        string   // singular, lower case; empty for foods only the USDA's table has
	Aliases     []string // other names, as in data/foods.csv
	NDB         int64    // number in the USDA's table; 0 = no figures are known
	Description string   // the USDA's, for people who want to check
	Per100g     nutrition.Macros
	Energy      nutrition.Energy // per 100 g, as the USDA states it
	Allergens   []string         // names of the EU-14 groups; nil for a food without Name says nothing
	Density     nutrition.Mass   // of one millilitre; 0 = unknown
	Pieces      []Piece
	Category    string // one of [Categories]; empty for foods without Name
}

// Piece is the weight of one of something: a clove, a slice, or, with an empty Unit, the
// whole thing.
type Piece struct {
	Unit string
	Mass nutrition.Mass
}

// Known reports whether figures are known.
func (f Food) Known() bool { return f.NDB != 0 }

// Seasoning reports whether the food is used in amounts too small to matter.
func (f Food) Seasoning() bool { return f.Category == Spices }

// Aisles of our own, in the order of a walk through a supermarket.
const (
	Produce   = "produce"
	Bakery    = "bakery"
	Meat      = "meat"
	Fish      = "fish"
	Dairy     = "dairy"
	Breakfast = "breakfast"
	Grains    = "grains"
	Pulses    = "pulses"
	Tins      = "tins"
	Sauces    = "sauces"
	Oils      = "oils"
	Spices    = "spices"
	Baking    = "baking"
	Nuts      = "nuts"
	Sweets    = "sweets"
	Drinks    = "drinks"
	Frozen    = "frozen"
)

// Household is where what recipes list and nobody eats is sold: foil, skewers, twine.
const Household = "household"

// Categories lists the aisles in the order of a walk through a supermarket.
func Categories() []string {
	return []string{
		Produce, Bakery, Meat, Fish, Dairy, Breakfast, Grains, Pulses, Tins,
		Sauces, Oils, Spices, Baking, Nuts, Sweets, Drinks, Frozen,
	}
}

// All returns the foods of our own table, in its order.
func All() []Food { return slices.Clone(curated().foods) }

// Lookup finds a food of our own table by its name, an alias, a plural of either or a name in
// another language. Case, accents, hyphens and spacing do not matter; everything else does.
func Lookup(name string) (Food, bool) {
	t := curated()
	i, ok := t.byName[phrase.Key(name)]
	if !ok {
		return Food{}, false
	}
	return t.foods[i], true
}

// Kin returns the name and the aisle of the food that a name means.
func Kin(name string) []string { return curated().kin(name) }

func (t table) kin(name string) []string {
	i, ok := t.byName[phrase.Key(name)]
	if !ok {
		return nil
	}
	return []string{t.foods[i].Name, t.foods[i].Category}
}

// ByNDB finds a food by its number in the USDA's table. It has a Name when our own table
// has the number too; of several foods with one number it is the first.
func ByNDB(ndb int64) (Food, bool) {
	t := curated()
	if i, ok := t.byNDB[ndb]; ok {
		return t.foods[i], true
	}
	return usdaFood(ndb)
}

// maxNDB is the largest number the USDA's table can have; ids of FoodData Central are larger.
const maxNDB = 99_999

// Of identifies what a recipe's line is made of: by number if it states one of the USDA's
// table, else by its name, else by its plural, else by its id in FoodData Central, else by
// Tandoor's open-data slug; names are read as [Read] does. The piece weights and the category
// of a food found by number are those of its name where the two agree.
func Of(f recipe.Food) (Food, bool) {
	r, ok := Read(f.Name)
	if !ok {
		r, ok = Read(f.Plural)
	}
	return numbered(f, r.Food, ok)
}

func numbered(f recipe.Food, named Food, ok bool) (Food, bool) {
	if !ok {
		named, ok = referenced(f)
	}
	if f.FDC <= 0 || f.FDC > maxNDB || ok && named.NDB == f.FDC {
		return named, ok
	}
	if found, known := ByNDB(f.FDC); known {
		return found, true
	}
	return named, ok
}

//go:embed data/fdc.csv
var fdcFile string

// fdc names the foods of the table by their ids in FoodData Central.
var fdc = sync.OnceValue(func() map[int64]string {
	rows, err := csv.NewReader(strings.NewReader(fdcFile)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	out := make(map[int64]string, len(rows))
	for _, row := range rows[1:] {
		id, err := strconv.ParseInt(row[0], 10, 64)
		if err != nil {
			panic(err)
		}
		out[id] = row[1]
	}
	return out
})

// referenced finds a food whose name the tables do not have by what it refers to. It gives
// figures only: what a food contains is known by its own name alone.
func referenced(f recipe.Food) (Food, bool) {
	if name, ok := fdc()[f.FDC]; ok {
		return Lookup(name)
	}
	slug, ok := strings.CutPrefix(f.Slug, "food-")
	if !ok {
		return Food{}, false
	}
	n, ok := Read(strings.ReplaceAll(slug, "-", " "))
	return n.Food, ok
}

// Names lists every name of the table, as [phrase.Key] has them, sorted.
func Names() []string { return slices.Sorted(maps.Keys(curated().byName)) }
