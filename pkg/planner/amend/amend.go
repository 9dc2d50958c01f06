// Package amend brings stored weeks in line with what changed after they were planned:
// the user's allergies, diets, dislikes and tags to avoid, their library, or its recipes. Until a
// week is amended, its mails are held and its pages show a warning.
package amend

import (
	"context"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Done is an amended week.
type Done struct {
	Week calendar.Date
	// Replaced are the changed meals; Lost reports that some are empty instead.
	Replaced []plan.Difference
	Lost     bool
	Mailed   bool
}

// Amender is the use case.
type Amender struct {
	store    Store
	planner  Planner
	renderer Renderer
	now      func() time.Time
}

// New returns the use case on its ports.
func New(s Store, p Planner, r Renderer, now func() time.Time) *Amender {
	return &Amender{store: s, planner: p, renderer: r, now: now}
}

// User amends the user's outdated weeks, all or none. Kinds of error: those of
// [planner.Planner.Amend] and of the store.
func (a *Amender) User(ctx context.Context, userID string) ([]Done, error) {
	var out []Done
	err := a.store.Amend(ctx, userID, func(ctx context.Context, tx Tx) error {
		out = nil
		from, err := a.next(tx.User())
		if err != nil {
			return err
		}
		weeks, err := tx.Outdated(ctx)
		if err != nil {
			return err
		}
		for _, w := range weeks {
			if w.Week+6 < from.Date {
				if err := tx.Checked(ctx, w.Week); err != nil {
					return err
				}
				continue
			}
			done, err := a.week(ctx, tx, w, from)
			if err != nil {
				return err
			}
			if len(done.Replaced) > 0 {
				out = append(out, done)
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (a *Amender) week(ctx context.Context, tx Tx, w Outdated, from plan.Slot) (Done, error) {
	in, err := tx.Inputs(ctx, w.Week)
	if err != nil {
		return Done{}, err
	}
	if in.Existing == nil { // it was removed since it was listed
		return Done{Week: w.Week}, nil
	}
	was := in.Existing.Week
	is, err := a.planner.Amend(ctx, in, w.Why, from)
	if err != nil {
		return Done{}, err
	}
	done := Done{Week: w.Week, Replaced: plan.Diff(was, is.Week), Lost: is.Lost}
	if len(done.Replaced) == 0 && w.Why == planner.RecipesChanged {
		return done, tx.Checked(ctx, w.Week)
	}
	sent, err := tx.Drop(ctx, w, dishes(done.Replaced))
	if err != nil {
		return Done{}, err
	}
	mail, err := a.mail(in.User, is.Plan, was, sent, len(done.Replaced) > 0)
	if err != nil {
		return Done{}, err
	}
	done.Mailed = mail != nil
	return done, tx.Replace(ctx, is.Plan, is.Wishes, mail)
}

// Replan replans the coming meals of a stored week that are neither locked nor skipped, with
// the present settings, targets and recipes. With apply it stores and mails the result, else
// it only returns it. Kinds of error: NotFound (nothing is planned), those of
// [planner.Planner.Revise].
func (a *Amender) Replan(ctx context.Context, userID string, week calendar.Date, apply bool) (done Done, is plan.Plan, err error) {
	err = a.store.Amend(ctx, userID, func(ctx context.Context, tx Tx) error {
		in, err := tx.Inputs(ctx, week)
		if err != nil {
			return err
		}
		if in.Existing == nil {
			return fault.New(fault.NotFound, "replan", "the week of %s is not planned yet: leave out --replan", week)
		}
		from, err := a.next(tx.User())
		if err != nil {
			return err
		}
		r := planner.Revision{From: from, Free: open(in, from), Retarget: true}
		if len(r.Free) == 0 {
			return fault.New(fault.InvalidInput, "replan", "the week of %s has no unlocked meals ahead", week)
		}
		was := in.Existing.Week
		if is, err = a.planner.Revise(ctx, in, r); err != nil {
			return err
		}
		done = Done{Week: week, Replaced: plan.Diff(was, is.Week)}
		if !apply || len(done.Replaced) == 0 {
			return nil
		}
		sent, err := tx.Drop(ctx, Outdated{Week: week, Why: planner.RecipesChanged}, dishes(done.Replaced))
		if err != nil {
			return err
		}
		mail, err := a.mail(in.User, is, was, sent, true)
		if err != nil {
			return err
		}
		done.Mailed = mail != nil
		return tx.Replace(ctx, is, in.Wishes, mail)
	})
	if err != nil {
		return Done{}, plan.Plan{}, err
	}
	return done, is, nil
}

// open returns the slots from the given one on that are neither locked nor skipped.
func open(in planner.Inputs, from plan.Slot) []plan.Slot {
	return slices.DeleteFunc(plan.Slots(in.Existing.Week.WeekOf), func(s plan.Slot) bool {
		return s.Before(from) || in.Wishes.Locked(s) || in.Wishes.Skipped(s)
	})
}

// next returns the user's next meal.
func (a *Amender) next(u user.User) (plan.Slot, error) {
	zone, err := u.Location()
	if err != nil {
		return plan.Slot{}, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	return plan.Next(a.now().In(zone)), nil
}
