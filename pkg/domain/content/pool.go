package content

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Pool classifies the recipes of a library through those that their foods are made by. It
// is not safe for concurrent use.
type Pool[S Set] struct {
	table *Table[S]
	by    map[recipe.ID]recipe.Recipe
	done  map[recipe.ID]*verdict[S]

	lines   map[line]carried[S]
	parents map[string]S
	split   map[string][][]string
}

type verdict[S Set] struct {
	set     S
	unknown []string
	open    bool // being looked at: meeting it again is a cycle
}

// NewPool returns a pool of recipes as [recipe.Assemble] gives them.
func NewPool[S Set](t *Table[S], library []recipe.Recipe) *Pool[S] {
	p := &Pool[S]{
		table: t, by: make(map[recipe.ID]recipe.Recipe, len(library)), done: make(map[recipe.ID]*verdict[S], len(library)),
		lines: map[line]carried[S]{}, parents: map[string]S{}, split: map[string][][]string{},
	}
	for _, r := range library {
		p.by[r.ID] = r
	}
	return p
}

// Of returns what a recipe brings by its name, its keywords, its lines with their units and
// notes, its headers and steps and the recipes that its foods are made by, and, sorted and
// without repetition, what nobody has classified: foods, lines without a food, embedded
// recipes and recipes of foods that the pool does not hold. Lines "to taste" count like any
// other. A recipe without ingredients has one unclassified thing: itself.
func (p *Pool[S]) Of(r recipe.Recipe) (contains S, unclassified []string) {
	if v, ok := p.done[r.ID]; ok && p.holds(r) {
		return v.set, v.unknown
	}
	v, t := &verdict[S]{open: true}, p.table
	if p.holds(r) {
		p.done[r.ID] = v
	}
	v.set = t.Mentioned(r.Name)
	for _, text := range slices.Concat(r.Keywords, r.Texts, r.Foodless) {
		v.set |= t.Mentioned(text)
	}
	v.unknown = append(v.unknown, r.Foodless...)
	for _, s := range r.Steps {
		v.set |= t.instructed(s.Instruction)
	}
	for _, e := range r.Embeds {
		v.unknown = append(v.unknown, fmt.Sprintf("recipe %d", e.Recipe))
	}
	v.unknown = append(v.unknown, r.Gaps...)
	if r.Outdated || len(r.Ingredients) == 0 {
		v.unknown = append(v.unknown, r.Name)
	}
	for _, i := range r.Ingredients {
		set, words := p.Line(i)
		v.set |= set
		known := len(words) == 0
		if i.Food.Recipe != 0 {
			known = p.made(i.Food, v) && (i.Unit.Base != "" || t.measure(p.words(i.Unit.Name)))
		}
		if !known && i.Unit.Base == "" && !t.measure(p.words(i.Unit.Name)) {
			v.unknown = append(v.unknown, i.Unit.Name+" "+i.Food.Name)
		} else if !known {
			v.unknown = append(v.unknown, i.Food.Name)
		}
	}
	slices.Sort(v.unknown)
	v.unknown, v.open = slices.Compact(v.unknown), false
	return v.set, v.unknown
}

// Bringing lists the foods of a recipe that bring some of a set; none where its texts say it.
func (p *Pool[S]) Bringing(r recipe.Recipe, some S) []string {
	var out []string
	for _, i := range r.Ingredients {
		set, _ := p.Line(i)
		if inner, ok := p.by[i.Food.Recipe]; ok && i.Food.Recipe != 0 {
			of, _ := p.Of(inner)
			set |= of
		}
		if set&some != 0 && !slices.Contains(out, i.Food.Name) {
			out = append(out, i.Food.Name)
		}
	}
	return out
}

// made adds what the recipe of a food brings. false: the pool cannot tell.
func (p *Pool[S]) made(f recipe.Food, into *verdict[S]) bool {
	inner, ok := p.by[f.Recipe]
	if v := p.done[f.Recipe]; !ok || v != nil && v.open {
		return false
	}
	set, unknown := p.Of(inner)
	into.set |= set
	into.unknown = append(into.unknown, unknown...)
	return true
}

// holds reports whether the recipe is the pool's own, not another with its id.
func (p *Pool[S]) holds(r recipe.Recipe) bool {
	_, ok := p.by[r.ID]
	return ok
}
