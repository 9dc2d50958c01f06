package site

import (
	"cmp"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// dishNames finds the names of a library's dishes in texts, and links them to their recipes.
type dishNames struct {
	root  string
	ids   map[string]recipe.ID
	names map[rune][]string // by their first letter, the longest first
}

// shortestName is how long a name must be, in letters: shorter ones are as likely to be another word.
const shortestName = 4

// dishesOf are the names of the visitor's dishes.
func (s *Site) dishesOf(r *http.Request, id string) (dishNames, error) {
	recipes, err := s.recipesOf(r, id)
	return dishNamesOf(s.at("/recipe/"), recipes), err
}

func dishNamesOf(root string, recipes map[recipe.ID]recipe.Recipe) dishNames {
	d := dishNames{root, map[string]recipe.ID{}, map[rune][]string{}}
	for id, rec := range recipes {
		if utf8.RuneCountInString(rec.Name) < shortestName {
			continue
		}
		if other, twice := d.ids[rec.Name]; twice && other < id {
			continue
		}
		d.ids[rec.Name] = id
	}
	for name := range d.ids {
		first, _ := utf8.DecodeRuneInString(name)
		d.names[first] = append(d.names[first], name)
	}
	for _, list := range d.names {
		slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	}
	return d
}

// In is a text in which the names of dishes are links; of several that begin alike the longest counts.
// What stands around them gets the marks of the language.
func (d dishNames) In(l message.Language, text string) template.HTML {
	const mark, most = '\ue000', 0x1900 // the private use area: each stands for a name
	private := func(c rune) bool { return mark <= c && c < mark+most }
	var marked strings.Builder
	var found []string
	before := ' '
	for i := 0; i < len(text); {
		c, size := utf8.DecodeRuneInString(text[i:])
		name := ""
		if !ofWord(before) && len(found) < most {
			name = d.at(text[i:], c)
		}
		switch {
		case name != "":
			marked.WriteRune(mark + rune(len(found)))
			found = append(found, name)
			before, _ = utf8.DecodeLastRuneInString(name)
			size = len(name)
		case !private(c):
			marked.WriteRune(c)
			before = c
		}
		i += size
	}
	var out strings.Builder
	for _, c := range l.Marks(marked.String()) {
		if !private(c) {
			out.WriteString(template.HTMLEscapeString(string(c)))
			continue
		}
		name := found[c-mark]
		out.WriteString(`<a href="` + template.HTMLEscapeString(d.root+strconv.FormatInt(int64(d.ids[name]), 10)) + `">` + template.HTMLEscapeString(name) + `</a>`)
	}
	return template.HTML(out.String()) //nolint:gosec // escaped
}

// at is the longest name that a text begins with; "": none.
func (d dishNames) at(text string, first rune) string {
	for _, name := range d.names[first] {
		if rest, ok := strings.CutPrefix(text, name); ok {
			if next, _ := utf8.DecodeRuneInString(rest); rest == "" || !ofWord(next) {
				return name
			}
		}
	}
	return ""
}

func ofWord(c rune) bool { return unicode.IsLetter(c) || unicode.IsDigit(c) }
