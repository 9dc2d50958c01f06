package solvefile_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
	"github.com/mealplanner/mealplanner/pkg/generate/solvefile"
	"github.com/mealplanner/mealplanner/test/kit/problems"
)

const valid = `{
  "week_of": "2026-11-30", "seed": 1,
  "target": {"protein_g": 150, "fat_g": 60, "carbs_g": 200},
  "tolerance": 0.10, "rotation_days": 30,
  "portions": {"min": 0.5, "max": 2.0, "step": 0.25},
  "portion_weight": 0.05,
  "recipes": [
    {"id": 17, "name": "Grilled salmon", "meals": ["lunch", "dinner"],
     "per_serving": {"protein_g": 40, "fat_g": 35, "carbs_g": 10},
     "minutes": 25, "tags": ["fish"], "last_used": {"dinner": "2026-11-10"}},
    {"id": 18, "name": "Porridge", "meals": ["breakfast"],
     "per_serving": {"protein_g": 12.3456, "fat_g": 8, "carbs_g": 6e1}}
  ],
  "locks": [{"date": "2026-12-04", "meal": "dinner", "recipe": 17, "servings": 1.25}],
  "skips": [{"date": "2026-12-01", "meal": "breakfast"}],
  "travel_dates": ["2026-12-02"],
  "quick_minutes": 15,
  "avoid_tags": ["pork"],
  "avoid_repeats": [23]
}`

func TestDecodeValid(t *testing.T) {
	t.Parallel()
	p, err := solvefile.DecodeProblem(strings.NewReader(valid))
	if err != nil {
		t.Fatal(err)
	}
	r := p.Recipes[1]
	if len(p.Recipes) != 2 || r.PerServing.Protein != 123456 || r.PerServing.Carbs != 60*nutrition.Gram || p.Locks[0].Servings != 12500 ||
		p.Recipes[0].LastUsed[2].String() != "2026-11-10" || p.Tolerance != 1000 || p.AvoidRepeats[0] != 23 {
		t.Errorf("%+v", p)
	}
}

// demanding is valid with the fields of version 2.
var demanding = strings.TrimSuffix(valid, "\n}") + `,
  "minutes_limits": [{"dates": ["2026-11-30", "2026-12-06"], "meals": ["breakfast", "dinner"], "minutes": 30}],
  "unknown_minutes": "refuse",
  "counts": [{"name": "fish", "tags": ["fish", "cod"], "meals": ["lunch"], "of": "slots", "min": 1},
             {"name": "red meat", "tags": ["beef"], "meals": ["dinner"], "of": "recipes", "max": 0}],
  "batch_portions": "same",
  "rotation_scope": "recipe"
}`

func TestDecodeVersion2(t *testing.T) {
	t.Parallel()
	p, err := solvefile.DecodeProblem(strings.NewReader(demanding))
	if err != nil {
		t.Fatal(err)
	}
	zero := 0
	limits := []generate.MinutesLimit{{Dates: []generate.Date{p.WeekOf, p.WeekOf + 6}, Meals: []recipe.Meal{recipe.Breakfast, recipe.Dinner}, Minutes: 30}}
	counts := []generate.Count{
		{Name: "fish", Tags: []string{"fish", "cod"}, Meals: []recipe.Meal{recipe.Lunch}, Of: generate.CountSlots, Min: 1},
		{Name: "red meat", Tags: []string{"beef"}, Meals: []recipe.Meal{recipe.Dinner}, Of: generate.CountRecipes, Max: &zero},
	}
	if !reflect.DeepEqual(p.MinutesLimits, limits) || !reflect.DeepEqual(p.Counts, counts) || !p.RefuseUnknownMinutes || !p.SamePortions || !p.RotateByRecipe {
		t.Errorf("%+v", p)
	}
	usual := strings.NewReplacer(`"refuse"`, `"allow"`, `"same"`, `"free"`, `"rotation_scope": "recipe"`, `"rotation_scope": "meal"`).Replace(demanding)
	if p, err = solvefile.DecodeProblem(strings.NewReader(usual)); err != nil || p.RefuseUnknownMinutes || p.SamePortions || p.RotateByRecipe {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestInvalidVersion2(t *testing.T) {
	t.Parallel()
	dates, fish := `["2026-11-30", "2026-12-06"]`, `"fish", "tags"`
	for _, c := range []struct{ name, old, new, want string }{
		{"limits a number", `"minutes_limits": [{"dates": ` + dates + `, "meals": ["breakfast", "dinner"], "minutes": 30}]`, `"minutes_limits": 30`, "minutes_limits: is a number, want a list"},
		{"limit no object", `{"dates": ` + dates + `, "meals": ["breakfast", "dinner"], "minutes": 30}`, `30`, "minutes_limits[0]: is a number, want an object"},
		{"unknown field of a limit", `"minutes": 30}`, `"minutes": 30, "seconds": 1}`, "minutes_limits[0].seconds: unknown field"},
		{"no dates", dates, `[]`, "minutes_limits[0].dates: empty"},
		{"dates missing", `"dates": ` + dates + `, `, ``, "minutes_limits[0].dates: missing"},
		{"dates no list", dates, `"2026-11-30"`, "minutes_limits[0].dates: is a string, want a list"},
		{"not a date", dates, `["2026-11-30", 6]`, "minutes_limits[0].dates[1]: is a number, want a date"},
		{"date before the week", dates, `["2026-11-29"]`, "minutes_limits[0].dates[0]: 2026-11-29 is outside"},
		{"date after the week", dates, `["2026-11-30", "2026-12-07"]`, "minutes_limits[0].dates[1]: 2026-12-07 is outside"},
		{"no meals", `["breakfast", "dinner"]`, `[]`, "minutes_limits[0].meals: empty"},
		{"meals missing", `"meals": ["breakfast", "dinner"], `, ``, "minutes_limits[0].meals: missing"},
		{"unknown meal", `["breakfast", "dinner"]`, `["breakfast", "tea"]`, "minutes_limits[0].meals[1]: unknown meal"},
		{"minutes missing", `, "minutes": 30`, ``, "minutes_limits[0].minutes: missing"},
		{"minutes negative", `"minutes": 30`, `"minutes": -30`, "minutes_limits[0].minutes: negative"},
		{"minutes not whole", `"minutes": 30`, `"minutes": 30.5`, "minutes_limits[0].minutes: not a whole number"},
		{"minutes infinite", `"minutes": 30`, `"minutes": 1e999`, "minutes_limits[0].minutes: not a finite number"},
		{"minutes NaN", `"minutes": 30`, `"minutes": NaN`, "minutes_limits[0].minutes: not JSON"},
		{"minutes text", `"minutes": 30`, `"minutes": "30"`, "minutes_limits[0].minutes: is a string, want a number"},
		{"minutes too many", `"minutes": 30`, `"minutes": 100001`, "minutes_limits[0].minutes: must be from 0 to 100000"},
		{"unknown minutes unknown", `"refuse"`, `"maybe"`, "unknown_minutes: unknown: want allow or refuse"},
		{"unknown minutes a boolean", `"refuse"`, `true`, "unknown_minutes: is a boolean, want a string"},
		{"count no object", `"counts": [`, `"counts": [1, `, "counts[0]: is a number, want an object"},
		{"unknown field of a count", `"min": 1`, `"min": 1, "weight": 2`, "counts[0].weight: unknown field"},
		{"name missing", `"name": "fish", `, ``, "counts[0].name: missing"},
		{"name empty", fish, `"", "tags"`, "counts[0].name: empty"},
		{"name a number", fish, `7, "tags"`, "counts[0].name: is a number, want a string"},
		{"name twice", `"red meat"`, `"fish"`, `counts[1].name: "fish" is given twice`},
		{"no tags", `["fish", "cod"]`, `[]`, "counts[0].tags: empty"},
		{"tags missing", `"tags": ["fish", "cod"], `, ``, "counts[0].tags: missing"},
		{"tag a number", `["fish", "cod"]`, `["fish", 1]`, "counts[0].tags[1]: is a number, want a string"},
		{"count without meals", `["lunch"], "of"`, `[], "of"`, "counts[0].meals: empty"},
		{"count with meals missing", `"meals": ["lunch"], `, ``, "counts[0].meals: missing"},
		{"count of an unknown meal", `["lunch"], "of"`, `["supper"], "of"`, "counts[0].meals[0]: unknown meal"},
		{"of missing", `"of": "slots", `, ``, "counts[0].of: missing"},
		{"of unknown", `"slots"`, `"servings"`, "counts[0].of: unknown: want slots or recipes"},
		{"of null", `"slots"`, `null`, "counts[0].of: is null, want a string"},
		{"neither min nor max", `, "min": 1`, ``, "counts[0].min: missing: a count needs min or max"},
		{"min null", `"min": 1`, `"min": null`, "counts[0].min: missing: a count needs min or max"},
		{"min negative", `"min": 1`, `"min": -1`, "counts[0].min: negative"},
		{"min not whole", `"min": 1`, `"min": 1.5`, "counts[0].min: not a whole number"},
		{"min infinite", `"min": 1`, `"min": 1e400`, "counts[0].min: not a finite number"},
		{"min too large", `"min": 1`, `"min": 10001`, "counts[0].min: must be from 0 to 10000"},
		{"min text", `"min": 1`, `"min": "1"`, "counts[0].min: is a string, want a number"},
		{"min above max", `"max": 0`, `"max": 1, "min": 2`, "counts[1].min: larger than max"},
		{"max negative", `"max": 0`, `"max": -1`, "counts[1].max: negative"},
		{"max too large", `"max": 0`, `"max": 10001`, "counts[1].max: must be from 0 to 10000"},
		{"batch portions unknown", `"same"`, `"equal"`, "batch_portions: unknown: want free or same"},
		{"batch portions a list", `"same"`, `["same"]`, "batch_portions: is a list, want a string"},
		{"rotation scope unknown", `"rotation_scope": "recipe"`, `"rotation_scope": "week"`, "rotation_scope: unknown: want meal or recipe"},
		{"rotation scope a number", `"rotation_scope": "recipe"`, `"rotation_scope": 3`, "rotation_scope: is a number, want a string"},
		{"given twice", `"batch_portions": "same"`, `"batch_portions": "same", "batch_portions": "same"`, "batch_portions: given twice"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refused(t, demanding, c.old, c.new, c.want)
		})
	}
}

// refused fails unless the file with a part replaced is invalid, with one line that says why.
func refused(t *testing.T, file, old, replacement, want string) {
	t.Helper()
	if !strings.Contains(file, old) {
		t.Fatalf("the valid problem has no %s", old)
	}
	var out bytes.Buffer
	exit, err := solvefile.Run(strings.NewReader(strings.Replace(file, old, replacement, 1)), &out, 1)
	if exit != fault.ExitUsage || fault.KindOf(err) != fault.InvalidInput || out.Len() > 0 {
		t.Fatalf("exit %d, error %v, output %q", exit, err, out.String())
	}
	if !strings.Contains(err.Error(), want) || strings.ContainsAny(err.Error(), "\n\r") {
		t.Errorf("error %q, want %q", err, want)
	}
}

// Every case of rule 3 and of the strict form: what is replaced, by what, and the line.
func TestInvalidInput(t *testing.T) {
	t.Parallel()
	lock := `{"date": "2026-12-04", "meal": "dinner", "recipe": 17, "servings": 1.25}`
	for _, c := range []struct{ name, old, new, want string }{
		{"lock on an unknown recipe", `"recipe": 17, "servings"`, `"recipe": 99, "servings"`, "locks[0].recipe: no recipe 99"},
		{"second lock on an unknown recipe", lock, lock + `,{"date": "2026-12-05", "meal": "dinner", "recipe": 99}`, "locks[1].recipe: no recipe 99"},
		{"two locks on one slot", lock, lock + "," + lock, "locks[1]: 2026-12-04 dinner is locked twice"},
		{"lock on a skipped slot", lock, `{"date": "2026-12-01", "meal": "breakfast", "recipe": 17}`, "locks[0]: 2026-12-01 breakfast is skipped"},
		{"lock outside the week", `"date": "2026-12-04"`, `"date": "2026-12-07"`, "locks[0].date: 2026-12-07 is outside"},
		{"skip outside the week", `"date": "2026-12-01"`, `"date": "2026-11-29"`, "skips[0].date: 2026-11-29 is outside"},
		{"travel outside the week", `["2026-12-02"]`, `["2027-12-02"]`, "travel_dates[0]: 2027-12-02 is outside"},
		{"not a Monday", `"week_of": "2026-11-30"`, `"week_of": "2026-12-01"`, "week_of: 2026-12-01 is not a Monday"},
		{"not a date", `"week_of": "2026-11-30"`, `"week_of": "2026-11-31"`, `week_of: "2026-11-31" is not a date`},
		{"last use is no date", `"dinner": "2026-11-10"`, `"dinner": "soon"`, "recipes[0].last_used.dinner:"},
		{"last use of an unknown meal", `"dinner": "2026-11-10"`, `"tea": "2026-11-10"`, "recipes[0].last_used.tea: unknown field"},
		{"negative macro", `"fat_g": 35`, `"fat_g": -35`, "recipes[0].per_serving.fat_g: negative"},
		{"negative tolerance", `"tolerance": 0.10`, `"tolerance": -0.10`, "tolerance: negative"},
		{"negative minutes", `"minutes": 25`, `"minutes": -25`, "recipes[0].minutes: negative"},
		{"negative rotation", `"rotation_days": 30`, `"rotation_days": -1`, "rotation_days: negative"},
		{"negative quick minutes", `"quick_minutes": 15`, `"quick_minutes": -1`, "quick_minutes: negative"},
		{"negative portion weight", `"portion_weight": 0.05`, `"portion_weight": -0.05`, "portion_weight: negative"},
		{"infinite", `"fat_g": 35`, `"fat_g": 1e999`, "recipes[0].per_serving.fat_g: not a finite number"},
		{"NaN", `"fat_g": 35`, `"fat_g": NaN`, "recipes[0].per_serving.fat_g: not JSON"},
		{"five decimals", `"fat_g": 35`, `"fat_g": 35.00001`, "recipes[0].per_serving.fat_g: more than 4 decimals"},
		{"five decimals by exponent", `"tolerance": 0.10`, `"tolerance": 1e-5`, "tolerance: more than 4 decimals"},
		{"decimals beyond reason", `"tolerance": 0.10`, `"tolerance": 1e-999999999999`, "tolerance: more than 4 decimals"},
		{"five decimals of servings", `"servings": 1.25`, `"servings": 1.25001`, "locks[0].servings: more than 4 decimals"},
		{"servings zero", `"servings": 1.25`, `"servings": 0`, "locks[0].servings: must be above 0"},
		{"servings negative", `"servings": 1.25`, `"servings": -1`, "locks[0].servings: negative"},
		{"repeated skip", `"skips": [`, `"skips": [{"date": "2026-12-01", "meal": "breakfast"},`, "skips[1]: 2026-12-01 breakfast is skipped twice"},
		{"repeated travel date", `["2026-12-02"]`, `["2026-12-02", "2026-12-02"]`, "travel_dates[1]: 2026-12-02 is listed twice"},
		{"target zero", `"protein_g": 150`, `"protein_g": 0`, "target.protein_g: must be above 0"},
		{"target negative", `"protein_g": 150`, `"protein_g": -150`, "target.protein_g: negative"},
		{"duplicate ids", `"id": 18`, `"id": 17`, "recipes[1].id: 17 is listed twice"},
		{"min above max", `"min": 0.5`, `"min": 2.5`, "portions.min: larger than portions.max"},
		{"min zero", `"min": 0.5`, `"min": 0`, "portions.min: must be above 0"},
		{"step zero", `"step": 0.25`, `"step": 0`, "portions.step: must be above 0"},
		{"step negative", `"step": 0.25`, `"step": -0.25`, "portions.step: negative"},
		{"grid too fine", `"step": 0.25`, `"step": 0.001`, "portions.step: more than 400 values"},
		{"unknown meal of a recipe", `["breakfast"]`, `["brunch"]`, "recipes[1].meals[0]: unknown meal"},
		{"meal in capitals", `["breakfast"]`, `["Breakfast"]`, "recipes[1].meals[0]: unknown meal"},
		{"unknown meal of a lock", `"meal": "dinner"`, `"meal": "supper"`, "locks[0].meal: unknown meal"},
		{"unknown meal of a skip", `"meal": "breakfast"`, `"meal": 3`, "skips[0].meal: is a number, want a string"},
		{"unknown field", `"seed": 1`, `"seed": 1, "speed": 2`, "speed: unknown field"},
		{"field in capitals", `"seed": 1`, `"Seed": 1`, "Seed: unknown field"},
		{"unknown field inside", `"minutes": 25`, `"minute": 25`, "recipes[0].minute: unknown field"},
		{"field given twice", `"seed": 1`, `"seed": 1, "seed": 2`, "seed: given twice"},
		{
			"two locked breakfasts", lock, `{"date": "2026-12-04", "meal": "breakfast", "recipe": 17}, {"date": "2026-12-05", "meal": "breakfast", "recipe": 17}`,
			"locks[1].recipe: 17 is locked for two breakfasts",
		},
		{"missing target", `"target": {"protein_g": 150, "fat_g": 60, "carbs_g": 200},`, ``, "target: missing"},
		{"missing carbs", `, "carbs_g": 200`, ``, "target.carbs_g: missing"},
		{"missing seed", `"seed": 1,`, ``, "seed: missing"},
		{"missing tolerance", `"tolerance": 0.10,`, ``, "tolerance: missing"},
		{"missing rotation", `"rotation_days": 30,`, ``, "rotation_days: missing"},
		{"missing quick minutes", `"quick_minutes": 15,`, ``, "quick_minutes: missing"},
		{"missing step", `, "step": 0.25`, ``, "portions.step: missing"},
		{"missing name", `"name": "Porridge",`, ``, "recipes[1].name: missing"},
		{"missing meals", `"meals": ["breakfast"],`, ``, "recipes[1].meals: missing"},
		{"null is no number", `"seed": 1`, `"seed": null`, "seed: is null, want a number"},
		{"seed negative", `"seed": 1`, `"seed": -1`, "seed: not an unsigned 64-bit number"},
		{"seed too large", `"seed": 1`, `"seed": 18446744073709551616`, "seed: not an unsigned 64-bit number"},
		{"half a day of rotation", `"rotation_days": 30`, `"rotation_days": 1.5`, "rotation_days: not a whole number"},
		{"number as text", `"tolerance": 0.10`, `"tolerance": "0.1"`, "tolerance: is a string, want a number"},
		{"tag is no string", `["fish"]`, `[1]`, "recipes[0].tags[0]: is a number, want a string"},
		{"id is no number", `[23]`, `["23"]`, "avoid_repeats[0]: is a string, want a recipe id"},
		{"id is broken", `[23]`, `[2.5]`, "avoid_repeats[0]: not a recipe id"},
		{"trailing data", `"avoid_repeats": [23]` + "\n}", `"avoid_repeats": [23]}{}`, "file: more data"},
		{"cut off", `"avoid_repeats": [23]` + "\n}", ``, "file:"},
		{"a list", valid, `[]`, "file: is a list, want an object"},
		{"empty", valid, ``, "file: the JSON ends too early"},
		{"name of a field over two lines", `"seed": 1`, `"se\ned": 1`, `"se\ned": unknown field`},
		{"too deep", `"seed": 1`, `"seed": ` + strings.Repeat("[", 100), "nested too deeply"},
		{"not UTF-8", "Porridge", "\xff", "file: not UTF-8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			refused(t, valid, c.old, c.new, c.want)
		})
	}
}

func TestOptionalFieldsMayBeMissing(t *testing.T) {
	t.Parallel()
	s := valid
	for _, cut := range []string{
		`"portion_weight": 0.05,`, `"skips": [{"date": "2026-12-01", "meal": "breakfast"}],`, `"travel_dates": ["2026-12-02"],`,
		`"locks": [{"date": "2026-12-04", "meal": "dinner", "recipe": 17, "servings": 1.25}],`,
		`"minutes": 25, "tags": ["fish"], "last_used": {"dinner": "2026-11-10"}`, `"avoid_tags": ["pork"],`,
	} {
		if !strings.Contains(s, cut) {
			t.Fatalf("nothing to cut: %s", cut)
		}
		s = strings.Replace(s, cut, "", 1)
	}
	s = strings.Replace(strings.Replace(s, `"carbs_g": 10},`, `"carbs_g": 10}`, 1), `[23]`, `null`, 1)
	p, err := solvefile.DecodeProblem(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	if p.PortionWeight != 0 || p.Locks != nil || p.AvoidRepeats != nil {
		t.Errorf("%+v", p)
	}
}

func TestTooLargeFile(t *testing.T) {
	t.Parallel()
	_, err := solvefile.DecodeProblem(strings.NewReader(strings.Repeat(" ", solvefile.MaxInput+1)))
	if fault.KindOf(err) != fault.InvalidInput {
		t.Errorf("error %v", err)
	}
}

var errDisk = errors.New("disk on fire")

func TestReadingAndWritingMayFail(t *testing.T) {
	t.Parallel()
	if exit, err := solvefile.Run(iotest.ErrReader(errDisk), &bytes.Buffer{}, 1); exit != fault.ExitFailed || !errors.Is(err, errDisk) {
		t.Errorf("reading: exit %d, %v", exit, err)
	}
	if exit, err := solvefile.Run(strings.NewReader(valid), failing{}, 1); exit != fault.ExitFailed || !errors.Is(err, errDisk) {
		t.Errorf("writing: exit %d, %v", exit, err)
	}
	if exit, err := solvefile.Run(strings.NewReader(valid), &bytes.Buffer{}, 0); exit != fault.ExitUsage || err == nil {
		t.Errorf("effort 0: exit %d, %v", exit, err)
	}
}

type failing struct{}

func (failing) Write([]byte) (int, error) { return 0, errDisk }

func TestExitCodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status generate.Status
		exit   int
		shape  problems.Shape
	}{
		{generate.Balanced, 0, problems.Shape{Breakfasts: 12, Lunches: 8, Dinners: 8, Portions: true}},
		{generate.Unbalanced, 4, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3, Tolerance: 100}},
		{generate.Infeasible, 3, problems.Shape{Breakfasts: 6, Lunches: 3, Dinners: 3}},
	} {
		var in, out bytes.Buffer
		p := problems.New(1, c.shape)
		if err := solvefile.EncodeProblem(&in, p); err != nil {
			t.Fatal(err)
		}
		exit, err := solvefile.Run(&in, &out, 3)
		if exit != c.exit || (err != nil) != (c.status == generate.Infeasible) {
			t.Errorf("%s: exit %d, error %v", c.status, exit, err)
		}
		plan, err := solvefile.DecodePlan(&out)
		if err != nil {
			t.Fatal(err)
		}
		if plan.Status != c.status || plan.Effort != 3 {
			t.Errorf("%+v", plan)
		}
	}
}

// The contract's own field names, read without this package.
func TestPlanFields(t *testing.T) {
	t.Parallel()
	var in, out bytes.Buffer
	p := problems.New(1, problems.Shape{Breakfasts: 8, Lunches: 3, Dinners: 3, Tolerance: 100, Used: 1, RotationDays: 60, AvoidRepeats: 14})
	most := 30
	p.Counts = []generate.Count{{Name: "caviar", Tags: []string{"caviar"}, Meals: recipe.Meals[:], Of: generate.CountSlots, Min: 25, Max: &most}}
	for m := range 3 {
		p.Skips = append(p.Skips, generate.Slot{Date: p.WeekOf + 3, Meal: recipe.Meal(m)})
	}
	if err := solvefile.EncodeProblem(&in, p); err != nil {
		t.Fatal(err)
	}
	if _, err := solvefile.Run(&in, &out, 1); err != nil {
		t.Fatal(err)
	}
	var f struct {
		Days []struct {
			Meals  map[string]map[string]any
			Actual map[string]float64
			Target map[string]float64
		}
		Objective map[string]float64
		Bound     map[string]float64
		Reasons   []map[string]any
	}
	if err := json.Unmarshal(out.Bytes(), &f); err != nil {
		t.Fatal(err)
	}
	if len(f.Days[3].Meals) != 0 || f.Days[3].Actual["kcal"] != 0 || f.Days[3].Target["protein_g"] != 0 {
		t.Errorf("skipped day %+v", f.Days[3])
	}
	d := f.Days[0]
	if got, want := d.Actual["kcal"], 4*d.Actual["protein_g"]+9*d.Actual["fat_g"]+4*d.Actual["carbs_g"]; got-want > 1e-6 || want-got > 1e-6 || got == 0 {
		t.Errorf("kcal %g, want %g", got, want)
	}
	if f.Objective["counts_missed"] != 25 || f.Bound["counts_missed"] != 25 {
		t.Errorf("objective %v, bound %v", f.Objective, f.Bound)
	}
	seen := make(map[string]map[string]any)
	for _, r := range f.Reasons {
		seen[fmt.Sprint(r["code"])] = r
	}
	for code, fields := range map[string][]string{
		"count_missed": {"name", "have", "min", "max"}, "macro_out_of_band": {"date", "macro", "short_g"}, "recipe_repeated": {"date", "meal", "recipe"}, "rotation_relaxed": {"date", "meal", "recipe", "days_missing"},
	} {
		for _, name := range fields {
			if seen[code] == nil || seen[code][name] == nil {
				t.Errorf("reason %s has no %s: %v", code, name, seen[code])
			}
		}
	}
}

func TestProblemRoundTrip(t *testing.T) {
	t.Parallel()
	for seed := range uint64(20) {
		p := problems.New(seed, problems.Shape{
			Breakfasts: 9, Lunches: 4, Dinners: 4, Both: 0.5, Used: 0.5, RotationDays: 9, Locks: 4, Skips: 3, TravelDates: 2, AvoidTags: 2, AvoidRepeats: 3,
			Portions: true, PortionWeight: 123, Limits: int(seed % 3), Counts: int(seed % 4), RefuseUnknown: seed%2 == 0, Same: seed%3 == 0, ByRecipe: seed%5 == 0,
		})
		var file bytes.Buffer
		if err := solvefile.EncodeProblem(&file, p); err != nil {
			t.Fatal(err)
		}
		back, err := solvefile.DecodeProblem(&file)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(p, back) {
			t.Fatalf("seed %d: %+v became %+v", seed, p, back)
		}
	}
}

// Whatever the bytes: an error names one line of kind InvalidInput, and what is accepted
// can be written and read again.
func FuzzDecodeProblem(f *testing.F) {
	f.Add([]byte(valid))
	f.Add([]byte(demanding))
	f.Add([]byte(`{"week_of": "2026-11-30", "seed": 1e5}`))
	f.Add([]byte(`[[[[1e-5, null, "x"`))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, err := solvefile.DecodeProblem(bytes.NewReader(data))
		if err != nil {
			if fault.KindOf(err) != fault.InvalidInput || strings.ContainsAny(err.Error(), "\n\r") {
				t.Fatalf("kind %s: %q", fault.KindOf(err), err)
			}
			return
		}
		var file bytes.Buffer
		if err := solvefile.EncodeProblem(&file, p); err != nil {
			t.Fatal(err)
		}
		if _, err := solvefile.DecodeProblem(&file); err != nil {
			t.Fatalf("written, but not read again: %v\n%s", err, file.Bytes())
		}
	})
}

func FuzzDecodePlan(f *testing.F) {
	f.Add([]byte(`{"status":"balanced","week_of":"2026-11-30","days":[{"date":"2026-11-30","meals":{"lunch":{"recipe":9,"servings":0.75,"source":"chosen"}},` +
		`"actual":{"protein_g":1,"fat_g":0.5,"carbs_g":2,"kcal":16.5},"target":{"protein_g":1,"fat_g":1,"carbs_g":1,"kcal":17},"balanced":true}],` +
		`"objective":{"days_out":0,"repeats":0,"rotation_debt":0,"cost":0.4},"optimal":true,"bound":{"days_out":0,"repeats":0,"rotation_debt":0,"cost":0.4},"effort":1,"reasons":[]}`))
	f.Add([]byte(`{"status":"infeasible","week_of":"2026-11-30","days":[],"optimal":true,"effort":1,"reasons":[{"code":"not_enough_recipes","rule":6,"meals":["lunch"],"dates":[],"need":7,"have":6}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := solvefile.DecodePlan(bytes.NewReader(data)); err != nil && fault.KindOf(err) != fault.InvalidInput {
			t.Fatalf("kind %s: %q", fault.KindOf(err), err)
		}
	})
}
