package grocery

import (
	"cmp"
	"math/big"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// part is a sum of amounts of one kind, in grams, millilitres or pieces.
type part struct {
	node  string
	base  *big.Rat
	units []unit // as written
}

// parts sums a food's needs by kind, grams first, then millilitres, then what is
// counted, and folds every kind into the first that a conversion leads to. What is poured
// comes in millilitres first; what is not has none: two cups of flour are grams. The second
// result says that something was converted.
func (n *need) parts() ([]part, bool) {
	var parts []part
	for _, s := range n.wanted() {
		u := s.unit
		i := slices.IndexFunc(parts, func(p part) bool { return p.node == u.node() })
		if i < 0 {
			i = len(parts)
			parts = append(parts, part{node: u.node(), base: new(big.Rat)})
		}
		parts[i].base.Add(parts[i].base, inBase(s.amount, u))
		parts[i].units = append(parts[i].units, u)
	}
	poured := n.known.Name != "" && n.known.Pours()
	slices.SortFunc(parts, func(a, b part) int {
		return cmp.Or(last(poured && a.node == "g", poured && b.node == "g"), cmp.Compare(a.units[0].dim, b.units[0].dim), cmp.Compare(a.node, b.node))
	})
	scooped := len(parts) > 0 && parts[0].node == "ml" && n.known.Name != "" && !poured && (!kept(n.food) || !parts[0].few())
	if len(parts) < 2 && !scooped {
		return parts, false
	}
	known, one := n.conversionsOf(), big.NewRat(1, 1)
	var out []part
	derived := false
	if f, ok := known.factor("ml", "g"); ok && scooped {
		parts[0] = part{"g", f.Mul(f, parts[0].base), []unit{keyed("g")}}
		derived = true
	}
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
		if out[i].node == "#" && f.Cmp(one) == 0 { // a piece of garlic is a clove
			out[i].node, out[i].units = p.node, nil
		} else {
			derived = true
		}
		out[i].base.Add(out[i].base, f.Mul(f, p.base))
		out[i].units = append(out[i].units, p.units...)
	}
	return out, derived
}

func (n *need) line() Line {
	parts, derived := n.parts()
	line := Line{Food: n.food.ID, Name: n.food.Name, OnHand: n.food.OnHand, Derived: derived || n.about, Uses: n.uses}
	for _, s := range n.sums {
		line.Need = append(line.Need, Quantity{s.amount, s.unit.key, s.of})
	}
	var buy, exact []string
	keep := kept(n.food)
	plural := len(parts) > 1
	for _, p := range parts {
		if u := &p.units[0]; u.dim == count && u.size == nil && named(n.food, *u) {
			u.one, u.many = "", ""
		}
		b, s, many := p.text(keep)
		if p.node == "ml" && strings.HasSuffix(b, " ml") && n.known.Name != "" && !n.known.Pours() {
			b, s, many = n.solid(p).text(keep)
			line.Derived = true
		}
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

// solid weighs what recipes measure with spoons and nobody pours: by the food's density, else as
// powders weigh.
func (n *need) solid(p part) part {
	f, ok := n.conversionsOf().factor("ml", "g")
	if !ok {
		f = big.NewRat(3, 5)
	}
	return part{"g", f.Mul(f, p.base), []unit{keyed("g")}}
}

// named reports whether the food's name says what is counted: three "garlic cloves".
func named(f recipe.Food, u unit) bool {
	at := strings.LastIndexByte(f.Name, ' ')
	return at > 0 && u.one != "" && (strings.EqualFold(f.Name[at+1:], u.one) || strings.EqualFold(f.Name[at+1:], u.many))
}

// dishes names the recipes that use the food.
func (l Line) dishes() string {
	var names []string
	for _, u := range l.Uses {
		if !slices.Contains(names, u.Name) {
			names = append(names, u.Name)
		}
	}
	return strings.Join(names, ", ")
}

func (n *need) useText(u Use) string {
	var out []string
	for _, q := range u.Need {
		if q.Of != "" {
			continue
		}
		i := slices.IndexFunc(n.sums, func(s sum) bool { return s.unit.key == q.Unit })
		out = append(out, asked(q.Amount, n.sums[i].unit))
	}
	return strings.Join(append(out, u.asked...), " + ")
}

// asked renders what a dish asks for: as its recipe has it, but grams and millilitres that are no whole
// ones as the list rounds them, since nobody weighs 262.5 g.
func asked(amount *big.Rat, u unit) string {
	const drop = 10 // ml, below which the list's step is too wide for one dish
	base := inBase(amount, u)
	switch {
	case u.style != metric || base.IsInt():
		return shown(amount, u)
	case u.dim == mass:
		return grams(base)
	case less(base, drop):
		return rounded(ceil(base, 1), "ml", "l")
	default:
		return millilitres(base)
	}
}

const spoonBase = 18 // grams or millilitres; the largest tablespoon, the imperial one, holds 17.8 ml

// pantry reports whether the food is looked for at home first: what the user has, water and
// salt, what is used by the pinch, and staples of which the week needs no more than a spoon,
// or that recipes want without saying how much. Other foods without an amount are bought.
func (n *need) pantry() bool {
	switch {
	case n.food.OnHand || is(n.food, waters) || isOrUnder(n.food, salts):
		return true
	case len(n.sums) == 0:
		return n.staple()
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

// staple reports whether the food is one of those that a kitchen has.
func (n *need) staple() bool {
	return kept(n.food) || n.known.Category == food.Spices || n.known.Category == food.Oils
}
