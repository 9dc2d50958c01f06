package grocery

import (
	"fmt"
	"math/big"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// quantity is an ingredient's amount for the recipe's whole yield.
type quantity struct {
	amount *big.Rat
	unit   unit
}

// reader remembers the units it has read.
type reader map[recipe.Unit]unit

func (r reader) unit(u recipe.Unit) unit {
	m, ok := r[u]
	if !ok {
		m = unitOf(u)
		r[u] = m
	}
	return m
}

// read takes an ingredient's amount; nil means "to taste", which is also what Tandoor's
// amount 0 stands for. Text that Tandoor could not read stands in the note: where amount
// and unit are missing, a note that is nothing but an amount of the food is taken for
// it, and a note such as "(400 g)" beside cans says what one holds.
func (r reader) read(in recipe.Ingredient) (*quantity, error) {
	var q *quantity
	switch {
	case in.NoAmount:
		return nil, nil
	case in.Amount < 0:
		return nil, fmt.Errorf("amount %v is negative: correct it in the recipe", in.Amount.Float())
	case in.Amount == 0:
		if q = noted(in); q == nil {
			return nil, nil
		}
	default:
		q = &quantity{exact(in.Amount), r.unit(in.Unit)}
		if q.unit.style == packed && q.unit.size == nil {
			if p, err := ParseLine(strings.Trim(in.Note, "() ")); err == nil && p.bare() && p.unit.dim != count {
				q.unit = q.unit.holding(p.Amount, p.unit)
			}
		}
	}
	if n := q.unit.times; n > 1 {
		q = &quantity{new(big.Rat).Mul(q.amount, big.NewRat(n, 1)), piece}
	}
	limit := float64(maxBase)
	if q.unit.dim == count {
		limit = maxCount
	}
	if size, _ := q.amount.Float64(); size*q.unit.approx() > limit {
		return nil, fmt.Errorf("%s is absurd: correct the amount in the recipe", shown(q.amount, q.unit))
	}
	return q, nil
}

// Check says why an ingredient's amount cannot be bought: it is negative, or above 100 kg,
// 100 l or 10,000 pieces. A library refuses such recipes, so that no plan meets them.
func Check(in recipe.Ingredient) error {
	_, err := reader{}.read(in)
	return err
}

// UnitOf returns the unit in which the list adds the ingredient up, as [Quantity] states it;
// false when it asks for no amount.
func UnitOf(in recipe.Ingredient) (string, bool) {
	q, err := reader{}.read(in)
	if err != nil || q == nil {
		return "", false
	}
	return q.unit.key, true
}

// noted is the amount a note states; nil when it states none.
func noted(in recipe.Ingredient) *quantity {
	if in.Unit != (recipe.Unit{}) || in.Note == "" {
		return nil
	}
	p, err := ParseLine(in.Note, in.Food.Name, in.Food.Plural)
	if err != nil || p.Amount == nil || p.Amount.Sign() == 0 {
		return nil
	}
	ours := strings.EqualFold(p.Name, in.Food.Name) || p.Name != "" && strings.EqualFold(p.Name, in.Food.Plural)
	if !ours && (p.Name != "" || p.unit.key == "") {
		return nil // "2 cm cubes": a number, but not one of what is bought
	}
	return &quantity{p.Amount, p.unit}
}
