package phrase

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// Key brings a name into the form in which names are compared: lower case words without
// accents and punctuation. "Crème-fraîche" and "creme fraiche" are one name.
func Key(name string) string {
	if isKey(name) {
		return name
	}
	if lower := strings.ToLower(name); isKey(lower) {
		return lower
	}
	var b strings.Builder
	b.Grow(len(name))
	for _, t := range tokens(name) {
		if t.text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// elided are the French and Italian words that lose their vowel before another: "gousse
// d'ail", "olio d'oliva". The article says nothing.
var elided = map[string]string{"d": "de", "l": "", "dell": "del", "all": "al", "nell": "nel", "sull": "sul", "dall": "da", "un": "un"}

// isKey reports whether a name is its own key, as most names of the tables are.
func isKey(name string) bool {
	space := true // before
	for i := range len(name) {
		switch c := name[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
			space = false
		case c == ' ' && !space:
			space = true
		default:
			return false
		}
	}
	return !space
}

// token is a word, or with an empty text a mark that parts words.
type token struct {
	text string
	mark rune // of an empty text: ',' for all that parts, '/' for "or"
}

// tokens splits a text into words and marks. A hyphen is a space, unless spaces stand around
// it. Compatibility characters, accents and case are folded, trade marks left out.
func tokens(text string) []token {
	text = Fold(text)
	if strings.ContainsAny(text, "(/") {
		text = endings().ReplaceAllString(text, "$1")
	}
	var (
		out   []token
		word  = make([]byte, 0, 32)
		space = true // before the rune
	)
	end := func() {
		if len(word) > 0 {
			out = append(out, token{text: string(word)})
			word = word[:0]
		}
	}
	runes := []rune(text)
	for i, r := range runes {
		after := i+1 == len(runes) || unicode.IsSpace(runes[i+1])
		digit := i > 0 && i+1 < len(runes) && unicode.IsDigit(runes[i-1]) && unicode.IsDigit(runes[i+1])
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '%', r == '&', digit && (r == '.' || r == ',' || r == '/'):
			if r == '&' {
				end()
			}
			word = append(word, string(unicode.ToLower(r))...)
			if r == '&' {
				end()
			}
		case r == '\'':
			if whole, ok := elided[string(word)]; ok && !after {
				word = append(word[:0], whole...)
				end()
			} else if len(word) > 0 && !after {
				word = append(word, '\'')
			}
		case r == '-' && len(word) > 0 && likened(runes[i+1:]): // "chicken-like" is one word, and no chicken
			word = append(word, '-')
		case r == '-' && (!space || !after), r == '.' && !after, unicode.IsSpace(r), r == '*', r == '"':
			end()
		case r == '.':
			end()
		case r == '/':
			end()
			out = append(out, token{mark: '/'})
		default:
			end()
			out = append(out, token{mark: ','})
		}
		space = unicode.IsSpace(r)
	}
	end()
	return out
}

// likened reports whether the text goes on with "like" or "type".
func likened(text []rune) bool {
	n := len("like")
	if len(text) < n || len(text) > n && unicode.IsLetter(text[n]) {
		return false
	}
	w := strings.ToLower(string(text[:n]))
	return w == "like" || w == "type"
}

// endings are plurals left open, as in "Zwiebel(n)", "oeuf(s)" and "Zehe/n".
var endings = lazyregexp.New(`(\pL)(?:\((?:n|en|nen|e|er|s|es|x)\)|/(?:n|en|e|s)\b)`)

func plainASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// spellings are letters and signs that do not decompose.
var spellings = strings.NewReplacer("ß", "ss", "æ", "ae", "œ", "oe", "Æ", "ae", "Œ", "oe", "ø", "o", "Ø", "o", "®", "", "™", "", "©", "",
	"’", "'", "‘", "'", "`", "'", "´", "'", "–", "-", "—", " - ", "‐", "-", "‑", "-", "⁄", "/", "½", " 1/2", "¼", " 1/4", "¾", " 3/4",
	"⅓", " 1/3", "⅔", " 2/3", "⅛", " 1/8", "⅜", " 3/8", "⅝", " 5/8", "⅞", " 7/8", "⅕", " 1/5", "⅖", " 2/5", "⅗", " 3/5", "⅘", " 4/5", "⅙", " 1/6", "⅚", " 5/6")

// Fold takes accents off, and makes one of forms of letters and marks that differ in print only.
func Fold(s string) string {
	if plainASCII(s) && !strings.Contains(s, "`") {
		return s
	}
	s = norm.NFKD.String(spellings.Replace(s))
	return strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Mn, unicode.Cf) {
			return -1
		}
		return r
	}, s)
}

// word is a word with what the vocabularies say of it.
type word struct {
	text string
	kind kind

	late  bool // as in [vocabulary.late]
	bound bool // to some foods, as in [vocabulary.suits]
}

// tagged joins the words of the vocabulary's longer entries and looks all of them up.
func tagged(list []token) []word {
	v := words()
	var out []word
	for i := 0; i < len(list); {
		t := list[i]
		if t.text == "" {
			k := and
			if t.mark == '/' {
				k = or
			}
			out = append(out, word{kind: k})
			i++
			continue
		}
		n := v.span(list[i:])
		text := joined(list[i : i+n])
		k, ok := v.words[text]
		switch {
		case ok:
		case number(text):
			k = plain
		default:
			if _, known := unit.Named(text); known {
				if k = measure; len(out) > 0 && number(out[len(out)-1].text) {
					k = plain // "à 400 g", wherever it stands
				}
			}
		}
		out = append(out, word{text, k, v.late[text], len(v.suits[text]) > 0})
		i += n
	}
	return out
}

// Joined reports whether a text has a word or mark that joins foods or gives examples; commas
// and brackets are none.
func Joined(text string) bool {
	return slices.ContainsFunc(tagged(tokens(text)), func(w word) bool {
		switch w.kind {
		case or, with, like:
			return true
		case and:
			return w.text != ""
		default:
			return false
		}
	})
}

// Counts reports whether a text says no more than how much: numbers, units, pieces, containers.
func Counts(text string) bool {
	return !slices.ContainsFunc(tagged(tokens(text)), func(w word) bool {
		_, measured := unit.Named(w.text)
		return !measured && w.kind != part && w.kind != shape && w.kind != of && !number(w.text)
	})
}

// span is the number of words of the longest entry that the list begins with, at least 1.
func (v vocabulary) span(list []token) int {
	for n := min(v.longest[list[0].text], len(list)); n > 1; n-- {
		if _, ok := v.words[joined(list[:n])]; ok {
			return n
		}
	}
	return 1
}

func joined(list []token) string {
	if len(list) == 1 {
		return list[0].text
	}
	texts := make([]string, len(list))
	for i, t := range list {
		texts[i] = t.text
	}
	return strings.Join(texts, " ")
}

// number reports whether a word is a figure, alone or with a unit ("400g", "2%").
func number(w string) bool {
	rest := strings.TrimLeft(w, "0123456789.,/")
	if rest == w {
		return false
	}
	if rest == "" || rest == "%" || rest == "x" || rest == "th" || rest == "in" {
		return true
	}
	u, ok := unit.Named(rest)
	return ok && u.Kind != unit.Count
}

// Opens reports whether a text begins with a bracket. What stands in it may be left out, so that
// the whole is no name: "(coconut) milk" may be either milk.
func Opens(text string) bool {
	text = strings.TrimSpace(text)
	return strings.HasPrefix(text, "(") || strings.HasPrefix(text, "[")
}

// opens is [Opens] of a text's words, where the bracket says more than how much: "(10 ounce) can".
func opens(ws []word) bool {
	if len(ws) == 0 || ws[0].text != "" || ws[0].kind != and {
		return false
	}
	for _, w := range ws[1:] {
		switch {
		case w.text == "":
			return false
		case w.kind != plain && w.kind != measure && w.kind != part && w.kind != shape:
			return true
		}
	}
	return false
}

// into reports whether the words end with the one before what a food is cut into: "tagliata a
// fette", "cut into slices".
func into(ws []word) bool {
	return len(ws) > 1 && slices.Contains([]string{"a", "in", "into", "cut into"}, ws[len(ws)-1].text)
}
