package food

import (
	_ "embed" // for the table
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Made says what one buys for a food that is made of another in the kitchen: lemons for their
// juice, rice for cooked rice.
type Made struct {
	Part Food // what the recipe asks for
	Of   Food // what is bought
	// Percent is what a weight of Of becomes: of 100 g of rice 280 g are cooked; 0 where one
	// counts.
	Percent int64
	// Whole says that each takes one of Of for itself, as boiled eggs do; else, and without a
	// Percent, it is a part of one that others are taken from, too: the juice beside the zest.
	Whole bool
}

//go:embed data/made.csv
var madeFile string

var madeFoods = sync.OnceValue(func() map[string]Made {
	out, err := readMade(madeFile)
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	return out
})

func readMade(file string) (map[string]Made, error) {
	out := map[string]Made{}
	for _, row := range rowsOf(file) {
		part, ok := Lookup(row[0])
		of, known := Lookup(row[1])
		if !ok || !known || part.Name != row[0] || of.Name != row[1] {
			return nil, fmt.Errorf("made foods: %q of %q: both must be names of foods.csv, no aliases", row[0], row[1])
		}
		m := Made{Part: part, Of: of}
		switch row[2] {
		case "part", "whole":
			m.Whole = row[2] == "whole"
			if m.Each() == 0 {
				return nil, fmt.Errorf("made foods: %q: foods.csv must say in piece_g what one weighs, as in :45", row[0])
			}
		default:
			n, err := strconv.ParseInt(row[2], 10, 64)
			if err != nil || n <= 0 {
				return nil, fmt.Errorf("made foods: %q: gives: %q is neither a percent above 0 nor part nor whole", row[0], row[2])
			}
			m.Percent = n
		}
		out[row[0]] = m
	}
	return out, nil
}

// MadeOf returns what one buys for a line. false: the food is bought as it is, or the line says
// that it is bought ready: bottled, canned, frozen.
func MadeOf(l Line) (Made, bool) {
	m, ok := madeFoods()[l.Food.Name]
	if !ok || says(l.Ingredient, "ready") || says(l.Ingredient, "can") {
		return Made{}, false
	}
	if l.Same == "" { // "juice of lemons", but not juice or vinegar
		ok = len(curated().names.Read(l.Name).Foods) == 1
	}
	if raw, known := m.raw(l.Name); known {
		same, _ := Same(raw)
		m.Of, _ = Lookup(same)
	}
	return m, ok && (l.Same == "" || l.Same == m.Part.Name)
}

// raw is the name of cooked food without its word for that, if it is one of a food like what is bought:
// "sushi rice" of "cooked sushi rice".
func (m Made) raw(name string) (string, bool) {
	if m.Percent == 0 {
		return "", false
	}
	words := slices.DeleteFunc(strings.Fields(name), func(w string) bool { return purposes()["cooked"][phrase.Key(w)] })
	rest := strings.Trim(strings.Join(words, " "), " ,;-")
	same, ok := Same(rest)
	if !ok {
		return "", false
	}
	f, _ := Lookup(same)
	_, cooked := madeFoods()[f.Name]
	return rest, !cooked && f.Category == m.Of.Category
}

// Each is what one of the parts weighs, where one counts.
func (m Made) Each() nutrition.Mass {
	if m.Percent > 0 {
		return 0
	}
	w, _ := m.Part.piece(recipe.Unit{})
	return w
}

// Called is what is bought as the language calls it in which the part has the name, with its
// plural where one counts it.
func (m Made) Called(part string) (one, many string) {
	if raw, ok := m.raw(part); ok {
		if _, known := Lookup(raw); known { // not "freshly rice"
			return raw, ""
		}
	}
	key := phrase.Key(part)
	if r := curated().names.Read(part); len(r.Foods) > 0 {
		key = r.Foods[0].Name
	}
	lang := ""
	for _, t := range namesOf()[m.Part.Name] {
		if t.key == key {
			lang = t.Lang
			break
		}
	}
	for _, t := range namesOf()[m.Of.Name] {
		if t.Lang == lang && !t.Shared {
			return likeCase(part, t.Name), ""
		}
	}
	if one = likeCase(part, m.Of.Name); m.Percent == 0 {
		many = plurals(one)[0]
	}
	return one, many
}

// likeCase begins a name with a capital letter where another has one: "frischer Zitronensaft" is made
// of a "Zitrone".
func likeCase(like, name string) string {
	if !strings.ContainsFunc(like, unicode.IsUpper) {
		return name
	}
	r, size := utf8.DecodeRuneInString(name)
	return string(unicode.ToUpper(r)) + name[size:]
}
