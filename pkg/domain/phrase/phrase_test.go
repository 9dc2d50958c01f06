package phrase_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
)

// shelf is a small table of names.
func shelf() *phrase.Names {
	names := []string{
		"garlic", "clove", "cloves", "salt", "pepper", "black pepper", "butter", "oil", "olive oil", "vegetable oil", "lemon", "lemon juice", "lime juice",
		"half and half", "chocolate", "white chocolate", "cheese", "sausage", "cream cheese", "tuna", "kidney beans", "basil", "chicken breast", "milk", "2% milk", "peanut butter",
	}
	return phrase.NewNames(slices.Values(names), func(key string) bool { return slices.Contains(names, key) }, nil)
}

func TestRead(t *testing.T) {
	t.Parallel()
	food := func(name string, join phrase.Join, rest ...string) phrase.Food {
		f := phrase.Food{Name: name, Join: join}
		for _, r := range rest {
			if p, ok := strings.CutPrefix(r, "of "); ok {
				f.Part = p
			} else {
				f.Forms = append(f.Forms, r)
			}
		}
		return f
	}
	for text, want := range map[string]phrase.Reading{
		"garlic":                              {Foods: []phrase.Food{food("garlic", phrase.First)}},
		"3 large garlic cloves, chopped fine": {Foods: []phrase.Food{food("garlic", phrase.First, "of cloves")}},
		"clove":                               {Foods: []phrase.Food{food("clove", phrase.First)}},
		"cloves of garlic":                    {Foods: []phrase.Food{food("garlic", phrase.First, "of cloves")}},
		"salt and black pepper to taste":      {Foods: []phrase.Food{food("salt", phrase.First), food("black pepper", phrase.And)}},
		"butter or olive oil":                 {Foods: []phrase.Food{food("butter", phrase.First), food("olive oil", phrase.Or)}},
		"lemon or lime juice":                 {Foods: []phrase.Food{food("lemon juice", phrase.First), food("lime juice", phrase.Or)}},
		"juice of 1 lemon":                    {Foods: []phrase.Food{food("lemon juice", phrase.First)}},
		"half-and-half":                       {Foods: []phrase.Food{food("half and half", phrase.First)}},
		"White CHOCOLATE":                     {Foods: []phrase.Food{food("white chocolate", phrase.First)}},
		"cheese sausage":                      {Foods: []phrase.Food{food("cheese", phrase.First), food("sausage", phrase.Within)}},
		"tuna in olive oil, drained":          {Foods: []phrase.Food{food("tuna", phrase.First), food("olive oil", phrase.With)}},
		"beans, kidney (canned)":              {Unknown: nil, Foods: []phrase.Food{food("kidney beans", phrase.First, "canned")}},
		"dried basil leaves":                  {Foods: []phrase.Food{food("basil", phrase.First, "dried", "of leaves")}},
		"ounce) package cream cheese":         {Foods: []phrase.Food{food("cream cheese", phrase.First, "of package")}},
		"boneless, skinless chicken breast":   {Foods: []phrase.Food{food("chicken breast", phrase.First)}},
		"2% milk":                             {Foods: []phrase.Food{food("2% milk", phrase.First)}},
		"milk (or zoblat)":                    {Foods: []phrase.Food{food("milk", phrase.First)}, Otherwise: []string{"zoblat"}},
		"cheese, such as Zoblat":              {Foods: []phrase.Food{food("cheese", phrase.First)}},
		"zoblat":                              {Unknown: []string{"zoblat"}},
		"zoblat cheese":                       {Foods: []phrase.Food{food("cheese", phrase.First)}, Unknown: []string{"zoblat"}},
		"peanut butter cups":                  {Foods: []phrase.Food{food("peanut butter", phrase.First)}, Unknown: []string{"cups"}},
		"dairy-free milk":                     {Foods: []phrase.Food{food("milk", phrase.First)}, Unknown: []string{"dairy", "free"}},
		"lemon tart":                          {Foods: []phrase.Food{food("lemon", phrase.First)}, Unknown: []string{"tart"}},
		"1 tart lemon":                        {Foods: []phrase.Food{food("lemon", phrase.First)}},
		"(peanut) butter":                     {Foods: []phrase.Food{food("butter", phrase.First)}, Unknown: []string{"peanut"}},
		"milk of butter":                      {Foods: []phrase.Food{food("milk", phrase.First), food("butter", phrase.Of)}},
		"lemons, tart and crisp":              {Unknown: []string{"lemons"}},
		"lemon, tart and crisp":               {Foods: []phrase.Food{food("lemon", phrase.First)}},
		"lemon and danish":                    {Foods: []phrase.Food{food("lemon", phrase.First)}, Unknown: []string{"danish"}},
		"salt and Knorr":                      {Foods: []phrase.Food{food("salt", phrase.First)}, Unknown: []string{"knorr"}},
		"Knorr and salt":                      {Foods: []phrase.Food{food("salt", phrase.First)}, Unknown: []string{"knorr"}},
		"salt (Knorr)":                        {Foods: []phrase.Food{food("salt", phrase.First)}},
		"Knorr salt":                          {Foods: []phrase.Food{food("salt", phrase.First)}},
		"tuna-like pieces":                    {Unknown: []string{"tuna-like"}},
		"tuna like pieces":                    {Foods: []phrase.Food{food("tuna", phrase.First, "of pieces")}, Unknown: []string{"like"}},
		"butter, 2 sticks":                    {Foods: []phrase.Food{food("butter", phrase.First, "of sticks")}},
		"1 stick (8 tbsp) butter":             {Foods: []phrase.Food{food("butter", phrase.First, "of stick")}},
		"sticks of tuna":                      {Foods: []phrase.Food{food("tuna", phrase.First)}, Unknown: []string{"sticks"}},
		"tuna, 2 sticks":                      {Foods: []phrase.Food{food("tuna", phrase.First)}, Unknown: []string{"sticks"}},
		"batido de milk":                      {Foods: []phrase.Food{food("milk", phrase.First)}, Unknown: []string{"batido"}},
		"milk batido":                         {Foods: []phrase.Food{food("milk", phrase.First)}},
		"finely chopped":                      {Unknown: []string{"finely", "chopped"}, Bare: true},
		"":                                    {Bare: true},
	} {
		if diff := cmp.Diff(want, shelf().Read(text)); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func TestKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Crème-Fraîche": "creme fraiche", "cre\u0300me fraiche": "creme fraiche", "ﬁg": "fig", "Weißwein": "weisswein", "Hershey’s® Cocoa": "hershey's cocoa", "Gousse d’ail": "gousse de ail", "L'huile": "huile", "scorza dell'arancia": "scorza del arancia", "  dark   chocolate, 70 %": "dark chocolate 70 %", "Zwiebel(n)": "zwiebel", "oeuf(s)": "oeuf", "Zehe/n": "zehe", "salt/pepper": "salt pepper", "": "",
	} {
		if got := phrase.Key(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// A word that no table and no vocabulary has makes every phrase unknown, wherever it stands.
func TestAnUnknownWordIsNeverPassedOver(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		words := rapid.SliceOfN(rapid.SampledFrom([]string{"garlic", "cloves", "chopped", "fresh", "and", "or", ",", "(", "olive oil", "white", "dried", "of", "2", "with", "½", "cup"}), 1, 7).Draw(t, "words")
		at := rapid.IntRange(0, len(words)).Draw(t, "at")
		text := strings.Join(slices.Insert(words, at, "zoblat"), " ")
		if r := shelf().Read(text); r.Known() {
			t.Fatalf("%q is taken for %+v", text, r.Foods)
		}
	})
}

// What is read belongs to the text: each word of a name stands in it.
func TestNamesAreOfTheText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"garlic", "pepper", "black", "butter", "peanut", "lemon", "juice", "and", "or", ",", "of", "cream", "cheese", "half", "cups", "ground"}), 1, 8).Draw(t, "words"), " ")
		for _, f := range shelf().Read(text).Foods {
			for w := range strings.SplitSeq(f.Name, " ") {
				if !slices.Contains(strings.Fields(text), w) {
					t.Fatalf("%q is read as %q", text, f.Name)
				}
			}
		}
	})
}
