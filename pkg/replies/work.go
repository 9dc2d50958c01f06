package replies

import (
	"context"
	"slices"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// Limits per user.
const (
	manyLocks      = 3 // above this many, the answer warns
	maxPreferences = 50
	maxDislikes    = 100
)

var (
	undoLine    = lazyregexp.New(`^UNDO ([0-9a-f]{16})$`)
	confirmLine = lazyregexp.New(`^` + confirmVerb + ` ([0-9a-f]{16})$`)
)

// work is the state that commands change before anything is stored.
type work struct {
	service *Service
	tx      Tx
	in      planner.Inputs
	today   calendar.Date
	week    calendar.Date
	source  Source
	undoKey string    // the change that a button undoes; "" = the newest
	wanted  recipe.ID // that a page names; 0: commands name recipes
	request *Wanted   // of a page

	before  Before
	free    []plan.Slot
	fixed   []plan.Lock
	eaten   []Eaten
	results []Result
	undone  int64
	stored  *plan.Plan // the week's new plan
	status  bool
	help    bool
	current command.Command
	changed bool            // store something
	replan  bool            // replan the week
	person  bool            // store the user
	target  bool            // use the settings' targets
	base    *plan.Plan      // base of the new plan; nil: the week's plan
	recipes []recipe.Recipe // loaded when first needed
}

// run applies every command to the state, then replans the slots they freed.
func (w *work) run(ctx context.Context, cmds []command.Command) error {
	w.before = Before{Wishes: clone(w.in.Wishes), Stored: w.in.Existing}
	w.in.Wishes = clone(w.in.Wishes)
	for _, c := range cmds {
		w.current = c
		if c.Verb == command.Undo && len(cmds) > 1 {
			return refuse(`"UNDO" must be the only command in its mail.`)
		}
		text, err := w.do(ctx, c)
		if err != nil {
			return err
		}
		w.results = append(w.results, Result{c.Line, text})
	}
	if !w.replan {
		return nil
	}
	if w.in.Existing == nil {
		if len(w.in.Wishes.Locks) == 0 {
			return nil
		}
		return w.service.planner.Check(ctx, w.in)
	}
	in := w.in
	if w.base != nil {
		in.Existing = w.base
	}
	stored, err := w.service.planner.Revise(ctx, in, planner.Revision{Free: w.free, Fixed: w.fixed, From: plan.Slot{Date: w.today}, Retarget: w.target})
	if err != nil {
		return err
	}
	w.stored = &stored
	return nil
}

func clone(x plan.Wishes) plan.Wishes {
	x.Locks, x.Skips = slices.Clone(x.Locks), slices.Clone(x.Skips)
	x.Travel, x.AvoidRepeats, x.Guests = slices.Clone(x.Travel), slices.Clone(x.AvoidRepeats), slices.Clone(x.Guests)
	return x
}

// fill completes the change and the answer with the outcome; key identifies it.
func (w *work) fill(c *Change, a *Answer, key string) {
	a.Outcome, a.Done, a.Help = command.Informed, w.results, w.help
	for _, r := range w.results {
		c.Record.Results = append(c.Record.Results, r.Text)
	}
	if w.in.Existing != nil {
		a.Was = &w.in.Existing.Week
	}
	if w.changed {
		a.Outcome = command.Applied
		wishes := w.in.Wishes
		c.Wishes, c.Stored, c.Eaten, c.Undone = &wishes, w.stored, w.eaten, w.undone
		if w.person {
			u := w.in.User
			c.User = &u
		}
		if w.undone == 0 {
			c.Record.Before, a.Undo = &w.before, string(command.Undo)+" "+key
		}
	}
	if w.stored != nil {
		a.Is, a.Diff = &w.stored.Week, plan.Diff(w.in.Existing.Week, w.stored.Week)
		atHome := w.in.User.Settings.Staples
		a.Groceries = grocery.Diff(w.in.Existing.Groceries.Aside(atHome), w.stored.Groceries.Aside(atHome))
	}
	if w.status {
		st := Status{Wishes: w.in.Wishes, User: w.in.User, Week: a.Was}
		if a.Is != nil {
			st.Week = a.Is
		}
		if st.Week == nil {
			st.Waiting = w.say("The week is planned on the %v before it.", w.planDay())
		}
		a.Status = &st
	}
}

func (w *work) planDay() time.Weekday {
	day, _ := w.in.User.Settings.PlanTime()
	return day
}

// refusal is a line that cannot be carried out, with the reason.
func (w *work) refusal(err error) command.Problem {
	return command.Problem{Line: w.current.Line, Why: fault.Message(err)}
}

// say says what was done, in the user's language.
func (w *work) say(format string, args ...any) string {
	return w.in.User.Settings.Language.Say(format, args...)
}

func (w *work) count(n int, one, many string, args ...any) string {
	return w.in.User.Settings.Language.Count(n, one, many, args...)
}

func refuse(format string, args ...any) error {
	return fault.New(fault.InvalidInput, "command", format, args...)
}
