package food

import (
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// quantity is an amount of a unit.
type quantity struct {
	amount recipe.Amount
	unit   recipe.Unit
}

// Weigh returns what a line weighs. In this order it uses the unit if it is one of mass,
// the user's conversions for the food, our densities and piece weights, and the USDA's
// household measures. f may be the zero Food when the line's food is unknown. false: the
// weight cannot be told.
func Weigh(i recipe.Ingredient, f Food) (nutrition.Mass, bool) {
	if i.NoAmount || i.Amount <= 0 {
		return 0, false
	}
	line := quantity{i.Amount, i.Unit}
	if m, ok := line.mass(); ok {
		return m, true
	}
	ways := []quantity{line}
	for _, c := range i.Food.Conversions {
		if q, ok := line.convert(c); ok {
			if m, ok := q.mass(); ok {
				return m, true
			}
			ways = append(ways, q)
		}
	}
	for _, q := range ways {
		if m, ok := q.weigh(f); ok {
			return m, true
		}
	}
	return 0, false
}

// heaviest is more than a millilitre of any food weighs; honey comes to 1.42 g.
const heaviest = nutrition.Gram * 3 / 2

// Bound returns a weight the line cannot exceed, for lines that [Weigh] cannot weigh but
// that state a volume.
func Bound(i recipe.Ingredient) (nutrition.Mass, bool) {
	if i.NoAmount || i.Amount <= 0 {
		return 0, false
	}
	nl, ok := quantity{i.Amount, i.Unit}.volume()
	if !ok {
		return 0, false
	}
	return massOf(nl, heaviest), true
}

func (q quantity) base() string {
	if q.unit.Base != "" {
		return q.unit.Base
	}
	base, _ := namedUnit(q.unit.Name)
	return base
}

func (q quantity) mass() (nutrition.Mass, bool) {
	ng, ok := massOfOne(q.base())
	if !ok || q.amount < 0 {
		return 0, false
	}
	const ngPerUnit = nanogramsPerG / int64(nutrition.Gram)
	return nutrition.Mass(mulDiv(int64(q.amount), ng, int64(recipe.One)*ngPerUnit)), true
}

// volume returns nanolitres.
func (q quantity) volume() (int64, bool) {
	pl, ok := volumeOfOne(q.base())
	if !ok || q.amount < 0 {
		return 0, false
	}
	return mulDiv(int64(q.amount), pl, int64(recipe.One)*1000), true
}

// massOf returns what a volume in nanolitres weighs at a density per millilitre.
func massOf(nl int64, density nutrition.Mass) nutrition.Mass {
	return nutrition.Mass(mulDiv(nl, int64(density), 1_000_000))
}

func (q quantity) weigh(f Food) (nutrition.Mass, bool) {
	if nl, ok := q.volume(); ok {
		return massOf(nl, f.Density), f.Density > 0
	}
	m, ok := f.piece(q.unit)
	return nutrition.Mass(mulDiv(int64(q.amount), int64(m), int64(recipe.One))), ok
}

// piece returns the weight of one of the unit: of a piece that the table has by that name, in
// whatever language, or of a whole one where the unit says no more than its size.
func (f Food) piece(u recipe.Unit) (nutrition.Mass, bool) {
	names := append(Forms(u.Name), Forms(u.Plural)...)
	times := int64(1)
	switch known, ok := units.Named(u.Name); {
	case Normalize(u.Name) == "":
		names = []string{""}
	case ok && (known.Key == "" || known.Key == "size" || known.Times > 1):
		names, times = append(names, ""), known.Times
	case ok && known.Key == "portion" && f.Category == Meat: // of a chicken it is no whole one
	case ok && known.Kind == units.Count:
		names = append(append(names, known.Key), kin[known.Key]...)
	}
	if names[len(names)-1] == "" {
		names = append(names, "head") // one cabbage
	}
	for _, name := range names {
		for _, p := range f.Pieces {
			if p.Unit == name {
				return p.Mass * nutrition.Mass(times), true
			}
		}
	}
	return 0, false
}

// kin are the pieces of the table that are like a unit.
var kin = map[string][]string{"packet": {"sachet", "package", "box"}, "carton": {"container", "tub", "punnet"}, "jar": {"pot", "glass"}, "can": {"tin"}, "roll": {"sheet", "log", ""}, "block": {""}, "portion": {""}}

// sort is a unit of a kind of food.
type sort struct{ unit, aisle string }

// usual is what one weighs of foods that the table has no piece for: the common can, the small
// carton of cream or yogurt, a slice of cheese, a bunch of greens.
var usual = sync.OnceValue(func() map[sort]nutrition.Mass {
	return map[sort]nutrition.Mass{
		{"can", Tins}: 400 * nutrition.Gram, {"can", Pulses}: 400 * nutrition.Gram, {"can", Produce}: 400 * nutrition.Gram, {"can", Frozen}: 400 * nutrition.Gram, {"can", Fish}: 120 * nutrition.Gram,
		{"carton", Dairy}: 200 * nutrition.Gram, {"packet", Dairy}: 200 * nutrition.Gram,
		{"slice", Dairy}: 25 * nutrition.Gram, {"slice", Meat}: 25 * nutrition.Gram, {"slice", Bakery}: 35 * nutrition.Gram,
		{"handful", Sweets}: 30 * nutrition.Gram, {"handful", Baking}: 30 * nutrition.Gram, {"handful", Tins}: 30 * nutrition.Gram, {"handful", Frozen}: 30 * nutrition.Gram,
		{"handful", Grains}: 30 * nutrition.Gram, {"handful", Breakfast}: 30 * nutrition.Gram, {"packet", Frozen}: 450 * nutrition.Gram, {"packet", Pulses}: 500 * nutrition.Gram, {"bag", Frozen}: 450 * nutrition.Gram,
		{"carton", Produce}: 250 * nutrition.Gram, {"jar", Dairy}: 200 * nutrition.Gram, {"jar", Drinks}: 150 * nutrition.Gram, {"shot", Drinks}: 40 * nutrition.Gram,
		{"portion", Meat}: 150 * nutrition.Gram, {"portion", Fish}: 150 * nutrition.Gram, {"portion", Grains}: 80 * nutrition.Gram, {"portion", Produce}: 150 * nutrition.Gram,
		{"bunch", Produce}: 150 * nutrition.Gram, {"handful", Produce}: 30 * nutrition.Gram, {"handful", Dairy}: 30 * nutrition.Gram, {"handful", Nuts}: 30 * nutrition.Gram,
		{"stick", Produce}: 40 * nutrition.Gram, {"leaf", Produce}: 5 * nutrition.Gram,
	}
})

// convert applies a conversion in whichever direction fits the unit.
func (q quantity) convert(c recipe.Conversion) (quantity, bool) {
	from, to := quantity{c.Amount, c.Unit}, quantity{c.ToAmount, c.ToUnit}
	if r, ok := q.scaled(from, to); ok {
		return r, true
	}
	return q.scaled(to, from)
}

// scaled returns q in terms of "to", given that from equals to.
func (q quantity) scaled(from, to quantity) (quantity, bool) {
	if from.amount <= 0 || to.amount <= 0 {
		return quantity{}, false
	}
	if sameUnit(q.unit, from.unit) {
		return quantity{recipe.Amount(mulDiv(int64(q.amount), int64(to.amount), int64(from.amount))), to.unit}, true
	}
	have, ok1 := q.volume()
	per, ok2 := from.volume()
	if !ok1 || !ok2 || per == 0 {
		return quantity{}, false
	}
	return quantity{recipe.Amount(mulDiv(have, int64(to.amount), per)), to.unit}, true
}

func sameUnit(a, b recipe.Unit) bool {
	if a.ID != 0 || b.ID != 0 {
		return a.ID == b.ID
	}
	return Normalize(a.Name) == Normalize(b.Name)
}
