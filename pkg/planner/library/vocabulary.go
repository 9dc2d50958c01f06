package library

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Vocabulary is what a library's recipes call things.
type Vocabulary struct {
	Foods, Tags []string // sorted
	torn        []string // names that an import may have torn apart, by [phrase.Key]
}

// Calls reports whether the library has a food of the name.
func (v Vocabulary) Calls(name string) bool {
	key := phrase.Key(name)
	return slices.Contains(v.torn, key) || slices.ContainsFunc(v.Foods, func(f string) bool { return phrase.Key(f) == key })
}

// VocabularyOf gathers the names of recipes.
func VocabularyOf(recipes []recipe.Recipe) Vocabulary {
	var v Vocabulary
	for _, r := range recipes {
		v.Tags = append(v.Tags, r.Keywords...)
		for _, i := range r.Ingredients {
			v.Foods = append(v.Foods, names(i.Food)...)
			if i.Unit.Name != "" && i.Unit.Base == "" { // an import may have torn the name apart
				v.torn = append(v.torn, phrase.Key(i.Unit.Name+" "+i.Food.Name))
			}
		}
	}
	for _, l := range []*[]string{&v.Foods, &v.Tags} {
		slices.Sort(*l)
		*l = slices.Compact(*l)
	}
	return v
}

func names(f recipe.Food) []string {
	out := []string{f.Name}
	if f.Plural != "" {
		out = append(out, f.Plural)
	}
	for _, a := range f.Ancestors {
		out = append(out, a.Name)
	}
	return out
}

// Check refuses dislikes and tags that are new and that nothing is called. Without recipes
// only the table of foods can tell.
func (v Vocabulary) Check(before user.Settings, s *user.Settings) error {
	for _, d := range s.Dislikes {
		if slices.Contains(before.Dislikes, d) {
			continue
		}
		if _, ok := food.Lookup(d); !ok && !v.has(d) {
			return Unknown("--dislikes", message.Mark("food"), d, slices.Concat(v.Foods, food.Names()))
		}
	}
	for _, n := range s.Staples {
		if !slices.Contains(before.Staples, n) && !v.knows(n) {
			return Unknown("--staples", "food", n, slices.Concat(v.Foods, food.Names()))
		}
	}
	for _, t := range s.AvoidTags {
		if slices.Contains(before.AvoidTags, t) || len(v.Tags) == 0 {
			continue
		}
		if !slices.ContainsFunc(v.Tags, func(n string) bool { return strings.EqualFold(n, t) }) {
			return Unknown("--avoid-tags", message.Mark("keyword of your recipes"), t, v.Tags)
		}
	}
	return v.checkWeekly(before.Cooking, s.Cooking)
}

// has reports whether the library has a food of the name, in singular or plural.
func (v Vocabulary) has(name string) bool {
	return slices.ContainsFunc(v.Foods, func(n string) bool { return slices.Contains(food.Forms(name), food.Normalize(n)) })
}

// knows reports whether the library or the tables have a food of the name.
func (v Vocabulary) knows(name string) bool {
	_, known := food.Same(name)
	return known || v.has(name) || v.Calls(name)
}

// checkWeekly refuses rules that count what no food group and no keyword is called, and what none
// counted before: the number of one whose keyword left the library may still be changed.
func (v Vocabulary) checkWeekly(before, after user.Cooking) error {
	counts, err := after.Counts()
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "settings", err)
	}
	was, _ := before.Counts() // what is stored can be read
	for _, c := range counts {
		if slices.ContainsFunc(was, func(o user.Count) bool { return o.Name == c.Name }) || slices.Contains(food.Groups(), c.Name) || len(v.Tags) == 0 {
			continue
		}
		if !slices.ContainsFunc(v.Tags, func(n string) bool { return strings.EqualFold(strings.Join(strings.Fields(n), " "), c.Name) }) {
			return Unknown("--weekly", message.Mark("food group or keyword of your recipes"), c.Name, slices.Concat(food.Groups(), v.Tags))
		}
	}
	return nil
}

// Unknown is the error, of kind InvalidInput, for a name that is none of those known. It names
// the closest of them.
func Unknown(op, kind, name string, known []string) error {
	distance := func(s string) int { return levenshtein.ComputeDistance(strings.ToLower(s), strings.ToLower(name)) }
	part := func(of, s string) bool {
		return len(s) > 2 && strings.Contains(strings.ToLower(of), strings.ToLower(s))
	}
	near := slices.DeleteFunc(slices.Clone(known), func(s string) bool {
		return distance(s) > max(2, len(name)/3) && !part(s, name) && !part(name, s)
	})
	slices.SortFunc(near, func(a, b string) int { return cmp.Or(cmp.Compare(distance(a), distance(b)), cmp.Compare(a, b)) })
	near = slices.CompactFunc(near, strings.EqualFold)
	switch {
	case len(near) > 0:
		return fault.New(fault.InvalidInput, op, "unknown %v %q: did you mean %s?", message.Textf(kind), name, strings.Join(near[:min(3, len(near))], ", "))
	case len(known) <= 20:
		return fault.New(fault.InvalidInput, op, "unknown %v %q: want one of %s", message.Textf(kind), name, strings.Join(known, ", "))
	default:
		return fault.New(fault.InvalidInput, op, "unknown %v %q: write it as an ingredient list would", message.Textf(kind), name)
	}
}
