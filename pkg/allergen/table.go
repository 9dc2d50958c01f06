package allergen

import (
	_ "embed" // for the carriers
	"encoding/csv"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/food"
)

// carriersFile lists what package food does not: groups of foods, as they stand in food
// trees, and prepared foods that carry allergens nobody sees.
//
//go:embed data/carriers.csv
var carriersFile string

// groups maps every known name, in all its forms, to the groups it carries.
var groups = sync.OnceValue(func() map[string]Set {
	t, err := readGroups(carriersFile, food.All())
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return t
})

// entry is one food of the tables with all its names.
type entry struct {
	names []string
	set   Set
}

func readGroups(carriers string, foods []food.Food) (map[string]Set, error) {
	recs, err := csv.NewReader(strings.NewReader(carriers)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("carriers: %w", err)
	}
	var entries []entry
	for _, f := range foods {
		set, err := union(f.Allergens)
		if err != nil {
			return nil, fmt.Errorf("food %q: %w", f.Name, err)
		}
		entries = append(entries, entry{append([]string{f.Name}, f.Aliases...), set})
	}
	for _, rec := range recs[1:] {
		set, err := union(split(rec[2]))
		if err != nil {
			return nil, fmt.Errorf("carriers: %q: %w", rec[0], err)
		}
		entries = append(entries, entry{append([]string{rec[0]}, split(rec[1])...), set})
	}
	out := map[string]Set{}
	for _, e := range entries {
		for _, n := range e.names {
			n = food.Normalize(n)
			if _, taken := out[n]; taken {
				return nil, fmt.Errorf("%q is listed twice", n)
			}
			out[n] = e.set
		}
	}
	listed := maps.Clone(out)
	for _, e := range entries {
		for _, n := range e.names {
			for _, form := range food.Forms(n) {
				if _, taken := listed[form]; !taken {
					out[form] |= e.set // two foods may share a form: it carries what either does
				}
			}
		}
	}
	return out, nil
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
