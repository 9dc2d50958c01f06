// Package allergen knows the 14 allergen groups of EU regulation 1169/2011 and which
// foods carry them, hidden carriers included. It fails closed: a food it does not know
// is reported as unclassified, never as harmless. Traces are beyond it.
package allergen

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
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

// Parse reads the name of one group.
func Parse(name string) (Set, error) {
	i := slices.Index(names[:], strings.ToLower(strings.TrimSpace(name)))
	if i < 0 {
		return 0, message.Errorf("unknown allergen %q: want one of %s", name, strings.Join(names[:], ", "))
	}
	return 1 << i, nil
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
