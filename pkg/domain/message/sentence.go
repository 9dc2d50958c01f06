package message

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Capital begins a text with a capital letter.
func Capital(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// Sentence begins a text with a capital letter and ends it, and writes the name of a field as people do.
func Sentence(text string) string {
	if field, rest, ok := strings.Cut(text, ":"); ok && !strings.Contains(field, " ") {
		text = strings.ReplaceAll(field, "_", " ") + ":" + rest
	}
	if last, _ := utf8.DecodeLastRuneInString(text); unicode.IsLetter(last) || unicode.IsDigit(last) || strings.ContainsRune(`"”“»)]%`, last) {
		text += "."
	}
	return Capital(text)
}
