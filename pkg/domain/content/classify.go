package content

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Classify returns what a food brings, and whether it is known. Only the food's own name makes
// it known, or its plural where that is a form of the name: a plural that is another word is a
// renaming, and a parent may be as wrong as "drink" is for almond milk.
func (t *Table[S]) Classify(f recipe.Food) (S, bool) {
	set, unknown := t.classify(f.Name, f.Plural)
	for _, a := range f.Ancestors {
		set |= t.carries[phrase.Key(a.Name)]
	}
	return set, len(unknown) == 0
}

// classify returns the words that are not understood; none means that the food is known.
func (t *Table[S]) classify(name, plural string) (S, []string) {
	set, unknown := t.named(name)
	if plural == "" || plural == name {
		return set, unknown
	}
	s, also := t.named(plural)
	if len(unknown) > 0 && len(also) == 0 {
		key := phrase.Key(plural)
		if slices.ContainsFunc(food.Forms(name), func(f string) bool { return phrase.Key(f) == key }) {
			unknown = nil
		}
	}
	return set | s, unknown
}

// named classifies a name: it brings what all its foods bring, those that are taken together
// or instead, and what the form of one adds.
func (t *Table[S]) named(name string) (S, []string) {
	key := phrase.Key(name)
	if s, ok := t.carries[key]; ok && !phrase.Opens(name) {
		return s | t.may[key], nil
	}
	if s, ok := t.lacking(name); ok {
		return s, nil
	}
	r := t.names.Read(name)
	set := t.Mentioned(name) | t.all(r)
	if r.Known() {
		return set, nil
	}
	if unknown := slices.Concat(r.Unknown, r.Otherwise); len(unknown) > 0 {
		return set, unknown
	}
	return set, []string{name}
}

// all returns what the foods of a reading bring.
func (t *Table[S]) all(r phrase.Reading) S {
	var set S
	for _, f := range r.Foods {
		set |= t.carries[f.Name] | t.may[f.Name]
		for _, form := range f.Forms {
			if t.rules.Form != nil {
				set |= t.rules.Form(f.Name, form)
			}
		}
	}
	return set
}

// line is what the names of an ingredient say. Many lines of a library are alike.
type line struct {
	food, foods, unit, units, note string
	based                          bool // the unit is one of mass or volume
	heads                          bool // other lines
	answer                         *recipe.Answer
}

type carried[S Set] struct {
	set     S
	unknown []string // words that are not understood
}

// Line returns what an ingredient brings, and the words of its name that are not understood;
// none means that it is known. The importer of a library tears names apart, so what stands in
// unit and note counts too, alone and together with the food.
func (p *Pool[S]) Line(i recipe.Ingredient) (contains S, unknown []string) {
	l := line{i.Food.Name, i.Food.Plural, i.Unit.Name, i.Unit.Plural, i.Note, i.Unit.Base != "", i.Heads(), i.Food.Answer}
	c, ok := p.lines[l]
	if !ok {
		c = p.read(l)
		p.lines[l] = c
	}
	for _, a := range i.Food.Ancestors {
		s, ok := p.parents[a.Name]
		if !ok {
			s = p.table.carries[phrase.Key(a.Name)]
			p.parents[a.Name] = s
		}
		c.set |= s
	}
	return c.set, c.unknown
}

func (p *Pool[S]) read(l line) (c carried[S]) {
	t := p.table
	c.set, c.unknown = t.classify(l.food, l.foods)
	switch {
	case len(c.unknown) == 0:
	case l.heads:
		c.unknown = t.unread(l.note)
	case t.names.Read(l.food).Bare:
		c = t.scattered(l, c)
	case !l.based && l.unit != "" && !phrase.Likens(l.unit):
		if s, unknown := t.named(l.unit + " " + l.food); len(unknown) == 0 { // "wonton" and "wrappers"
			c.set, c.unknown = c.set|s, nil
		}
	}
	name, note, unit := p.words(l.food), p.words(l.note), p.words(l.unit)
	around := t.mentioned(unit, nil) | t.mentioned(note, nil) | t.across(unit, name) | t.across(unit, note) | t.across(note, name) | t.across(name, note)
	c.set |= around
	torn := !l.based && (!t.measure(unit) || phrase.Shapes(l.unit))
	if torn {
		s, together := t.named(l.unit + " " + l.food)
		if c.set |= s; len(c.unknown) == 0 || !phrase.Likens(l.unit) { // of "cheese like" the food is an example, known or not
			c.unknown = together
		}
	}
	if w, ok := replaced(note); ok { // "mince", with "vegan" in the note
		s, together := t.named(w + " " + l.food)
		if c.set |= s; len(c.unknown) == 0 {
			c.unknown = together
		}
	}
	if l.units != "" && l.units != l.unit {
		units := p.words(l.units)
		c.set |= t.mentioned(units, nil) | t.across(units, name) | t.across(units, p.words(l.foods))
	}
	if l.answer != nil {
		c = t.told(*l.answer, c)
		c.set |= t.Mentioned(l.food) | t.Mentioned(l.foods) | around
		if torn && phrase.Key(l.answer.Food) != phrase.Key(l.unit+" "+l.food) {
			c.unknown = append(slices.Clip(c.unknown), l.unit) // of "steaks" nothing is said of "wahoo steaks"
		}
	}
	return c
}

// scattered classifies a line whose food only describes: "skinless", with "chicken breasts" in
// the note, or "whites" of the unit "egg".
func (t *Table[S]) scattered(l line, c carried[S]) carried[S] {
	for _, text := range []string{l.unit + " " + l.food, l.food + ", " + l.note, l.unit + " " + l.food + ", " + l.note} {
		s, unknown := t.named(text)
		if c.set |= s; len(unknown) == 0 {
			c.unknown = nil
			return c
		}
	}
	return c
}

// unread returns the words of the note of a heading that are not understood. The heading is no
// food itself.
func (t *Table[S]) unread(note string) []string {
	if note == "" {
		return nil
	}
	_, unknown := t.named(note)
	return unknown
}

// told classifies a food by what the user said of it.
func (t *Table[S]) told(a recipe.Answer, own carried[S]) carried[S] {
	var c carried[S]
	switch {
	case a.Is != "":
		c.set, c.unknown = t.named(a.Is)
	case a.Told && t.rules.Told != nil:
		c.set, c.unknown = t.rules.Told(a.Contains, own.set, own.unknown)
	}
	return c
}

// words are the segments of a short text, which many lines share.
func (p *Pool[S]) words(text string) [][]string {
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
