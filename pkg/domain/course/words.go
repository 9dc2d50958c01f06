package course

import (
	"cmp"
	_ "embed" // for the table
	"encoding/csv"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

//go:embed data/courses.csv
var file string

// entry is what a word says of a recipe.
type entry struct {
	course string
	open   bool // unless the recipe is made as a meal is: "rolls", of bread or of beef
}

// lexicon is the table, its words as [phrase.Key] has them.
type lexicon struct {
	titles   map[string]entry // of which one ends the head of a title
	fronts   map[string]entry // or begins it, as in the Romance languages
	endings  map[string]entry // or, in German and Dutch, ends its last word
	keywords map[string]entry // that name a course wherever they stand
	joins    map[string]bool  // words that begin what comes with a dish
	ands     map[string]bool  // of them those after which the dish may go on
	tails    map[string]bool  // words at the end of a title that say nothing
	sugars   map[string]bool  // words of foods that sweeten, besides those in the aisle of sweets
	ends     []string         // the keys of endings, the longest first
}

// words is the table, in six languages.
var words = sync.OnceValue(func() *lexicon {
	rows, err := csv.NewReader(strings.NewReader(file)).ReadAll()
	if err != nil {
		panic(err) // the file is part of the program and tested with it
	}
	l := &lexicon{
		titles: map[string]entry{}, fronts: map[string]entry{}, endings: map[string]entry{}, keywords: map[string]entry{},
		joins: map[string]bool{}, ands: map[string]bool{}, tails: map[string]bool{}, sugars: map[string]bool{},
	}
	for _, row := range rows[1:] {
		for w := range strings.SplitSeq(row[2], "|") {
			l.add(row[0], row[1], phrase.Key(w))
		}
	}
	l.ends = slices.SortedFunc(maps.Keys(l.endings), func(a, b string) int { return cmp.Or(len(b)-len(a), cmp.Compare(a, b)) })
	return l
})

func (l *lexicon) add(course, kind, key string) {
	e := entry{course, kind == "open"}
	for _, flags := range []struct {
		name string
		to   map[string]bool
	}{{"joins", l.joins}, {"and", l.ands}, {"tails", l.tails}, {"sugars", l.sugars}} {
		if flags.name == course {
			flags.to[key] = true
			return
		}
	}
	put := func(to map[string]entry) {
		if _, taken := to[key]; !taken { // the first wins
			to[key] = e
		}
	}
	switch kind {
	case "keyword":
		put(l.keywords)
		put(l.titles)
	case "front":
		put(l.fronts)
	case "ending":
		put(l.endings)
	default:
		put(l.titles)
	}
}

// longest is the number of words of the longest entry.
const longest = 4

// last returns the longest entry that ends the words.
func last(ws []string, in map[string]entry) (entry, string) {
	for n := min(longest, len(ws)); n > 0; n-- {
		w := strings.Join(ws[len(ws)-n:], " ")
		if e, ok := in[w]; ok {
			return e, w
		}
	}
	return entry{}, ""
}

// keyword returns the course that a keyword names, of several words with its last: "vegan
// desserts". "Garlic butter shrimp" names none.
func keyword(k string) (entry, string) {
	return last(strings.Fields(phrase.Key(k)), words().keywords)
}

// aside is what stands in brackets, and what divides a title.
var (
	aside  = lazyregexp.New(`\([^)]*\)|\[[^\]]*\]|\{[^}]*\}|[®™#!]`)
	divide = lazyregexp.New(` [-–—|] |: | \| `)
)

// title returns the course that a title names: of "Spaghetti with tomato sauce" it is
// spaghetti, of "Strawberry jam" jam. In the Romance languages the head comes first:
// "confiture de fraises".
func title(name string) (entry, string) {
	name = aside().ReplaceAllString(name, " ")
	for _, part := range divide().Split(name, -1) {
		if e, w := words().part(strings.Fields(phrase.Key(part))); w != "" {
			return e, w
		}
	}
	return entry{}, ""
}

// part judges the words between two dashes of a title.
func (l *lexicon) part(ws []string) (entry, string) {
	whole := l.trim(ws)
	for n := longest; n > 2; n-- { // "biscuits and gravy", "corn on the cob"
		if len(whole) < n {
			continue
		}
		if w := strings.Join(whole[len(whole)-n:], " "); l.titles[w].course != "" {
			return l.titles[w], w
		}
	}
	head := l.trim(l.until(ws, false))
	// "Rhubarb and strawberry cake" is a cake; "chicken and wine sauce" may be chicken.
	more, longer := last(l.trim(l.until(ws, true)), l.titles)
	goesOn := longer != "" && more.course != breakfast && !strings.HasSuffix(longer, sauce)
	e, w := last(head, l.titles)
	if w != "" && (e.course != side || !e.open || !goesOn) {
		return e, w
	}
	if len(head) > 0 {
		tail := head[len(head)-1]
		for _, end := range l.ends {
			if strings.HasSuffix(tail, end) {
				return entry{l.endings[end].course, true}, end
			}
		}
		for _, w := range []string{strings.Join(head[:min(2, len(head))], " "), head[0]} {
			if e, ok := l.fronts[w]; ok {
				return e, w
			}
		}
	}
	if goesOn {
		return entry{more.course, isOther(more.course)}, longer
	}
	for i, w := range ws {
		if e := l.titles[w]; e.course == breakfast && (i < len(head) || l.keywords[w].course == breakfast) {
			return e, w
		}
	}
	return entry{}, ""
}

// until returns the words before the first one that begins what comes with a dish; with
// through, "and" is none.
func (l *lexicon) until(ws []string, through bool) []string {
	for i, w := range ws {
		if i > 0 && l.joins[w] && (!through || !l.ands[w]) {
			return ws[:i]
		}
	}
	return ws
}

// trim takes off what says nothing at the end.
func (l *lexicon) trim(ws []string) []string {
	for len(ws) > 1 && l.tails[ws[len(ws)-1]] {
		ws = ws[:len(ws)-1]
	}
	return ws
}
