package content

import (
	"slices"
	"strings"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// longestLack is the number of words of the longest description, such as "plant based".
const longestLack = 2

// lacking classifies a name that says what its food lacks: "vegan sausages, sliced",
// "sausages (vegan)". Where more than one food stands, it is not known which is meant, and the
// words are read like others.
func (t *Table[S]) lacking(name string) (set S, ok bool) {
	if len(t.rules.Lacks) == 0 || phrase.Joined(name) {
		return 0, false
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(",;:()[]–—", r) })
	parts = slices.DeleteFunc(parts, func(p string) bool { return phrase.Key(p) == "" })
	if len(parts) == 0 {
		return 0, false
	}
	rest, l, found := t.cut(parts[0])
	for _, p := range parts[1:] {
		if other, is := t.rules.Lacks[phrase.Key(p)]; is {
			l, found = Lack[S]{l.Without | other.Without, l.May | other.May}, true
		} else if !t.names.Read(p).Bare {
			return 0, false
		}
	}
	if !found {
		return 0, false
	}
	r := t.names.Read(rest)
	if !r.Known() || len(r.Foods) != 1 {
		return 0, false
	}
	return t.all(r)&^l.Without | l.May, true
}

// cut takes the descriptions out of a name, and returns what is left of it.
func (t *Table[S]) cut(name string) (rest string, l Lack[S], found bool) {
	words := strings.FieldsFunc(strings.ToLower(phrase.Fold(name)), func(r rune) bool { return unicode.IsSpace(r) || r == '-' })
	for at := 0; at < len(words); {
		n, one := t.lack(words[at:])
		if n == 0 {
			at++
			continue
		}
		l, found = Lack[S]{l.Without | one.Without, l.May | one.May}, true
		words = slices.Delete(words, at, at+n)
	}
	return strings.Join(words, " "), l, found
}

// lack returns the description that words begin with, and its number of words.
func (t *Table[S]) lack(words []string) (n int, l Lack[S]) {
	for n := min(longestLack, len(words)); n > 0; n-- {
		if l, ok := t.rules.Lacks[strings.ReplaceAll(strings.Join(words[:n], " "), "-", " ")]; ok {
			return n, l
		}
	}
	return 0, Lack[S]{}
}

// described is [Table.match] for texts, in which a description before a name, or after it at
// the end, makes a longer name: "vegan sausage rolls", "salsiccia vegana".
func (t *Table[S]) described(words []string) (S, int) {
	if len(t.rules.Lacks) == 0 {
		return t.match(words)
	}
	if before, l := t.lack(words); before > 0 && before < len(words) {
		if s, n := t.match(words[before:]); n > 0 {
			return s &^ l.Without, before + n
		}
	}
	s, n := t.match(words)
	if n == 0 {
		return s, n
	}
	if after, l := t.lack(words[n:]); after > 0 && n+after == len(words) {
		return s &^ l.Without, n + after
	}
	return s, n
}
