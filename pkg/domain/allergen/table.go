package allergen

import (
	_ "embed" // for the carriers
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/content"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// carriersFile lists what package food does not: groups of foods, as they stand in food
// trees, and prepared foods that carry allergens nobody sees.
//
//go:embed data/carriers.csv
var carriersFile string

// genericFile lists names that stand for many foods. Alone on a line such a name carries
// whatever it may hide; as the parent of a food, or in a text, it says nothing.
//
//go:embed data/generic.csv
var genericFile string

var table = sync.OnceValue(func() *content.Table[Set] {
	l, err := load()
	if err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return content.NewTable(l, content.Rules[Set]{Form: preserved, Told: told, Shorthand: strings.Fields(shorthand)})
})

// shorthand are words by which instructions call other foods than those of the name, or none.
//
//go:embed data/shorthand.txt
var shorthand string

func load() (*content.List[Set], error) {
	carries, may, err := readTables(carriersFile, genericFile, food.All())
	if err != nil {
		return nil, err
	}
	l, err := content.NewList(carries, may)
	if err == nil {
		err = l.Translate(food.Translations(), false)
	}
	return l, err
}

//go:embed data/forms.csv
var formsFile string

// forms are what foods of an aisle carry in a form that they do not otherwise, by both.
var forms = sync.OnceValue(func() map[[2]string]Set {
	rows, err := csv.NewReader(strings.NewReader(formsFile)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	out := map[[2]string]Set{}
	for _, row := range rows[1:] {
		set, err := union(split(row[2]))
		if err != nil {
			panic(err)
		}
		for f := range strings.SplitSeq(row[1], "|") {
			out[[2]string{row[0], phrase.Key(f)}] = set
		}
	}
	return out
})

// preserved returns what foods commonly carry in a form that they do not otherwise: meat as a
// powder, which is what stock is made of, and fruit and vegetables pickled, dried, canned or
// as a juice, in any language; cooked and frozen change nothing.
func preserved(name, form string) Set {
	f, ok := food.Lookup(name)
	if !ok {
		return 0
	}
	if set, ok := forms()[[2]string{f.Category, phrase.Key(form)}]; ok {
		return set
	}
	if f.Category == food.Produce && phrase.Changes(form, food.Produce) {
		return Sulphites
	}
	return 0
}

// readTables reads the files: what foods carry for certain, and what they may hide besides.
func readTables(carriers, generic string, foods []food.Food) (carries, may [][]content.Entry[Set], err error) {
	listed := make([]content.Entry[Set], 0, len(foods))
	for _, f := range foods {
		set, err := union(f.Allergens)
		if err != nil {
			return nil, nil, fmt.Errorf("food %q: %w", f.Name, err)
		}
		listed = append(listed, content.Entry[Set]{Names: append([]string{f.Name}, f.Aliases...), Set: set})
	}
	hidden, err := readEntries("carriers", carriers, "allergens")
	if err != nil {
		return nil, nil, err
	}
	vague, err := readEntries("generic", generic, "may")
	return [][]content.Entry[Set]{listed, hidden}, [][]content.Entry[Set]{vague}, err
}

func readEntries(file, text, column string) ([]content.Entry[Set], error) {
	recs, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if want := []string{"name", "aliases", column}; len(recs) == 0 || !slices.Equal(recs[0], want) {
		return nil, fmt.Errorf("%s: the first line must name the columns %s", file, strings.Join(want, ","))
	}
	var out []content.Entry[Set]
	for _, rec := range recs[1:] {
		set, err := union(split(rec[2]))
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", file, rec[0], err)
		}
		out = append(out, content.Entry[Set]{Names: append([]string{rec[0]}, split(rec[1])...), Set: set})
	}
	return out, nil
}

func union(names []string) (Set, error) {
	var s Set
	for _, n := range names {
		g, ok := group(n)
		if !ok {
			return 0, fmt.Errorf("unknown allergen %q", n)
		}
		s |= g
	}
	return s, nil
}

func split(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "|")
}

// Known lists, sorted, the names that can be classified.
func Known() []string { return slices.Sorted(maps.Keys(table().Known())) }

// Listed returns the tables: of each its foods, of each food the names of its row, its own
// first.
func Listed() ([][][]string, error) {
	carries, may, err := readTables(carriersFile, genericFile, food.All())
	var out [][][]string
	for _, list := range slices.Concat(carries, may) {
		rows := make([][]string, len(list))
		for i, e := range list {
			rows[i] = e.Names
		}
		out = append(out, rows)
	}
	return out, err
}
