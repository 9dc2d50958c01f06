package publish_test

import (
	"context"
	"errors"
	"math/big"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
)

// office is what a publisher works with beside a library and its book.
type office struct {
	due     []publish.Due
	stored  map[string]*plan.Plan // by user
	pool    []recipe.Recipe
	shelf   *shelf
	claimed map[int64]bool // by another process
	home    []string       // foods that are not bought
	fail    map[string]error
}

func (o *office) Unpublished(_ context.Context, userID string, _ calendar.Date) ([]publish.Due, error) {
	var out []publish.Due
	for _, d := range o.due {
		if userID == "" || d.User == userID {
			out = append(out, d)
		}
	}
	return out, o.fail["unpublished"]
}

func (o *office) Publish(ctx context.Context, d publish.Due, write func(context.Context) (publish.Report, error)) (r publish.Report, claimed, news bool, err error) {
	if o.claimed[d.ID] {
		return r, false, false, nil
	}
	r, err = write(ctx)
	return r, true, err != nil, err
}

func (o *office) Get(_ context.Context, userID string, _ calendar.Date) (*plan.Plan, error) {
	if p := o.stored[userID]; p != nil {
		return p, nil
	}
	return nil, fault.New(fault.NotFound, "plan", "%s", userID)
}

func (o *office) Load(context.Context, string) ([]recipe.Recipe, error) {
	if err := o.fail["panic"]; err != nil {
		delete(o.fail, "panic")
		panic(err)
	}
	return o.pool, o.fail["load"]
}

func (o *office) Library(context.Context, string) (publish.Library, error) {
	return o.shelf, o.fail["library"]
}

func (o *office) Asked(_ context.Context, userID string, week calendar.Date) (publish.Due, error) {
	for _, d := range o.due {
		if d.User == userID && d.Week == week {
			return d, nil
		}
	}
	return publish.Due{}, fault.New(fault.NotFound, "publish plan", "no plan for the week of %s", week)
}

func (o *office) ToBuy(_ context.Context, _ string, p *plan.Plan) (grocery.List, error) {
	return p.Groceries.Aside(o.home), o.fail["to buy"]
}

func (o *office) publisher() *publish.Publisher {
	return publish.New(o, o, o, &book{fail: map[string][]error{}}, o)
}

// newOffice has a plan of Ana's with one dinner and what it needs, due for two eaters.
func newOffice() *office {
	p := &plan.Plan{Week: plan.Week{WeekOf: monday, People: 2}}
	for i := range p.Week.Days {
		p.Week.Days[i].Date = monday + calendar.Date(i)
	}
	p.Week.Days[3].Meals[recipe.Dinner] = &plan.Serving{Recipe: 4, Name: "Stew", Servings: nutrition.OneServing * 3 / 2}
	need := func(n, d int64, unit string) grocery.Quantity {
		return grocery.Quantity{Amount: big.NewRat(n, d), Unit: unit}
	}
	p.Groceries.Sections = []grocery.Section{{Lines: []grocery.Line{
		{Food: 5, Name: "rice", Need: []grocery.Quantity{need(1000, 3, "g"), need(2, 1, "")}}, {Name: "Eggs", Need: []grocery.Quantity{need(6, 1, "")}},
	}}}
	return &office{
		due: []publish.Due{{ID: 7, User: "ana", Week: monday, Connection: "home"}}, stored: map[string]*plan.Plan{"ana": p},
		shelf: newShelf(), claimed: map[int64]bool{}, fail: map[string]error{},
	}
}

// rice is an ingredient with the unit that its library has for grams.
func rice(unit string) recipe.Ingredient {
	return recipe.Ingredient{Food: recipe.Food{ID: 5, Name: "Rice (white)"}, Unit: recipe.Unit{Name: unit, Base: "g"}, Amount: recipe.One}
}

func TestWhatIsWantedIsForAllEatersInTheLibrarysWords(t *testing.T) {
	t.Parallel()
	o := newOffice()
	pieces := recipe.Ingredient{Food: recipe.Food{ID: 5, Name: "Rice (white)"}, Unit: recipe.Unit{Name: "piece"}, Amount: recipe.One}
	o.pool = []recipe.Recipe{{ID: 1, Ingredients: []recipe.Ingredient{rice("Gramm"), rice("Gr."), rice("Gramm"), pieces}}}
	got, err := o.publisher().Wanted(t.Context(), o.due[0])
	meal := publish.Meal{Date: monday + 3, Meal: recipe.Dinner, Recipe: 4, Servings: 3 * nutrition.OneServing, Name: "Stew"}
	single := meal
	single.Servings = nutrition.OneServing * 3 / 2
	want := publish.Plan{
		ID: 7, Connection: "home", Meals: []publish.Meal{meal},
		Needs: []publish.Need{{FoodID: 5, Food: "Rice (white)", Unit: "Gramm", Amount: 3_333_334}, {FoodID: 5, Food: "Rice (white)", Amount: 2 * recipe.One}, {Food: "Eggs", Amount: 6 * recipe.One}},
		Old: publish.Old{
			Marker: "mealplanner:gen_2026w49_ana", Meals: []publish.Meal{single},
			Needs: []publish.Need{{FoodID: 5, Food: "rice", Unit: "g", Amount: 3_333_334}, {FoodID: 5, Food: "rice", Amount: 2 * recipe.One}, {Food: "Eggs", Amount: 6 * recipe.One}},
		},
	}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

// What is bought for another food is called as the library calls it, and comes in whole pieces.
func TestWhatIsBoughtForAnotherFoodIsWrittenWhole(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.stored["ana"].Groceries.Sections = []grocery.Section{{Lines: []grocery.Line{
		{Name: "lemons", Need: []grocery.Quantity{{Amount: big.NewRat(11, 6), Of: "lemon juice"}, {Amount: big.NewRat(1, 3), Of: "lemon zest"}}},
		{Name: "white rice", Need: []grocery.Quantity{{Amount: big.NewRat(100, 1), Unit: "g", Of: "cooked rice"}, {Amount: big.NewRat(50, 1), Unit: "g"}}},
	}}}
	o.pool = []recipe.Recipe{{ID: 1, Ingredients: []recipe.Ingredient{{Food: recipe.Food{ID: 9, Name: "Zitrone"}, Amount: recipe.One}, {Food: recipe.Food{ID: 10, Name: "Zitronensaft"}, Amount: recipe.One}}}}
	got, err := o.publisher().Wanted(t.Context(), o.due[0])
	want := []publish.Need{{FoodID: 9, Food: "Zitrone", Amount: 2 * recipe.One}, {Food: "white rice", Unit: "g", Amount: 150 * recipe.One}}
	if d := cmp.Diff(want, got.Needs); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

func TestAUnitIsCalledAsMostRecipesHaveIt(t *testing.T) {
	t.Parallel()
	other := func(unit string) recipe.Ingredient {
		in := rice(unit)
		in.Food = recipe.Food{ID: 6, Name: "Flour"}
		return in
	}
	for name, c := range map[string]struct {
		lines []recipe.Ingredient
		want  string
	}{
		"of the food":                       {[]recipe.Ingredient{rice("Gr."), other("Gramm"), other("Gramm")}, "Gr."},
		"of all foods where it has none":    {[]recipe.Ingredient{other("Gr."), other("Gramm"), other("Gramm")}, "Gramm"},
		"the first by name of two as often": {[]recipe.Ingredient{rice("gr"), rice("g.")}, "g."},
		"as we do where nobody says":        {nil, "g"},
	} {
		o := newOffice()
		o.pool = []recipe.Recipe{{ID: 1, Ingredients: c.lines}}
		got, err := o.publisher().Wanted(t.Context(), o.due[0])
		if err != nil || got.Needs[0].Unit != c.want {
			t.Errorf("%s: %+v, %v", name, got.Needs, err)
		}
	}
}

func TestNeedsOfOneFoodAndUnitAreOne(t *testing.T) {
	t.Parallel()
	got := publish.Merge([]publish.Need{
		{FoodID: 5, Food: "Rice", Unit: "g", Amount: 1},
		{Food: "Egg", Amount: 2},
		{FoodID: 5, Food: "rice", Unit: " G", Amount: 4},
		{FoodID: 5, Food: "Rice", Unit: "kg", Amount: 8},
		{Food: "egg ", Amount: 16},
		{FoodID: 6, Food: "Rice", Unit: "g", Amount: 32},
	})
	want := []publish.Need{
		{FoodID: 5, Food: "Rice", Unit: "g", Amount: 5}, {Food: "Egg", Amount: 18}, {FoodID: 5, Food: "Rice", Unit: "kg", Amount: 8}, {FoodID: 6, Food: "Rice", Unit: "g", Amount: 32},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// One plan that fails keeps no other from being written.
func TestEachPlanIsPublishedForItself(t *testing.T) {
	t.Parallel()
	o := newOffice()
	o.due = append([]publish.Due{{ID: 1, User: "ben", Connection: "home"}, {ID: 2, User: "cleo", Connection: "home"}}, o.due...)
	o.claimed[2] = true
	got, err := o.publisher().Publish(t.Context(), "", monday)
	if err != nil || len(got) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if fault.KindOf(got[0].Err) != fault.NotFound || !got[0].Claimed || !got[0].News {
		t.Errorf("a plan that is gone: %+v", got[0])
	}
	if got[1].Claimed || got[1].Err != nil || got[1].Created > 0 {
		t.Errorf("one that another process has: %+v", got[1])
	}
	if got[2].Err != nil || got[2].Created != 4 || got[2].User != "ana" || len(o.shelf.meals) != 1 || len(o.shelf.lines) != 3 {
		t.Errorf("the last: %+v; %+v", got[2], o.shelf.lines)
	}
	if got, err := o.publisher().Publish(t.Context(), "ana", monday); err != nil || len(got) != 1 {
		t.Errorf("Ana's alone: %+v, %v", got, err)
	}
}

func TestPublishingFails(t *testing.T) {
	t.Parallel()
	for _, call := range []string{"load", "library"} {
		o := newOffice()
		o.fail[call] = gone
		if got, err := o.publisher().Publish(t.Context(), "", monday); err != nil || !errors.Is(got[0].Err, gone) || len(o.shelf.calls) > 0 {
			t.Errorf("%s: %+v, %v", call, got, err)
		}
	}
	o := newOffice() // a panic over a plan keeps no other from being written
	o.fail["panic"] = gone
	o.due = append(o.due, o.due[0])
	if got, err := o.publisher().Publish(t.Context(), "", monday); err != nil || !errors.Is(got[0].Err, gone) || fault.Stack(got[0].Err) == "" || got[1].Err != nil {
		t.Errorf("a panic: %+v, %v", got, err)
	}
	o = newOffice()
	o.fail["unpublished"] = gone
	if _, err := o.publisher().Publish(t.Context(), "", monday); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
}
