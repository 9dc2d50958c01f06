// Package content finds what foods bring, by a table of names: allergens, or what a diet leaves
// out. It fails closed: a food is known by its own name alone, read by the grammar of [phrase],
// in which every word must be understood. Its plural, parents, unit and note, the name of the
// recipe and its steps may add to what it brings; they take nothing away.
package content

import (
	"maps"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// Set is a set of things that a food may bring.
type Set interface{ ~uint16 }

// Table says what foods bring.
type Table[S Set] struct {
	carries map[string]S // what a food of the name brings, by [phrase.Key]
	may     map[string]S // what it may hide besides
	rules   Rules[S]

	names     *phrase.Names
	beginning map[string]int // by the first word of all names and by the first two
	shorthand map[string]bool

	inNames, inSteps *memory[S]
}

// Rules are what tables differ in. Each may be nil.
type Rules[S Set] struct {
	// Form returns what a food brings in a form that it does not bring in others.
	Form func(name, form string) S
	// Told says what is known of a food whose content a user listed.
	Told func(contains []string, own S, unknown []string) (S, []string)
	// Shorthand are words by which instructions call listed foods, "the milk" for oat milk, and
	// words that are no food there. They count only within longer names.
	Shorthand []string
	// Lacks are descriptions such as "vegan", by [phrase.Key].
	Lacks map[string]Lack[S]
}

// Lack is what a food that is described so lacks, and what it may bring instead.
type Lack[S Set] struct{ Without, May S }

// NewTable makes a table of a list.
func NewTable[S Set](list *List[S], rules Rules[S]) *Table[S] {
	t := &Table[S]{carries: list.Carries, may: list.May, rules: rules, beginning: map[string]int{}, shorthand: map[string]bool{}}
	t.names = phrase.NewNames(maps.Keys(t.carries), func(key string) bool { _, ok := t.carries[key]; return ok }, food.Kin)
	for name := range t.carries {
		count := 1 + strings.Count(name, " ")
		first, rest, _ := strings.Cut(name, " ")
		t.beginning[first] = max(t.beginning[first], count)
		if count > 2 {
			second, _, _ := strings.Cut(rest, " ")
			two := name[:len(first)+1+len(second)]
			t.beginning[two] = max(t.beginning[two], count)
		}
	}
	for _, n := range rules.Shorthand {
		for _, f := range food.Forms(n) {
			t.shorthand[f] = true
		}
	}
	t.inNames = newMemory(func(text string) S { return t.mentioned(segments(text), nil) })
	t.inSteps = newMemory(func(text string) S { return t.mentioned(segments(text), t.shorthand) })
	return t
}

// Known returns the names of the table, by [phrase.Key].
func (t *Table[S]) Known() map[string]S { return t.carries }

// Named returns what a food of the name brings for certain, and what it may hide besides.
func (t *Table[S]) Named(name string) (carries, may S, known bool) {
	key := phrase.Key(name)
	s, ok := t.carries[key]
	return s, t.may[key], ok
}
