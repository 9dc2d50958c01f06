package replies

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Press is what somebody who is signed in, or a program of theirs, wants of a week. No mail answers it.
type Press struct {
	Line    string // commands, or a line of [Take] or [Keep]
	Wanted  *Wanted
	ID      string // names the press, which works once
	Version string // of the week that was shown ([plan.Week.Version]); "": any
	Preview bool   // say what it would do, and store nothing
	Program bool   // a program of theirs wants it
}

// By is the source of the press.
func (p Press) By() Source {
	if p.Program {
		return ByAPI
	}
	return ByPage
}

// Wanted are all wishes for a week. Those for days that are over stay as they were.
type Wanted struct {
	Travel []calendar.Date
	Skips  []plan.Slot
	Guests []plan.Guests
	Mode   targets.Mode
}

// wishesVerb replaces the wishes of a week; only pages carry it.
const wishesVerb command.Verb = "WISHES"

// Press carries out a press.
func (s *Service) Press(ctx context.Context, u user.User, week calendar.Date, p Press) (Report, error) {
	by := string(p.By())
	key := digest(by, p.ID, p.Line) // all buttons of a page have its id
	o, in := Origin{User: u, Week: week}, incoming{source: p.By(), id: by + "." + key[:32], digest: key, text: p.Line, proven: true, wanted: p.Wanted, version: p.Version}
	if p.Preview {
		return s.preview(ctx, o, in)
	}
	return s.handle(ctx, o, in)
}

// Clicked reports whether a button was pressed before. It changes nothing.
func (s *Service) Clicked(ctx context.Context, userID, token string) (seen bool, err error) {
	id := digest("click", token)
	err = s.store.Transact(ctx, userID, func(ctx context.Context, tx Tx) (err error) {
		seen, err = tx.Seen(ctx, "click."+id[:32], id)
		return err
	})
	return seen, err
}

// preview decides and stores nothing.
func (s *Service) preview(ctx context.Context, o Origin, in incoming) (r Report, err error) {
	r.User = o.User.ID
	if _, busy := s.previewing.LoadOrStore(o.User.ID, true); busy { // each holds a turn for as long as a week takes
		r.Outcome = command.RateLimited
		return r, nil
	}
	defer s.previewing.Delete(o.User.ID)
	done, err := s.turn(ctx)
	if err != nil {
		return r, err
	}
	defer done()
	err = s.store.Transact(ctx, o.User.ID, func(ctx context.Context, tx Tx) (err error) {
		_, r.Answer, r.Verbs, err = s.decide(ctx, tx, o, in)
		r.Outcome = r.Answer.Outcome
		return err
	})
	return r, err
}

// turn waits until few enough are handled; done ends it.
func (s *Service) turn(ctx context.Context) (done func(), err error) {
	select {
	case s.free <- struct{}{}:
		return func() { <-s.free }, nil
	case <-ctx.Done():
		return nil, fault.Wrap(fault.KindOf(ctx.Err()), "command", ctx.Err())
	}
}

// Past is a change of a week that was carried out.
type Past struct {
	At      time.Time
	Source  Source
	Results []string
	Undone  bool
	// Undoable changes can be taken back while they are the newest; taking back is none.
	Undoable bool
}

// wish replaces the wishes of the days that are not over, and replans the meals that this
// concerns.
func (w *work) wish() (string, error) {
	want := w.request
	was := &w.in.Wishes
	ours := func(d calendar.Date) bool { return d >= w.week && d < w.week+7 }
	for _, g := range want.Guests {
		if !ours(g.Date) || g.People < 0 || g.People > plan.MaxGuests {
			return "", refuse("guests: %d on %s is not between 0 and %d in this week.", g.People, g.Date, plan.MaxGuests)
		}
	}
	var said []string
	for d := max(w.today, w.week); d < w.week+7; d++ {
		if slices.Contains(was.Travel, d) != slices.Contains(want.Travel, d) {
			was.Travel = toggle(was.Travel, d)
			w.release(w.open(d)...)
			if slices.Contains(was.Travel, d) {
				said = append(said, w.say("%v is short of time: quick dishes.", d.Weekday()))
			} else {
				said = append(said, w.say("%v is no longer short of time.", d.Weekday()))
			}
		}
	}
	for _, s := range plan.Slots(w.week) {
		if s.Date < w.today {
			continue
		}
		if was.Skipped(s) != slices.Contains(want.Skips, s) {
			was.Skips = toggle(was.Skips, s)
			text := w.say("%v is not skipped.", named(s))
			if was.Skipped(s) {
				text = w.say("%v is skipped.", named(s))
				if w.dropLock(s) {
					text += " " + w.say("The lock there was removed.")
				}
			}
			if w.release(); !w.missed(s) {
				w.release(s)
			}
			said = append(said, text)
		}
		if before, now := guestsAt(was.Guests, s), guestsAt(want.Guests, s); before != now {
			was.Guests = slices.DeleteFunc(slices.Clone(was.Guests), func(g plan.Guests) bool { return g.Slot == s })
			if now > 0 {
				was.Guests = append(was.Guests, plan.Guests{Slot: s, People: now})
			}
			w.changed, w.replan = true, true
			said = append(said, w.count(now, "%[2]v has %[1]d guest.", "%[2]v has %[1]d guests.", named(s)))
		}
	}
	if want.Mode != was.Mode {
		if _, err := want.Mode.Apply(targets.Fallback); err != nil {
			return "", refuse("%s.", err)
		}
		was.Mode = want.Mode
		ahead := w.ahead()
		if len(ahead) == 0 {
			return "", refuse("The emphasis counts for days that have not begun, and none is left.")
		}
		for _, d := range ahead {
			w.release(w.open(d)...)
		}
		said = append(said, w.say("The rest of the week is planned for the other emphasis."))
	}
	if len(said) == 0 {
		return "", refuse("Nothing would change.")
	}
	w.changed = true
	return strings.Join(said, " "), nil
}

func guestsAt(list []plan.Guests, s plan.Slot) int {
	if i := slices.IndexFunc(list, func(g plan.Guests) bool { return g.Slot == s }); i >= 0 {
		return list[i].People
	}
	return 0
}

// toggle returns the list with the entry, or without one that it has.
func toggle[T calendar.Date | plan.Slot](list []T, x T) []T {
	if i := slices.Index(list, x); i >= 0 {
		return slices.Delete(slices.Clone(list), i, i+1)
	}
	return append(slices.Clone(list), x)
}
