package allergen

import (
	_ "embed" // for the carriers
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

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

// tables are the names of all foods, in all their forms, by [phrase.Key].
type tables struct {
	carries map[string]Set // what a food of the name carries
	may     map[string]Set // what it may hide besides
	names   *phrase.Names
	listed  map[string]bool // names that the files list; the others are forms of them
}

var table = sync.OnceValue(func() tables {
	t, err := load()
	if err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return t
})

func load() (tables, error) {
	t, err := readTables(carriersFile, genericFile, food.All())
	if err == nil {
		err = t.translate(food.Translations())
	}
	t.names = phrase.NewNames(maps.Keys(t.carries), func(key string) bool { _, ok := t.carries[key]; return ok })
	return t, err
}

// translate adds names of other languages. One that two languages share carries what either
// food does.
func (t tables) translate(list []food.Translation) error {
	carries, may := map[string]Set{}, map[string]Set{}
	var problems []error
	for _, tr := range list {
		own, k := phrase.Key(tr.Food), phrase.Key(tr.Name)
		s, ok := t.carries[own]
		if !ok {
			problems = append(problems, fmt.Errorf("food names: %q is called a %q, which no table has", tr.Name, tr.Food))
			continue
		}
		if !tr.Shared && t.listed[k] && t.carries[k]|t.may[k] != s|t.may[own] {
			problems = append(problems, fmt.Errorf("food names: %q means another food in English than %q; a name that two languages share has a ! before it", tr.Name, tr.Food))
		}
		carries[k] |= s
		if m := t.may[own]; m != 0 {
			may[k] |= m
		}
		if !tr.Shared && !t.listed[k] { // "pâtes" are no English plural of pâté
			delete(t.carries, k)
			delete(t.may, k)
		}
	}
	for k, s := range carries {
		t.carries[k] |= s
		if m := may[k]; m != 0 {
			t.may[k] |= m
		}
	}
	return errors.Join(problems...)
}

// preserved returns what fruit and vegetables commonly carry in a form that they do not fresh.
// Meat as a powder or concentrate is what stock is made of.
func preserved(name, form string) Set {
	f, ok := food.Lookup(name)
	if ok && f.Category == food.Meat {
		switch form {
		case "powder", "powdered", "poudre", "en poudre", "pulver", "polvo", "en polvo", "polvere", "in polvere", "poeder",
			"concentrate", "concentrated", "konzentrat", "concentre", "concentrado", "concentrato", "geconcentreerd", "instant": //nolint:misspell // Italian
			return Gluten | Soy | Milk | Celery
		}
	}
	if !ok || f.Category != food.Produce {
		return 0
	}
	switch form {
	case "pickled", "brined", "eingelegt", "eingelegte", "eingelegter", "eingelegten", "eingelegtes", "eingemacht", "eingemachte", "eingemachter", "eingemachten",
		"sottaceto", "sott'aceto", "ingelegd", "ingelegde":
		return Sulphites | Mustard
	default: // dried, canned, juice, powder, in any language; cooked and frozen change nothing
		if phrase.Changes(form, food.Produce) {
			return Sulphites
		}
		return 0
	}
}

func groups() map[string]Set { return table().carries }

// entry is one food of the tables with all its names.
type entry struct {
	names []string
	set   Set
}

// readTables reads the files. A name stands once in each; one that package food has as
// well carries what both say.
func readTables(carriers, generic string, foods []food.Food) (tables, error) {
	listed := make([]entry, 0, len(foods))
	for _, f := range foods {
		set, err := union(f.Allergens)
		if err != nil {
			return tables{}, fmt.Errorf("food %q: %w", f.Name, err)
		}
		listed = append(listed, entry{append([]string{f.Name}, f.Aliases...), set})
	}
	hidden, err := readEntries("carriers", carriers, "allergens")
	if err != nil {
		return tables{}, err
	}
	vague, err := readEntries("generic", generic, "may")
	if err != nil {
		return tables{}, err
	}
	t := tables{carries: map[string]Set{}, may: map[string]Set{}, listed: map[string]bool{}}
	for _, list := range [][]entry{listed, hidden} {
		if err := spread(t.carries, list); err != nil {
			return tables{}, err
		}
	}
	if err := spread(t.may, vague); err != nil {
		return tables{}, err
	}
	for n := range t.may {
		t.carries[n] |= 0 // known
	}
	t.choices()
	for _, e := range slices.Concat(listed, hidden, vague) {
		for _, n := range e.names {
			t.listed[phrase.Key(n)] = true
		}
	}
	return t, nil
}

// choices gives names such as "vanilla extract or almond extract", which stand whole in the
// files, what either of their halves carries.
func (t tables) choices() {
	for n := range t.carries {
		before, after, ok := strings.Cut(n, " or ")
		if !ok {
			continue
		}
		for _, half := range []string{before, after} {
			t.carries[n] |= t.carries[half]
			if m := t.may[half]; m != 0 {
				t.may[n] |= m
			}
		}
	}
}

func readEntries(file, text, column string) ([]entry, error) {
	recs, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if want := []string{"name", "aliases", column}; len(recs) == 0 || !slices.Equal(recs[0], want) {
		return nil, fmt.Errorf("%s: the first line must name the columns %s", file, strings.Join(want, ","))
	}
	var out []entry
	for _, rec := range recs[1:] {
		set, err := union(split(rec[2]))
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", file, rec[0], err)
		}
		out = append(out, entry{append([]string{rec[0]}, split(rec[1])...), set})
	}
	return out, nil
}

// spread adds the entries under all forms of their names. A form that is listed itself
// carries what it is listed with; one that two foods share carries what either does.
func spread(into map[string]Set, entries []entry) error {
	own := map[string]int{}
	for i, e := range entries {
		for _, n := range e.names {
			n = phrase.Key(n)
			if n == "" {
				return fmt.Errorf("%q has an empty name", e.names[0])
			}
			if j, twice := own[n]; twice && j != i {
				return fmt.Errorf("%q is listed twice", n)
			}
			own[n] = i
			into[n] |= e.set
		}
	}
	for _, e := range entries {
		for _, n := range e.names {
			for _, form := range food.Forms(n) {
				form = phrase.Key(form)
				if _, listed := own[form]; !listed && (len(form) >= len(n) || !phrase.Describes(form)) {
					into[form] |= e.set
				}
			}
		}
	}
	return nil
}

func union(names []string) (Set, error) {
	var s Set
	for _, n := range names {
		g, err := Parse(n)
		if err != nil {
			return 0, err
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
func Known() []string { return slices.Sorted(maps.Keys(groups())) }
