package grocery

import (
	"cmp"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// OtherSection holds the foods without a category; it comes last.
const OtherSection = "Other"

// Limits of what one line of a recipe may ask for; more is a slip of the pen.
const (
	maxBase  = 100_000 // grams or millilitres
	maxCount = 10_000
)

// Consolidate adds the ingredients of the dishes up, one line per food. The order of the
// dishes does not matter. What is made of another food in the kitchen stands with that one, as far
// as it can be converted and is neither on hand nor among what is always at home. Kind InvalidInput,
// naming recipe and food, when a recipe states no servings or an amount that is negative or above 100 kg, 100 l or 10,000 pieces.
func Consolidate(dishes []Dish, staples []string) (List, error) {
	sorted := slices.Clone(dishes)
	slices.SortStableFunc(sorted, func(a, b Dish) int {
		return cmp.Or(cmp.Compare(a.Date, b.Date), cmp.Compare(a.Meal, b.Meal),
			cmp.Compare(a.Recipe.ID, b.Recipe.ID), cmp.Compare(a.Servings, b.Servings))
	})
	b := basket{map[foodKey]*need{}, reader{}, staples, onHand(sorted), map[*recipe.Ingredient]entry{}}
	for _, d := range sorted {
		if err := b.addDish(d); err != nil {
			return List{}, err
		}
	}
	return arrange(b.foods), nil
}

// foodKey tells foods apart: by the food of the table, as "eggs" and "large egg" are one, else
// by id, else by name.
type foodKey struct {
	id   int64
	name string
}

func keyOf(f recipe.Food, same string) foodKey {
	if same != "" {
		return foodKey{name: same}
	}
	if f.ID != 0 {
		return foodKey{id: f.ID}
	}
	return foodKey{name: strings.ToLower(strings.TrimSpace(f.Name))}
}

// loose is what imports leave at the end of a name.
const loose = " ,;:*.-"

// bought is the ingredient as it is shopped for: what an import tore apart is whole again, and
// the amount is out of the name. It also names the food of the table, if there is one.
func (r reader) bought(in recipe.Ingredient, l food.Line) (recipe.Ingredient, string) {
	in.Food.Name, in.Food.Plural = strings.TrimRight(in.Food.Name, loose), strings.TrimRight(in.Food.Plural, loose)
	if !l.Named || r.unit(in.Unit).size != nil {
		same, _ := food.Same(in.Food.Name)
		return in, same
	}
	own := in.Food
	in = l.Ingredient
	in.Food = own
	part := l.Part != "" && r.unit(in.Unit).key == ""
	switch {
	case own.Answer != nil && own.Answer.Is != "":
	case strings.TrimRight(l.Name, loose) != own.Name:
		if in.Food.Name, in.Food.Plural = strings.TrimRight(l.Name, loose), ""; strings.ContainsAny(l.Name, "0123456789(") {
			in.Food.Name = l.Food.Name
		}
		in.Food.ID = 0 // the library's food is but a piece of the name
		if p, err := ParseLine("1 " + l.Name); err == nil && p.unit.size != nil {
			in.Unit, part = recipe.Unit{Name: label("", p.unit, false)}, false
		}
	}
	if part {
		in.Unit = recipe.Unit{Name: l.Part}
	}
	if l.Same == "" { // by the name that it goes under now
		same, _ := food.Same(in.Food.Name)
		return in, same
	}
	return in, l.Same
}

// need is what the week asks of one food.
type need struct {
	food        recipe.Food
	known       food.Food // of the tables; without a name if they have none
	made        bool      // no recipe has asked for the food itself yet: the name is of our tables
	conversions []recipe.Conversion
	sums        []sum // one per unit as written; sorted by key when all dishes are in
	about       bool  // heaped, or converted
	uses        []Use
}

// sum is an amount of a unit, of what is made of the food if that has a name.
type sum struct {
	unit   unit
	amount *big.Rat
	of     string
}

// basket holds the needs of the dishes so far.
type basket struct {
	foods   map[foodKey]*need
	reader  reader
	staples []string
	home    map[string]bool              // foods of the tables that the library has on hand
	entries map[*recipe.Ingredient]entry // so far: a batch is eaten up to four times
}

func (b basket) addDish(d Dish) error {
	const op = "groceries"
	r := d.Recipe
	if r.Servings <= 0 {
		return fault.New(fault.InvalidInput, op, "recipe %d %q: servings is %d: state in the recipe how many it makes", r.ID, r.Name, r.Servings)
	}
	if d.Servings <= 0 || d.Servings > nutrition.MaxServings {
		return fault.New(fault.InvalidInput, op, "recipe %d %q: %s planned servings are not between 0 and %s", r.ID, r.Name, d.Servings, nutrition.MaxServings)
	}
	scale := big.NewRat(int64(d.Servings), int64(nutrition.OneServing)*int64(r.Servings))
	mine := map[foodKey]int{} // index of this dish's use
	for line := range r.Ingredients {
		it, err := b.entry(&r.Ingredients[line])
		if err != nil {
			return fault.New(fault.InvalidInput, op, "recipe %d %q, %s: %v", r.ID, r.Name, it.food.Name, err)
		}
		if it.key == (foodKey{}) {
			continue
		}
		n := b.need(it)
		i, ok := mine[it.key]
		if !ok {
			i = len(n.uses)
			mine[it.key] = i
			n.uses = append(n.uses, Use{Date: d.Date, Meal: d.Meal, Recipe: r.ID, Name: r.Name})
		}
		if it.amount == nil {
			continue
		}
		n.add(&n.uses[i], it, scale)
	}
	return nil
}

// entry is an ingredient as it goes into the basket. One that is not shopped for has no key.
type entry struct {
	key         foodKey
	food        recipe.Food
	known       food.Food
	conversions []recipe.Conversion
	amount      *quantity // nil: none is stated
	of          string    // what the recipe asks for, if the food is bought for it
	asked       *quantity // the amount of that
	askedName   string
	about       bool // the amount was told by a yield
	made        bool // the food is bought for another: the name is not of a recipe that asks for it
}

func (b basket) entry(written *recipe.Ingredient) (entry, error) {
	if it, ok := b.entries[written]; ok {
		return it, nil
	}
	it, err := b.read(*written)
	b.entries[written] = it
	return it, err
}

func (b basket) read(in recipe.Ingredient) (entry, error) {
	if in.Heads() {
		in.Food, in.Note = recipe.Food{Name: in.Note}, ""
	}
	if in.Food.IgnoreShopping || in.Food.Name == "" {
		return entry{}, nil
	}
	line := food.Identify(in)
	in, same := b.reader.bought(in, line)
	it := entry{key: keyOf(in.Food, same), food: in.Food, known: line.Food, conversions: in.Food.Conversions}
	if f, ok := food.Lookup(line.Food.Name); ok { // frozen peas weigh what peas do
		it.known = f
	}
	var err error
	if it.amount, err = b.reader.read(in); err != nil {
		return it, err
	}
	return b.made(it, line), nil
}

// need finds the food's place, and names it as the recipes do.
func (b basket) need(it entry) *need {
	n := b.foods[it.key]
	if n == nil {
		n = &need{food: it.food, known: it.known, made: it.made}
		b.foods[it.key] = n
	}
	if own := !it.made; own && n.made || own && len(it.food.Name) < len(n.food.Name) { // of "onion" and "finely chopped onion", the first
		n.food, n.known, n.made = it.food, it.known, false
	}
	for _, c := range it.conversions {
		if !slices.Contains(n.conversions, c) {
			n.conversions = append(n.conversions, c)
		}
	}
	return n
}

func (n *need) add(use *Use, it entry, scale *big.Rat) {
	u, amount := it.amount.unit, new(big.Rat).Mul(it.amount.amount, scale)
	n.about = n.about || u.heaped || it.about
	if it.asked != nil {
		use.asked = append(use.asked, asked(new(big.Rat).Mul(it.asked.amount, scale), it.asked.unit)+" ("+it.askedName+")")
	}
	i := slices.IndexFunc(n.sums, func(s sum) bool { return s.unit.key == u.key && s.of == it.of })
	if i < 0 {
		i = len(n.sums)
		n.sums = append(n.sums, sum{u, new(big.Rat), it.of})
	}
	n.sums[i].amount.Add(n.sums[i].amount, amount)
	use.Need = gathered(use.Need, Quantity{amount, u.key, it.of})
}

// arrange makes lines of the needs and puts them where they are looked for.
func arrange(foods map[foodKey]*need) List {
	type aisle struct {
		Section
		order int
	}
	aisles := map[string]*aisle{}
	var list List
	for _, n := range foods {
		slices.SortFunc(n.sums, func(a, b sum) int {
			return cmp.Or(strings.Compare(a.unit.key, b.unit.key), strings.Compare(a.of, b.of))
		})
		line := n.line()
		if n.pantry() {
			list.Pantry = append(list.Pantry, line)
			continue
		}
		if line.Buy == "" {
			line.Buy = forDishes + line.dishes()
		}
		name, order := section(n.food, n.known)
		a := aisles[name]
		if a == nil {
			a = &aisle{Section: Section{Name: name}}
			aisles[name] = a
		}
		if a.order == 0 || order != 0 && order < a.order {
			a.order = order
		}
		a.Lines = append(a.Lines, line)
	}
	ordered := slices.SortedFunc(maps.Values(aisles), func(a, b *aisle) int {
		return cmp.Or(last(a.Name == OtherSection, b.Name == OtherSection), last(a.order == 0, b.order == 0),
			cmp.Compare(a.order, b.order), byName(a.Name, b.Name))
	})
	for _, a := range ordered {
		sortLines(a.Lines)
		list.Sections = append(list.Sections, a.Section)
	}
	sortLines(list.Pantry)
	return list
}

// section is where a food is looked for, and its place on the way: in the user's category, else
// in an aisle of our own table, which come after the user's.
func section(f recipe.Food, known food.Food) (name string, order int) {
	if name = strings.TrimSpace(f.Category.Name); name != "" {
		return name, f.Category.Order
	}
	i := slices.Index(append(food.Categories(), food.Household), known.Category)
	if i < 0 {
		return OtherSection, 0
	}
	const after = 100_000
	return strings.ToUpper(known.Category[:1]) + known.Category[1:], after + i
}

// last sorts what holds behind what does not.
func last(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func byName(a, b string) int {
	return cmp.Or(strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
}

func sortLines(lines []Line) {
	slices.SortFunc(lines, func(a, b Line) int { return cmp.Or(byName(a.Name, b.Name), cmp.Compare(a.Food, b.Food)) })
}
