package site

import (
	"reflect"
	"slices"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// fields are what a browser sends of rows as the page shows them.
func fields(r rules) map[string][]string {
	out := map[string][]string{}
	for kind, names := range ruleFields {
		for _, row := range slices.Concat(r.Rows(kind), r.Spare(kind)) {
			for _, n := range names {
				out[row.Name(n)] = []string{row.Get(n)}
			}
		}
	}
	return out
}

// Whatever rules commands wrote, the page shows them, and a form that was not touched changes none.
func TestRulesSurviveTheirRows(t *testing.T) {
	t.Parallel()
	was := user.Cooking{
		Weekly:  []string{"Fish >= 1", "red meat <= 2 dishes", "one pot = 1-3", "eggs = 2 breakfast and dinner", "soup <= 0 meals"},
		Minutes: []string{"weekdays dinner 30 min", "fri-mon lunch, dinner 90", "15"},
		Kcal:    []string{"breakfast 100-900 kcal", "dinner and lunch 300-1000"},
	}
	u := user.User{Settings: user.Settings{Cooking: was}}
	if err := setRules(form{fields(rulesOf(was, nil))}, &u); err != nil {
		t.Fatal(err)
	}
	if c := u.Settings.Cooking; !slices.Equal(c.Weekly, was.Weekly) || !slices.Equal(c.Minutes, was.Minutes) || !slices.Equal(c.Kcal, was.Kcal) {
		t.Errorf("stored %+v, want %+v", c, was)
	}
}

func TestDaysApartAreRowsOfTheirOwn(t *testing.T) {
	t.Parallel()
	u := user.User{Settings: user.Settings{Cooking: user.Cooking{Minutes: []string{"monday wednesday thursday dinner 30"}}}}
	if err := setRules(form{fields(rulesOf(u.Settings.Cooking, nil))}, &u); err != nil {
		t.Fatal(err)
	}
	if got := u.Settings.Cooking.Minutes; !slices.Equal(got, []string{"monday dinner 30", "wednesday-thursday dinner 30"}) {
		t.Errorf("stored %q", got)
	}
}

func TestRowsThatAreNoRules(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		values map[string][]string
		at     string
	}{
		"nothing is counted":    {map[string][]string{"weekly-0-meals": {""}, "weekly-0-least": {"1"}}, "what"},
		"not how often":         {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}}, "least"},
		"too often":             {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}, "weekly-0-most": {"22"}}, "most"},
		"the wrong way":         {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}, "weekly-0-least": {"3"}, "weekly-0-most": {"2"}}, "most"},
		"no minutes":            {map[string][]string{"minutes-0-meals": {""}, "minutes-0-most": {"½"}}, "most"},
		"no range":              {map[string][]string{"kcal-0-meals": {""}, "kcal-0-least": {"100"}}, "most"},
		"days without minutes":  {map[string][]string{"minutes-0-from": {"monday"}, "minutes-0-to": {"friday"}, "minutes-0-meals": {"dinner"}, "minutes-0-most": {""}}, "most"},
		"a meal without energy": {map[string][]string{"kcal-0-meals": {"dinner"}, "kcal-0-least": {""}, "kcal-0-most": {""}}, "least"},
		"meals without a name":  {map[string][]string{"weekly-0-meals": {"dishes"}}, "what"},
		"no meal":               {map[string][]string{"kcal-0-meals": {"tea%s"}, "kcal-0-least": {"100"}, "kcal-0-most": {"200"}}, "meals"},
	} {
		for _, rows := range readRules(form{c.values}, rules{}).rows {
			if rows[0].at != c.at || rows[0].Problem.Empty() {
				t.Errorf("%s: %q is wrong at %q, want %q", name, rows[0].Problem, rows[0].at, c.at)
			}
		}
		if setRules(form{c.values}, &user.User{}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	twice := map[string][]string{"kcal-0-meals": {""}, "kcal-0-least": {"1"}, "kcal-0-most": {"2"}, "kcal-1-meals": {"dinner"}, "kcal-1-least": {"1"}, "kcal-1-most": {"2"}}
	if rows := readRules(form{twice}, rules{}).rows[kcalRule]; rows[0].at != "" || rows[1].at != "meals" {
		t.Errorf("of two rules about dinner: %+v", rows)
	}
}

// Only the rule that contradicts one before it is wrong, not those that follow.
func TestOneRuleInTheWay(t *testing.T) {
	t.Parallel()
	for kind, values := range map[string]map[string][]string{
		kcalRule: {
			"kcal-0-meals": {"dinner"}, "kcal-0-least": {"1"}, "kcal-0-most": {"2"}, "kcal-1-meals": {"dinner"}, "kcal-1-least": {"3"}, "kcal-1-most": {"4"},
			"kcal-2-meals": {"lunch"}, "kcal-2-least": {"5"}, "kcal-2-most": {"6"},
		},
		weeklyRule: {
			"weekly-0-what": {"fish"}, "weekly-0-least": {"1"}, "weekly-0-meals": {""}, "weekly-1-what": {"fish"}, "weekly-1-most": {"2"}, "weekly-1-meals": {""},
			"weekly-2-what": {"eggs"}, "weekly-2-least": {"1"}, "weekly-2-meals": {""},
		},
	} {
		rows := readRules(form{values}, rules{}).rows[kind]
		if len(rows) != 3 || rows[0].at != "" || rows[1].at != "meals" || rows[2].at != "" {
			t.Errorf("%s: %+v", kind, rows)
		}
	}
}

// Numbers are stored as rules have them, however they were written.
func TestNumbersOfRules(t *testing.T) {
	t.Parallel()
	u := user.User{}
	values := map[string][]string{
		"kcal-0-meals": {"dinner"}, "kcal-0-least": {"-0"}, "kcal-0-most": {"+900"}, "minutes-0-meals": {""}, "minutes-0-most": {"030"},
		"weekly-0-what": {"fish"}, "weekly-0-meals": {""}, "weekly-0-least": {"-0"}, "weekly-0-most": {"+2"},
	}
	if err := setRules(form{values}, &u); err != nil {
		t.Fatal(err)
	}
	c := u.Settings.Cooking
	if _, err := c.Bounds(); err != nil || !slices.Equal(c.Kcal, []string{"dinner 0-900"}) || !slices.Equal(c.Weekly, []string{"fish = 0-2"}) || len(c.Minutes) != 1 {
		t.Errorf("%+v, %v", c, err)
	}
	if limits, err := c.Limits(); err != nil || limits[0].Minutes != 30 {
		t.Errorf("%+v, %v", limits, err)
	}
}

// A stored rule whose fields are cleared is not complete: only its tick takes it away.
func TestAStoredRuleIsTakenAwayByItsTick(t *testing.T) {
	t.Parallel()
	was := user.Cooking{Weekly: []string{"fish >= 1"}, Minutes: []string{"30"}, Kcal: []string{"breakfast 100-900"}}
	for name, cleared := range map[string][]string{"weekly-0": {"what", "least"}, "minutes-0": {"most"}, "kcal-0": {"meals", "least", "most"}} {
		u := user.User{Settings: user.Settings{Cooking: was}}
		values := fields(rulesOf(was, nil))
		for _, field := range cleared {
			values[name+"-"+field] = []string{""}
		}
		if err := setRules(form{values}, &u); err == nil || !reflect.DeepEqual(u.Settings.Cooking, was) {
			t.Errorf("%s cleared: %v, stored %+v", name, err, u.Settings.Cooking)
		}
		values[name+"-drop"] = []string{"yes"}
		if err := setRules(form{values}, &u); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if c := u.Settings.Cooking; len(c.Weekly)+len(c.Minutes)+len(c.Kcal) != 2 {
			t.Errorf("%s is to go, stored %+v", name, c)
		}
	}
}

// A keyword that left the library can be counted on; beside one that nobody knows it is said.
func TestKeywordsOfRules(t *testing.T) {
	t.Parallel()
	before := rulesOf(user.Cooking{Weekly: []string{"stew >= 1"}}, keywordsOf([]string{"One  Pot"}))
	for what, at := range map[string]string{"stew": "", "one pot": "", "fish": "", "qwertz": "what"} {
		values := map[string][]string{"weekly-0-what": {what}, "weekly-0-least": {"2"}, "weekly-0-meals": {""}}
		if row := readRules(form{values}, before).rows[weeklyRule][0]; row.at != at || row.Problem.Empty() != (at == "") {
			t.Errorf("%s is wrong at %q: %q", what, row.at, row.Problem)
		}
	}
}
