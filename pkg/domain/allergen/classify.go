package allergen

import (
	"fmt"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Classify returns the groups a food carries, and whether it is known. Names are read by the
// grammar of [phrase], in which every word must be understood. Only the food's own name makes
// it known, or its plural where that is a form of the name: a plural that is another word is a
// renaming, and a parent may be as wrong as "drink" is for almond milk. Both may add groups;
// nothing takes one away.
func Classify(f recipe.Food) (Set, bool) {
	set, unknown := classify(f.Name, f.Plural)
	for _, a := range f.Ancestors {
		set |= groups()[phrase.Key(a.Name)]
	}
	return set, len(unknown) == 0
}

// classify returns the words that are not understood; none means that the food is known.
func classify(name, plural string) (Set, []string) {
	set, unknown := named(name)
	if plural == "" || plural == name {
		return set, unknown
	}
	s, also := named(plural)
	if len(unknown) > 0 && len(also) == 0 {
		key := phrase.Key(plural)
		if slices.ContainsFunc(food.Forms(name), func(f string) bool { return phrase.Key(f) == key }) {
			unknown = nil
		}
	}
	return set | s, unknown
}

// named classifies a name: it carries what all its foods carry, those that are taken together
// or instead, and what the form of one adds.
func named(name string) (Set, []string) {
	t := table()
	key := phrase.Key(name)
	if s, ok := t.carries[key]; ok {
		return s | t.may[key], nil
	}
	r := t.names.Read(name)
	set := Mentioned(name)
	for _, f := range r.Foods {
		set |= t.carries[f.Name] | t.may[f.Name]
		for _, form := range f.Forms {
			set |= preserved(f.Name, form)
		}
	}
	if r.Known() {
		return set, nil
	}
	if unknown := slices.Concat(r.Unknown, r.Otherwise); len(unknown) > 0 {
		return set, unknown
	}
	return set, []string{name}
}

// line is what the names of an ingredient say. Many lines of a library are alike.
type line struct {
	food, foods, unit, units, note string
	based                          bool // the unit is one of mass or volume
	heads                          bool // other lines
	answer                         *recipe.Answer
}

type carried struct {
	set     Set
	unknown []string // words that are not understood
}

// Line returns the groups an ingredient carries, and the words of its name that are not
// understood; none means that it is classified. The importer of a library tears names apart, so
// what stands in unit and note counts too, alone and together with the food.
func (p *Pool) Line(i recipe.Ingredient) (contains Set, unknown []string) {
	l := line{i.Food.Name, i.Food.Plural, i.Unit.Name, i.Unit.Plural, i.Note, i.Unit.Base != "", i.Heads(), i.Food.Answer}
	c, ok := p.lines[l]
	if !ok {
		c.set, c.unknown = classify(l.food, l.foods)
		switch {
		case len(c.unknown) == 0:
		case l.heads:
			c.unknown = unread(l.note)
		case table().names.Read(l.food).Bare:
			c.set, c.unknown = scattered(l, c)
		case !l.based && l.unit != "":
			if s, unknown := named(l.unit + " " + l.food); len(unknown) == 0 { // "wonton" and "wrappers"
				c.set, c.unknown = c.set|s, nil
			}
		}
		name, note, unit := p.words(l.food), p.words(l.note), p.words(l.unit)
		c.set |= mentioned(unit, nil) | mentioned(note, nil) | across(unit, name) | across(unit, note) | across(note, name) | across(name, note)
		if !l.based && !measure(unit) {
			s, together := named(l.unit + " " + l.food)
			c.set, c.unknown = c.set|s, together
		}
		if w, ok := replaced(note); ok && len(c.unknown) == 0 { // "mince", with "vegan" in the note
			s, together := named(w + " " + l.food)
			c.set, c.unknown = c.set|s, together
		}
		if l.units != "" && l.units != l.unit {
			unit = p.words(l.units)
			c.set |= mentioned(unit, nil) | across(unit, name) | across(unit, p.words(l.foods))
		}
		if l.answer != nil {
			c.set, c.unknown = told(*l.answer)
			c.set |= Mentioned(l.food) | Mentioned(l.foods) | mentioned(unit, nil) | mentioned(note, nil) | across(unit, name) | across(note, name) | across(name, note)
			if !l.based && !measure(unit) && phrase.Key(l.answer.Food) != phrase.Key(l.unit+" "+l.food) {
				c.unknown = append(c.unknown, l.unit) // of "steaks" nothing is said of "wahoo steaks"
			}
		}
		p.lines[l] = c
	}
	for _, a := range i.Food.Ancestors {
		s, ok := p.parents[a.Name]
		if !ok {
			s = groups()[phrase.Key(a.Name)]
			p.parents[a.Name] = s
		}
		c.set |= s
	}
	return c.set, c.unknown
}

// scattered classifies a line whose food only describes: "skinless", with "chicken breasts" in
// the note, or "whites" of the unit "egg".
func scattered(l line, c carried) (Set, []string) {
	set := c.set
	for _, text := range []string{l.unit + " " + l.food, l.food + ", " + l.note, l.unit + " " + l.food + ", " + l.note} {
		s, unknown := named(text)
		if set |= s; len(unknown) == 0 {
			return set, nil
		}
	}
	return set, c.unknown
}

// unread returns the words of the note of a heading that are not understood. The heading is no
// food itself.
func unread(note string) []string {
	if note == "" {
		return nil
	}
	_, unknown := named(note)
	return unknown
}

// told classifies a food by what the user said of it. That takes away what a food of the name
// may hide, by brand or kind, and no group that all such foods carry.
func told(a recipe.Answer) (set Set, unknown []string) {
	if a.Is != "" {
		set, unknown = named(a.Is)
	}
	if a.Told || a.Ignored {
		unknown = nil
	}
	for _, n := range a.Contains {
		g, err := Parse(n)
		if err != nil {
			unknown = append(unknown, n)
		}
		set |= g
	}
	return set, unknown
}

// words are the segments of a short text, which many lines share.
func (p *Pool) words(text string) [][]string {
	if text == "" {
		return nil
	}
	s, ok := p.split[text]
	if !ok {
		s = segments(text)
		p.split[text] = s
	}
	return s
}

// Pool classifies the recipes of a library through those that their foods are made by. It
// is not safe for concurrent use.
type Pool struct {
	by   map[recipe.ID]recipe.Recipe
	done map[recipe.ID]*verdict

	lines   map[line]carried
	parents map[string]Set
	split   map[string][][]string
}

type verdict struct {
	set     Set
	unknown []string
	open    bool // being looked at: meeting it again is a cycle
}

// NewPool returns a pool of recipes as [recipe.Assemble] gives them.
func NewPool(library []recipe.Recipe) *Pool {
	p := &Pool{by: make(map[recipe.ID]recipe.Recipe, len(library)), done: make(map[recipe.ID]*verdict, len(library)), lines: map[line]carried{}, parents: map[string]Set{}, split: map[string][][]string{}}
	for _, r := range library {
		p.by[r.ID] = r
	}
	return p
}

// Of returns the groups that a recipe carries by its name, its keywords, its lines with their units and
// notes, its headers and steps and the recipes that its foods are made by, and, sorted and
// without repetition, what nobody has classified: foods, lines without a food, embedded
// recipes and recipes of foods that the pool does not hold. Lines "to taste" count like any
// other. A recipe without ingredients has one unclassified thing: itself.
func (p *Pool) Of(r recipe.Recipe) (contains Set, unclassified []string) {
	if v, ok := p.done[r.ID]; ok && p.holds(r) {
		return v.set, v.unknown
	}
	v := &verdict{open: true}
	if p.holds(r) {
		p.done[r.ID] = v
	}
	v.set = Mentioned(r.Name)
	for _, k := range r.Keywords {
		v.set |= Mentioned(k)
	}
	for _, t := range r.Texts {
		v.set |= Mentioned(t)
	}
	for _, t := range r.Foodless {
		v.set |= Mentioned(t)
		v.unknown = append(v.unknown, t)
	}
	for _, s := range r.Steps {
		v.set |= instructed(s.Instruction)
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
			known = p.made(i.Food, v) && (i.Unit.Base != "" || measure(p.words(i.Unit.Name)))
		}
		if !known && i.Unit.Base == "" && !measure(p.words(i.Unit.Name)) {
			v.unknown = append(v.unknown, i.Unit.Name+" "+i.Food.Name)
		} else if !known {
			v.unknown = append(v.unknown, i.Food.Name)
		}
	}
	slices.Sort(v.unknown)
	v.unknown, v.open = slices.Compact(v.unknown), false
	return v.set, v.unknown
}

// made adds what the recipe of a food holds. false: the pool cannot tell.
func (p *Pool) made(f recipe.Food, into *verdict) bool {
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
func (p *Pool) holds(r recipe.Recipe) bool {
	_, ok := p.by[r.ID]
	return ok
}

// Of classifies a recipe that stands alone: what a food is made by cannot be seen.
func Of(r recipe.Recipe) (contains Set, unclassified []string) { return NewPool(nil).Of(r) }
