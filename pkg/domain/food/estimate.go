package food

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Estimation is what a recipe's ingredients come to by the USDA's table.
type Estimation struct {
	PerServing nutrition.Macros
	// MatchedMass is the mass of the lines whose food and weight are known, TotalMass
	// that of all lines. Foods that hold next to no macros (water, broth) count in neither: a
	// litre of them must not make up for unknown solids.
	MatchedMass, TotalMass nutrition.Mass
	Unmatched              []string     // names of the lines that are not in PerServing
	Unknown                []string     // of them those that the tables do not have
	Refused                message.Text // why there is no estimate; empty: there is one
}

const (
	// thin is the energy of 100 g below which a food is taken for water.
	thin = 15 * nutrition.Kilocalorie
	// dense is what 100 g of an unknown food are taken to hold: as much as sugar, cheese or bread.
	dense = 400
	// Most mass of a serving that a person could eat at once.
	mostMass = 3000 * nutrition.Gram
	// What a serving takes up of fat whose amount is left to the cook.
	friedIn = 10 * nutrition.Gram
	greased = 2 * nutrition.Gram
	// What a serving has of lettuce, tomatoes or lemon whose amount is left to the cook, and the
	// energy of 100 g up to which a vegetable or fruit is one of them.
	aside  = 30 * nutrition.Gram
	watery = 60 * nutrition.Kilocalorie
	// Of a pan full of oil the food takes up a tenth of its own weight.
	absorbed = 10
	panful   = 100 * nutrition.Gram
)

// Estimate computes the macros of a serving from the ingredients. It refuses (false) when the
// recipe states no servings, when less than 90 % of the mass is matched, when what is not
// matched may hold more than a tenth of the energy, when a line might be heavy without our
// knowing, and when a serving would weigh over 3 kg or hold over 5 MJ.
//
// A line without an amount counts as nothing if its food is a seasoning, water, a herb or said
// to be a garnish; of a watery vegetable or fruit it counts as 30 g a serving,
// of what is put on at the table as much as data/served.csv says, but of two things at most. Fat for the pan counts as 10 g a serving, for a tin as 2 g; of oil for deep
// frying a tenth of the weight of the other ingredients is absorbed. Bones and shells that a
// name includes are taken off. The alcohol of drinks counts with its energy, as carbohydrate.
// The weight of an unmatched line that states a volume is the most any food could weigh.
func Estimate(r recipe.Recipe) (Estimation, bool) {
	e := estimator{servings: int64(r.Servings), listed: map[string]bool{}}
	for n, i := range r.Ingredients {
		if !titles(r.Ingredients[n:]) {
			e.line(i)
		}
	}
	e.top()
	e.fry()
	return e.close()
}

type estimator struct {
	est      Estimation
	servings int64
	sum      [3]int64     // of mass x content per 100 g
	heavy    message.Text // the first line that may be heavy
	most     recipe.Ingredient
	mostMass nutrition.Mass
	solids   nutrition.Mass
	frying   []Line
	toppings []Line
	listed   map[string]bool // foods with an amount
}

func (e *estimator) line(i recipe.Ingredient) {
	if i.Heads() {
		return
	}
	l := Resolve(i)
	none := l.NoAmount || l.Amount <= 0
	f := l.Food
	switch {
	case l.Named && f.Category == Household:
		return
	case none && l.Named && f.freely(i):
		return
	case none && l.Named && f.Known() && f.fat():
		l.Mass, l.Weighed = nutrition.Mass(e.servings)*friedIn, true
		if greases(i) {
			l.Mass = nutrition.Mass(e.servings) * greased
		}
	case none && l.Named && f.Known() && served()[f.Name] > 0:
		l.Mass = nutrition.Mass(e.servings) * served()[f.Name]
		e.toppings = append(e.toppings, l)
		return
	case none && l.Named && f.Known() && (f.Category == Produce || f.Category == Frozen) && f.Energy <= watery:
		l.Mass, l.Weighed = nutrition.Mass(e.servings)*aside, true
	case l.Named && f.Known() && l.Weighed && l.Mass > panful && f.Category == Oils && fries(i):
		e.frying = append(e.frying, l)
		return
	case l.Named && !l.Weighed && !none && (f.Seasoning() || f.herb() || f.thin()):
		return
	}
	if l.Named && f.Known() && l.Weighed && l.Mass <= nutrition.MaxMass {
		e.listed[f.Name] = true
		e.add(i, l)
		return
	}
	e.est.Unmatched = append(e.est.Unmatched, i.Food.Name)
	if !l.Named {
		e.est.Unknown = append(e.est.Unknown, i.Food.Name)
	}
	m, bounded := l.Mass, l.Weighed
	if !bounded {
		m, bounded = Bound(l.Ingredient)
	}
	if (!bounded || m > nutrition.MaxMass) && e.heavy.Empty() {
		e.heavy = unknowable(i, l)
	}
	e.est.TotalMass += min(m, nutrition.MaxMass)
}

// unknowable says what is not known of a line.
func unknowable(i recipe.Ingredient, l Line) message.Text {
	switch {
	case !l.Named:
		return message.Textf("%q is not in the table", i.Food.Name)
	case i.NoAmount || i.Amount <= 0:
		return message.Textf("%q has no amount", i.Food.Name)
	case !l.Food.Known():
		return message.Textf("%q has no figures in this form", i.Food.Name)
	default:
		return message.Textf("nobody knows what one %q of %q weighs", i.Unit.Name, i.Food.Name)
	}
}

func (e *estimator) add(i recipe.Ingredient, l Line) {
	f := l.Food
	m := l.Mass - nutrition.Mass(mulDiv(int64(l.Mass), refuse(i, l), 100))
	e.sum[0] += int64(f.Per100g.Protein) * int64(m)
	e.sum[1] += int64(f.Per100g.Fat) * int64(m)
	e.sum[2] += int64(f.Per100g.Carbs+f.alcohol()) * int64(m)
	if m > e.mostMass {
		e.most, e.mostMass = i, m
	}
	if !f.thin() {
		e.est.MatchedMass += m
		e.est.TotalMass += m
	}
	if f.Category != Oils && f.Category != Drinks {
		e.solids += m
	}
}

// toppingsTaken is how many of the things that stand on the table somebody takes.
const toppingsTaken = 2

// plateful is what the rest of a serving weighs at least where something is put on, or taken of flour
// and milk, without an amount: of less those may be the dish.
const plateful = 50 * nutrition.Gram

// slight is the energy of what cannot be the dish, however little else there is.
const slight = 10 * nutrition.Kilocalorie

// top adds what is put on at the table: of many things two, and nothing of what the dish
// holds already.
func (e *estimator) top() {
	taken := 0
	if e.solids < nutrition.Mass(e.servings)*plateful && e.heavy.Empty() {
		for _, l := range e.toppings {
			if l.Food.Energy*nutrition.Energy(l.Mass/nutrition.Mass(e.servings))/nutrition.Energy(100*nutrition.Gram) > slight {
				e.heavy = unknowable(l.Ingredient, l)
				break
			}
		}
	}
	for _, l := range e.toppings {
		if e.listed[l.Food.Name] || taken == toppingsTaken {
			continue
		}
		taken++
		e.add(l.Ingredient, l)
	}
}

// fry adds what is absorbed of oil to fry in.
func (e *estimator) fry() {
	for _, l := range e.frying {
		l.Mass = min(l.Mass, e.solids/absorbed)
		e.add(l.Ingredient, l)
	}
}

func (e *estimator) close() (Estimation, bool) {
	est := &e.est
	if e.servings <= 0 {
		est.Refused = message.Textf("it does not say how many servings it makes")
		return *est, false
	}
	perServing := func(sum int64) nutrition.Mass {
		return nutrition.Mass(mulDiv(sum, 1, 100*int64(nutrition.Gram)*e.servings))
	}
	macros := nutrition.Macros{Protein: perServing(e.sum[0]), Fat: perServing(e.sum[1]), Carbs: perServing(e.sum[2])}
	open := nutrition.Energy(mulDiv(int64(est.TotalMass-est.MatchedMass), dense*int64(nutrition.Kilocalorie), 100*int64(nutrition.Gram)*e.servings))
	switch {
	case !e.heavy.Empty():
		est.Refused = e.heavy
	case est.MatchedMass == 0:
		est.Refused = message.Textf("nothing in it is known")
	case est.TotalMass > nutrition.MaxMass, e.mostMass/nutrition.Mass(e.servings) > mostMass, macros.Energy() > nutrition.MostEnergy:
		est.Refused = message.Textf("a serving would weigh %v and hold %.0f kcal: check %q, and the servings", est.TotalMass/nutrition.Mass(e.servings), macros.Energy().Kcal(), e.most.Food.Name)
	case 10*est.MatchedMass < 9*est.TotalMass, 10*open > macros.Energy():
		est.Refused = message.Textf("too much of it is not known: %s", strings.Join(est.Unmatched, ", "))
	}
	if !est.Refused.Empty() {
		return *est, false
	}
	est.PerServing = macros
	return *est, true
}
