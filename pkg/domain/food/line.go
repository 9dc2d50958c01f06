package food

import (
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/phrase"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	units "github.com/mealplanner/mealplanner/pkg/domain/unit"
)

// Line is an ingredient as the tables understand it.
type Line struct {
	recipe.Ingredient // with the amount and the unit that count, wherever they stood

	// Name is what the line calls the food, with the words that an import took for its unit.
	Name string
	// Part is what the name counts, a unit of the table: of "3 garlic cloves" the clove.
	Part string
	// Same names the food of the table that one buys for it, as [Same] does; empty: none.
	Same    string
	Food    Food
	Named   bool // the tables have the food
	Mass    nutrition.Mass
	Weighed bool // Mass is known
}

// Resolve reads an ingredient whole. What an import tore apart is put together again: of
// "4 salmon steaks" it makes four "salmon" of the food "steaks", of "1 (8 oz) package cream
// cheese" one "(8" of "oz) package cream cheese". A note chooses the food where it says what a
// longer name of the tables does ("rice", "cooked"), and states the weight of one container.
func Resolve(i recipe.Ingredient) Line {
	l, r := identify(i)
	if r != nil && !l.Weighed {
		l.Mass, l.Weighed = r.weigh(l.Food)
	}
	return l
}

// Identify is [Resolve] for those who need no weight.
func Identify(i recipe.Ingredient) Line {
	l, _ := identify(i)
	return l
}

func identify(i recipe.Ingredient) (Line, *resolver) {
	if a := i.Food.Answer; a != nil && a.Ignored {
		return Line{Ingredient: i, Name: i.Food.Name, Food: Food{Name: i.Food.Name, Category: Household}, Named: true}, nil
	} else if a != nil && a.Is != "" {
		i.Food.Name, i.Food.Plural, i.Note = a.Is, "", ""
	}
	i = amountLast(amountInName(summed(mended(ranged(spoken(denominated(pointed(partly(divided(starred(i)))))))))))
	r := &resolver{i: i, text: i.Food.Name}
	r.name()
	r.together()
	r.specify()
	r.canned()
	l := Line{Ingredient: r.i, Name: r.text, Part: r.named.Part}
	l.Food, l.Named = numbered(i.Food, r.named.Food, r.ok)
	l.Same, _ = Same(r.text)
	if l.Food.Seasoning() {
		l.Mass, l.Weighed = r.weigh(l.Food)
		if l.Mass > spoonful || !l.Weighed && !i.NoAmount && r.i.Unit.Name == "" {
			if f, ok := r.elsewhere(); ok {
				l.Food, l.Same = f, f.Name
				l.Mass, l.Weighed = r.weigh(f)
			}
		}
	}
	return l, r
}

// spoonful is more than anybody takes of a spice.
const spoonful = 30 * nutrition.Gram

// elsewhere is the food that the name means in another language: of a pound of "Paprika", or
// two, a German takes bell peppers.
func (r *resolver) elsewhere() (Food, bool) {
	t := curated()
	for _, f := range t.names.Read(r.text).Foods {
		if i, ok := t.shared[f.Name]; ok {
			return t.foods[i], true
		}
	}
	return Food{}, false
}

// beginning is an amount at the beginning of a name.
var beginning = lazyregexp.New(`(?i)^[^\pL\d]*(?:ca\.? |about |etwa )?(?:(\d+) )?(\d+/\d+|\d+(?:[.,]\d+)?)(?: ?(?:-|–|bis|to|à) ?(\d+(?:[.,]\d+)?))? ?(\pL.*)$`)

// container begins what says how much one of several holds: "15-ounce can", "(8 oz) package".
var container = lazyregexp.New(`^\(?\d[\d/., ]*(?:to \d+)?[- ]?(?:\pL+\.?)\)? `)

// amountInName takes the amount of a line that states none from its name: "3 Knoblauchzehen",
// "1-2 EL Öl". Of a range it takes the middle.
func amountInName(i recipe.Ingredient) recipe.Ingredient {
	low := recipe.Amount(0)
	if through := slices.Contains([]string{"bis", "to", "à", "a", "tot", "-", "–"}, strings.ToLower(i.Unit.Name)); through {
		low = i.Amount // "200" "bis" "300 g Huhn"
	} else if !i.NoAmount && i.Amount > 0 || i.Unit.Name != "" {
		return i
	}
	written := phrase.Fold(i.Food.Name)
	name := spelled(written)
	if number, rest, ok := strings.Cut(name, " "); ok && name != written && container().MatchString(rest) {
		if a, ok := amountOf(number); ok { // "One 15-ounce can"
			i.Amount, i.NoAmount, i.Unit, i.Food.Name = a, false, recipe.Unit{}, rest
			return i
		}
	}
	m := beginning().FindStringSubmatch(name)
	if m == nil {
		return i
	}
	var amount recipe.Amount
	for _, s := range m[1:3] {
		if s == "" {
			continue
		}
		a, ok := amountOf(s)
		if !ok {
			return i
		}
		amount += a
	}
	if m[3] != "" {
		if upper, ok := amountOf(m[3]); ok && upper > amount {
			amount = (amount + upper) / 2
		}
	}
	if low > 0 && low < amount {
		amount = (low + amount) / 2
	}
	if n, ok := Read(m[4]); ok && n.Food.Seasoning() && n.Part == "" {
		if _, ok := n.Food.piece(recipe.Unit{}); !ok && leading(m[4]) == (recipe.Unit{}) {
			return i // "5 épices" is one thing
		}
	}
	i.Amount, i.NoAmount, i.Unit, i.Food.Name = amount, false, recipe.Unit{}, m[4]
	return counted(i)
}

// counted takes the container or handful that a name begins with for its unit: "blik linzen".
func counted(i recipe.Ingredient) recipe.Ingredient {
	word, rest, ok := strings.Cut(i.Food.Name, " ")
	u, known := units.Named(word)
	if !ok || !known || u.Kind != units.Count || u.Aside || u.Key == "" || u.Key == "size" {
		return i
	}
	if _, ok := Read(rest); ok {
		i.Unit, i.Food.Name = recipe.Unit{Name: word}, rest
	}
	return i
}

// resolver puts a line together.
type resolver struct {
	i     recipe.Ingredient
	text  string // the name, with what belongs to it
	named Named
	ok    bool
}

// name reads the food's own name, or its plural, or what is essential of it.
func (r *resolver) name() {
	if r.named, r.ok = Read(r.i.Food.Name); !r.ok && r.i.Food.Plural != "" {
		r.named, r.ok = Read(r.i.Food.Plural)
	}
	if r.ok {
		return
	}
	for _, s := range essentials(r.i.Food.Name) {
		if r.named, r.ok = Read(s); r.ok {
			return
		}
	}
}

// together reads unit, name and note as one where the unit is none, or where the name only
// describes: "skinless", with "chicken breasts" in the note.
func (r *resolver) together() {
	unit, name := r.i.Unit, r.i.Food.Name
	torn := unit.Name != "" && unit.Base == "" && !counts(unit.Name, r.named.Food)
	if torn {
		if r.ok && strings.Contains(unit.Name, "-") && unit.Name[0] > '9' { // "pasture-raised" of "eggs"
			r.i.Unit = leading(name)
		}
		if r.ok && strings.Contains(" "+phrase.Key(name)+" ", " "+phrase.Key(unit.Name)+" ") {
			r.i.Unit = recipe.Unit{} // half a "limone" of "scorza di limone"
			return
		}
		if r.apart() {
			return
		}
		if n, ok := Read(unit.Name + " " + name); ok {
			r.named, r.ok, r.text = n, true, unit.Name+" "+name
			r.i.Unit = leading(r.text)
			r.across(unit.Name)
			return
		}
	}
	if unit.Name == "" && unit.Base == "" {
		r.i.Unit = leading(name)
	}
	if r.ok || r.i.Note == "" || !curated().names.Read(name).Bare {
		return
	}
	for _, before := range []string{name, unit.Name + " " + name} {
		for _, between := range []string{" ", ", "} {
			if n, ok := Read(before + between + r.i.Note); ok {
				r.named, r.ok, r.text = n, true, before
				if torn && before == name {
					r.text = unit.Name + " " + name // "(6" and "ounce) skinless"
				}
				if u := leading(before + " " + r.i.Note); before != name || u.Name != "" {
					r.i.Unit = u
				}
				return
			}
		}
	}
}

// apart puts a food back into the name that it was taken from: one "citron" of "le jus de".
func (r *resolver) apart() bool {
	if r.ok {
		return false
	}
	if _, food := Read(r.i.Unit.Name); !food {
		return false
	}
	for _, whole := range around(r.i.Food.Name, r.i.Unit.Name) {
		if n, ok := Read(whole); ok {
			r.named, r.ok, r.text, r.i.Unit = n, true, whole, recipe.Unit{}
			return true
		}
	}
	return false
}

// leading is the unit of mass or volume that a text begins with: "fluid ounces vodka".
func leading(text string) recipe.Unit {
	words := strings.Fields(text)
	const longest = 3
	for n := min(longest, len(words)-1); n > 0; n-- {
		if u, ok := units.Named(strings.TrimRight(strings.Join(words[:n], " "), ",;")); ok && u.Kind != units.Count && !u.Aside {
			return recipe.Unit{Name: u.One, Base: u.Key}
		}
	}
	return recipe.Unit{}
}

// alternatives begin a note about what else could be taken.
var alternatives = map[string]bool{"or": true, "oder": true, "ou": true, "o": true, "of": true, "oppure": true}

// instead begins what a note offers for the food: "frisch, ersatzweise aus der Dose".
var instead = lazyregexp.New(`(?i)[,;]?\s*\b(?:ersatzweise|alternativ|notfalls|wahlweise)\b.*$`)

// What was washed is "dried" with a cloth.
var (
	washed = lazyregexp.New(`(?i)\b(?:rinsed|washed|gewaschen|lavée?s?|gewassen)\b`)
	dried  = lazyregexp.New(`(?i)\b(?:dried|getrocknet|séchée?s?|gedroogd)\b`)
)

// specify lets the note choose the food.
func (r *resolver) specify() {
	note := r.i.Note
	if word, _, _ := strings.Cut(phrase.Key(note), " "); note == "" || r.ok && alternatives[word] {
		return
	}
	if note = instead().ReplaceAllString(note, ""); note == "" {
		return
	}
	if washed().MatchString(r.text) {
		note = dried().ReplaceAllString(note, "")
	}
	n, ok := specified(r.text, note)
	if _, scales := (quantity{r.i.Amount, r.i.Unit}).mass(); ok && r.ok && scales && n.Food.Category == Grains && strings.HasPrefix(n.Food.Name, "cooked ") && !says(r.i, "leftover") {
		return // "8 oz spaghetti", "cooked", are weighed dry
	}
	if ok {
		r.named, r.ok = n, true
	}
}

// littleOf is what a pinch or a dash weighs.
const littleOf = nutrition.Gram / 2

func (r *resolver) weigh(f Food) (nutrition.Mass, bool) {
	if m, ok := packed(r.i, r.text, f); ok {
		return m, true
	}
	u, known := units.Named(r.i.Unit.Name)
	if known && u.Kind == units.Volume && r.i.Unit.Base == "" {
		if m, ok := weighed(r.i, r.text, f); ok {
			return m, true
		}
	}
	if m, ok := r.ofKind(f); ok {
		return m, true
	}
	if r.named.Part != "" && (r.i.Unit.Name == "" || known && u.Key == "size") {
		part := r.i
		part.Unit = recipe.Unit{Name: r.named.Part}
		if m, ok := Weigh(part, f); ok {
			return m, true
		}
		if first, _, _ := strings.Cut(r.text, " "); f.Category == Meat && purposes()["cube"][phrase.Key(first)] { // "1 cube de poulet" is stock, and no whole one
			return 0, false
		}
	}
	if m, ok := r.share(f); ok {
		return m, true
	}
	if m, ok := Weigh(r.i, f); ok {
		return m, true
	}
	if u.Key == drizzle && f.Density > 0 && !r.i.NoAmount && r.i.Amount > 0 {
		return drizzles(r.i.Amount, f), true
	}
	one, usually := usual()[sort{u.Key, f.Category}]
	cut := f.Category == Meat && strings.HasPrefix(strings.ToLower(r.i.Unit.Name), "presa") // in Spanish
	if u.Style == units.Tiny && !cut {
		one, usually = littleOf, true
	}
	if !known || !usually || r.i.NoAmount || r.i.Amount < 0 {
		return 0, false
	}
	return nutrition.Mass(mulDiv(int64(r.i.Amount), int64(one), int64(recipe.One))), true
}

// counts reports whether a unit's name says how much, of this food or any.
func counts(unit string, f Food) bool {
	if _, ok := units.Named(unit); ok {
		return true
	}
	_, ok := f.piece(recipe.Unit{Name: unit})
	return ok
}

// specified reads a name together with its note, where both come to one food that every word
// of them describes.
func specified(name, note string) (Named, bool) {
	r := curated().names.Read(name + ", " + note)
	if !r.Known() || len(r.Foods) != 1 {
		return Named{}, false
	}
	return named(r), true
}
