package grocery

import (
	"cmp"
	"math/big"
	"slices"
	"strings"
)

// part is a sum of amounts of one kind, in grams, millilitres or pieces.
type part struct {
	node  string
	base  *big.Rat
	units []unit // as written
}

// parts sums a food's needs by kind, grams first, then millilitres, then what is
// counted, and folds every kind into the first that a conversion leads to. The second
// result says that it did.
func (n *need) parts() ([]part, bool) {
	var parts []part
	for _, s := range n.sums {
		u := s.unit
		i := slices.IndexFunc(parts, func(p part) bool { return p.node == u.node() })
		if i < 0 {
			i = len(parts)
			parts = append(parts, part{node: u.node(), base: new(big.Rat)})
		}
		parts[i].base.Add(parts[i].base, inBase(s.amount, u))
		parts[i].units = append(parts[i].units, u)
	}
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(cmp.Compare(a.units[0].dim, b.units[0].dim), cmp.Compare(a.node, b.node))
	})
	if len(parts) < 2 {
		return parts, false
	}
	known := conversionsOf(n.food, n.conversions, n.sums)
	var out []part
	derived := false
	for _, p := range parts {
		i := slices.IndexFunc(out, func(o part) bool {
			_, ok := known.factor(p.node, o.node)
			return ok
		})
		if i < 0 {
			out = append(out, p)
			continue
		}
		f, _ := known.factor(p.node, out[i].node)
		out[i].base.Add(out[i].base, f.Mul(f, p.base))
		out[i].units = append(out[i].units, p.units...)
		derived = true
	}
	return out, derived
}

func (n *need) line() Line {
	parts, derived := n.parts()
	line := Line{Food: n.food.ID, Name: n.food.Name, OnHand: n.food.OnHand, Derived: derived || n.heaped, Uses: n.uses}
	for _, s := range n.sums {
		line.Need = append(line.Need, Quantity{s.amount, s.unit.key})
	}
	var buy, exact []string
	keep := kept(n.food)
	plural := len(parts) > 1
	for _, p := range parts {
		b, s, many := p.text(keep)
		buy, exact = append(buy, b), append(exact, s)
		plural = plural || many
	}
	line.Buy, line.Exact = strings.Join(buy, " + "), strings.Join(exact, " + ")
	if line.Derived && line.Buy != "" {
		line.Buy, line.Exact = "≈ "+line.Buy, "≈ "+line.Exact
	}
	if plural && n.food.Plural != "" {
		line.Name = n.food.Plural
	}
	for i, u := range line.Uses {
		line.Uses[i].Amount = n.useText(u)
	}
	return line
}

func (n *need) useText(u Use) string {
	var out []string
	for _, q := range u.Need {
		i := slices.IndexFunc(n.sums, func(s sum) bool { return s.unit.key == q.Unit })
		out = append(out, shown(q.Amount, n.sums[i].unit))
	}
	return strings.Join(out, " + ")
}

const spoonBase = 18 // grams or millilitres; the largest tablespoon, the imperial one, holds 17.8 ml

// pantry reports whether the food is looked for at home first: what the user has, what
// is used to taste or by the pinch, water and salt, and oils and spices of which the
// week needs no more than a spoon.
func (n *need) pantry() bool {
	if n.food.OnHand || is(n.food, waters) || isOrUnder(n.food, salts) {
		return true
	}
	var total [count]*big.Rat // by dimension
	for _, s := range n.sums {
		u := s.unit
		switch {
		case u.style == tiny:
			continue
		case u.dim == count || !seasons(n.food):
			return false
		case total[u.dim] == nil:
			total[u.dim] = new(big.Rat)
		}
		if t := total[u.dim]; !less(t.Add(t, inBase(s.amount, u)), spoonBase) {
			return false
		}
	}
	return true
}
