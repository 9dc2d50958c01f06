package grocery

import (
	"cmp"
	"math/big"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// The names that the list's arithmetic goes by.
const (
	mass   = units.Mass
	volume = units.Volume
	count  = units.Count

	metric = units.Metric
	weigh  = units.Weigh
	spoon  = units.Spoon
	vessel = units.Vessel
	fluid  = units.Fluid
	item   = units.Item
	tiny   = units.Tiny
	packed = units.Packed
)

// unit is what an amount counts.
type unit struct {
	key       string
	dim       units.Kind
	style     units.Style
	num, den  int64 // grams or millilitres in one, as num/den; den 0 for what is counted
	times     int64 // pieces in one: 12 for a dozen
	one, many string
	heaped    bool
	size      *size // what one container holds; nil: unknown
}

func from(u units.Unit) unit {
	key := u.Key
	if key == "size" { // "large" counts pieces
		key = ""
	}
	return unit{key: key, dim: u.Kind, style: u.Style, num: u.Num, den: u.Den, times: u.Times, one: u.One, many: u.Many, heaped: u.Heaped}
}

// size is the content of a container.
type size struct {
	amount *big.Rat
	unit   unit
}

func (u unit) factor() *big.Rat { return big.NewRat(u.num, u.den) }

// approx is the factor where exactness does not matter.
func (u unit) approx() float64 {
	if u.dim == count {
		return 1
	}
	return float64(u.num) / float64(u.den)
}

// node is the kind of amount that sums with the unit's own: "g", "ml" or what is counted.
func (u unit) node() string {
	switch u.dim {
	case mass:
		return "g"
	case volume:
		return "ml"
	default:
		return "#" + u.key
	}
}

// piece is one of something.
var piece = unit{dim: count, style: item, times: 1}

// keyed is a unit that the table has.
func keyed(key string) unit {
	u, ok := units.Keyed(key)
	if !ok {
		panic("no unit " + key)
	}
	return from(u)
}

func measure(key string) (unit, bool) {
	u, ok := units.Keyed(key)
	return from(u), ok
}

// known finds a unit by its name.
func known(name string) (unit, bool) {
	u, ok := units.Named(name)
	return from(u), ok
}

// unitOf reads a recipe's unit: by its base unit when it states one, else by its name,
// which may say what a container holds ("can (400 g)"). A name nobody knows is counted
// under itself.
func unitOf(u recipe.Unit) unit {
	if m, ok := measure(u.Base); ok && u.Base != "" {
		named, ok := known(u.Name)
		m.heaped = ok && named.heaped
		return m
	}
	name := strings.TrimSpace(u.Name)
	if name == "" {
		return piece
	}
	if m, ok := known(name); ok {
		return m
	}
	if p, err := ParseLine("1 " + name); err == nil && p.Name == "" && p.Note == "" && p.unit.size != nil {
		return p.unit
	}
	return unit{key: strings.ToLower(name), dim: count, style: item, times: 1, one: name, many: cmp.Or(u.Plural, name)}
}

// holding is a container that holds the amount.
func (u unit) holding(amount *big.Rat, content unit) unit {
	u.size = &size{amount, content}
	u.key += " (" + shown(amount, content) + ")"
	return u
}
