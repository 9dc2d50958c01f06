package solvefile

import (
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// either reads an optional choice of two words and reports whether it is the second, which is
// not the default.
func (f *fields) either(name, usual, other string) bool {
	n := f.get(name, text, false)
	if n == nil {
		return false
	}
	s := n.value.(string)
	if s != usual && s != other {
		f.fail(n.path, "unknown: want %s or %s", usual, other)
	}
	return s == other
}

func (f *fields) meals(name string) (out []recipe.Meal) {
	f.each(name, true, func(_ int, n *node) { out = append(out, f.asMeal(n)) })
	return out
}

func (f *fields) minutesLimits() (out []generate.MinutesLimit) {
	f.each("minutes_limits", false, func(_ int, n *node) {
		g := open(n, "dates", "meals", "minutes")
		l := generate.MinutesLimit{Meals: g.meals("meals"), Minutes: g.whole("minutes", true)}
		g.each("dates", true, func(_ int, n *node) { l.Dates = append(l.Dates, g.asDate(n)) })
		f.adopt(g)
		out = append(out, l)
	})
	return out
}

func (f *fields) counts() (out []generate.Count) {
	f.each("counts", false, func(_ int, n *node) {
		g := open(n, "name", "tags", "meals", "of", "min", "max")
		c := generate.Count{
			Name: g.text("name"), Tags: g.texts("tags", true), Meals: g.meals("meals"),
			Of: generate.CountOf(g.text("of")), Min: g.whole("min", false),
		}
		if g.has("max") {
			most := g.whole("max", true)
			c.Max = &most
		}
		if !g.has("min") && !g.has("max") {
			g.fail(n.child("min"), "missing: a count needs min or max")
		}
		f.adopt(g)
		out = append(out, c)
	})
	return out
}
