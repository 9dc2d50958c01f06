package diet

import (
	_ "embed" // for the tables
	"encoding/csv"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/content"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// foodsFile says of every row of the tables of foods and allergens what its names bring, and
// what they may hide. A row without a line is an error, never a plant.
//
//go:embed data/foods.csv
var foodsFile string

// namesFile has the names that differ from others of their row, in all languages, and names
// that no other table has.
//
//go:embed data/names.csv
var namesFile string

// lacksFile has descriptions such as "vegan".
//
//go:embed data/lacks.csv
var lacksFile string

// Classify returns what a food brings, and whether it is known.
func Classify(f recipe.Food) (Set, bool) { return table().Classify(f) }

// Mentioned returns what the foods bring that a text names.
func Mentioned(text string) Set { return table().Mentioned(text) }

// Known lists, sorted, the names that are known.
func Known() []string { return slices.Sorted(maps.Keys(table().Known())) }

// Pool classifies the recipes of a library through those that their foods are made by.
type Pool = content.Pool[Set]

// NewPool returns a pool of recipes as [recipe.Assemble] gives them.
func NewPool(library []recipe.Recipe) *Pool { return content.NewPool(table(), library) }

var table = sync.OnceValue(func() *content.Table[Set] {
	l, err := load()
	lacks, err2 := readLacks(lacksFile)
	if err := errors.Join(err, err2); err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return content.NewTable(l, content.Rules[Set]{Told: told, Shorthand: strings.Fields(shorthand), Lacks: lacks})
})

// shorthand are words by which instructions call listed foods of other kinds too, turkey bacon or
// soya mince, or that are no food there: to mince, to ham it up, wine to serve with.
//
//go:embed data/shorthand.txt
var shorthand string

// told adds what the groups bring that a user listed. They list allergens, so of meat, honey and
// alcohol nothing is said, and what the name says of the food stands.
func told(contains []string, own Set, unknown []string) (Set, []string) {
	for _, n := range contains {
		g, err := allergen.Parse(n)
		if err != nil {
			unknown = append(slices.Clip(unknown), n)
		}
		own |= ofAllergens(g)
	}
	return own, unknown
}

// ofAllergens returns what the allergens' groups say of the origin.
func ofAllergens(g allergen.Set) Set {
	var s Set
	for _, p := range []struct {
		from allergen.Set
		to   Set
	}{{allergen.Milk, Milk}, {allergen.Eggs, Eggs}, {allergen.Fish, Fish}, {allergen.Crustaceans | allergen.Molluscs, Shellfish}} {
		if g&p.from != 0 {
			s |= p.to
		}
	}
	return s
}

// origin is what a line of a file says.
type origin struct{ brings, may Set }

func load() (*content.List[Set], error) {
	rows, err := readOrigins("foods", foodsFile)
	if err != nil {
		return nil, err
	}
	names, err := readOrigins("names", namesFile)
	if err != nil {
		return nil, err
	}
	lists, err := allergen.Listed()
	if err != nil {
		return nil, err
	}
	brings, may := make([][]content.Entry[Set], len(lists)), make([][]content.Entry[Set], len(lists))
	used := map[string]bool{}
	var problems []error
	for n, list := range lists {
		for _, row := range list {
			o, ok := rows[row[0]]
			if used[row[0]] = true; !ok {
				problems = append(problems, fmt.Errorf("foods: of %q it is not said what it brings", row[0]))
			}
			brings[n] = append(brings[n], content.Entry[Set]{Names: row, Set: o.brings})
			if o.may != 0 {
				may[n] = append(may[n], content.Entry[Set]{Names: row, Set: o.may})
			}
		}
	}
	for name := range rows {
		if !used[name] {
			problems = append(problems, fmt.Errorf("foods: no table has a row %q", name))
		}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	l, err := content.NewList(brings, may)
	if err != nil {
		return nil, err
	}
	return l, settle(l, names)
}

// settle enters the names, those of other languages included, and what the allergens know.
// What a name carries for certain counts even where the files say otherwise.
func settle(l *content.List[Set], names map[string]origin) error {
	own, foreign := map[string]origin{}, map[string]bool{}
	translations := food.Translations()
	keys := make([]string, len(translations)) // of their names
	for i, tr := range translations {
		keys[i] = phrase.Key(tr.Name)
		foreign[keys[i]] = !tr.Shared // "pâtes" are no English plural of pâté
	}
	for n, o := range names {
		for _, form := range food.Forms(n) {
			key := phrase.Key(form)
			if _, listed := names[form]; form == n || !listed && !l.Listed[key] && !foreign[key] && (len(form) > len(n) || !phrase.Describes(key)) {
				own[key] = o
			}
		}
	}
	enter := func() {
		for key, o := range own {
			l.Carries[key], l.May[key] = o.brings, o.may
		}
	}
	enter() // first, since other languages name them
	if err := l.Translate(translations, true); err != nil {
		return err
	}
	enter()
	others := map[string]bool{} // names of other languages that mean a food of which it is not said
	for i, tr := range translations {
		if _, said := own[phrase.Key(tr.Food)]; !said || l.Listed[keys[i]] {
			others[keys[i]] = true
		}
	}
	for _, key := range keys {
		if _, said := own[key]; !said && !others[key] {
			own[key] = origin{}
		}
	}
	for key := range l.Carries {
		carries, may, _ := allergen.Named(key)
		l.Carries[key] |= ofAllergens(carries)
		if _, said := own[key]; !said {
			l.May[key] |= ofAllergens(may)
		}
	}
	return nil
}

func readOrigins(file, text string) (map[string]origin, error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	head := []string{"name", "brings", "may"}
	if file == "foods" {
		head[0] = "food"
	}
	if len(rows) == 0 || !slices.Equal(rows[0], head) {
		return nil, fmt.Errorf("%s: the first line must name the columns %s", file, strings.Join(head, ","))
	}
	out := make(map[string]origin, len(rows))
	for _, row := range rows[1:] {
		var o origin
		if o.brings, err = union(row[1]); err != nil || row[1] == "" {
			return nil, fmt.Errorf("%s: %q brings %q: want plant, or some of %s", file, row[0], row[1], strings.Join(kinds[:], "|"))
		}
		if o.may, err = union(row[2]); err != nil {
			return nil, fmt.Errorf("%s: %q: %w", file, row[0], err)
		}
		if _, twice := out[row[0]]; twice {
			return nil, fmt.Errorf("%s: %q is listed twice", file, row[0])
		}
		out[row[0]] = o
	}
	return out, nil
}

// plant stands in the files for nothing that a diet leaves out.
const plant = "plant"

func union(list string) (Set, error) {
	var s Set
	if list == "" || list == plant {
		return 0, nil
	}
	for k := range strings.SplitSeq(list, "|") {
		i := slices.Index(kinds[:], k)
		if i < 0 {
			return 0, fmt.Errorf("unknown kind %q", k)
		}
		s |= 1 << i
	}
	return s, nil
}

// readLacks reads descriptions; one that says "vegan" lacks what that diet leaves out.
func readLacks(text string) (map[string]content.Lack[Set], error) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("lacks: %w", err)
	}
	if want := []string{"words", "without", "may"}; len(rows) == 0 || !slices.Equal(rows[0], want) {
		return nil, fmt.Errorf("lacks: the first line must name the columns %s", strings.Join(want, ","))
	}
	out := map[string]content.Lack[Set]{}
	for _, row := range rows[1:] {
		without, err := union(row[1])
		if err != nil {
			return nil, fmt.Errorf("lacks: %q: %w", row[0], err)
		}
		may, err := union(row[2])
		if err != nil {
			return nil, fmt.Errorf("lacks: %q: %w", row[0], err)
		}
		for w := range strings.SplitSeq(row[0], "|") {
			out[phrase.Key(w)] = content.Lack[Set]{Without: without, May: may}
		}
	}
	return out, nil
}
