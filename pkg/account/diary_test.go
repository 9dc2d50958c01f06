package account_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// noon is today's.
var noon = today.Time().Add(11 * time.Hour)

// withMeal lets Ana write her diary and have confirmed yesterday's lunch: one and a half of
// the four servings of a stew. The service knows two of its foods; one has no weight, one no
// amount.
func withMeal(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	u := ana()
	u.Settings.Diary = user.DiaryWrite
	w.users["ana"] = u
	grams := recipe.Unit{Name: "g", Base: "g"}
	line := func(name string, amount recipe.Amount, unit recipe.Unit) recipe.Ingredient {
		return recipe.Ingredient{Food: recipe.Food{Name: name}, Unit: unit, Amount: amount * recipe.One}
	}
	w.diary.recipes = []recipe.Recipe{{ID: 6, Name: "Soup", Servings: 1}, {ID: 7, Name: "Stew", Servings: 4, Ingredients: []recipe.Ingredient{
		line("Red Lentils", 400, grams), line("grandma's secret", 1, recipe.Unit{Name: "pinch of it"}),
		{Food: recipe.Food{Name: "salt"}, NoAmount: true},
		line("unheard-of root", 100, grams), line("Carrots", 200, grams),
	}}}
	w.service.foods["red lentils"] = account.FoodRef{Food: "11", Serving: "12"}
	w.service.foods["carrots"] = account.FoodRef{Food: "21", Serving: "22"}
	w.diary.confirmed = []account.Meal{{Date: today - 1, Meal: recipe.Lunch, Recipe: 7, Servings: nutrition.OneServing * 3 / 2}}
	return w
}

func (w *world) sync(t *testing.T, dryRun bool) account.Synced {
	t.Helper()
	out, err := w.accounts().Sync(t.Context(), "ana", noon, dryRun)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

var written = []string{
	"2026-12-01 lunch: 150.0 g of Stew as 11/12, beside 0",
	"2026-12-01 lunch: 75.0 g of Stew as 21/22, beside 1",
}

func TestConfirmedMealsAreWrittenLineByLineOnce(t *testing.T) {
	t.Parallel()
	w := withMeal(t)
	out := w.sync(t, false)
	if d := cmp.Diff(account.Synced{Result: account.Result{Written: 2, Unmapped: []string{"grandma's secret", "unheard-of root"}}}, out); d != "" {
		t.Error(d)
	}
	if !slices.Equal(w.service.logged, written) {
		t.Errorf("logged %q", w.service.logged)
	}
	status := map[int]account.Status{}
	for _, e := range w.diary.entries {
		status[e.Line] = e.Status
	}
	if d := cmp.Diff(map[int]account.Status{0: account.Written, 1: account.Unmapped, 3: account.Unmapped, 4: account.Written}, status); d != "" {
		t.Error(d)
	}
	w.calls = nil
	if out := w.sync(t, false); out.Written != 0 || len(w.service.logged) != 2 {
		t.Errorf("again: %+v, %q", out, w.service.logged)
	}
	if d := cmp.Diff([]string{"Weight", "Day"}, w.calls); d != "" {
		t.Errorf("foods are looked up once: %s", d)
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		mode   user.DiaryMode
		dryRun bool
	}{
		"by the user's setting": {user.DiaryDryRun, false},
		"by the caller's":       {user.DiaryWrite, true},
		"though it is off":      {user.DiaryOff, true},
	} {
		w := withMeal(t)
		u := w.users["ana"]
		u.Settings.Diary = c.mode
		w.users["ana"] = u
		if out := w.sync(t, c.dryRun); out.Written != 0 || out.Intended != 2 || len(out.Unmapped) != 2 {
			t.Errorf("%s: %+v", name, out)
		}
		if len(w.service.logged) > 0 || len(w.diary.entries) > 0 {
			t.Errorf("%s: wrote %q, kept %v", name, w.service.logged, w.diary.entries)
		}
	}
}

func TestNothingIsWrittenForThoseWhoDidNotOptIn(t *testing.T) {
	t.Parallel()
	w := withMeal(t)
	w.users["ana"] = ana()
	if out := w.sync(t, false); out.Written+out.Intended != 0 || len(w.service.logged) > 0 || out.Unmapped != nil {
		t.Errorf("%+v, %q", out, w.service.logged)
	}
}

func TestMealsThatAreNotWritten(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change   func(*world)
		unmapped string
	}{
		"nobody confirmed one":              {func(w *world) { w.diary.confirmed = nil }, ""},
		"confirmed eight days ago":          {func(w *world) { w.diary.confirmed[0].Date = today - 7 }, ""},
		"of a recipe that is gone":          {func(w *world) { w.diary.recipes = w.diary.recipes[:1] }, "recipe 7, which the library does not hold any more"},
		"of a recipe that feeds nobody":     {func(w *world) { w.diary.recipes[1].Servings = 0 }, "recipe 7, which the library does not hold any more"},
		"of foods that the service has not": {func(w *world) { w.service.foods = nil }, "Red Lentils, grandma's secret, unheard-of root, Carrots"},
		"of lines of which none can be weighed": {func(w *world) {
			w.diary.recipes[1].Ingredients = slices.Repeat(w.diary.recipes[1].Ingredients[1:2], 2)
		}, "grandma's secret"},
	} {
		w := withMeal(t)
		c.change(w)
		if out := w.sync(t, false); out.Written != 0 || strings.Join(out.Unmapped, ", ") != c.unmapped || len(w.service.logged) > 0 {
			t.Errorf("%s: %+v, %q", name, out, w.service.logged)
		}
	}
	w := withMeal(t)
	w.diary.confirmed[0].Date = today - 6
	if out := w.sync(t, false); out.Written != 2 {
		t.Errorf("confirmed a week ago: %+v", out)
	}
}

// A recipe that is gone keeps no other meal from being written.
func TestOtherMealsAreWrittenBesideOneThatCannotBe(t *testing.T) {
	t.Parallel()
	w := withMeal(t)
	w.diary.confirmed = append([]account.Meal{{Date: today - 1, Meal: recipe.Breakfast, Recipe: 99, Servings: nutrition.OneServing}}, w.diary.confirmed...)
	if out := w.sync(t, false); out.Written != 2 || len(out.Unmapped) != 3 {
		t.Errorf("%+v", out)
	}
}

// A failure between the service and our record leaves the entry intended; the next time the
// service is asked with what is known, and finds that it has it.
func TestWritingGoesOnWhereItFailed(t *testing.T) {
	t.Parallel()
	for call, kind := range map[string]fault.Kind{
		"Log Carrots": fault.NetworkError, "Diary.Intend": fault.DatabaseError, "Diary.Wrote": fault.DatabaseError, "FindFood carrots": fault.NetworkError,
		"Diary.Food": fault.DatabaseError, "Diary.PutFood": fault.DatabaseError, "Diary.Recipes": fault.DatabaseError, "Diary.Entries": fault.DatabaseError,
		"Diary.Confirmed": fault.DatabaseError,
	} {
		w := withMeal(t)
		w.fail[call] = map[fault.Kind]error{fault.NetworkError: down, fault.DatabaseError: gone}[kind]
		if _, err := w.accounts().Sync(t.Context(), "ana", noon, false); fault.KindOf(err) != kind {
			t.Errorf("%s: %v", call, err)
		}
		delete(w.fail, call)
		w.sync(t, false)
		status := map[int]account.Status{}
		for _, e := range w.diary.entries {
			if e.Status == account.Written && e.ID == "" {
				t.Errorf("%s: line %d is written under no id", call, e.Line)
			}
			status[e.Line] = e.Status
		}
		if status[0] != account.Written || status[4] != account.Written {
			t.Errorf("%s: entries are %v", call, status)
		}
		if call == "Log Carrots" && !slices.Equal(w.service.logged, written) {
			t.Errorf("%s: logged %q", call, w.service.logged)
		}
	}
}

func TestASynchronisationReadsWeightAndToday(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.service.days[today] = insight.Eaten{Date: today, Energy: 900 * nutrition.Kilocalorie, Meals: []recipe.Meal{recipe.Lunch}}
	if out := w.sync(t, false); out.Days != 1 || w.cache.weights["ana"] != 61.5 || len(w.cache.days) != 1 || w.cache.days[0].Date != today {
		t.Errorf("%+v, kept %v", out, w.cache.days)
	}
	late := today.Time().Add(-30 * time.Minute) // it is 00:30 of today in Berlin
	w.cache.days = nil
	if out, err := w.accounts().Sync(t.Context(), "ana", late, false); err != nil || out.Days != 1 || w.cache.days[0].Date != today {
		t.Errorf("after midnight where Ana lives: %+v, %v", out, err)
	}
	if out, err := w.accounts().Sync(t.Context(), "ana", noon.AddDate(0, 0, 1), false); err != nil || out.Days != 0 {
		t.Errorf("a day without a log: %+v, %v", out, err)
	}
}

func TestTheLastOfTheDaysCallsAreLeftToGenerations(t *testing.T) {
	t.Parallel()
	for usage, skipped := range map[float64]string{0: "", 0.79: "", 0.8: "most of today's call budget is used", 1: "most of today's call budget is used"} {
		w := newWorld(t)
		w.cache.usage = usage
		if out := w.sync(t, false); out.Skipped != skipped || (len(w.calls) == 0) != (skipped != "") {
			t.Errorf("with %g used: %+v, %q", usage, out, w.calls)
		}
	}
}

func TestSynchronisationsThatFail(t *testing.T) {
	t.Parallel()
	for call, err := range map[string]error{"Cache.Usage": gone, "Users.Get": gone, "Users.FatSecretToken": gone, "Weight": down, "Cache.PutWeight": gone, "Day": down, "Cache.PutDay": gone} {
		w := newWorld(t)
		w.service.days[today] = insight.Eaten{Date: today}
		w.fail[call] = err
		if _, got := w.accounts().Sync(t.Context(), "ana", noon, false); fault.KindOf(got) != fault.KindOf(err) {
			t.Errorf("%s: %v, want %v", call, got, err)
		}
	}
	w := newWorld(t)
	u := ana()
	u.TimeZone = "Mars"
	w.users["ana"] = u
	if _, err := w.accounts().Sync(t.Context(), "ana", noon, false); fault.KindOf(err) != fault.InvalidConfig || len(w.calls) > 0 {
		t.Errorf("a zone that does not exist: %v", err)
	}
}

func TestTheLastDayIsReadMealByMealTheOthersAsSums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, d := range []int{-8, -7, -3, 0, 1} {
		date := today + calendar.Date(d)
		w.service.days[date] = insight.Eaten{Date: date, Energy: 1, Meals: []recipe.Meal{recipe.Dinner}}
	}
	got, err := w.accounts().Eaten(t.Context(), ana(), today-7, today)
	want := []insight.Eaten{{Date: today - 7, Energy: 1}, {Date: today - 3, Energy: 1}, {Date: today, Energy: 1, Meals: []recipe.Meal{recipe.Dinner}}}
	if d := cmp.Diff(want, got); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
	delete(w.service.days, today)
	if got, err := w.accounts().Eaten(t.Context(), ana(), today-7, today); err != nil || len(got) != 2 {
		t.Errorf("a last day that nobody logged: %v, %v", got, err)
	}
}

func TestALastDayThatCannotBeReadIsTheNewestSynchronised(t *testing.T) {
	t.Parallel()
	refused := fault.New(fault.Unauthorized, "fatsecret", "token revoked")
	kept := []insight.Eaten{{Date: today - 1, Energy: 5}, {Date: today, Energy: 7}}
	for name, c := range map[string]struct {
		fail map[string]error
		kept []insight.Eaten
		want int
		kind fault.Kind
	}{
		"it is kept":                     {map[string]error{"Day": down}, kept, 1, ""},
		"only an older one is":           {map[string]error{"Day": down}, kept[:1], 0, fault.NetworkError},
		"a refusal is not covered up":    {map[string]error{"Day": refused}, kept, 0, fault.Unauthorized},
		"the cache is not there":         {map[string]error{"Day": down, "Cache.Days": gone}, kept, 0, fault.NetworkError},
		"the days before cannot be read": {map[string]error{"Totals": down}, kept, 0, fault.NetworkError},
		"the token cannot be read":       {map[string]error{"Users.FatSecretToken": gone}, kept, 0, fault.DatabaseError},
	} {
		w := newWorld(t)
		w.fail, w.cache.days = c.fail, c.kept
		got, err := w.accounts().Eaten(t.Context(), ana(), today-7, today)
		if len(got) != c.want || fault.KindOf(err) != c.kind || c.want == 1 && got[0].Energy != 7 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
}
