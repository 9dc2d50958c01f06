package allergen

import (
	_ "embed" // for the carriers
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
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

// tables are the names of all foods, in all their forms.
type tables struct {
	carries map[string]Set // what a food of the name carries
	may     map[string]Set // what it may hide besides
}

var table = sync.OnceValue(func() tables {
	t, err := readTables(carriersFile, genericFile, food.All())
	if err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return t
})

func groups() map[string]Set  { return table().carries }
func generic() map[string]Set { return table().may }

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
	t := tables{map[string]Set{}, map[string]Set{}}
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
	return t, nil
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
	own := map[string]bool{}
	for _, e := range entries {
		for _, n := range e.names {
			n = food.Normalize(n)
			if own[n] {
				return fmt.Errorf("%q is listed twice", n)
			}
			own[n] = true
			into[n] |= e.set
		}
	}
	for _, e := range entries {
		for _, n := range e.names {
			for _, form := range food.Forms(n) {
				if !own[form] {
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
