// Package diet knows which foods a diet leaves out. It fails closed: a food that it does not
// know fits no diet. What foods bring is found as [content] finds allergens.
package diet

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Set is a set of what foods bring that a diet may leave out.
type Set uint16

// Kinds of origin. A food that brings none is of plants, or a mineral.
const (
	Pork      Set = 1 << iota // wild boar and lard too
	Meat                      // of other land animals, their fat and broth
	Fish                      // isinglass too
	Shellfish                 // crustaceans and molluscs
	Milk
	Eggs
	Honey // and what else bees make
	Gelatine
	Rennet  // cheese that by its kind is made with that of calves
	Insects // carmine, shellac
	Alcohol
)

var kinds = [...]string{"pork", "meat", "fish", "shellfish", "milk", "eggs", "honey", "gelatine", "rennet", "insects", "alcohol"}

// String lists the kinds of the set, e.g. "pork, milk".
func (s Set) String() string {
	var out []string
	for i, k := range kinds {
		if s&(1<<i) != 0 {
			out = append(out, k)
		}
	}
	return strings.Join(out, ", ")
}

const (
	killed = Pork | Meat | Gelatine | Rennet | Insects
	sea    = Fish | Shellfish
)

var diets = []struct {
	name   string
	leaves Set
}{
	{"vegetarian", killed | sea},
	{"vegan", killed | sea | Milk | Eggs | Honey},
	{"pescatarian", killed},
	{"no-pork", Pork | Gelatine},
	{"no-alcohol", Alcohol},
}

// Names lists the diets.
func Names() []string {
	out := make([]string, len(diets))
	for i, d := range diets {
		out[i] = d.name
	}
	return out
}

// Parse reads the name of a diet: "vegan", "No pork".
func Parse(name string) (string, error) {
	n := strings.Join(strings.FieldsFunc(strings.ToLower(name), func(r rune) bool { return r == ' ' || r == '-' || r == '_' }), "-")
	if !slices.Contains(Names(), n) {
		return "", message.Errorf("unknown diet %q: want one of %s", name, strings.Join(Names(), ", "))
	}
	return n, nil
}

// Leaves returns what the diets leave out, together.
func Leaves(names []string) (Set, error) {
	var out Set
	for _, name := range names {
		n, err := Parse(name)
		if err != nil {
			return 0, err
		}
		for _, d := range diets {
			if d.name == n {
				out |= d.leaves
			}
		}
	}
	return out, nil
}

// Breaks lists those of the diets that what a food brings breaks.
func Breaks(brings Set, names []string) []string {
	var out []string
	for _, d := range diets {
		if brings&d.leaves != 0 && slices.Contains(names, d.name) {
			out = append(out, d.name)
		}
	}
	return out
}

// Fits lists the diets that what a known food brings fits.
func Fits(brings Set) []string {
	out := []string{}
	for _, d := range diets {
		if brings&d.leaves == 0 {
			out = append(out, d.name)
		}
	}
	return out
}
