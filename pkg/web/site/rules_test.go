package site

import (
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
		"nothing is counted": {map[string][]string{"weekly-0-meals": {""}, "weekly-0-least": {"1"}}, "what"},
		"not how often":      {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}}, "least"},
		"too often":          {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}, "weekly-0-most": {"22"}}, "most"},
		"the wrong way":      {map[string][]string{"weekly-0-meals": {""}, "weekly-0-what": {"fish"}, "weekly-0-least": {"3"}, "weekly-0-most": {"2"}}, "most"},
		"no minutes":         {map[string][]string{"minutes-0-meals": {""}, "minutes-0-most": {"½"}}, "most"},
		"no range":           {map[string][]string{"kcal-0-meals": {""}, "kcal-0-least": {"100"}}, "most"},
		"no meal":            {map[string][]string{"kcal-0-meals": {"tea%s"}, "kcal-0-least": {"100"}, "kcal-0-most": {"200"}}, "meals"},
	} {
		for _, rows := range readRules(form{c.values}, nil).rows {
			if rows[0].at != c.at || rows[0].Problem.Empty() {
				t.Errorf("%s: %q is wrong at %q, want %q", name, rows[0].Problem, rows[0].at, c.at)
			}
		}
		if setRules(form{c.values}, &user.User{}) == nil {
			t.Errorf("%s: no error", name)
		}
	}
	twice := map[string][]string{"kcal-0-meals": {""}, "kcal-0-least": {"1"}, "kcal-0-most": {"2"}, "kcal-1-meals": {"dinner"}, "kcal-1-least": {"1"}, "kcal-1-most": {"2"}}
	if rows := readRules(form{twice}, nil).rows[kcalRule]; rows[0].at != "" || rows[1].at != "meals" {
		t.Errorf("of two rules about dinner: %+v", rows)
	}
}
