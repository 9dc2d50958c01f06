package grocery

import (
	"math/big"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// made puts what is made in the kitchen with what is bought for it: the juice with the lemons, cooked
// rice with rice. It stays as it is where it is at home, or where its amount cannot be converted; and
// juice where lemons are: one that is at home gives no half a litre.
func (b basket) made(it entry, line food.Line) entry {
	m, ok := food.MadeOf(line)
	if !ok || it.food.OnHand || (Line{Name: it.food.Name}).Staple(b.staples) {
		return it
	}
	if part := m.Percent == 0 && !m.Whole; part && (b.home[m.Of.Name] || (Line{Name: m.Of.Name}).Staple(b.staples)) {
		return it
	}
	out := entry{made: true, key: foodKey{name: m.Of.Name}, known: m.Of, of: m.Part.Name, food: recipe.Food{Category: it.food.Category}}
	if q := it.amount; q != nil {
		grams, ok := weight(*q, it)
		if !ok {
			return it
		}
		out.asked, out.askedName, out.about = q, it.food.Name, m.Percent > 0 || q.unit.key != ""
		if m.Percent > 0 {
			out.amount = &quantity{grams.Mul(grams, big.NewRat(100, m.Percent)), keyed("g")}
		} else {
			out.amount = &quantity{grams.Quo(grams, big.NewRat(int64(m.Each()), int64(nutrition.Gram))), piece}
		}
	}
	if m.Whole {
		out.of, out.asked = "", nil
	}
	out.food.Name, out.food.Plural = m.Called(it.food.Name)
	return out
}

// onHand are the foods of the tables that the library says are at home.
func onHand(dishes []Dish) map[string]bool {
	out := map[string]bool{}
	for _, d := range dishes {
		for _, in := range d.Recipe.Ingredients {
			if same, ok := food.Same(in.Food.Name); ok && in.Food.OnHand {
				out[same] = true
			}
		}
	}
	return out
}

// weight weighs an amount of a food, packets excepted: their sizes differ.
func weight(q quantity, it entry) (*big.Rat, bool) {
	u := q.unit
	switch {
	case u.dim == mass:
		return new(big.Rat).Set(inBase(q.amount, u)), true
	case u.style == packed:
		return nil, false
	}
	one, base := recipe.Unit{Name: u.one}, q.amount
	if u.dim == volume {
		one, base = recipe.Unit{Base: "ml"}, inBase(q.amount, u)
	}
	const many = 1000 // so that the rounding to 0.1 mg does not show
	w, ok := food.Weigh(recipe.Ingredient{Amount: many * recipe.One, Unit: one, Food: recipe.Food{Conversions: it.conversions}}, it.known)
	if !ok || w <= 0 {
		return nil, false
	}
	return new(big.Rat).Mul(base, big.NewRat(int64(w), many*int64(nutrition.Gram))), true
}

// Wanted are the amounts to buy for needs. What is made by weight adds up; of the parts of a piece
// the one that asks for the most decides, for the same lemons give juice and zest.
func Wanted(need []Quantity) []Quantity {
	var out []Quantity
	most := new(big.Rat)
	parts := map[string]*big.Rat{}
	for _, q := range need {
		switch {
		case q.Amount == nil:
		case q.Of == "" || q.Unit != "":
			out = gathered(out, Quantity{new(big.Rat).Set(q.Amount), q.Unit, ""})
		case parts[q.Of] == nil:
			parts[q.Of] = new(big.Rat).Set(q.Amount)
		default:
			parts[q.Of].Add(parts[q.Of], q.Amount)
		}
	}
	for _, p := range parts {
		if p.Cmp(most) > 0 {
			most = p
		}
	}
	if most.Sign() > 0 {
		out = gathered(out, Quantity{most, "", ""})
	}
	return out
}

// gathered adds an amount to its like. It changes the list.
func gathered(list []Quantity, q Quantity) []Quantity {
	for i, have := range list {
		if have.Unit == q.Unit && have.Of == q.Of {
			list[i].Amount.Add(have.Amount, q.Amount)
			return list
		}
	}
	return append(list, Quantity{new(big.Rat).Set(q.Amount), q.Unit, q.Of})
}

// wanted are the sums to buy.
func (n *need) wanted() []sum {
	var all []Quantity
	for _, s := range n.sums {
		all = append(all, Quantity{s.amount, s.unit.key, s.of})
	}
	var out []sum
	for _, q := range Wanted(all) {
		u := piece
		if i := slices.IndexFunc(n.sums, func(s sum) bool { return s.unit.key == q.Unit }); i >= 0 {
			u = n.sums[i].unit
		}
		out = append(out, sum{unit: u, amount: q.Amount})
	}
	slices.SortFunc(out, func(a, b sum) int { return strings.Compare(a.unit.key, b.unit.key) })
	return out
}
