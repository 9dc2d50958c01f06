package content

import (
	"errors"
	"fmt"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// Entry is one food with all its names.
type Entry[S Set] struct {
	Names []string
	Set   S
}

// List collects names, in all their forms, by [phrase.Key].
type List[S Set] struct {
	Carries, May map[string]S
	Listed       map[string]bool // names as they were entered; the others are forms of them
}

// NewList returns the names of lists, in each of which a name stands once. One that several
// have brings what all of them say. Names that may bring something are known.
func NewList[S Set](carries, may [][]Entry[S]) (*List[S], error) {
	const names = 1 << 15 // about, with those of other languages
	l := &List[S]{make(map[string]S, names), map[string]S{}, make(map[string]bool, names/4)}
	for _, list := range carries {
		if err := l.spread(l.Carries, list); err != nil {
			return nil, err
		}
	}
	for _, list := range may {
		if err := l.spread(l.May, list); err != nil {
			return nil, err
		}
	}
	for n := range l.May {
		l.Carries[n] |= 0
	}
	l.choices()
	return l, nil
}

// choices gives names such as "vanilla extract or almond extract", which stand whole in the
// files, what either of their halves brings.
func (l *List[S]) choices() {
	for n := range l.Carries {
		before, after, ok := strings.Cut(n, " or ")
		if !ok {
			continue
		}
		for _, half := range []string{before, after} {
			l.Carries[n] |= l.Carries[half]
			if m := l.May[half]; m != 0 {
				l.May[n] |= m
			}
		}
	}
}

// spread adds entries under all forms of their names. A form that is listed itself brings what
// it is listed with; one that two foods share brings what either does.
func (l *List[S]) spread(into map[string]S, entries []Entry[S]) error {
	own := map[string]int{}
	for i, e := range entries {
		for _, n := range e.Names {
			n = phrase.Key(n)
			if n == "" {
				return fmt.Errorf("%q has an empty name", e.Names[0])
			}
			if j, twice := own[n]; twice && j != i {
				return fmt.Errorf("%q is listed twice", n)
			}
			own[n] = i
			into[n] |= e.Set
			l.Listed[n] = true
		}
	}
	for _, e := range entries {
		for _, n := range e.Names {
			for _, form := range forms(n) {
				if _, listed := own[form]; !listed {
					into[form] |= e.Set
				}
			}
		}
	}
	return nil
}

// forms are the singulars and plurals of a name that mean the same: "whites" are eggs',
// "white" is a colour.
func forms(name string) []string {
	var out []string
	for _, form := range food.Forms(name) {
		if form = phrase.Key(form); len(form) >= len(name) || !phrase.Describes(form) {
			out = append(out, form)
		}
	}
	return out
}

// Translate adds names of other languages. One that two languages share brings what either
// food does. Where differ is not set, a name must not mean another food in English.
func (l *List[S]) Translate(list []food.Translation, differ bool) error {
	carries, may := map[string]S{}, map[string]S{}
	var problems []error
	for _, tr := range list {
		own, k := phrase.Key(tr.Food), phrase.Key(tr.Name)
		s, ok := l.Carries[own]
		if !ok {
			problems = append(problems, fmt.Errorf("food names: %q is called a %q, which no table has", tr.Name, tr.Food))
			continue
		}
		if !differ && !tr.Shared && l.Listed[k] && l.Carries[k]|l.May[k] != s|l.May[own] {
			problems = append(problems, fmt.Errorf("food names: %q means another food in English than %q; a name that two languages share has a ! before it", tr.Name, tr.Food))
		}
		carries[k] |= s
		if m := l.May[own]; m != 0 {
			may[k] |= m
		}
		if !tr.Shared && !l.Listed[k] { // "pâtes" are no English plural of pâté
			delete(l.Carries, k)
			delete(l.May, k)
		}
	}
	for k, s := range carries {
		l.Carries[k] |= s
		if m := may[k]; m != 0 {
			l.May[k] |= m
		}
	}
	return errors.Join(problems...)
}
