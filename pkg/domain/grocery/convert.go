package grocery

import (
	"math/big"
	"slices"

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

// conversionsOf gathers what is known about the food: its own conversions, the size of
// its containers, a stick of butter, and a gram per millilitre for water alone.
func conversionsOf(f recipe.Food, own []recipe.Conversion, sums []sum) conversions {
	c := conversions{}
	for _, conv := range own {
		if conv.Amount > 0 && conv.ToAmount > 0 {
			c.add(exact(conv.Amount), unitOf(conv.Unit), exact(conv.ToAmount), unitOf(conv.ToUnit))
		}
	}
	weighed := slices.ContainsFunc(sums, func(s sum) bool { return s.unit.dim != count })
	for _, s := range sums {
		if s.unit.size != nil && weighed { // cans of two sizes stay cans
			c.add(big.NewRat(1, 1), s.unit, s.unit.size.amount, s.unit.size.unit)
		}
	}
	if is(f, butters) {
		c.add(big.NewRat(1, 1), keyed("stick"), big.NewRat(4, 1), keyed("ounce"))
	}
	if is(f, waters) {
		c.add(big.NewRat(1, 1), keyed("g"), big.NewRat(1, 1), keyed("ml"))
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
