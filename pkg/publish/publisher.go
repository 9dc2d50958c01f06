package publish

import (
	"cmp"
	"context"
	"maps"
	"math/big"
	"slices"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// Due is a plan not yet written back to its library.
type Due struct {
	ID         int64
	User       string
	Week       calendar.Date
	Connection string
	Off        bool // write-back is
	Outdated   bool // the plan is being replaced
	Again      bool // it is written though it was before
}

// Plans stores plans.
type Plans interface {
	// Unpublished lists the plans of the week of today and later that are still to be
	// written back, oldest first, at most 100: all of one user, or with "" those of
	// all users that are due.
	Unpublished(ctx context.Context, userID string, today calendar.Date) ([]Due, error)
	// Asked finds the plan of a week, whatever keeps it from being written back; kind NotFound.
	Asked(ctx context.Context, userID string, week calendar.Date) (Due, error)
	// Publish claims the plan and its library, calls write and records the result. claimed is
	// false if another process is writing or has written the plan; news reports that the
	// failure differs from the last one.
	Publish(ctx context.Context, d Due, write func(context.Context) (Report, error)) (r Report, claimed, news bool, err error)
	Get(ctx context.Context, userID string, week calendar.Date) (*plan.Plan, error)
}

// Recipes returns a library's stored recipes.
type Recipes interface {
	Load(ctx context.Context, connection string) ([]recipe.Recipe, error)
}

// Libraries returns the library of a connection.
type Libraries interface {
	Library(ctx context.Context, connection string) (Library, error)
}

// Lists says what of a plan's shopping list is to be bought: not what is at home.
type Lists interface {
	ToBuy(ctx context.Context, userID string, p *plan.Plan) (grocery.List, error)
}

// Publisher writes plans and groceries back to the libraries that opted in.
type Publisher struct {
	plans     Plans
	recipes   Recipes
	libraries Libraries
	book      Book
	lists     Lists
}

// New returns a publisher on its ports.
func New(p Plans, r Recipes, l Libraries, b Book, s Lists) *Publisher {
	return &Publisher{p, r, l, b, s}
}

// Published is the result of writing one plan.
type Published struct {
	Due
	Report
	Claimed bool // false: another process is writing it, or has
	News    bool // the failure differs from the last one
	Err     error
}

// Publish writes the plans of one user immediately, or with "" all that are due. Writing is
// idempotent, so a plan that was written but not recorded is written again. Failed plans are
// retried later and do not block others.
func (p *Publisher) Publish(ctx context.Context, userID string, today calendar.Date) ([]Published, error) {
	due, err := p.plans.Unpublished(ctx, userID, today)
	out := make([]Published, len(due))
	for i, d := range due {
		out[i] = p.publish(ctx, d)
	}
	return out, err
}

// Push writes the plan of a week immediately, whether it was written before or not. Kinds of
// error: NotFound without a plan; Conflict, whose text says what keeps it from being written; and,
// in the result, those of [Write].
func (p *Publisher) Push(ctx context.Context, userID string, week calendar.Date) (Published, error) {
	const op = "write to Tandoor"
	d, err := p.plans.Asked(ctx, userID, week)
	switch {
	case err != nil:
		return Published{}, err
	case d.Off:
		return Published{}, fault.New(fault.Conflict, op, "write-back is off for your library: whoever connected it turns it on on the account page, whoever runs this server with `mealplanner connection set %s --write-back`; it needs a Tandoor token of scope \"read write\"", d.Connection)
	case d.Outdated:
		return Published{}, fault.New(fault.Conflict, op, "the plan is being replaced: wait until it is, then try again")
	}
	return p.publish(ctx, d), nil
}

// Problem is the error for who asked for the plan to be written, nil if it was. Kind Conflict if
// another process is writing, or the library refuses the token.
func (o Published) Problem() error {
	const op = "write to Tandoor"
	switch kind := fault.KindOf(o.Err); {
	case o.Err == nil && !o.Claimed:
		return fault.New(fault.Conflict, op, "your library is being written to at this moment: try again in a minute")
	case kind == fault.Unauthorized:
		return fault.New(fault.Conflict, op, "Tandoor refuses: %s", fault.Text(o.Err))
	case kind.Transient() && kind != fault.DatabaseError:
		return fault.Wrap(kind, op+": it does not answer at this moment, try again later", o.Err)
	default:
		return o.Err
	}
}

func (p *Publisher) publish(ctx context.Context, d Due) Published {
	o := Published{Due: d}
	o.Report, o.Claimed, o.News, o.Err = p.plans.Publish(ctx, d, func(ctx context.Context) (r Report, err error) {
		defer fault.Recover("write to Tandoor", &err)
		return p.write(ctx, d)
	})
	return o
}

func (p *Publisher) write(ctx context.Context, d Due) (Report, error) {
	wanted, err := p.Wanted(ctx, d)
	if err != nil {
		return Report{}, err
	}
	library, err := p.libraries.Library(ctx, d.Connection)
	if err != nil {
		return Report{}, err
	}
	return Write(ctx, library, p.book, wanted)
}

// Wanted is what the library should show of a plan.
func (p *Publisher) Wanted(ctx context.Context, d Due) (Plan, error) {
	stored, err := p.plans.Get(ctx, d.User, d.Week)
	if err != nil {
		return Plan{}, err
	}
	pool, err := p.recipes.Load(ctx, d.Connection)
	if err != nil {
		return Plan{}, err
	}
	buy, err := p.lists.ToBuy(ctx, d.User, stored)
	if err != nil {
		return Plan{}, err
	}
	n := vocabularyOf(pool)
	return Plan{
		ID: d.ID, Connection: d.Connection, Meals: plannedMeals(stored, stored.Week.Cooked), Needs: Merge(needs(buy, n.need)),
		Old: Old{
			Marker: "mealplanner:" + plan.GenerationID(d.User, d.Week), Meals: plannedMeals(stored, func(s plan.Serving) nutrition.Servings { return s.Servings }),
			Needs: needs(stored.Groceries, func(id int64, name, unit string) (int64, string, string) { return id, name, unit }),
		},
	}, nil
}

// plannedMeals are the plan's meals for all who eat.
func plannedMeals(s *plan.Plan, cooked func(plan.Serving) nutrition.Servings) []Meal {
	var out []Meal
	for _, d := range s.Week.Days {
		for m, sv := range d.Meals {
			if sv == nil {
				continue
			}
			out = append(out, Meal{
				Date: d.Date, Meal: recipe.Meals[m], Recipe: sv.Recipe, Servings: cooked(*sv), Name: sv.Name,
			})
		}
	}
	return out
}

// needs are the exact needs, by food and unit as name calls them: Tandoor adds its own
// rounding.
func needs(l grocery.List, name func(id int64, food, unit string) (int64, string, string)) []Need {
	var out []Need
	for _, sec := range l.Sections {
		for _, line := range sec.Lines {
			parts := slices.ContainsFunc(line.Need, func(q grocery.Quantity) bool { return q.Of != "" })
			for _, q := range grocery.Wanted(line.Need) {
				if parts && q.Unit == "" { // nobody buys 0.7 lemons
					q.Amount = new(big.Rat).SetInt(new(big.Int).Quo(new(big.Int).Add(q.Amount.Num(), new(big.Int).Sub(q.Amount.Denom(), big.NewInt(1))), q.Amount.Denom()))
				}
				scaled := new(big.Rat).Mul(q.Amount, big.NewRat(int64(recipe.One), 1))
				up := new(big.Int).Add(scaled.Num(), new(big.Int).Sub(scaled.Denom(), big.NewInt(1)))
				up.Quo(up, scaled.Denom())
				id, food, unit := name(line.Food, line.Name, q.Unit)
				out = append(out, Need{FoodID: id, Food: food, Unit: unit, Amount: recipe.Amount(up.Int64())})
			}
		}
	}
	return out
}

// vocabulary holds the library's names of foods and units.
type vocabulary struct {
	foods map[int64]string
	same  map[string][]recipe.Food    // by the name of the tables: the library's own, each once
	units map[foodUnit]map[string]int // how often each name is used for the unit
}

// foodUnit is a unit as the list of groceries states it, of one food or, with 0, of all.
type foodUnit struct {
	food int64
	unit string
}

func vocabularyOf(pool []recipe.Recipe) vocabulary {
	n := vocabulary{map[int64]string{}, map[string][]recipe.Food{}, map[foodUnit]map[string]int{}}
	for _, r := range pool {
		for _, in := range r.Ingredients {
			_, seen := n.foods[in.Food.ID]
			n.foods[in.Food.ID] = in.Food.Name
			if same, ok := food.Same(in.Food.Name); ok && !seen && in.Food.ID != 0 {
				n.same[same] = append(n.same[same], in.Food)
			}
			unit, ok := grocery.UnitOf(in)
			if !ok || in.Unit.Name == "" {
				continue
			}
			for _, k := range []foodUnit{{in.Food.ID, unit}, {0, unit}} {
				if n.units[k] == nil {
					n.units[k] = map[string]int{}
				}
				n.units[k][in.Unit.Name]++
			}
		}
	}
	return n
}

// need names a food and a unit as the library does, the food in the singular and the unit
// as most of its recipes have it. A food without an id is bought for another: lemons for their juice.
func (n vocabulary) need(id int64, name, unit string) (of int64, foodName, unitName string) {
	if same, ok := food.Same(name); ok && id == 0 && len(n.same[same]) > 0 {
		id = plainest(n.same[same], name, same).ID
	}
	if foodName = name; id != 0 {
		foodName = cmp.Or(n.foods[id], name)
	}
	if unit == "" {
		return id, foodName, ""
	}
	for _, k := range []foodUnit{{id, unit}, {0, unit}} {
		if by := n.units[k]; len(by) > 0 {
			return id, foodName, slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) })[0]
		}
	}
	return id, foodName, unit
}

// plainest is the food that has the name, else that of the tables, else the shortest: of "lemon
// wedges" and "lemon" one buys the latter.
func plainest(foods []recipe.Food, name, same string) recipe.Food {
	rank := func(f recipe.Food) int {
		forms := food.Forms(f.Name)
		switch {
		case slices.Contains(forms, food.Normalize(name)):
			return 0
		case slices.Contains(forms, food.Normalize(same)):
			return 1
		default:
			return 2
		}
	}
	return slices.MinFunc(foods, func(a, b recipe.Food) int {
		return cmp.Or(rank(a)-rank(b), len(a.Name)-len(b.Name), cmp.Compare(a.ID, b.ID))
	})
}
