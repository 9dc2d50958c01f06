package planner

import (
	"fmt"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/schedule"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Horizon is how many weeks after the current one can be planned.
const Horizon = 26

// NextWeek returns the Monday of the user's next week, in the user's zone. Kind
// InvalidConfig: the zone is unknown.
func NextWeek(u user.User, now time.Time) (calendar.Date, error) {
	zone, err := u.Location()
	if err != nil {
		return 0, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	return calendar.On(now.In(zone)).Monday() + 7, nil
}

// InReach refuses past weeks and those beyond [Horizon]. Kind InvalidInput.
func InReach(u user.User, week calendar.Date, now time.Time) error {
	const op = "generate"
	next, err := NextWeek(u, now)
	if err != nil {
		return err
	}
	switch current := next - 7; {
	case week < current:
		return fault.New(fault.InvalidInput, op, "the week of %s is over: the current one is that of %s", week, current)
	case week > current+7*Horizon:
		return fault.New(fault.InvalidInput, op, "the week of %s is more than %d weeks ahead: the last that can be planned is that of %s", week, Horizon, current+7*Horizon)
	default:
		return nil
	}
}

// FirstMeal returns the first meal of a week that is still to be planned: of the running week the
// next one, of others the first. Kind InvalidInput: no meal is left that the user's settings plan, or
// the week is beyond [InReach].
func FirstMeal(u user.User, week calendar.Date, now time.Time) (plan.Slot, error) {
	if err := InReach(u, week, now); err != nil {
		return plan.Slot{}, err
	}
	first, left, err := Left(u, week, now)
	if err == nil && !left {
		err = fault.New(fault.InvalidInput, "generate", "the week of %s has no meal left to plan", week)
	}
	return first, err
}

// Left returns the first meal of a week that is not over; there is none if nothing is left that the
// user's settings plan.
func Left(u user.User, week calendar.Date, now time.Time) (first plan.Slot, left bool, err error) {
	zone, err := u.Location()
	if err != nil {
		return plan.Slot{}, false, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	first = begin(week, plan.Next(now.In(zone)))
	if !slices.ContainsFunc(plan.Slots(week), func(s plan.Slot) bool { return !s.Before(first) && u.Settings.Plans(s.Meal) }) {
		return plan.Slot{}, false, nil
	}
	return first, true, nil
}

// Wanted refuses to plan a week from a meal on if all that the user's settings plan is skipped. Kind
// InvalidInput.
func Wanted(u user.User, w plan.Wishes, first plan.Slot) error {
	week := first.Date.Monday()
	if slices.ContainsFunc(plan.Slots(week), func(s plan.Slot) bool {
		return !s.Before(first) && !w.Skipped(s) && (u.Settings.Plans(s.Meal) || w.Locked(s))
	}) {
		return nil
	}
	return fault.New(fault.InvalidInput, "generate", "every meal that is left of the week of %s is skipped: take a skip back, and it can be planned", week)
}

// NextRun returns when the scheduler plans the next week of a user who is added now, and which
// week that is. A run that has just been missed is caught up after grace.
func NextRun(u user.User, now time.Time, grace time.Duration) (time.Time, calendar.Date, error) {
	zone, err := u.Location()
	if err != nil {
		return time.Time{}, 0, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	day, hour := u.Settings.PlanTime()
	times, err := schedule.Parse(fmt.Sprintf("0 %d * * %d", hour, day), zone)
	if err != nil {
		return time.Time{}, 0, fault.Wrap(fault.Internal, "plan time", err)
	}
	run, missed, next := schedule.NewEntry(schedule.WeeklyGeneration, times, now, now).Decide(now)
	if missed {
		return now.Add(grace), calendar.On(run.Occurrence).Monday() + 7, nil
	}
	return next, calendar.On(times.WallClock(next)).Monday() + 7, nil
}
