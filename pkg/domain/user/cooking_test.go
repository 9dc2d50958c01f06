package user_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func TestMinutesRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"monday-thursday dinner 30":  "[Monday Tuesday Wednesday Thursday] [dinner] 30",
		"mon dinner, lunch 20 min":   "[Monday] [lunch dinner] 20",
		"Fri-Mon 45":                 "[Sunday Monday Friday Saturday] [breakfast lunch dinner] 45",
		"weekdays breakfast 10":      "[Monday Tuesday Wednesday Thursday Friday] [breakfast] 10",
		"weekends and wednesdays 60": "[Sunday Wednesday Saturday] [breakfast lunch dinner] 60",
		"dinner 40":                  "[Sunday Monday Tuesday Wednesday Thursday Friday Saturday] [dinner] 40",
		"40":                         "[Sunday Monday Tuesday Wednesday Thursday Friday Saturday] [breakfast lunch dinner] 40",
		"dinner":                     `minutes: "dinner": "dinner" is no number of minutes`,
		"mo dinner 30":               `"mo" is no day and no meal`,
		"dinner 0":                   `"0" is no number of minutes`,
		"dinner 2000":                `"2000" is no number of minutes`,
		"":                           "is empty",
		"brunch 30":                  `"brunch" is no day and no meal`,
		"mon-someday 30":             `"mon-someday" is no day`,
	} {
		limits, err := (user.Cooking{Minutes: []string{text}}).Limits()
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(limits[0].Days, names(limits[0].Meals), limits[0].Minutes)
		}
		if !strings.Contains(got, want) || (err == nil) != strings.HasPrefix(want, "[") {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
}

func names(meals []recipe.Meal) []string {
	var out []string
	for _, m := range meals {
		out = append(out, m.String())
	}
	return out
}

// Rules that no library could keep are named, with the cure; those that some could are not.
func TestContradictingRules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		rules []string
		says  string // empty: no contradiction
	}{
		{[]string{"fish >= 15"}, "a week has 14 such meals"},
		{[]string{"eggs >= 8 breakfast"}, "a week has 7 such meals"},
		{[]string{"red meat >= 3", "meat <= 2"}, ""}, // a keyword may be called "red meat"
		{[]string{"meat <= 2", "meat >= 4 dinner"}, "ask for 2 at most, or allow 4"},
		{[]string{"fish >= 3 dishes", "fish <= 2"}, "contradict"},
		{[]string{"fish >= 2", "fish <= 0 dishes"}, "contradict"},
		{[]string{"fish >= 5", "fish <= 2 dishes"}, ""},
		{[]string{"fish >= 5", "meat >= 12"}, ""},
		{[]string{"meat >= 3", "red meat <= 2"}, ""},
		{[]string{"fish >= 3", "fish <= 2 dinner"}, ""},
		{[]string{"fish >= 14"}, ""},
	} {
		err := user.Cooking{Weekly: c.rules}.Contradiction()
		if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%q: %v, want %q", c.rules, err, c.says)
		}
	}
}

func TestWeeklyRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"fish >= 1":                   "{fish [lunch dinner] false 1 -1}",
		"Red  Meat<=2":                "{red meat [lunch dinner] false 0 2}",
		"pasta = 1-2 dinners":         "{pasta [dinner] false 1 2}",
		"soup ≤ 1 dishes":             "{soup [lunch dinner] true 0 1}",
		"eggs = 3 times breakfast":    "{eggs [breakfast] false 3 3}",
		"fish":                        "has no >=",
		">= 1":                        "write what and how often",
		"fish >=":                     "write what and how often",
		"fish >= some":                `"some" is no number`,
		"fish >= 2-3":                 "is a range",
		"fish = 3-2":                  `"3-2" is no number`,
		"fish >= -1":                  `"-1" is no number`,
		"fish <= 22":                  `"22" is no number`,
		"fish >= 1 at lunch":          `"at" is no meal`,
		"fish >= 1 lunch and dinners": "{fish [lunch dinner] false 1 -1}",
	} {
		counts, err := user.Cooking{Weekly: []string{text}}.Counts()
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprint(counts[0])
		}
		if !strings.Contains(got, want) || (err == nil) != strings.HasPrefix(want, "{") {
			t.Errorf("%q: %s; want %s", text, got, want)
		}
	}
	if _, err := (user.Cooking{Weekly: []string{"fish >= 1", "Fish <= 3"}}).Counts(); err == nil || !strings.Contains(err.Error(), "fish = 1-3") {
		t.Errorf("two rules for fish: %v", err)
	}
}

// Whatever is written, it is understood or refused with an example.
func TestRulesAnswerWithAnExample(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([a-z=<>≤≥0-9 ,-]{0,4}|monday|fish|>=|dinner| 3)*`).Draw(t, "text")
		if _, err := (user.Cooking{Minutes: []string{text}}).Limits(); err != nil && !strings.Contains(err.Error(), "dinner 30") {
			t.Fatal(err)
		}
		if _, err := (user.Cooking{Weekly: []string{text}}).Counts(); err != nil && !strings.Contains(err.Error(), "fish >= 1") && !strings.Contains(err.Error(), "write =") {
			t.Fatal(err)
		}
	})
}

func TestHousehold(t *testing.T) {
	t.Parallel()
	u := user.User{People: 3}
	if h := u.Household(); h != 3*nutrition.OneServing {
		t.Errorf("three people: %s", h)
	}
	u.Settings = user.DefaultSettings()
	u.Settings.Cooking.Eaters = []nutrition.Servings{10_000, 10_000, 6_000, 5_000, 4_000}
	if h := u.Household(); h != 35_000 {
		t.Errorf("a family: %s", h)
	}
	if err := u.Settings.Validate(); err != nil {
		t.Error(err)
	}
	u.Settings.Cooking.Eaters[1] = 0
	if err := u.Settings.Validate(); err == nil || !strings.Contains(err.Error(), "eaters") {
		t.Errorf("somebody who eats nothing: %v", err)
	}
}

// Who reads German is told in German how a rule looks.
func TestRulesAnswerInGerman(t *testing.T) {
	t.Parallel()
	_, minutes := user.Cooking{Minutes: []string{"someday 30"}}.Limits()
	_, weekly := user.Cooking{Weekly: []string{"fish"}}.Counts()
	_, kcal := user.Cooking{Kcal: []string{"supper 100-200"}}.Bounds()
	for _, err := range []error{minutes, weekly, kcal} {
		if said := message.Of(err, "de"); !strings.Contains(said, ": schreib") || strings.Contains(said, "write") {
			t.Errorf("%q", said)
		}
	}
}
