// Package allergen knows the 14 allergen groups of EU regulation 1169/2011 and which
// foods carry them, hidden carriers included. It fails closed: a food it does not know
// is reported as unclassified, never as harmless. Traces are beyond it.
package allergen

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Set is a set of allergen groups.
type Set uint16

// The groups, in the regulation's order.
const (
	Gluten Set = 1 << iota
	Crustaceans
	Eggs
	Fish
	Peanuts
	Soy
	Milk
	Nuts
	Celery
	Mustard
	Sesame
	Sulphites
	Lupin
	Molluscs
)

var names = [...]string{
	"gluten", "crustaceans", "eggs", "fish", "peanuts", "soy", "milk",
	"nuts", "celery", "mustard", "sesame", "sulphites", "lupin", "molluscs",
}

// Names lists the groups' names, in the regulation's order.
func Names() []string { return slices.Clone(names[:]) }

// families are words for foods of a group that are no food themselves.
var families = map[string]Set{
	"dairy": Milk, "lactose": Milk, "casein": Milk, "shellfish": Crustaceans | Molluscs, "seafood": Fish | Crustaceans | Molluscs, "cereals": Gluten, "sulfites": Sulphites,
}

// Meant returns the groups that somebody may mean by a word that is not the name of one, to be
// proposed and never taken for theirs.
func Meant(word string) Set {
	word = strings.ToLower(strings.TrimSpace(word))
	if s := families[word]; s != 0 {
		return s
	}
	s, _ := Classify(recipe.Food{Name: word})
	return s
}

// Parse reads the name of one group; the error for another word proposes what it may mean.
func Parse(name string) (Set, error) {
	if g, ok := group(name); ok {
		return g, nil
	}
	if meant := Meant(name); meant != 0 {
		return 0, message.Errorf("unknown allergen %q: did you mean %s?", name, meant.String())
	}
	return 0, message.Errorf("unknown allergen %q: want one of %s", name, strings.Join(names[:], ", "))
}

// group is the group of a name.
func group(name string) (Set, bool) {
	i := slices.Index(names[:], strings.ToLower(strings.TrimSpace(name)))
	if i < 0 {
		return 0, false
	}
	return 1 << i, true
}

// String lists the groups of the set, e.g. "gluten, milk".
func (s Set) String() string {
	var out []string
	for i, n := range names {
		if s&(1<<i) != 0 {
			out = append(out, n)
		}
	}
	return strings.Join(out, ", ")
}
