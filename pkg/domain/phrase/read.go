package phrase

import (
	"iter"
	"slices"
	"strings"
	"sync"
)

// Names are the names of a table, by [Key]. What was read is kept: a library says the same in
// many lines, and every generation reads them again.
type Names struct {
	has   func(key string) bool
	kin   func(key string) []string // the food of a name and its aisle
	words map[string]struct{}       // that occur in them

	mu   sync.RWMutex
	read map[string]Reading
}

// What is kept is bounded: of more readings all are taken anew, and long texts, in bytes, every
// time.
const (
	mostKept    = 1 << 13
	longestKept = 100
)

// NewNames returns the names of the keys; has reports whether a text is one of them, and kin says
// what food a name means and in which aisle it stands.
func NewNames(keys iter.Seq[string], has func(key string) bool, kin func(key string) []string) *Names {
	n := &Names{has: has, kin: kin, words: map[string]struct{}{}, read: map[string]Reading{}}
	for k := range keys {
		for w := range strings.SplitSeq(k, " ") {
			n.words[w] = struct{}{}
		}
	}
	return n
}

// within reports whether a name has the word, or begins with it.
func (n *Names) within(text string) bool {
	_, ok := n.words[text]
	if first, _, several := strings.Cut(text, " "); several && !ok {
		_, ok = n.words[first]
	}
	return ok
}

// Join says how a food of a phrase belongs to the one before it.
type Join uint8

// The joins.
const (
	First  Join = iota
	And         // both are meant: "salt and pepper"
	Or          // either will do: "butter or oil"
	With        // it comes along: "tuna in olive oil"
	Within      // both are words of one name that the table does not have whole: "cheese sausage"
	Of          // like Within, with "of" between them, which is "or" in Dutch: "melk of room"
)

// Food is a name of the table that a phrase holds.
type Food struct {
	Name  string // key
	Join  Join
	Forms []string // left out before, after or within it: "dried"
	Part  string   // the first cut, piece or container left out: "clove"
}

// Reading is what a phrase says.
type Reading struct {
	Foods     []Food
	Unknown   []string // words that belong to no name and stand in no vocabulary
	Otherwise []string // such words of what may be taken instead
	Bare      bool     // all words are of the vocabularies, and none is a name: Unknown has them
}

// Known reports whether the phrase names a food, and all its words are understood.
func (r Reading) Known() bool {
	return len(r.Foods) > 0 && len(r.Unknown) == 0 && len(r.Otherwise) == 0
}

// longestPhrase bounds what is read: more words are a text, not a name.
const longestPhrase = 40

// Read takes a phrase apart. Of several ways the one that leaves out the fewest words wins,
// so "white chocolate" is never chocolate where the table has both. The reading is shared
// with other callers and must not be changed.
func (n *Names) Read(text string) Reading {
	n.mu.RLock()
	r, ok := n.read[text]
	n.mu.RUnlock()
	if ok {
		return r
	}
	if r = n.take(text); len(text) > longestKept {
		return r
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.read) >= mostKept {
		clear(n.read)
	}
	n.read[strings.Clone(text)] = r
	return r
}

func (n *Names) take(text string) Reading {
	text = n.completed(text)
	r := n.parse(text)
	if whole := n.hyphens(text, !r.Known()); whole != text {
		if o := n.parse(whole); o.Known() {
			return o
		}
	}
	if r.Known() {
		return r
	}
	if whole := n.umlauts(text); whole != text {
		if o := n.parse(whole); o.Known() {
			return o
		}
	}
	return r
}

func (n *Names) parse(text string) Reading {
	list := tokens(text)
	if len(list) > longestPhrase {
		return Reading{Unknown: []string{strings.TrimSpace(text)}}
	}
	ws := tagged(list)
	if len(ws) > 0 && ws[0].text == "like" { // "Like Meat" is no meat
		ws[0].kind = content
	}
	if i := slices.IndexFunc(ws, func(w word) bool { return w.kind == like }); i > 0 {
		if slices.ContainsFunc(ws[i:], func(w word) bool { return w.text != "" && (w.kind == content || n.has(w.text)) }) {
			ws = ws[:i]
		} else {
			ws[i].kind = content // "meat like pieces" are no meat
		}
	}
	if f, ok := n.single(ws); ok && !opens(ws) {
		if longer, ok := n.swapped(ws); ok && strings.Count(longer.Name, " ") > strings.Count(f.Name, " ") {
			f = longer
		}
		return Reading{Foods: []Food{f}}
	}
	r := n.parts(split(ws), opens(ws))
	if len(r.Foods) == 0 && len(r.Unknown) == 0 && len(r.Otherwise) == 0 {
		r.Bare = true
		for _, w := range ws { // the vocabulary's words, and none is a name
			if w.text != "" && !number(w.text) {
				r.Unknown = append(r.Unknown, w.text)
			}
		}
	}
	return r
}

// segment is what stands between two conjunctions or marks.
type segment struct {
	words  []word
	join   Join
	marked bool // a comma or bracket stands before it, no word
}

func split(ws []word) []segment {
	var out []segment
	cur := segment{}
	end := func() {
		if len(cur.words) > 0 {
			out = append(out, cur)
		}
	}
	for _, w := range ws {
		var next Join
		switch w.kind {
		case and:
			next = And
		case or:
			next = Or
		case with:
			next = With
		default:
			cur.words = append(cur.words, w)
			continue
		}
		if len(cur.words) == 0 { // the stronger of two that follow each other
			if w.text != "" || next == Or {
				cur.join, cur.marked = next, cur.marked && w.text == ""
			}
			continue
		}
		end()
		cur = segment{join: next, marked: w.text == "" && w.kind == and}
	}
	end()
	return out
}

func (n *Names) parts(segments []segment, opened bool) Reading {
	var (
		r       Reading
		named   bool     // the segment before
		leading []string // shapes before any food: "1 stick (8 tablespoons) butter"
		early   Food     // what is said before any food: "cooked and refrigerated rice"
	)
	for i := 0; i < len(segments); i++ {
		s := segments[i]
		join := s.join
		if len(r.Foods) == 0 {
			join = First
		}
		if i+1 < len(segments) && segments[i+1].marked && (i > 0 || !opened) {
			if f, ok := n.inverted(s, segments[i+1]); ok { // "beans, kidney"
				f.Join = join
				r.Foods, named = append(r.Foods, f), true
				i++
				continue
			}
		}
		if i+1 < len(segments) && !segments[i+1].marked && segments[i+1].join != With {
			if f, ok := n.elliptic(s, segments[i+1]); ok { // "lemon or lime juice"
				f.Join = join
				r.Foods, named = append(r.Foods, f), true
				continue
			}
		}
		foods, unknown := n.segment(s.words)
		if len(foods) == 0 {
			unknown = n.unsuited(unknown, s, r.Foods)
			if len(r.Foods) == 0 {
				unknown, leading = apart(unknown, leading)
			}
		}
		if join == Or {
			r.Otherwise = append(r.Otherwise, unknown...)
		} else {
			r.Unknown = append(r.Unknown, unknown...)
		}
		if len(foods) == 0 && len(unknown) == 0 {
			if w, ok := alone(segments, i, named); ok {
				r.Unknown = append(r.Unknown, w)
			}
			named = false
			r.describe(s.words, join == And && !s.marked) // "coupé en tranches"
			if len(r.Foods) == 0 {
				for _, w := range s.words {
					early.leave(w)
				}
			}
			continue
		}
		named = true
		if len(foods) > 0 {
			foods[0].Join = join
			r.Foods = append(r.Foods, foods...)
		}
	}
	if len(r.Foods) > 0 {
		r.Foods[0].Forms = slices.Concat(early.Forms, r.Foods[0].Forms)
	}
	if len(r.Foods) > 0 {
		r.Unknown = append(r.Unknown, n.misfits(leading, r.Foods[0].Name)...)
	}
	return r
}

// alone returns the word of a segment without a food that stands for one beside another:
// "butter and Knorr", "apple and danish", "filetto al pepe", but "butter (Knorr)", "apples, tart
// and crisp".
func alone(segments []segment, i int, named bool) (string, bool) {
	s := segments[i]
	joined := i > 0 && s.join != First && !s.marked
	leads := i+1 < len(segments) && segments[i+1].join == And && !segments[i+1].marked
	dish := i == 0 && len(segments) > 1 && segments[1].join == With && !segments[1].marked
	for _, w := range s.words {
		if w.kind == brand && (joined || leads) || w.kind == before && joined && named || w.kind == part && dish {
			return w.text, true
		}
	}
	return "", false
}

// describe adds words that only say something of the food before them, into what it is cut, or
// what is counted.
func (r *Reading) describe(ws []word, cut bool) {
	if len(r.Foods) == 0 {
		return
	}
	f := &r.Foods[len(r.Foods)-1]
	for _, w := range ws {
		if !cut || w.kind != part {
			f.leave(w)
		}
	}
}

// leave notes a word that is left out.
func (f *Food) leave(w word) {
	switch w.kind {
	case form:
		f.Forms = append(f.Forms, w.text)
	case part, shape:
		if f.Part == "" {
			f.Part = w.text
		}
	default:
	}
}

// inverted reads "beans, kidney" and "oil, olive": a name that takes words of both.
func (n *Names) inverted(a, b segment) (Food, bool) {
	for _, ws := range [][]word{slices.Concat(a.words, b.words), slices.Concat(b.words, a.words)} {
		if f, ok := n.one(ws); ok && spans(f.Name, a.words) && spans(f.Name, b.words) {
			return f, true
		}
	}
	return Food{}, false
}

// swapped reads "Currypaste, rote": a name whose first words, of the vocabulary, stand behind a comma.
func (n *Names) swapped(ws []word) (Food, bool) {
	i := slices.IndexFunc(ws, func(w word) bool { return w.text == "" && w.kind == and })
	if i <= 0 || i+1 == len(ws) || slices.ContainsFunc(ws[i+1:], func(w word) bool { return w.kind != plain }) {
		return Food{}, false
	}
	f, ok := n.one(slices.Concat(ws[i+1:], ws[:i]))
	return f, ok && spans(f.Name, ws[i+1:])
}

// spans reports whether the name takes a word of the list.
func spans(name string, ws []word) bool {
	return slices.ContainsFunc(ws, func(w word) bool { return slices.Contains(strings.Fields(name), w.text) })
}

// elliptic reads the first of "lemon or lime juice", which shares the end of the second.
func (n *Names) elliptic(a, b segment) (Food, bool) {
	if !slices.ContainsFunc(a.words, func(w word) bool { return w.kind == content }) {
		return Food{}, false
	}
	for from := 1; from < len(b.words); from++ {
		if k := b.words[from].kind; k != content && k != form {
			continue
		}
		if f, ok := n.one(slices.Concat(a.words, b.words[from:])); ok && spans(f.Name, a.words) && spans(f.Name, b.words[from:]) {
			return f, true
		}
	}
	return Food{}, false
}
