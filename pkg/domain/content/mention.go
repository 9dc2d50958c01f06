package content

import (
	_ "embed" // for the measures
	"slices"
	"strings"
	"sync"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// longest is the most words that a name beginning with these can have.
func (t *Table[S]) longest(words []string) int {
	most := t.beginning[first(words[0])]
	if most > 2 && len(words) > 1 {
		if two := spaced(words[:2]); strings.Count(two, " ") == 1 {
			most = max(2, t.beginning[two])
		}
	}
	return most
}

// Mentioned returns what the foods bring that a text names. A name within a longer one does
// not count, so "coconut milk" is not milk; of names that overlap otherwise all do. "Nut-free"
// names no nuts. What a text does not say proves nothing: it may only add to what is known of
// the foods.
func (t *Table[S]) Mentioned(text string) S { return t.inNames.of(text) }

// instructed is [Table.Mentioned] for instructions, with the table's shorthand.
func (t *Table[S]) instructed(text string) S { return t.inSteps.of(text) }

func (t *Table[S]) mentioned(runs [][]string, skip map[string]bool) S {
	var set S
	for _, words := range runs {
		end := 0 // of the names so far
		for at := range words {
			s, n := t.described(words[at:])
			switch {
			case n == 0 && at >= end:
				if parts := strings.Split(words[at], "-"); len(parts) > 1 && parts[len(parts)-1] != "free" {
					set |= t.mentioned([][]string{parts}, skip)
				}
			case at+n <= end: // within a longer name
			case at+n == len(words)-1 && words[at+n] == "free" || n == 1 && skip[words[at]]:
				end = at + n
			default:
				set |= s
				end = at + n
			}
		}
	}
	return set
}

//go:embed data/measures.txt
var measuresFile string

var measures = sync.OnceValue(func() map[string]bool {
	out := map[string]bool{}
	for row := range strings.Lines(measuresFile) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		for w := range strings.FieldsSeq(row) {
			w = phrase.Fold(w)
			out[w], out[w+"s"], out[w+"es"] = true, true, true
		}
	}
	return out
})

//go:embed data/replaced.txt
var replacedFile string

var replacing = sync.OnceValue(func() map[string]bool { return words(replacedFile) })

// words are those of a file, without the lines of comments.
func words(file string) map[string]bool {
	out := map[string]bool{}
	for row := range strings.Lines(file) {
		if strings.HasPrefix(row, "#") {
			continue
		}
		for w := range strings.FieldsSeq(row) {
			out[phrase.Fold(w)] = true
		}
	}
	return out
}

// longestRemark bounds the words of a note that say what its food is; longer ones advise.
const longestRemark = 3

// replaced returns the word of a note that says that the food is another: "vegan". What may
// be taken instead, "or a vegan alternative", does not count.
func replaced(note [][]string) (string, bool) {
	for _, words := range note {
		if len(words) > longestRemark || slices.ContainsFunc(words, func(w string) bool { return conditional()[w] }) {
			continue
		}
		for _, w := range words {
			if replacing()[w] {
				return w, true
			}
		}
	}
	return "", false
}

//go:embed data/conditional.txt
var conditionalFile string

var conditional = sync.OnceValue(func() map[string]bool { return words(conditionalFile) })

// measure reports whether all words of a unit's name say how much or are names of the
// tables. Of "4 wahoo steaks" an importer makes four wahoo of the food steaks.
func (t *Table[S]) measure(runs [][]string) bool {
	for _, words := range runs {
		for at := 0; at < len(words); {
			if _, n := t.match(words[at:]); n > 0 {
				at += n
				continue
			}
			if w := words[at]; !measures()[w] && strings.Trim(w, "0123456789-%") != "" && !measures()[strings.TrimLeft(w, "0123456789-")] {
				return false
			}
			at++
		}
	}
	return true
}

// match returns what the longest name brings that the words begin with, and its length.
func (t *Table[S]) match(words []string) (S, int) {
	for n := min(t.longest(words), len(words)); n > 0; n-- {
		if s, ok := t.carries[spaced(words[:n])]; ok {
			return s, n
		}
	}
	return 0, 0
}

// first is the word's part before a hyphen.
func first(word string) string {
	w, _, _ := strings.Cut(word, "-")
	return w
}

// spaced joins words as keys have them, without hyphens.
func spaced(words []string) string {
	if len(words) == 1 && !strings.Contains(words[0], "-") {
		return words[0]
	}
	return strings.ReplaceAll(strings.Join(words, " "), "-", " ")
}

// across returns what the longest name brings that begins in one text and ends in the
// next, such as "peanut" and "butter".
func (t *Table[S]) across(before, after [][]string) S {
	if len(before) == 0 || len(after) == 0 {
		return 0
	}
	left, right := before[len(before)-1], after[0]
	var (
		set  S
		most int
	)
	for from := range left {
		words := left[from:]
		for n := min(t.longest(words), len(words)+len(right)); n > max(len(words), most); n-- {
			name := spaced(words) + " " + spaced(right[:n-len(words)])
			if s, ok := t.carries[name]; ok {
				set, most = s, n
			}
		}
	}
	return set
}

// segments splits a text into words, and into runs of words where punctuation parts them.
// Accents and invisible characters are left out.
func segments(text string) [][]string {
	var (
		out  [][]string
		run  []string
		word = make([]rune, 0, 32)
	)
	end := func() {
		if w := strings.Trim(string(word), "-'"); w != "" {
			run = append(run, w)
		}
		word = word[:0]
	}
	for _, r := range phrase.Fold(text) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '\'', r == '-', r == '%':
			word = append(word, unicode.ToLower(r))
		case r == ' ', r != '\n' && r != '\r' && unicode.IsSpace(r):
			end()
		default:
			end()
			if len(run) > 0 {
				out, run = append(out, run), nil
			}
		}
	}
	if end(); len(run) > 0 {
		out = append(out, run)
	}
	return out
}
