package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// StrangerConnection is the id of the library that nobody tidied up.
const StrangerConnection = "stranger"

// Stranger is who cooks from it: for two, without nuts, with an hour for dinner on weekdays, and fish.
func Stranger() Person {
	p := Person{User: user.User{
		ID: "user_ines", Name: "Ines", Email: "ines@sandbox.example", TimeZone: "Europe/Vienna", Enabled: true,
		People: 2, Connection: StrangerConnection, Settings: user.DefaultSettings(),
	}}
	p.Settings.TrackClicks = true
	p.Settings.Targets = &nutrition.Macros{Protein: 110 * nutrition.Gram, Fat: 75 * nutrition.Gram, Carbs: 220 * nutrition.Gram}
	p.Settings.Allergens = []string{"nuts"}
	p.Settings.Cooking = user.Cooking{Minutes: []string{"weekdays dinner 60"}, Weekly: []string{"fish >= 1"}}
	return p
}

// StrangersLibrary returns recipes as an import from many sites leaves them in a Tandoor: in
// several languages, amounts and preparation in the names, hardly a keyword, no figures, no food
// tree and no aisles, and jam and cookies among the dinners. They are our own, in the format of
// [parseVariants].
func StrangersLibrary() (tandoortest.Library, error) {
	const file = "stranger.txt"
	var lib tandoortest.Library
	text, err := libraryFiles.ReadFile("library/" + file)
	if err != nil {
		return lib, fault.Wrap(fault.InvalidInput, "demo library: "+file, err)
	}
	for block := range strings.SplitSeq(strings.TrimSpace(string(text)), "\n\n") {
		recipes, err := parseVariants(strings.Split(strings.TrimSpace(block), "\n"))
		if err != nil {
			head, _, _ := strings.Cut(block, "\n")
			return lib, fault.Wrap(fault.InvalidInput, "demo library: "+file, fmt.Errorf("%q: %w", head, err))
		}
		lib.Recipes = append(lib.Recipes, recipes...)
	}
	units, foods, keywords := map[string]string{}, map[string]string{}, map[string]string{}
	for _, r := range lib.Recipes {
		for n, k := range r.Keywords {
			if first(keywords, &r.Keywords[n]) {
				lib.Keywords = append(lib.Keywords, tandoortest.KeywordSpec{Name: k})
			}
		}
		for n, i := range r.Steps[0].Ingredients {
			in := &r.Steps[0].Ingredients[n]
			if i.Unit != "" && first(units, &in.Unit) {
				lib.Units = append(lib.Units, tandoortest.UnitSpec{Name: i.Unit})
			}
			if first(foods, &in.Food) {
				lib.Foods = append(lib.Foods, tandoortest.FoodSpec{Name: i.Food})
			}
		}
	}
	return lib, nil
}

// first reports whether a name is new. Tandoor compares names without regard to case; a name it has
// stays as it was spelled first.
func first(seen map[string]string, name *string) bool {
	key := strings.ToLower(*name)
	if as, ok := seen[key]; ok {
		*name = as
		return false
	}
	seen[key] = *name
	return true
}

// strangersServer serves the library if somebody listens. Its recipes are as old as the clock says.
func strangersServer(o Options, token string, clock func() time.Time) (http.Handler, error) {
	if o.StrangerAddr == "" {
		return http.NotFoundHandler(), nil
	}
	lib, err := StrangersLibrary()
	if err != nil {
		return nil, err
	}
	return tandoortest.New(tandoortest.Options{Library: lib, Now: clock, Tokens: map[string]tandoortest.Token{token: {Scope: "read write"}}})
}

// parseVariants reads one block:
//
//	# {1} Omelette for one | 1 | 5+5 | eggs, quick
//	3 eggs, beaten
//	{2}
//	> Set the eggs, add the filling, fold.
//	* Mushroom ; 80g mushrooms, sliced // 20g gruyère, grated
//
// The head gives the name, the servings, working and waiting minutes, and keywords. Of each
// line with a star a recipe is made; "{1}" stands for its first part, and "//" parts lines.
func parseVariants(lines []string) ([]tandoortest.RecipeSpec, error) {
	var body, variants []string
	for _, l := range lines {
		if v, ok := strings.CutPrefix(l, "* "); ok {
			variants = append(variants, v)
		} else {
			body = append(body, l)
		}
	}
	if len(variants) == 0 {
		variants = []string{""}
	}
	var out []tandoortest.RecipeSpec
	for _, v := range variants {
		var pairs []string
		for n, part := range strings.Split(v, " ; ") {
			pairs = append(pairs, fmt.Sprintf("{%d}", n+1), strings.ReplaceAll(strings.TrimSpace(part), " // ", "\n"))
		}
		r, err := imported(strings.Split(strings.NewReplacer(pairs...).Replace(strings.Join(body, "\n")), "\n"))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// imported is a recipe as a site shows it and an import keeps it.
func imported(lines []string) (tandoortest.RecipeSpec, error) {
	head := strings.Split(strings.TrimPrefix(lines[0], "# "), " | ")
	const fields = 3
	if len(head) < fields || strings.Contains(strings.Join(lines, ""), "{") && strings.Contains(strings.Join(lines, ""), "{1}") {
		return tandoortest.RecipeSpec{}, errors.New("want name | servings | minutes | keywords, and a part for each number in braces")
	}
	r := tandoortest.RecipeSpec{Name: head[0], Nutrition: tandoortest.ModeNone}
	servings, err := strconv.Atoi(head[1])
	working, waiting, _ := strings.Cut(strings.Trim(head[2], " |"), "+")
	w, err2 := strconv.Atoi(working)
	k, err3 := strconv.Atoi(waiting)
	if err := errors.Join(err, err2, err3); err != nil {
		return r, err
	}
	r.Servings, r.WorkingTime, r.WaitingTime = servings, w, k
	if len(head) > fields {
		for k := range strings.SplitSeq(head[fields], ",") {
			if k = strings.TrimSpace(k); k != "" {
				r.Keywords = append(r.Keywords, k)
			}
		}
	}
	var ingredients []tandoortest.IngredientSpec
	for _, l := range lines[1:] {
		if step, ok := strings.CutPrefix(l, "> "); ok {
			r.Steps = append(r.Steps, tandoortest.StepSpec{Instruction: step})
		} else if l != "" {
			ingredients = append(ingredients, torn(l))
		}
	}
	if len(r.Steps) == 0 || len(ingredients) == 0 {
		return r, errors.New("has no steps or no ingredients")
	}
	r.Steps[0].Ingredients = ingredients
	return r, nil
}

// torn divides a line as Tandoor's import does: the first word is the amount if it is a number,
// the next one the unit whatever it is, the rest the food up to a comma or a bracket at the end,
// and what follows the note.
func torn(text string) tandoortest.IngredientSpec {
	in := tandoortest.IngredientSpec{OriginalText: text}
	words := strings.Fields(text)
	digits := 0
	for digits < len(words[0]) && strings.ContainsRune("0123456789.,/", rune(words[0][digits])) {
		digits++
	}
	if digits > 0 && digits < len(words[0]) { // "400g" of
		words = slices.Insert(words, 1, words[0][digits:])
		words[0] = words[0][:digits]
	}
	if a, ok := number(words[0]); ok {
		in.Amount, words = a, words[1:]
		if len(words) > 1 {
			if f, ok := number(words[0]); ok && strings.Contains(words[0], "/") {
				in.Amount, words = in.Amount+f, words[1:]
			}
		}
		if bracketed := len(words) > 2 && strings.HasPrefix(words[0], "("); len(words) > 1 && !bracketed && !strings.HasSuffix(words[0], ",") {
			in.Unit, words = words[0], words[1:]
		}
	}
	in.NoAmount = in.Amount == 0
	in.Food = strings.Join(words, " ")
	if open := strings.LastIndex(in.Food, " ("); open > 0 && strings.HasSuffix(in.Food, ")") {
		in.Food, in.Note = in.Food[:open], strings.Trim(in.Food[open:], " ()")
	} else if at := strings.IndexAny(in.Food, ",;:"); at > 0 {
		in.Food, in.Note = in.Food[:at], strings.TrimSpace(in.Food[at+1:])
	}
	return in
}

// number reads "2", "1.5", "1,5" or "1/2".
func number(s string) (float64, bool) {
	num, den, fraction := strings.Cut(strings.Replace(s, ",", ".", 1), "/")
	v, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0, false
	}
	if fraction {
		by, err := strconv.ParseFloat(den, 64)
		if err != nil || by == 0 {
			return 0, false
		}
		v /= by
	}
	return v, true
}
