package food

import (
	_ "embed" // for the table
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

//go:embed data/foods.csv
var foodsFile string

// table is our own table with its indexes.
type table struct {
	foods  []Food
	why    []string       // how the name relates to the USDA's description, where no word is shared
	byName map[string]int // by [phrase.Key]
	byNDB  map[int64]int
	shared map[string]int  // what names mean in another language that mean another food in English
	dutch  map[string]bool // names that are Dutch and not English
	names  *phrase.Names
}

var curated = sync.OnceValue(func() table {
	t, err := readFoods(foodsFile)
	if err == nil {
		err = t.translate(Translations())
	}
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	t.names = phrase.NewNames(maps.Keys(t.byName), func(key string) bool { _, ok := t.byName[key]; return ok }, t.kin)
	return t
})

var foodColumns = []string{"name", "aliases", "ndb", "allergens", "density_g_per_ml", "piece_g", "category", "why"}

// readFoods reads data/foods.csv. A name or alias that is given to two foods is an error;
// a derived plural that would be ambiguous is dropped.
func readFoods(file string) (table, error) {
	recs, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		return table{}, fmt.Errorf("food table: %w", err)
	}
	if len(recs) == 0 || !slices.Equal(recs[0], foodColumns) {
		return table{}, fmt.Errorf("food table: the first line must name the columns %s", strings.Join(foodColumns, ","))
	}
	const names = 1 << 15 // about, with those of other languages
	t := table{byName: make(map[string]int, names), byNDB: map[int64]int{}, shared: map[string]int{}, dutch: map[string]bool{}}
	for i, rec := range recs[1:] {
		f, err := parseFood(rec)
		if err != nil {
			return table{}, fmt.Errorf("food table: %q: %w", rec[0], err)
		}
		for _, n := range f.names() {
			n = phrase.Key(n)
			if n == "" {
				return table{}, fmt.Errorf("food table: %q has an empty name", f.Name)
			}
			if other, taken := t.byName[n]; taken && other != i {
				return table{}, fmt.Errorf("food table: %q is both %q and %q", n, t.foods[other].Name, f.Name)
			}
			t.byName[n] = i
		}
		if _, taken := t.byNDB[f.NDB]; f.Known() && !taken {
			t.byNDB[f.NDB] = i
		}
		t.foods = append(t.foods, f)
		t.why = append(t.why, rec[len(rec)-1])
	}
	t.addForms()
	return t, nil
}

func (f Food) names() []string { return append([]string{f.Name}, f.Aliases...) }

// addForms adds plurals and singulars of all names that nothing else is called.
func (t *table) addForms() {
	const ambiguous = -1
	derived := map[string]int{}
	for i, f := range t.foods {
		for _, n := range f.names() {
			for _, form := range Forms(n) {
				form = phrase.Key(form)
				if _, taken := t.byName[form]; taken || len(form) < len(n) && phrase.Describes(form) { // "whites" are eggs', "white" is a colour
					continue
				}
				if j, again := derived[form]; again && j != i {
					derived[form] = ambiguous
				} else {
					derived[form] = i
				}
			}
		}
	}
	for form, i := range derived {
		if i != ambiguous {
			t.byName[form] = i
		}
	}
}

func parseFood(rec []string) (Food, error) {
	f := Food{Name: rec[0], Aliases: list(rec[1]), Allergens: list(rec[3]), Category: rec[6]}
	if f.Name != Normalize(f.Name) || f.Name == "" {
		return f, errors.New("name: must be lower case with single spaces")
	}
	if f.Category != Household && !slices.Contains(Categories(), f.Category) {
		return f, fmt.Errorf("category: %q is not an aisle", f.Category)
	}
	var err error
	if rec[4] != "" {
		if f.Density, err = parseMass(rec[4]); err != nil {
			return f, fmt.Errorf("density_g_per_ml: %w", err)
		}
	}
	for _, p := range list(rec[5]) {
		unit, grams, ok := strings.Cut(p, ":")
		if !ok {
			return f, fmt.Errorf("piece_g: %q is not unit:grams", p)
		}
		m, err := parseMass(grams)
		if err != nil || m <= 0 {
			return f, fmt.Errorf("piece_g: %q must be a positive weight", p)
		}
		f.Pieces = append(f.Pieces, Piece{unit, m})
	}
	if rec[2] == "" {
		return f, nil
	}
	ndb, err := strconv.ParseInt(rec[2], 10, 64)
	if err != nil {
		return f, fmt.Errorf("ndb: %w", err)
	}
	row, ok := usda()[ndb]
	if !ok || !row.complete {
		return f, fmt.Errorf("ndb: %s is not in the USDA's table, or its figures are not complete", rec[2])
	}
	f.NDB, f.Description, f.Per100g, f.Energy = ndb, row.description, row.macros, row.energy
	for _, p := range row.portions {
		f = f.measured(p)
	}
	return f, nil
}

func list(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}
