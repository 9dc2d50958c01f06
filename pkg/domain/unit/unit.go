// Package unit knows the units of recipes, in the spellings of six languages: one table for the
// estimate of nutrition, the shopping list and the reader of lines. data/units.csv is edited by
// hand; docs/units.md says how.
package unit

import (
	"slices"
	"strings"
)

// Kind is what a unit measures.
type Kind uint8

// The kinds.
const (
	Mass   Kind = iota // in grams
	Volume             // in millilitres
	Count
)

// Style decides how an amount is rounded and shown.
type Style uint8

// The styles.
const (
	Metric Style = iota // grams, millilitres
	Weigh               // ounces, pounds
	Spoon
	Vessel // cups, pints, quarts, gallons
	Fluid  // fluid ounces
	Item   // counted
	Tiny   // pinch, dash: less than a spoon
	Packed // a container, which may state what it holds
)

// Unit is what an amount counts.
type Unit struct {
	// Key is Tandoor's base unit where the unit has one ("g", "us_cup"), else its English name;
	// empty for pieces.
	Key   string
	Kind  Kind
	Style Style
	// Num/Den is how many grams or millilitres one has; Den is 0 for what is counted.
	Num, Den int64
	// Times is how many pieces one is: 12 for a dozen, else 1.
	Times     int64
	One, Many string
	// Heaped: the spelling says that a spoon or cup is not level.
	Heaped bool
	// Aside: the spelling is a unit only where it stands as one; in a text it is also another
	// word ("large", "pot").
	Aside bool
}

// All lists the units, in the order of the table.
func All() []Unit { return slices.Clone(table().units) }

// Keyed returns the unit of a key.
func Keyed(key string) (Unit, bool) {
	t := table()
	i, ok := t.byKey[key]
	if !ok {
		return Unit{}, false
	}
	return t.units[i], true
}

// Named finds a unit by its name. T is a tablespoon and t a teaspoon, C a cup; in all other names
// neither case nor dots matter, nor do endings such as "Zehe/n" and "Prise(n)". A word such as
// "heaped" or "level" may stand before it.
func Named(name string) (Unit, bool) {
	if s, ok := table().byName[name]; ok && len(name) > 1 { // as it stands in the table
		return s.of(table()), true
	}
	name = strings.Join(strings.Fields(strings.ReplaceAll(name, ".", " ")), " ")
	switch name {
	case "":
		return Unit{}, false
	case "T":
		return Keyed("tbsp")
	case "t":
		return Keyed("tsp")
	}
	name = strings.ToLower(name)
	for _, h := range heaps {
		if rest, ok := strings.CutPrefix(name, h); ok {
			u, ok := Named(rest)
			u.Heaped = ok && u.Kind == Volume
			return u, ok
		}
	}
	for _, l := range levels {
		if rest, ok := strings.CutPrefix(name, l); ok {
			return Named(rest)
		}
	}
	t := table()
	for _, n := range []string{name, withoutEnding(name)} {
		if s, ok := t.byName[n]; ok {
			return s.of(t), true
		}
	}
	return Unit{}, false
}

// of is the unit that a spelling means.
func (s spelling) of(t units) Unit {
	u := t.units[s.unit]
	u.Aside = s.aside
	return u
}

// withoutEnding takes off the plural that German writers leave open.
func withoutEnding(name string) string {
	for _, e := range endings {
		if rest, ok := strings.CutSuffix(name, e); ok {
			return rest
		}
	}
	return name
}

var endings = [...]string{"(n)", "/n", "(en)", "/en", "(e)", "/e", "(s)", "/s", "(er)"}

// heaps are the words before a unit that say it is not level.
var heaps = [...]string{"heaping ", "heaped ", "rounded ", "generous ", "gehäufte ", "gehäufter ", "geh ", "bombée ", "colmada ", "colmo "}

// levels are the words before a unit that change nothing.
var levels = [...]string{"level ", "scant ", "gestrichene ", "gestrichener ", "gestr ", "rase ", "rasa ", "raso "}
