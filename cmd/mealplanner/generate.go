package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/cmd/mealplanner/terminal"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
	"github.com/mealplanner/mealplanner/pkg/telemetry/metrics"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
)

type generateCmd struct {
	settings
	output
	Who    string `name:"user" required:"" help:"Id of the user." placeholder:"USER"`
	Week   string `help:"Monday of the week, YYYY-MM-DD; default: the next in the user's time zone. Of a running week what is left is planned." placeholder:"DATE"`
	DryRun bool   `help:"Show the plan; store and mail nothing." xor:"how"`
	Replan bool   `help:"Replan a stored week from the next meal on; locked and skipped meals stay. Shows the changes; --yes applies them." xor:"how"`
	Yes    bool   `help:"With --replan: store the new plan and mail it."`
}

// Run plans the week, delivers its mail and prints it.
func (c *generateCmd) Run(ctx context.Context, std *streams, now func() time.Time) error {
	return c.withApp(ctx, std, now, func(a *app.Services) error {
		u, err := a.Users.Get(ctx, c.Who)
		if err != nil {
			return err
		}
		week, err := planner.NextWeek(u, now())
		if c.Week != "" {
			week, err = calendar.Parse(c.Week)
			err = fault.Wrap(fault.InvalidInput, "--week", err)
		}
		if err != nil {
			return err
		}
		if err := planner.InReach(u, week, now()); err != nil {
			return err
		}
		if c.Replan {
			return c.replan(ctx, a, std, week)
		}
		if c.Yes {
			return fault.New(fault.InvalidInput, "--yes", "goes with --replan")
		}
		from, err := a.FirstMeal(ctx, u, week)
		if err != nil {
			if _, unplanned := a.Plans.Get(ctx, c.Who, week); c.DryRun || unplanned != nil {
				return err
			}
			from = plan.Slot{Date: week + 6, Meal: recipe.Dinner} // it is planned, and shown as it is
		}
		m, err := a.Generate(ctx, planner.Request{User: c.Who, Week: week, From: from, DryRun: c.DryRun}, std.importing(now))
		if err != nil {
			return err
		}
		if !c.DryRun {
			if _, err := a.Delivery.Drain(ctx); err != nil {
				return err
			}
			if _, err := a.Publish(ctx, c.Who); err != nil {
				printf(std.err, "note: the plan is stored and mailed, but was not written back: %v\n", err)
			}
		}
		if c.json() {
			err = c.value(std, m.Plan)
		} else {
			printWeek(std.out, m)
		}
		if err != nil {
			return err
		}
		if m.Week.Status == plan.Unbalanced {
			return errUnbalanced
		}
		return nil
	})
}

// replan shows what replanning the week would change; with --yes it does so.
func (c *generateCmd) replan(ctx context.Context, a *app.Services, std *streams, week calendar.Date) error {
	done, is, err := a.Replan(ctx, c.Who, week, c.Yes)
	if err != nil {
		return err
	}
	if c.json() {
		if err := c.value(std, is); err != nil {
			return err
		}
		std = &streams{out: io.Discard, err: std.err}
	}
	if len(done.Replaced) == 0 {
		printf(std.out, "%s, week of %s: the library has no other week for it; nothing changes\n", c.Who, week)
		return nil
	}
	printAmended(std.out, c.Who, []amend.Done{done})
	printMeals(std.out, is.Week)
	if !c.Yes {
		printf(std.out, "nothing was changed: `mealplanner generate --user %s --week %s --replan --yes` stores and mails it\n", c.Who, week)
		return nil
	}
	if _, err := a.Delivery.Drain(ctx); err != nil {
		return err
	}
	if _, err := a.Publish(ctx, c.Who); err != nil {
		printf(std.err, "note: the plan is stored and mailed, but was not written back: %v\n", err)
	}
	if is.Week.Status == plan.Unbalanced {
		return errUnbalanced
	}
	return nil
}

// printWeek shows a week and the components' times as their spans measured them.
func printWeek(w io.Writer, m observe.Measured) {
	printMeals(w, m.Week)
	printf(w, "  groceries: %d items, %d cooking sessions\n", m.Groceries.Lines(), len(m.Prep.Batches))
	if m.Existing {
		printf(w, "  the week was planned before; nothing was changed (--replan replaces it)\n")
		return
	}
	printf(w, "  total %s ms:", millis(m.Total))
	for _, c := range metrics.Components {
		printf(w, " %s %s", c, millis(m.Components[c]))
	}
	printf(w, "\n  trace %s\n\n", m.TraceID)
}

// printMeals shows a week: its meals, the daily figures against the target, what is wrong
// and the notes.
func printMeals(w io.Writer, wk plan.Week) {
	proof := ""
	if wk.Optimal {
		proof = ", proven: no better week exists"
	}
	printf(w, "%s, week of %s: %s, %d of %d days on target%s\n", wk.User, wk.WeekOf, wk.Status, wk.BalancedDays(), wk.PlannedDays(), proof)
	t := newTable(w)
	t.row("  day", "breakfast", "lunch", "dinner", "kcal", "protein", "fat", "carbs", "")
	for _, d := range wk.Days {
		mark := "✓"
		if !d.Balanced {
			mark = "▲"
		}
		of := func(actual, target float64) string { return fmt.Sprintf("%.0f/%.0f", actual, target) }
		t.row("  "+d.Date.Weekday().String()[:3], slot(d, recipe.Breakfast), slot(d, recipe.Lunch), slot(d, recipe.Dinner),
			of(d.Actual.Energy().Kcal(), d.Target.Energy().Kcal()), of(d.Actual.Protein.Grams(), d.Target.Protein.Grams()),
			of(d.Actual.Fat.Grams(), d.Target.Fat.Grams()), of(d.Actual.Carbs.Grams(), d.Target.Carbs.Grams()), mark)
	}
	_ = t.Flush() // a terminal that went away
	for _, r := range wk.Reasons {
		if r.Code == "macro_out_of_band" {
			line := fmt.Sprintf("  %s: %s of %s missing", r.Date.Weekday(), r.Short, strings.TrimSuffix(r.Macro, "_g"))
			if r.Short < 0 {
				line = fmt.Sprintf("  %s: %s of %s too much", r.Date.Weekday(), -r.Short, strings.TrimSuffix(r.Macro, "_g"))
			}
			if r.Remedy != nil {
				line += fmt.Sprintf("; a %s with %s a serving would fix the day", r.RemedyMeal, *r.Remedy)
			}
			printLine(w, line)
		}
	}
	for _, n := range wk.Notes {
		printf(w, "  note: %s\n", n)
	}
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d.Microseconds())/1000) }

func slot(d plan.Day, m recipe.Meal) string {
	if slices.Contains(d.Missing, m) {
		return "(nothing fits)"
	}
	return cell(d.Meals[m])
}

func cell(s *plan.Serving) string {
	if s == nil {
		return "–"
	}
	name := []rune(terminal.Line(s.Name))
	if len(name) > 26 {
		name = append(name[:25], '…')
	}
	return string(name) + " ×" + s.Servings.String()
}
