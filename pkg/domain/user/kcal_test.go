package user_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/course"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

func TestKcalRules(t *testing.T) {
	t.Parallel()
	for rules, want := range map[string]string{
		"":                                "120-1000 150-1200 150-1200",
		"breakfast 50-400":                "50-400 150-1200 150-1200",
		"lunch and dinner 300-900 kcal":   "120-1000 300-900 300-900",
		"Dinner 400-800|breakfast 90-500": "90-500 150-1200 400-800",
		"100-2000":                        "100-2000 100-2000 100-2000",
		"dinner":                          `kcal: "dinner": "dinner" is no range`,
		"dinner 500":                      `"500" is no range`,
		"dinner 900-300":                  `"900-300" is no range`,
		"dinner 300-9000":                 "within 0 and 5000",
		"brunch 100-200":                  `"brunch" is no meal`,
		" ":                               "is empty",
		"dinner 1-2|200-900":              `"dinner 1-2" is about dinner too`,
	} {
		c := user.Cooking{}
		if rules != "" {
			c.Kcal = strings.Split(rules, "|")
		}
		b, err := c.Bounds()
		got := fmt.Sprint(err)
		if err == nil {
			got = fmt.Sprintf("%s %s %s", show(b[recipe.Breakfast]), show(b[recipe.Lunch]), show(b[recipe.Dinner]))
		}
		if !strings.Contains(got, want) {
			t.Errorf("%q: %s; want %s", rules, got, want)
		}
		s := user.DefaultSettings()
		if s.Cooking = c; (s.Validate() == nil) != (err == nil) {
			t.Errorf("%q: valid settings: %v", rules, s.Validate())
		}
	}
}

func show(r course.Range) string { return fmt.Sprintf("%.0f-%.0f", r.Least.Kcal(), r.Most.Kcal()) }
