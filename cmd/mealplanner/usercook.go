package main

import (
	"context"
	"math"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

type userCookCmd struct {
	settings
	ID           string   `arg:"" name:"user" help:"Id of the user."`
	Minutes      []string `help:"How long dishes may take, by weekday and meal. Lists take +x and -x, or =x,y to replace; none empties them: --minutes='+monday-thursday dinner 30,+weekdays breakfast 10'." placeholder:"RULE"`
	TimedOnly    *bool    `help:"Refuse dishes whose minutes are unknown where --minutes bounds them." negatable:""`
	Weekly       []string `help:"How often to eat what, for lunch and dinner unless the rule names meals. Food groups are fish, meat, red meat, poultry, pulses, eggs; other names are keywords of recipes: --weekly='+fish >= 1,+red meat <= 2,+soup = 1-2 dishes'." placeholder:"RULE"`
	Kcal         []string `help:"What a serving of a meal may hold, in kcal; what holds less or more is none: --kcal='+breakfast 100-800,+dinner 300-1000'." placeholder:"RULE"`
	SamePortions *bool    `help:"Give all meals of one batch the same portion." negatable:""`
	AcrossMeals  *bool    `name:"rotate-across-meals" help:"Count the days before a dish returns over all meals, not for each meal." negatable:""`
	Staples      []string `help:"Foods that are always at home: they are looked for there, and not bought: --staples=+flour,-rice." placeholder:"FOOD"`
	Eaters       []string `help:"Shares of those who eat, instead of their number: 1 for an adult, less for a child, as in 1,1,0.6,0.4. They scale what is bought; none takes them away." placeholder:"SHARE"`
}

// Run changes what is cooked.
func (c *userCookCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		return changeUser(ctx, a, std, change{id: c.ID, apply: c.apply}, now)
	})
}

func (c *userCookCmd) apply(u *user.User) error {
	to := &u.Settings.Cooking
	set(&to.TimedOnly, c.TimedOnly)
	set(&to.SamePortions, c.SamePortions)
	set(&to.RotateAcross, c.AcrossMeals)
	for _, l := range []struct {
		flag string
		to   *[]string
		from []string
	}{{"--minutes", &to.Minutes, c.Minutes}, {"--weekly", &to.Weekly, c.Weekly}, {"--kcal", &to.Kcal, c.Kcal}, {"--staples", &u.Settings.Staples, c.Staples}} {
		edited, err := user.Edit(*l.to, l.from)
		if err != nil {
			return fault.Wrap(fault.InvalidInput, l.flag, err)
		}
		*l.to = edited
	}
	if c.Eaters == nil {
		return nil
	}
	to.Eaters = nil
	for _, e := range c.Eaters {
		if e == "none" && len(c.Eaters) == 1 {
			break
		}
		share, err := strconv.ParseFloat(e, 64)
		if err != nil || !(share >= 0.1 && share <= 3) {
			return fault.New(fault.InvalidInput, "--eaters", "%q is not between 0.1 and 3: an adult is 1, a child 0.3 to 0.8", e)
		}
		to.Eaters = append(to.Eaters, nutrition.Servings(math.Round(share*float64(nutrition.OneServing))))
	}
	return nil
}
