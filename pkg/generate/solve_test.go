package generate_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func solve(t *testing.T, p generate.Problem, o generate.Options) *generate.Result {
	t.Helper()
	r, err := generate.Solve(p, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestExamples(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.problem.json")
	if err != nil || len(files) < 6 {
		t.Fatalf("%d examples, %v", len(files), err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".problem.json")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var want struct {
				Status    generate.Status
				Objective struct {
					DaysOut      int `json:"days_out"`
					CountsMissed int `json:"counts_missed"`
					Repeats      int
					RotationDebt int `json:"rotation_debt"`
					Cost         float64
				}
			}
			if err := json.Unmarshal(read(t, name+".optimum.json"), &want); err != nil {
				t.Fatal(err)
			}
			p, err := solvefile.DecodeProblem(bytes.NewReader(read(t, name+".problem.json")))
			if err != nil {
				t.Fatal(err)
			}
			plan := solve(t, p, generate.Options{}).Plan
			o := plan.Objective
			if plan.Status != want.Status || !plan.Optimal || o.DaysOut != want.Objective.DaysOut || o.CountsMissed != want.Objective.CountsMissed || o.Repeats != want.Objective.Repeats ||
				o.RotationDebt != want.Objective.RotationDebt || math.Abs(o.Cost-want.Objective.Cost) > 1e-5 {
				t.Errorf("%s, optimal %v, %+v; want %+v", plan.Status, plan.Optimal, o, want)
			}
			if plan.Status != generate.Infeasible {
				if err := referee(p, throughFile(t, plan)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// The optimum of the example for version 2 comes from the engine, so brute force confirms it.
func TestExampleOfVersion2(t *testing.T) {
	t.Parallel()
	p, err := solvefile.DecodeProblem(bytes.NewReader(read(t, "example-6-version-2.problem.json")))
	if err != nil {
		t.Fatal(err)
	}
	if len(p.MinutesLimits) == 0 || len(p.Counts) == 0 || !p.SamePortions || !p.RotateByRecipe {
		t.Fatal("the example leaves a rule out")
	}
	want, got := newBruteForce(p).solve(), solve(t, p, generate.Options{}).Plan
	o := got.Objective
	if !got.Optimal || o.DaysOut != want.out || o.CountsMissed != want.missed || o.Repeats != want.repeats || o.RotationDebt != want.debt || math.Abs(o.Cost-want.cost) > 1e-7 {
		t.Errorf("%+v, optimal %v; brute force finds %+v", o, got.Optimal, want)
	}
}

// Not parallel: it changes GOMAXPROCS.
func TestSameBytesOnAnyNumberOfProcessors(t *testing.T) {
	shape := problems.Shape{
		Breakfasts: 30, Lunches: 25, Dinners: 25, Portions: true, Both: 0.3, Used: 0.6, RotationDays: 25,
		Locks: 3, Skips: 2, TravelDates: 2, AvoidTags: 1, AvoidRepeats: 5, PortionWeight: 500,
	}
	var in bytes.Buffer
	if err := solvefile.EncodeProblem(&in, problems.New(3, shape)); err != nil {
		t.Fatal(err)
	}
	var first []byte
	for _, processors := range []int{1, 2, 1} {
		before := runtime.GOMAXPROCS(processors)
		var out bytes.Buffer
		_, err := solvefile.Run(bytes.NewReader(in.Bytes()), &out, 1)
		runtime.GOMAXPROCS(before)
		if err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(first, out.Bytes()) {
			t.Fatalf("with %d processors:\n%s\nbefore:\n%s", processors, out.Bytes(), first)
		}
	}
}

func TestSeedDecidesTies(t *testing.T) {
	t.Parallel()
	p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 4, Dinners: 4})
	for i := range p.Recipes {
		p.Recipes[i].PerServing = p.Recipes[0].PerServing
	}
	first := solve(t, p, generate.Options{}).Plan
	differ := false
	for seed := range uint64(8) {
		p.Seed = seed
		plan := solve(t, p, generate.Options{}).Plan
		if plan.Objective != first.Objective || !plan.Optimal {
			t.Fatalf("seed %d: %+v, want %+v", seed, plan.Objective, first.Objective)
		}
		differ = differ || *plan.Days[0].Meals[recipe.Lunch] != *first.Days[0].Meals[recipe.Lunch]
	}
	if !differ {
		t.Error("eight seeds, one lunch: the seed decides nothing")
	}
}

func TestLargePoolsAnswerWithAnHonestBound(t *testing.T) {
	t.Parallel()
	for _, portions := range []bool{false, true} {
		p := problems.New(5, problems.Shape{Breakfasts: 400, Lunches: 400, Dinners: 400, Portions: portions, Used: 0.3, RotationDays: 10})
		quick := solve(t, p, generate.Options{}).Plan
		full := solve(t, p, generate.Options{Effort: 1000}).Plan
		if !full.Optimal {
			t.Fatalf("effort 1000 does not prove 400 recipes per meal: %+v", full.Bound)
		}
		for _, plan := range []generate.Plan{quick, full} {
			if err := referee(p, plan); err != nil {
				t.Error(err)
			}
		}
		if quick.Objective.Less(full.Objective) || full.Objective.Less(quick.Bound) {
			t.Errorf("optimum %+v is not between bound %+v and answer %+v", full.Objective, quick.Bound, quick.Objective)
		}
		if quick.Objective.Cost > 3*full.Objective.Cost || quick.Objective.DaysOut != 0 {
			t.Errorf("answer %+v is far from the optimum %+v", quick.Objective, full.Objective)
		}
	}
}

// Recipes a thousand tonnes off must neither overflow nor upset what is in reach.
func TestAbsurdAmounts(t *testing.T) {
	t.Parallel()
	p := problems.New(2, problems.Shape{Breakfasts: 8, Lunches: 4, Dinners: 4})
	sane := solve(t, p, generate.Options{}).Plan
	heavy := generate.MaxPerServing
	p.Recipes = append(p.Recipes, generate.Recipe{
		ID: 1 << 40, Meals: recipe.Meals[:], PerServing: nutrition.Macros{Protein: heavy, Fat: heavy, Carbs: heavy},
	})
	if got := solve(t, p, generate.Options{}).Plan.Objective; got.DaysOut != sane.Objective.DaysOut || math.Abs(got.Cost-sane.Objective.Cost) > 1e-6 {
		t.Errorf("with an absurd recipe %+v, without %+v", got, sane.Objective)
	}
	p.Target = nutrition.Macros{Protein: 1, Fat: 1, Carbs: 1}
	p.Locks = []generate.Lock{{Slot: generate.Slot{Date: p.WeekOf, Meal: recipe.Dinner}, Recipe: 1 << 40, Servings: generate.MaxServing}}
	plan := solve(t, p, generate.Options{}).Plan
	if plan.Objective.DaysOut != 7 || !(plan.Objective.Cost > 2.9e11) {
		t.Errorf("%+v", plan.Objective)
	}
}

func TestInfeasibleNamesTheSmallestShortage(t *testing.T) {
	t.Parallel()
	keep := func(p *generate.Problem, m recipe.Meal, n int) {
		p.Recipes = slices.DeleteFunc(p.Recipes, func(r generate.Recipe) bool {
			if r.Meals[0] == m {
				n--
				return n < 0
			}
			return false
		})
	}
	namesShortages(t, []shortage{
		{"three breakfasts", func(p *generate.Problem) { keep(p, recipe.Breakfast, 3) }, 6, 7, 3, recipe.Breakfast, 7},
		{"no breakfast", func(p *generate.Problem) { keep(p, recipe.Breakfast, 0) }, 4, 1, 0, recipe.Breakfast, 1},
		{"one lunch", func(p *generate.Problem) { keep(p, recipe.Lunch, 1) }, 7, 2, 1, recipe.Lunch, 7},
		{"nothing quick", func(p *generate.Problem) {
			p.TravelDates = []generate.Date{p.WeekOf + 2}
			for i := range p.Recipes {
				if p.Recipes[i].Meals[0] == recipe.Dinner {
					p.Recipes[i].Minutes = 16
				} else {
					p.Recipes[i].Minutes = 15
				}
			}
		}, 5, 1, 0, recipe.Dinner, 1},
		{"one quick dish for both", func(p *generate.Problem) {
			p.TravelDates = []generate.Date{p.WeekOf + 2}
			for i := range p.Recipes {
				r := &p.Recipes[i]
				r.Minutes = 20
				if r.Meals[0] == recipe.Breakfast {
					r.Minutes = 5
				}
			}
			p.Recipes = append(p.Recipes, generate.Recipe{ID: 999, Meals: []recipe.Meal{recipe.Lunch, recipe.Dinner}, Minutes: 5})
		}, 8, 2, 1, recipe.Lunch, 1},
	})
}

func TestInfeasibleForLackOfTime(t *testing.T) {
	t.Parallel()
	namesShortages(t, []shortage{
		{"slow dinners", func(p *generate.Problem) {
			p.MinutesLimits = []generate.MinutesLimit{{Dates: []generate.Date{p.WeekOf}, Meals: []recipe.Meal{recipe.Dinner}, Minutes: 30}}
			for i := range p.Recipes {
				p.Recipes[i].Minutes = 31
			}
		}, 10, 1, 0, recipe.Dinner, 4},
		{"one fast lunch", func(p *generate.Problem) {
			p.MinutesLimits = []generate.MinutesLimit{{Dates: []generate.Date{p.WeekOf, p.WeekOf + 1}, Meals: []recipe.Meal{recipe.Lunch}, Minutes: 30}}
			for i := range p.Recipes {
				p.Recipes[i].Minutes = 30 + i%13
			}
			p.Recipes[9].Minutes, p.Recipes[10].Minutes, p.Recipes[11].Minutes, p.Recipes[12].Minutes = 30, 31, 40, 45
		}, 10, 2, 1, recipe.Lunch, 7},
		{"minutes unknown", func(p *generate.Problem) {
			p.MinutesLimits = []generate.MinutesLimit{{Dates: []generate.Date{p.WeekOf + 1}, Meals: []recipe.Meal{recipe.Breakfast}, Minutes: 30}}
			p.RefuseUnknownMinutes = true
			for i := range p.Recipes {
				p.Recipes[i].Minutes = 0
			}
		}, 10, 1, 0, recipe.Breakfast, 1},
	})
}

// shortage is a change that makes a week infeasible, and the reason to be named first.
type shortage struct {
	name             string
	change           func(p *generate.Problem)
	rule, need, have int
	meal             recipe.Meal
	dates            int
}

func namesShortages(t *testing.T, cases []shortage) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := problems.New(4, problems.Shape{Breakfasts: 9, Lunches: 4, Dinners: 4})
			c.change(&p)
			result := solve(t, p, generate.Options{})
			if result.Plan.Status != generate.Infeasible || fault.KindOf(result.Err()) != fault.NotEnoughRecipes {
				t.Fatalf("status %s, error %v", result.Plan.Status, result.Err())
			}
			r := result.Plan.Reasons[0]
			if r.Code != generate.NotEnoughRecipes || r.Rule != c.rule || r.Need != c.need || r.Have != c.have || r.Meals[0] != c.meal || len(r.Dates) != c.dates {
				t.Errorf("%+v", r)
			}
			if !strings.Contains(result.Err().Error(), fmt.Sprintf("%d needed", c.need)) {
				t.Errorf("error %q", result.Err())
			}
		})
	}
}

// A wish that cannot be had in full is told with what there is.
func TestMissedCountsAreTold(t *testing.T) {
	t.Parallel()
	p := problems.New(4, problems.Shape{Breakfasts: 9, Lunches: 4, Dinners: 4})
	for i := range p.Recipes {
		p.Recipes[i].Tags = []string{"stew"}
	}
	most := 2
	p.Counts = []generate.Count{
		{Name: "fish", Tags: []string{"fish"}, Meals: recipe.Meals[:], Of: generate.CountSlots, Min: 2},
		{Name: "stews", Tags: []string{"stew"}, Meals: []recipe.Meal{recipe.Dinner}, Of: generate.CountSlots, Max: &most},
		{Name: "kinds of stew", Tags: []string{"stew"}, Meals: []recipe.Meal{recipe.Dinner}, Of: generate.CountRecipes, Max: &most},
	}
	plan := solve(t, p, generate.Options{}).Plan
	var told []string
	for _, r := range plan.Reasons {
		if r.Code == generate.CountMissed {
			told = append(told, r.String())
		}
	}
	want := []string{"fish: 0 in the week, at least 2 wanted", "stews: 7 in the week, at most 2 wanted"}
	if plan.Objective.CountsMissed != 7 || !slices.Equal(told, want) {
		t.Errorf("%d missed, %q, want %q", plan.Objective.CountsMissed, told, want)
	}
}

// A remedy is believed only if a recipe made to its measure really balances the day.
func TestRemediesBalance(t *testing.T) {
	t.Parallel()
	remedies, weekly := 0, 0
	for seed := range uint64(30) {
		p := problems.New(seed, problems.Shape{Breakfasts: 8, Lunches: 4, Dinners: 4, Locks: int(seed % 4), Skips: int(seed % 2), Portions: seed%3 == 0, Tolerance: 500})
		result := solve(t, p, generate.Options{})
		for _, r := range result.Plan.Reasons {
			if r.Remedy == nil {
				continue
			}
			remedies++
			if !balances(p, result.Plan, r.Date, r.Remedy.Meal, r.Remedy.PerServing) {
				t.Errorf("seed %d: %s", seed, r)
			}
		}
		if w := result.Report.Remedy; w != nil && len(w.Dates) > 0 {
			weekly++
			for _, d := range w.Dates {
				if !balances(p, result.Plan, d, w.Meal, w.PerServing) {
					t.Errorf("seed %d: weekly remedy %+v does not balance %s", seed, w, d)
				}
			}
		}
	}
	if remedies < 30 || weekly < 10 {
		t.Errorf("only %d remedies and %d weekly ones seen", remedies, weekly)
	}
}

// balances puts a recipe with these values in the slot, everything else of the day locked,
// and asks the engine for its best servings.
func balances(p generate.Problem, plan generate.Plan, date generate.Date, meal recipe.Meal, per nutrition.Macros) bool {
	p.Recipes = append(slices.Clone(p.Recipes), generate.Recipe{ID: 1 << 40, Meals: recipe.Meals[:], PerServing: per})
	p.Locks, p.TravelDates = nil, nil
	for _, d := range plan.Days {
		for m, s := range d.Meals {
			slot := generate.Slot{Date: d.Date, Meal: recipe.Meal(m)}
			switch {
			case s == nil:
			case d.Date == date && slot.Meal == meal:
				p.Locks = append(p.Locks, generate.Lock{Slot: slot, Recipe: 1 << 40})
			default:
				p.Locks = append(p.Locks, generate.Lock{Slot: slot, Recipe: s.Recipe, Servings: s.Servings})
			}
		}
	}
	r, err := generate.Solve(p, generate.Options{})
	if err != nil {
		return false
	}
	return r.Plan.Days[date-p.WeekOf].Balanced
}

func TestReport(t *testing.T) {
	t.Parallel()
	p := problems.New(6, problems.Shape{Breakfasts: 12, Lunches: 8, Dinners: 8, Portions: true})
	p.Recipes[0].Tags = []string{"odd"}
	p.AvoidTags = []string{"odd"}
	p.TravelDates = []generate.Date{p.WeekOf}
	report := solve(t, p, generate.Options{Explain: true}).Report
	c := report.Candidates[recipe.Breakfast]
	want := []generate.Rejection{{Reason: generate.OtherMeal, Count: 16}, {Reason: generate.AvoidedTag, Count: 1}, {Reason: generate.LockedBreakfast, Count: 0}, {Reason: generate.NotQuick, Count: 11 - c.Quick}}
	if c.Total != 28 || c.Left != 11 || !slices.Equal(c.Rejected, want) {
		t.Errorf("%+v", c)
	}
	if !report.Optimal || report.Work == 0 {
		t.Errorf("%+v", report)
	}

	p = problems.New(6, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3})
	for i := range p.Recipes {
		p.AvoidRepeats = append(p.AvoidRepeats, p.Recipes[i].ID)
	}
	p.Target.Protein *= 5
	p.Locks = []generate.Lock{{Slot: generate.Slot{Date: p.WeekOf, Meal: recipe.Lunch}, Recipe: p.Recipes[0].ID, Servings: nutrition.OneServing / 4}}
	result := solve(t, p, generate.Options{Explain: true})
	if got := result.Report.Conflicts; !slices.Equal(got, []generate.Conflict{generate.DuplicateRecipe, generate.MacroImbalance}) &&
		!slices.Equal(got, []generate.Conflict{generate.DuplicateRecipe, generate.MacroImbalance, generate.ConstraintViolation}) {
		t.Errorf("conflicts %v", got)
	}
	if w := result.Report.Remedy; w == nil || w.Macro != "protein_g" {
		t.Errorf("weekly remedy %+v", w)
	}

	p = problems.New(6, problems.Shape{Breakfasts: 12, Lunches: 8, Dinners: 8, Portions: true})
	p.Locks = []generate.Lock{{Slot: generate.Slot{Date: p.WeekOf, Meal: recipe.Lunch}, Recipe: p.Recipes[13].ID, Servings: 20 * nutrition.OneServing}}
	result = solve(t, p, generate.Options{Explain: true})
	if !slices.Contains(result.Report.Conflicts, generate.ConstraintViolation) {
		t.Errorf("a lock on twenty lunches: conflicts %v", result.Report.Conflicts)
	}
}

func TestEffortOutOfRange(t *testing.T) {
	t.Parallel()
	p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3})
	for _, effort := range []int{-1, generate.MaxEffort + 1} {
		if _, err := generate.Solve(p, generate.Options{Effort: effort}); fault.KindOf(err) != fault.InvalidInput {
			t.Errorf("effort %d: %v", effort, err)
		}
	}
}
