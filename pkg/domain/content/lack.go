package content

import (
	_ "embed" // for the wishes
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// longestLack is the number of words of the longest description, such as "plant based".
const longestLack = 2

// lacking classifies a name that says what its one food lacks: "vegan sausages, sliced",
// "200 g sausages (vegan)". Where a word may join another food, or make a wish of it ("vegan if
// you like"), the words are read like others.
func (t *Table[S]) lacking(name string) (set S, ok bool) {
	if len(t.rules.Lacks) == 0 {
		return 0, false
	}
	name = strings.ToLower(phrase.Fold(name))
	parts := strings.FieldsFunc(name, func(r rune) bool { return strings.ContainsRune(",()", r) })
	parts = slices.DeleteFunc(parts, func(p string) bool { return phrase.Key(p) == "" })
	if len(parts) == 0 {
		return 0, false
	}
	food, said := t.cut(parts[0])
	if food == "" {
		return 0, false
	}
	for _, p := range parts[1:] {
		key := phrase.Key(p)
		if _, is := t.rules.Lacks[key]; is {
			said = append(said, key)
		} else if !t.names.Read(p).Bare {
			return 0, false
		}
	}
	if len(said) == 0 || doubtful(name) {
		return 0, false
	}
	set, ok = t.one(food)
	var l Lack[S]
	var also S
	for _, d := range said {
		l = Lack[S]{l.Without | t.rules.Lacks[d].Without, l.May | t.rules.Lacks[d].May}
		// A food that is listed with what it lacks may bring something else, as gluten-free flour does.
		for _, listed := range []string{d + " " + food, food + " " + d} { // "farine sans gluten"
			if r := t.names.Read(listed); r.Known() && len(r.Foods) == 1 {
				if _, lacks := t.cut(r.Foods[0].Name); len(lacks) > 0 {
					also |= t.all(r) &^ t.without(said, d)
				}
			}
		}
	}
	return set&^l.Without | l.May | also, ok
}

// without is what descriptions take away, one of them left out.
func (t *Table[S]) without(said []string, but string) (set S) {
	for _, d := range said {
		if d != but {
			set |= t.rules.Lacks[d].Without
		}
	}
	return set
}

// one classifies a name of one food; ok is false for others.
func (t *Table[S]) one(name string) (set S, ok bool) {
	key := phrase.Key(name)
	if s, ok := t.carries[key]; ok && !phrase.Opens(name) {
		return s | t.may[key], true
	}
	r := t.names.Read(name)
	return t.all(r), r.Known() && len(r.Foods) == 1
}

// cut takes the descriptions out of a name. They stand before the food, with nothing but an
// amount before them, or after its last word; elsewhere nothing is left of the name.
func (t *Table[S]) cut(name string) (food string, said []string) {
	words := strings.FieldsFunc(name, func(r rune) bool { return unicode.IsSpace(r) || r == '-' })
	for at := 0; at < len(words); {
		n, _ := t.lack(words[at:])
		if n == 0 {
			at++
			continue
		}
		trails := at+n == len(words) && at > 0 && !phrase.Describes(phrase.Key(words[at-1]))
		if !trails && !phrase.Counts(strings.Join(words[:at], " ")) {
			return "", nil
		}
		said = append(said, strings.Join(words[at:at+n], " "))
		words = slices.Delete(words, at, at+n)
	}
	return strings.Join(words, " "), said
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

// doubtful reports whether a name joins foods, or may mean what it says as a wish.
func doubtful(name string) bool {
	if strings.ContainsAny(name, "?!+&/*=:;") || strings.Contains(name, " - ") || phrase.Joined(name) {
		return true
	}
	return slices.ContainsFunc(strings.Fields(phrase.Key(name)), func(w string) bool { return conditional()[w] || wished()[w] })
}

//go:embed data/wishes.txt
var wishesFile string

var wished = sync.OnceValue(func() map[string]bool { return words(wishesFile) })

// described is [Table.match] for texts, in which a description before a name, or after it at
// the end, makes a longer name: "vegan sausage rolls", "salsiccia vegana". A food that is listed
// with its description brings what it brings besides.
func (t *Table[S]) described(words []string) (S, int) {
	if len(t.rules.Lacks) == 0 {
		return t.match(words)
	}
	s, n := t.match(words)
	if before, l := t.lack(words); before > 0 && before < len(words) {
		if food, length := t.match(words[before:]); length > 0 {
			if n <= before { // no food that is listed with what it lacks
				s = 0
			}
			return s | food&^l.Without, max(n, before+length)
		}
	}
	if n == 0 {
		return s, n
	}
	if after, l := t.lack(words[n:]); after > 0 && n+after == len(words) {
		return s &^ l.Without, n + after
	}
	return s, n
}
