package command

import (
	"strings"
	"unicode"
)

// clean makes the text's lines comparable: what cannot be seen is dropped, every kind of
// space is a space, full-width characters are their ASCII twins.
func clean(text string) string {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\v' || r == '\f' || r == '\u0085' || r == '\u2028' || r == '\u2029':
			return '\n'
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Variation_Selector):
			return -1
		case r >= '\uFF01' && r <= '\uFF5E':
			return r - '\uFF01' + '!'
		default:
			return r
		}
	}, text)
}

// plain is the word in lower case, with typewriter apostrophes.
func plain(word string) string {
	return strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune("’‘ʼ′`´", r) {
			return '\''
		}
		return r
	}, word))
}

// cut returns at most n runes of s.
func cut(s string, n int) string {
	for i := range s {
		if n == 0 {
			return s[:i]
		}
		n--
	}
	return s
}

// Quoted is a line as our mails show it: in quotation marks and in one piece, so that
// nothing of it reads as a command when it comes back in a reply.
func Quoted(line string) string {
	return `"` + strings.NewReplacer(`"`, "'", " ", "\u00a0").Replace(line) + `"`
}
