package food

import (
	"embed" // for the names
	"encoding/csv"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

//go:embed data/names
var namesFiles embed.FS

// Translation is a food's name in a language other than English.
type Translation struct {
	Food string // its name in our own table or among the carriers of allergens
	Name string
	Lang string // of the file: "nl"
	// Shared: in another of the languages the name means another food, as "raisin" does.
	Shared bool
	key    string // of the name
}

// Translations returns the names of data/names, by language and food.
func Translations() []Translation { return translations() }

var translations = sync.OnceValue(func() []Translation {
	files, err := namesFiles.ReadDir("data/names")
	var out []Translation
	for _, f := range files {
		if err != nil || !strings.HasSuffix(f.Name(), ".csv") {
			continue
		}
		var text []byte
		if text, err = namesFiles.ReadFile(path.Join("data/names", f.Name())); err != nil {
			continue
		}
		var list []Translation
		list, err = readNames(f.Name(), string(text))
		out = append(out, list...)
	}
	if err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return out
})

// namesOf are the translations by food.
var namesOf = sync.OnceValue(func() map[string][]Translation {
	out := map[string][]Translation{}
	for _, t := range translations() {
		out[t.Food] = append(out[t.Food], t)
	}
	return out
})

func readNames(file, text string) ([]Translation, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("names %s: %w", file, err)
	}
	if want := []string{"food", "names"}; len(rows) == 0 || !slices.Equal(rows[0], want) {
		return nil, fmt.Errorf("names %s: the first line must name the columns %s", file, strings.Join(want, ","))
	}
	var out []Translation
	for _, row := range rows[1:] {
		for n := range strings.SplitSeq(row[1], "|") {
			own, shared := strings.CutPrefix(n, "!")
			key := phrase.Key(own)
			if key == "" || phrase.Key(row[0]) == "" {
				return nil, fmt.Errorf("names %s: %q of %q is no name", file, n, row[0])
			}
			out = append(out, Translation{Food: row[0], Name: own, Lang: strings.TrimSuffix(file, ".csv"), Shared: shared, key: key})
		}
	}
	return out, nil
}

// translate adds the names of foods of our own table. One that means another food elsewhere
// has no figures, so it is not added.
func (t *table) translate(list []Translation) error {
	var problems []error
	for _, tr := range list {
		if _, english := t.byName[phrase.Key(tr.Name)]; tr.Lang == "nl" && !english {
			t.dutch[phrase.Key(tr.Name)] = true
		}
		i, ok := t.byName[phrase.Key(tr.Food)]
		k := phrase.Key(tr.Name)
		if !ok {
			continue
		}
		if tr.Shared {
			t.shared[k] = i
			continue
		}
		if other, taken := t.byName[k]; taken && other != i {
			problems = append(problems, fmt.Errorf("food names: %q is both %q and %q; a name that two languages share has a ! before it", tr.Name, t.foods[other].Name, t.foods[i].Name))
			continue
		}
		t.byName[k] = i
	}
	return errors.Join(problems...)
}
