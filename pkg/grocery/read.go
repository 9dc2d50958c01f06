package grocery

import (
	"fmt"
	"math/big"

	"github.com/mealplanner/mealplanner/pkg/recipe"
)

// quantity is an ingredient's amount for the recipe's whole yield.
type quantity struct {
	amount *big.Rat
	unit   unit
}

// read takes an ingredient's amount; nil means "to taste", which is also what Tandoor's
// amount 0 stands for.
func read(in recipe.Ingredient) (*quantity, error) {
	switch {
	case in.NoAmount:
		return nil, nil
	case in.Amount < 0:
		return nil, fmt.Errorf("amount %v is negative: correct it in the recipe", in.Amount.Float())
	case in.Amount == 0:
		return nil, nil
	}
	q := &quantity{exact(in.Amount), unitOf(in.Unit)}
	limit := int64(maxBase)
	if q.unit.dim == count {
		limit = maxCount
	}
	if inBase(q.amount, q.unit).Cmp(big.NewRat(limit, 1)) > 0 {
		return nil, fmt.Errorf("amount %v %s is absurd: correct it in the recipe", in.Amount.Float(), q.unit.many)
	}
	return q, nil
}
