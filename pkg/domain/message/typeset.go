package message

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// printed marks a language whose messages are read on paper or a screen.
const printed = "+print"

// Typeset is the language with the quotation marks and apostrophes of print, and with units on the
// lines of their figures, as pages show them.
// Messages are written with those of a keyboard, which programs read from answers and command lines.
func (l Language) Typeset() Language { return Language(l.Tag() + printed) }

// Marks is a text of ours that was said before and stored, with the marks that [Language.Typeset] gives to
// messages.
func (l Language) Marks(text string) string {
	if _, typeset := l.plain(); typeset {
		return l.typeset(text, nil)
	}
	return text
}

// plain is the language without [Language.Typeset]; typeset reports whether there was one.
func (l Language) plain() (out Language, typeset bool) {
	text, typeset := strings.CutSuffix(string(l), printed)
	return Language(text), typeset
}

// measured is a figure with its unit, which stay on one line. What follows a unit is no letter, and
// what follows a lone % none that makes it a verb.
var measured = lazyregexp.New(`(%(?:\[\d+\])?[-+#0-9.]*[a-zA-Z]|\d) (%%|%(?:[ ,;:)]|\.\D|\.?$)|(?:min|h|s|g|kg|ml|cm|kcal|GB|MB|kB)(?:[^\pL\d]|$))`)

var verb = lazyregexp.New(`%(\[(\d+)\])?([-+# 0-9.]*)([a-zA-Z%])`)

// typeset is a format whose own quotation marks are those of print, and its verbs %q too where they
// are for words; units stay with their figures. Arguments are other people's words and stay.
func (l Language) typeset(format string, args []any) string {
	if strings.ContainsAny(format, "%0123456789") {
		format = measured().ReplaceAllString(format, "$1\u00a0$2")
	}
	if !strings.ContainsAny(format, `"'`) && !strings.Contains(format, "q") {
		return format
	}
	open, end := "“", "”"
	if base, _ := l.plain(); base == "de" {
		open, end = "„", "“"
	}
	at := 0
	format = verb().ReplaceAllStringFunc(format, func(v string) string {
		m := verb().FindStringSubmatch(v)
		if m[4] == "%" {
			return v
		}
		if at++; m[2] != "" {
			at, _ = strconv.Atoi(m[2]) // the pattern has digits
		}
		if m[4] != "q" || at > len(args) || !wordy(args[at-1]) {
			return v
		}
		return fmt.Sprintf("%s%%[%d]s%s", open, at, end)
	})
	var out strings.Builder
	before, inside := ' ', false
	for _, c := range format {
		switch {
		case c == '\'' && (unicode.IsLetter(before) || unicode.IsDigit(before)):
			out.WriteRune('’')
		case c == '"' && inside:
			out.WriteString(end)
			inside = false
		case c == '"':
			out.WriteString(open)
			inside = true
		default:
			out.WriteRune(c)
		}
		before = c
	}
	return out.String()
}

// wordy reports whether an argument is text.
func wordy(arg any) bool {
	switch arg.(type) {
	case fmt.Stringer, error:
		return true
	}
	return reflect.ValueOf(arg).Kind() == reflect.String
}
