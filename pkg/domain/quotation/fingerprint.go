// Package quotation tells what the writer of a reply wrote from what their mail program
// put back of the mail that is answered. It goes by the answered mail itself, whose words
// are known, and only then by what mail programs are known to write.
package quotation

import (
	"encoding/binary"
	"hash/fnv"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// run is how many consecutive words are looked up together. Three are a command
// ("LOCK friday dinner"), which people copy from our mails; four are a sentence of ours.
const run = 4

// Fingerprint is what is kept of a mail's words: hashes of 32 bits, in ascending order, of
// every four that follow one another, of every line of fewer and of every word. Words with
// digits and addresses are left out, so that no figure can be found again by trying.
type Fingerprint []uint32

// Of returns the fingerprint of a mail of these texts.
func Of(texts ...string) Fingerprint {
	var f Fingerprint
	for _, t := range texts {
		var words []string
		for line := range strings.Lines(t) {
			begin := len(words)
			words = appendWords(words, line)
			f = f.addLine(words[begin:])
		}
		f = f.addRuns(words)
	}
	return sorted(f)
}

func (f Fingerprint) addLine(words []string) Fingerprint {
	if len(words) > 0 && len(words) < run {
		f = append(f, lineHash(words))
	}
	return f
}

func (f Fingerprint) addRuns(words []string) Fingerprint {
	for i, w := range words {
		f = append(f, wordHash(w))
		if i+run <= len(words) {
			f = append(f, hash(words[i:i+run]...))
		}
	}
	return f
}

// And returns the fingerprint of both mails.
func (f Fingerprint) And(g Fingerprint) Fingerprint { return sorted(slices.Concat(f, g)) }

func sorted(f Fingerprint) Fingerprint {
	slices.Sort(f)
	return slices.Compact(f)
}

func (f Fingerprint) has(h uint32) bool {
	_, ok := slices.BinarySearch(f, h)
	return ok
}

// Bytes is the form in which a fingerprint is stored: big endian, four bytes a hash.
func (f Fingerprint) Bytes() []byte {
	b := make([]byte, 0, 4*len(f))
	for _, h := range f {
		b = binary.BigEndian.AppendUint32(b, h)
	}
	return b
}

// FromBytes reads what [Fingerprint.Bytes] wrote; bytes that are none are ignored.
func FromBytes(b []byte) Fingerprint {
	var f Fingerprint
	for ; len(b) >= 4; b = b[4:] {
		f = append(f, binary.BigEndian.Uint32(b))
	}
	return sorted(f)
}

// hash is FNV-1a of the words, each with a zero byte after it.
func hash(words ...string) uint32 {
	h := fnv.New32a()
	for _, w := range words {
		_, _ = h.Write([]byte(w)) // never fails
		_, _ = h.Write([]byte{0})
	}
	return h.Sum32()
}

// lineHash is of a whole line, so that its words within another line are not taken for it.
func lineHash(words []string) uint32 {
	return hash(slices.Concat([]string{"\n"}, words, []string{"\n"})...)
}

func wordHash(word string) uint32 { return hash(" ", word) }

// longestWord, in bytes: what is longer is a piece of an address.
const longestWord = 40

// wordsOf returns what is compared of a line: its words in lower case, without marks,
// punctuation, addresses and whatever has a digit.
func wordsOf(line string) []string { return appendWords(nil, line) }

func appendWords(out []string, line string) []string {
	for field := range strings.FieldsSeq(line) {
		if len(field) > longestWord || strings.Contains(field, "://") || strings.Contains(field, "@") || strings.HasPrefix(field, "www.") {
			continue
		}
		for w := range strings.FieldsFuncSeq(strings.ToLower(field), func(r rune) bool { return !inWords(r) }) {
			w = strings.Map(func(r rune) rune {
				if r >= utf8.RuneSelf && unicode.In(r, unicode.M, unicode.Cf) {
					return -1
				}
				return r
			}, w)
			if w != "" && !strings.ContainsFunc(w, unicode.IsNumber) {
				out = append(out, w)
			}
		}
	}
	return out
}

func inWords(r rune) bool {
	if r < utf8.RuneSelf {
		return 'a' <= r && r <= 'z' || '0' <= r && r <= '9'
	}
	return unicode.In(r, unicode.L, unicode.M, unicode.N, unicode.Cf)
}

// Text returns the words of HTML that our templates made, a line for each block. It is no
// reader of HTML that others made.
func Text(source string) string {
	var b strings.Builder
	hidden := false
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		switch kind := z.Next(); kind {
		case html.ErrorToken: // the end: a string is read without errors
			return b.String()
		case html.TextToken:
			if !hidden {
				b.Write(z.Text())
			}
		case html.StartTagToken, html.EndTagToken, html.SelfClosingTagToken:
			switch name, _ := z.TagName(); string(name) {
			case "style", "script", "title":
				hidden = kind == html.StartTagToken
			case "p", "div", "td", "th", "tr", "table", "h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "br", "pre":
				b.WriteByte('\n')
			}
		case html.CommentToken, html.DoctypeToken:
		}
	}
}

var actions = lazyregexp.New(`(?s)\{\{.*?\}\}`)

// OfTemplate returns the fingerprint of what a template writes whatever it is filled with.
func OfTemplate(source string) Fingerprint {
	const filled = "\x00"
	source = Text(actions().ReplaceAllString(source, filled))
	var f Fingerprint
	for line := range strings.Lines(source) {
		if !strings.Contains(line, filled) {
			f = f.addLine(wordsOf(line))
		}
	}
	for fixed := range strings.SplitSeq(source, filled) {
		f = f.addRuns(wordsOf(fixed))
	}
	return sorted(f)
}
