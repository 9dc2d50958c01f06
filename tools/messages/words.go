package main

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/allergen"
	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/unit"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// words adds the names of the members of closed sets, which are said as they are.
func (f found) words() {
	const file = "tools/messages/words.go"
	say := func(names ...string) {
		for _, n := range names {
			f.add(id{one: n}, file)
		}
	}
	for _, m := range recipe.Meals {
		say(m.String())
	}
	for d := range 7 {
		name := time.Weekday(d).String()
		say(name)
		f.add(id{"short", name[:3], ""}, file)
	}
	for m := time.January; m <= time.December; m++ {
		say(m.String())
		f.add(id{"short", m.String()[:3], ""}, file)
	}
	say(allergen.Names()...)
	for _, d := range diet.Names() {
		say(d, strings.ReplaceAll(d, "-", " "))
	}
	for n := insight.Energy; n <= insight.Carbs; n++ {
		say(n.String())
	}
	say(string(targets.Set), string(targets.Computed), string(targets.Default))
	for _, m := range []targets.Mode{targets.HighProtein, targets.LowCarb, targets.Balanced} {
		say(strings.ReplaceAll(string(m), "_", " "))
	}
	say("bread", "dessert", "drink", "jam", "sauce", "side") // the courses of pkg/domain/course/data that are no meals
	for _, r := range planner.Reasons {
		say(string(r))
	}
	for _, t := range []string{mailer.WeeklyPlanType, mailer.DailyAdvisorType, mailer.WeeklyTrendsType, mailer.ConfirmationType} {
		say(strings.ReplaceAll(t, "_", " "))
	}
	say(food.Categories()...)
	say(food.Household, grocery.OtherSection)
	for _, u := range unit.All() {
		for _, name := range []string{u.One, u.Many} {
			if name != "" && u.Style != unit.Metric {
				f.add(id{"unit", name, ""}, file)
			}
		}
	}
	for _, d := range user.Weekdays {
		say(strings.ToUpper(d[:1]) + d[1:])
	}
}

func sorted(f found) []id {
	return slices.SortedFunc(maps.Keys(f), func(a, b id) int {
		return slices.Compare([]string{a.context, f[a][0], a.one, a.many}, []string{b.context, f[b][0], b.one, b.many})
	})
}
