package grocery

import (
	"math/big"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// edge says that one of a node (gram, millilitre or counted thing) is factor of another.
type edge struct {
	to     string
	factor *big.Rat
}

// conversions are a food's ways from one kind of amount to another.
type conversions map[string][]edge

func (c conversions) add(fromAmount *big.Rat, from unit, toAmount *big.Rat, to unit) {
	a, b := from.node(), to.node()
	if a == b {
		return // within a kind the definitions of the units hold
	}
	x, y := inBase(fromAmount, from), inBase(toAmount, to)
	c[a] = append(c[a], edge{b, new(big.Rat).Quo(y, x)})
	c[b] = append(c[b], edge{a, new(big.Rat).Quo(x, y)})
}

// inBase is the amount in the unit's node: grams, millilitres or pieces. It may be
// amount itself.
func inBase(amount *big.Rat, u unit) *big.Rat {
	if u.dim == count || u.num == u.den {
		return amount
	}
	return new(big.Rat).Mul(amount, u.factor())
}

// conversionsOf gathers what is known about the food: the user's own conversions, the size of
// its containers, and what the table says that these do not: what a millilitre and each of
// what is counted weigh. Packets are not weighed so: their sizes differ.
func (n *need) conversionsOf() conversions {
	c := conversions{}
	for _, conv := range n.conversions {
		if conv.Amount > 0 && conv.ToAmount > 0 {
			c.add(exact(conv.Amount), unitOf(conv.Unit), exact(conv.ToAmount), unitOf(conv.ToUnit))
		}
	}
	weighed := slices.ContainsFunc(n.sums, func(s sum) bool { return s.unit.dim != count })
	for _, s := range n.sums {
		if s.unit.size != nil && weighed { // cans of two sizes stay cans
			c.add(big.NewRat(1, 1), s.unit, s.unit.size.amount, s.unit.size.unit)
		}
	}
	for _, s := range n.sums {
		u := s.unit
		if _, ok := c.factor(u.node(), "g"); ok || u.dim == mass || u.style == packed || u.style == tiny {
			continue
		}
		one := recipe.Unit{Name: u.one}
		if u.dim == volume {
			u, one = keyed("ml"), recipe.Unit{Base: "ml"}
		}
		const many = 1000 // so that the rounding to 0.1 mg does not show
		if m, ok := food.Weigh(recipe.Ingredient{Amount: many * recipe.One, Unit: one}, n.known); ok && m > 0 {
			c.add(big.NewRat(many, 1), u, big.NewRat(int64(m), int64(nutrition.Gram)), keyed("g"))
		}
	}
	return c
}

// factor finds the shortest way from one node to another, breadth first.
func (c conversions) factor(from, to string) (*big.Rat, bool) {
	type stop struct {
		node   string
		factor *big.Rat
	}
	seen := map[string]bool{from: true}
	for queue := []stop{{from, big.NewRat(1, 1)}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if at.node == to {
			return at.factor, true
		}
		for _, e := range c[at.node] {
			if !seen[e.to] {
				seen[e.to] = true
				queue = append(queue, stop{e.to, new(big.Rat).Mul(at.factor, e.factor)})
			}
		}
	}
	return nil, false
}
