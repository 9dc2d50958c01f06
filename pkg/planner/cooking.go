package planner

import (
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

// groupTag marks, for the engine, a recipe of a food group. No keyword collides with it, and no
// tag to avoid means it.
const groupTag = "\x00group "

// tooLong reports whether the user's rules allow a dish less time in the slot than it takes.
func tooLong(c user.Cooking, slot plan.Slot, minutes int) bool {
	limits, err := c.Limits()
	if err != nil {
		return false // they were read before
	}
	return slices.ContainsFunc(limits, func(l user.Limit) bool {
		return slices.Contains(l.Days, slot.Date.Weekday()) && slices.Contains(l.Meals, slot.Meal) && (minutes > l.Minutes || minutes == 0 && c.TimedOnly)
	})
}

// cooking states the user's rules about what is cooked when, and how often.
func cooking(p *generate.Problem, c user.Cooking, set candidateSet) error {
	const op = "settings: cooking"
	limits, err := c.Limits()
	if err != nil {
		return fault.Wrap(fault.InvalidConstraints, op, err)
	}
	counts, err := c.Counts()
	if err != nil {
		return fault.Wrap(fault.InvalidConstraints, op, err)
	}
	p.RefuseUnknownMinutes, p.SamePortions, p.RotateByRecipe = c.TimedOnly, c.SamePortions, c.RotateAcross
	for _, l := range limits {
		out := generate.MinutesLimit{Meals: l.Meals, Minutes: l.Minutes}
		for i := range generate.DaysPerWeek {
			if d := p.Day(i); slices.Contains(l.Days, d.Weekday()) {
				out.Dates = append(out.Dates, d)
			}
		}
		p.MinutesLimits = append(p.MinutesLimits, out)
	}
	grouped := false
	for i, n := range counts {
		out := generate.Count{Name: c.Weekly[i], Tags: []string{n.Name}, Meals: n.Meals, Of: generate.CountSlots, Min: n.Min}
		if n.Dishes {
			out.Of = generate.CountRecipes
		}
		if n.Max >= 0 {
			out.Max = &n.Max
		}
		if slices.Contains(food.Groups(), n.Name) {
			out.Tags, grouped = append(out.Tags, groupTag+n.Name), true
		}
		p.Counts = append(p.Counts, out)
	}
	if grouped {
		for i := range p.Recipes {
			for _, g := range food.GroupsIn(set.recipes[p.Recipes[i].ID]) {
				p.Recipes[i].Tags = append(p.Recipes[i].Tags, groupTag+g)
			}
		}
	}
	return nil
}

// contradicting names the weekly rules that no week can keep together, with what they ask for, what
// there can be, and what helps.
func contradicting(found []generate.Contradiction, counts []generate.Count) []message.Text {
	out := make([]message.Text, 0, len(found))
	for _, c := range found {
		rules := make([]message.Text, len(c.Counts))
		for i, n := range c.Counts {
			rules[i] = message.Textf("%q", counts[n].Name)
		}
		switch short := c.Wanted - c.Possible; {
		case c.Alternating && c.Capped:
			out = append(out, message.Textf("Your weekly rules %v and %v contradict each other, as lunches and dinners are cooked for several days: who keeps the second has the first %d times at most, not %d. Change one of them.", rules[0], rules[1], c.Possible, c.Wanted))
		case c.Alternating && len(rules) == 1:
			out = append(out, message.Textf("Your weekly rule %v cannot be kept, as lunches and dinners are cooked for several days: it can be had %d times at most, not %d. Lower it, or keep more such recipes.", rules[0], c.Possible, c.Wanted))
		case c.Alternating:
			out = append(out, message.Textf("Your weekly rules %v contradict each other, as lunches and dinners are cooked for several days: of the %d that they ask for, such a week gives %d at most. Lower one of them, or keep recipes that count for both.", message.List(rules...), c.Wanted, c.Possible))
		case c.Capped:
			out = append(out, message.Textf("Your weekly rules %v and %v contradict each other: who keeps the second has the first %d times at most, not %d. Change one of them.", rules[0], rules[1], c.Possible, c.Wanted))
		case len(rules) == 1:
			out = append(out, message.Textf("Your weekly rule %v cannot be kept: of the dishes and meals of this week it can be had %d times at most, not %d. Lower it, or keep more such recipes.", rules[0], c.Possible, c.Wanted))
		default:
			out = append(out, message.Textf("Your weekly rules %v contradict each other: together they ask for %d, and the dishes and meals of this week give %d at most. Lower one of them by %d, or keep recipes that count for both.", message.List(rules...), c.Wanted, c.Possible, short))
		}
	}
	return out
}
