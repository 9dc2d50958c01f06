package message

import (
	"embed"
	"fmt"
	"io/fs"
	"path"
	"reflect"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/leonelquinteros/gotext"
	"golang.org/x/text/language"
)

// Language is that of a reader, as a BCP 47 tag. The zero value is [English].
type Language string

// English is what messages are written in.
const English Language = "en"

//go:embed data/*.po
var data embed.FS

// Languages lists those that messages come in, English first.
func Languages() []Language { return slices.Clone(languages()) }

var languages = sync.OnceValue(func() []Language {
	names, err := fs.Glob(data, "data/*.po")
	if err != nil {
		panic(err) // the pattern is constant
	}
	out := []Language{English}
	for _, name := range names {
		out = append(out, Language(strings.TrimSuffix(path.Base(name), ".po")))
	}
	return out
})

// matcher chooses among [Languages].
var matcher = sync.OnceValue(func() language.Matcher {
	var tags []language.Tag
	for _, l := range languages() {
		tags = append(tags, language.Make(string(l)))
	}
	return language.NewMatcher(tags)
})

// catalogues are those that were asked for.
var catalogues sync.Map

// catalogue is the language's; nil for English and for languages that there are none of.
func (l Language) catalogue() *gotext.Po {
	l, _ = l.plain()
	if l == "" || l == English {
		return nil
	}
	if po, ok := catalogues.Load(l); ok {
		return po.(*gotext.Po)
	}
	var po *gotext.Po
	if content, err := data.ReadFile("data/" + string(l) + ".po"); err == nil {
		po = gotext.NewPo()
		po.Parse(content)
	}
	catalogues.Store(l, po)
	return po
}

// Parse reads a tag of [Languages]; "" is English.
func Parse(tag string) (Language, error) {
	l := Language(strings.ToLower(tag))
	switch {
	case l == "":
		return English, nil
	case slices.Contains(languages(), l):
		return l, nil
	}
	var known []string
	for _, l := range languages() {
		known = append(known, string(l))
	}
	return English, Errorf("language: %q is not one of %s", tag, strings.Join(known, ", "))
}

// Accepted returns the language that a browser asks for by its header Accept-Language.
func Accepted(header string) Language {
	const longest = 200
	if len(header) > longest {
		return English
	}
	_, i := language.MatchStrings(matcher(), header)
	return languages()[i]
}

// Tag is the language's BCP 47 tag.
func (l Language) Tag() string {
	if l, _ = l.plain(); l == "" {
		return string(English)
	}
	return string(l)
}

// Name is what the language is called in itself.
func (l Language) Name() string { return l.within("language", "English") }

// Say returns the message in the language, with its arguments put in. Arguments that name
// members of a closed set (weekdays, meals: whatever has a String method or a string type of its
// own) are said in the language, too; plain strings are other people's words and stay.
func (l Language) Say(format string, args ...any) string {
	return l.fill(l.find(format), args)
}

// Count is [Language.Say] for a number of things, which is the first argument of both forms.
func (l Language) Count(n int, one, many string, args ...any) string {
	form := many
	if n == 1 {
		form = one
	}
	if po := l.catalogue(); po != nil {
		form = po.GetN(one, many, n)
	}
	return l.fill(form, append([]any{n}, args...))
}

func (l Language) find(text string) string {
	po := l.catalogue()
	if po == nil || text == "" {
		return text
	}
	return po.Get(text, []any(nil)...)
}

// within looks up a text that means different things in different places.
func (l Language) within(context, text string) string {
	po := l.catalogue()
	if po == nil {
		return text
	}
	return po.GetC(text, context, []any(nil)...)
}

func (l Language) fill(format string, args []any) string {
	_, typeset := l.plain()
	if typeset {
		format = l.typeset(format, args)
	}
	if len(args) == 0 {
		return strings.ReplaceAll(format, "%%", "%")
	}
	if l.catalogue() == nil && !typeset {
		return fmt.Sprintf(format, args...)
	}
	put := make([]any, len(args))
	for i, a := range args {
		put[i] = l.put(a)
	}
	return fmt.Sprintf(format, put...)
}

// put is an argument in the language.
func (l Language) put(arg any) any {
	switch a := arg.(type) {
	case interface{ In(l Language) string }:
		return a.In(l)
	case error:
		return Of(a, l)
	case fmt.Stringer:
		return l.Word(a.String())
	}
	if v := reflect.ValueOf(arg); v.Kind() == reflect.String && v.Type() != reflect.TypeFor[string]() {
		return l.Word(v.String())
	}
	return arg
}

// Word is the name of a member of a closed set, or a number as people of the language write it. A
// name that begins with a capital may be that of a member that does not: "Produce".
func (l Language) Word(name string) string {
	if decimal().MatchString(name) {
		return l.Decimal(name)
	}
	if plain, typeset := l.plain(); typeset {
		return l.typeset(plain.Word(name), nil)
	}
	if said := l.find(name); said != name {
		return said
	}
	small := strings.ToLower(name)
	said := l.find(small)
	if said == small {
		return name
	}
	first, size := utf8.DecodeRuneInString(said)
	return string(unicode.ToUpper(first)) + said[size:]
}

// Mark returns the text, and tells the catalogues' tool that it is said where it is shown.
func Mark(text string) string { return text }
