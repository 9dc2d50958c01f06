package phrase

import (
	"embed" // for the vocabularies
	"encoding/csv"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed data/*.csv
var vocabularies embed.FS

// kind is what a word of a vocabulary does to the name it stands in.
type kind uint8

const (
	content kind = iota // of no vocabulary: it must belong to a name
	plain               // says nothing about what the food is
	part                // a cut, a piece or a container; plain otherwise
	form                // the same food, so the same allergens, with other figures
	and                 // parts two foods
	or                  // parts two foods of which one is taken
	with                // parts a food and what it lies in
	like                // begins examples
	of                  // parts a piece and its food
	measure             // a unit: plain before the food only
	before              // plain before the food; after it, it names a dish: "lemon tart"
	brand               // plain beside the food; alone, it is a food
	shape               // a piece of some foods; of others it makes a dish: "stick of butter", "fish stick"
)

var kinds = map[string]kind{"plain": plain, "part": part, "form": form, "and": and, "or": or, "with": with, "like": like, "of": of, "before": before, "brand": brand, "after": plain, "shape": shape}

// vocabulary is what all languages' files say; libraries mix languages.
type vocabulary struct {
	words   map[string]kind     // by key, of up to three words
	longest map[string]int      // number of words of the longest entry that begins so
	aisles  map[string][]string // of a form: where it changes no figures
	english map[string][]string // of a form in another language: what English calls it
	heads   map[string]bool     // what stands over other lines: "toppings"
	serves  map[string]bool     // what tells whom a recipe is for: "persons"
	late    map[string]bool     // plain after the food only; before it, it names a dish: "batido de fresa"
	suits   map[string][]string // of a shape: the foods and aisles that it may be a piece of, or with "!" may not
}

var words = sync.OnceValue(func() vocabulary {
	v := vocabulary{map[string]kind{}, map[string]int{}, map[string][]string{}, map[string][]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string][]string{}}
	files, err := vocabularies.ReadDir("data")
	for _, f := range files {
		if err == nil {
			err = v.read(f.Name())
		}
	}
	if err != nil {
		panic(err) // the files are part of the program and tested with it
	}
	return v
})

// inflections are the endings that "~" stands for in a language's file.
var inflections = map[string][]string{
	"de": {"", "e", "er", "en", "es", "em"},
	"fr": {"", "e", "s", "es"},
	"it": {"o", "a", "i", "e"},
	"es": {"o", "a", "os", "as"},
	"nl": {"", "e"},
}

func (v vocabulary) read(name string) error {
	file, err := vocabularies.ReadFile(path.Join("data", name))
	if err != nil {
		return fmt.Errorf("vocabulary: %w", err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(file))).ReadAll()
	if err != nil {
		return fmt.Errorf("vocabulary %s: %w", name, err)
	}
	if want := []string{"kind", "words", "aisles"}; len(rows) == 0 || !slices.Equal(rows[0], want) {
		return fmt.Errorf("vocabulary %s: the first line must name the columns %s", name, strings.Join(want, ","))
	}
	lang := strings.TrimSuffix(name, ".csv")
	for _, row := range rows[1:] {
		if row[0] == "heading" {
			for w := range strings.SplitSeq(row[1], "|") {
				v.heads[Key(w)] = true
			}
			continue
		}
		if row[0] == "servings" {
			for w := range strings.SplitSeq(row[1], "|") {
				v.serves[Key(w)] = true
			}
			continue
		}
		what, english, same := strings.Cut(row[0], ":")
		k, ok := kinds[what]
		if !ok || same && k != form {
			return fmt.Errorf("vocabulary %s: kind %q is unknown", name, row[0])
		}
		for w := range strings.SplitSeq(row[1], "|") {
			for _, inflected := range inflect(w, lang) {
				if same {
					v.english[Key(inflected)] = strings.Split(english, "|")
				}
				if what == "after" {
					v.late[Key(inflected)] = true
				}
				if err := v.add(Key(inflected), k, row[2]); err != nil {
					return fmt.Errorf("vocabulary %s: %q: %w", name, w, err)
				}
			}
		}
	}
	return nil
}

func inflect(w, lang string) []string {
	stem, ok := strings.CutSuffix(w, "~")
	if !ok {
		return []string{w}
	}
	var out []string
	for _, e := range inflections[lang] {
		out = append(out, stem+e)
	}
	return out
}

var errTwice = errors.New("is listed as another kind as well")

// add enters a word. Languages may share one, of the same kind.
func (v vocabulary) add(key string, k kind, aisles string) error {
	if key == "" {
		return errors.New("is empty")
	}
	if old, ok := v.words[key]; ok && old != k {
		return errTwice
	}
	v.words[key] = k
	first, _, _ := strings.Cut(key, " ")
	v.longest[first] = max(v.longest[first], 1+strings.Count(key, " "))
	switch {
	case k == form && aisles != "":
		v.aisles[key] = strings.Split(aisles, "|")
	case k == shape || k == brand && aisles != "":
		v.suits[key] = strings.Split(aisles, "|")
	}
	return nil
}

// Heads reports whether a name without an amount stands over other lines, and is no food:
// "Accompaniment", "For the sauce".
func Heads(name string) bool {
	key := Key(name)
	if words().heads[key] {
		return true
	}
	for _, begin := range []string{"for the ", "fur die ", "fur den ", "fur das ", "pour la ", "pour le ", "pour les ", "per la ", "per il ", "para la ", "para el ", "voor de ", "voor het "} {
		if rest, ok := strings.CutPrefix(key, begin); ok && rest != "" && !Describes(rest) {
			return true
		}
	}
	return false
}

// Serves reports whether the words of a line, whatever its numbers are, only say how many it is
// for: "persons, for" of "for 6 persons".
func Serves(line string) bool {
	return words().serves[Key(strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || r == '-' || r == '–' {
			return ' '
		}
		return r
	}, line))]
}

// Describes reports whether the key is a word of a vocabulary.
func Describes(key string) bool { return words().words[key] != content }

// English returns what English calls a form in another language: "cooked" of "cuit"; of one that it
// has several words for, all. Of an English form it is the form.
func English(form string) []string {
	if e, ok := words().english[form]; ok {
		return e
	}
	return []string{form}
}

// Form reports whether the word is one of a food's form.
func Form(word string) bool { return words().words[word] == form }

// Changes reports whether food of the aisle has other figures in the form, one of
// [Food.Forms]: dried parsley is weighed like parsley's kin among the spices, dried apricots
// are no apricots.
func Changes(form, aisle string) bool { return !slices.Contains(words().aisles[form], aisle) }
