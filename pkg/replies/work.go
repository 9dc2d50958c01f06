package replies

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/food"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Limits of what a user may ask for.
const (
	manyLocks      = 3 // above this many, the answer warns
	maxPreferences = 50
	maxDislikes    = 100
)

// targetsVerb is a command that only buttons carry: TARGETS protein fat carbs, in grams.
const targetsVerb command.Verb = "TARGETS"

// replyKey returns the key in a tag as the store knows it.
func replyKey(tag string) (string, bool) {
	key, ok := signedlink.ReplyKey(tag)
	return hex.EncodeToString(key[:]), ok
}

// Buttons carry lines that no mail may: a change of targets, UNDO of one certain change,
// and the confirmation of what waits.
const confirmVerb = "CONFIRM"

var (
	undoLine    = lazyregexp.New(`^UNDO ([0-9a-f]{16})$`)
	confirmLine = lazyregexp.New(`^` + confirmVerb + ` ([0-9a-f]{16})$`)
)

// parse reads the commands of a mail or a button.
func (w *work) parse(in incoming) command.Parsed {
	if in.source == ByButton {
		if rest, ok := strings.CutPrefix(in.text, string(targetsVerb)+" "); ok {
			return command.Parsed{Commands: []command.Command{{Verb: targetsVerb, Line: in.text, Text: rest}}}
		}
		if m := undoLine().FindStringSubmatch(in.text); m != nil {
			w.undoKey = m[1]
			return command.Parsed{Commands: []command.Command{{Verb: command.Undo, Line: "UNDO"}}}
		}
	}
	return command.Parse(in.text, w.week)
}

// work is the state that commands change before anything is stored.
type work struct {
	steering *Service
	tx       Tx
	in       planner.Inputs
	today    calendar.Date
	week     calendar.Date
	source   Source
	undoKey  string // the change that a button takes back; "" = the newest

	before  Before
	free    []plan.Slot
	fixed   []plan.Lock
	eaten   []plan.Slot
	uneaten []plan.Slot
	results []Result
	undone  int64
	stored  *plan.Plan // the week's new plan
	status  bool
	help    bool
	current command.Command
	changed bool            // something is to be stored
	replan  bool            // the week is to be replanned
	person  bool            // the user is to be stored
	target  bool            // for the settings' targets
	base    *plan.Plan      // what the new plan starts from; nil: the week's plan
	recipes []recipe.Recipe // loaded when first needed
}

// run carries out every command on the state, then replans the slots they freed.
func (w *work) run(ctx context.Context, cmds []command.Command) error {
	w.before = Before{Wishes: clone(w.in.Wishes), Stored: w.in.Existing}
	w.in.Wishes = clone(w.in.Wishes)
	for _, c := range cmds {
		w.current = c
		if c.Verb == command.Undo && len(cmds) > 1 {
			return refuse(`"UNDO" stands alone in its mail.`)
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
		return w.steering.planner.Check(ctx, w.in)
	}
	in := w.in
	if w.base != nil {
		in.Existing = w.base
	}
	stored, err := w.steering.planner.Revise(ctx, in, planner.Revision{Free: w.free, Fixed: w.fixed, From: plan.Slot{Date: w.today}, Retarget: w.target})
	if err != nil {
		return err
	}
	w.stored = &stored
	return nil
}

func clone(x plan.Wishes) plan.Wishes {
	x.Locks, x.Skips = slices.Clone(x.Locks), slices.Clone(x.Skips)
	x.Travel, x.AvoidRepeats = slices.Clone(x.Travel), slices.Clone(x.AvoidRepeats)
	return x
}

// fill puts the outcome into what is stored and what is answered; key names it.
func (w *work) fill(c *Change, a *Answer, key string) {
	a.Outcome, a.Done, a.Help = Informed, w.results, w.help
	for _, r := range w.results {
		c.Record.Results = append(c.Record.Results, r.Text)
	}
	if w.in.Existing != nil {
		a.Was = &w.in.Existing.Week
	}
	if w.changed {
		a.Outcome = Applied
		wishes := w.in.Wishes
		c.Wishes, c.Stored, c.Eaten, c.Uneaten, c.Undone = &wishes, w.stored, w.eaten, w.uneaten, w.undone
		if w.person {
			u := w.in.User
			c.User = &u
		}
		if w.undone == 0 {
			w.before.Eaten = w.eaten
			c.Record.Before, a.Undo = &w.before, string(command.Undo)+" "+key
		}
	}
	if w.stored != nil {
		a.Is, a.Diff = &w.stored.Week, plan.Diff(w.in.Existing.Week, w.stored.Week)
	}
	if w.status {
		st := Status{Wishes: w.in.Wishes, User: w.in.User, Week: a.Was}
		if a.Is != nil {
			st.Week = a.Is
		}
		if st.Week == nil {
			st.Waiting = "The week is planned on the " + w.planDay() + " before it."
		}
		a.Status = &st
	}
}

func (w *work) planDay() string {
	day, _ := w.in.User.Settings.PlanTime()
	return day.String()
}

// refusal says which line cannot be carried out, and why.
func (w *work) refusal(err error) command.Problem {
	why := err.Error()
	if e, ok := errors.AsType[*fault.Error](err); ok && e.Message != "" {
		why = e.Message
	}
	return command.Problem{Line: w.current.Line, Why: why}
}

func refuse(format string, args ...any) error {
	return fault.New(fault.InvalidInput, "command", format, args...)
}

// do carries out one command on the state and says what it did.
func (w *work) do(ctx context.Context, c command.Command) (string, error) {
	if err := w.notOver(c); err != nil {
		return "", err
	}
	switch c.Verb {
	case command.Lock:
		return w.lock(ctx, c)
	case command.Unlock:
		return w.unlock(c)
	case command.Regenerate:
		return w.regenerate(c)
	case command.Adjust:
		return w.adjust(ctx, c)
	case command.Skip:
		return w.skip(c)
	case command.Unskip:
		return w.unskip(c)
	case command.Dislike:
		return w.dislike(ctx, c)
	case command.Prefer:
		return w.prefer(c)
	case command.Travel:
		return w.travel(c)
	case command.Ate:
		return w.ate(c)
	case command.Undo:
		return w.undo(ctx)
	case command.Pause, command.Resume:
		return w.enable(c.Verb == command.Resume)
	case command.Status:
		w.status = true
		return "What is in force stands below.", nil
	case command.HelpVerb:
		w.help = true
		return "The commands stand below.", nil
	case targetsVerb:
		return w.targets(c)
	default:
		return "", refuse("%s is not known.", c.Verb)
	}
}

// notOver refuses to plan days that have passed.
func (w *work) notOver(c command.Command) error {
	for _, d := range c.Days {
		if d < w.today && c.Verb != command.Ate {
			return refuse("%s %s is over.", d.Weekday(), d)
		}
	}
	return nil
}

func (w *work) slot(c command.Command) (plan.Slot, error) {
	if len(c.Days) != 1 || c.Meal == nil {
		return plan.Slot{}, refuse("Name one day and one meal.")
	}
	return plan.Slot{Date: c.Days[0], Meal: *c.Meal}, nil
}

func named(s plan.Slot) string { return s.Date.Weekday().String() + " " + s.Meal.String() }

// planned is what a slot holds; nil when it is empty or nothing is planned yet.
func (w *work) planned(s plan.Slot) *plan.Serving {
	if w.in.Existing == nil {
		return nil
	}
	return w.in.Existing.Week.Days[s.Date-w.week].Meals[s.Meal]
}

func (w *work) lockAt(s plan.Slot) int {
	return slices.IndexFunc(w.in.Wishes.Locks, func(l plan.Lock) bool { return l.Slot == s })
}

func (w *work) dropLock(s plan.Slot) bool {
	i := w.lockAt(s)
	if i >= 0 {
		w.in.Wishes.Locks = slices.Delete(w.in.Wishes.Locks, i, i+1)
	}
	return i >= 0
}

// unfix forgets what an earlier command of the same mail put into a slot.
func (w *work) unfix(s plan.Slot) {
	w.fixed = slices.DeleteFunc(w.fixed, func(l plan.Lock) bool { return l.Slot == s })
}

func (w *work) release(slots ...plan.Slot) {
	for _, s := range slots {
		if !slices.Contains(w.free, s) {
			w.free = append(w.free, s)
		}
	}
	w.changed, w.replan = true, true
}

func (w *work) lock(ctx context.Context, c command.Command) (string, error) {
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	now := w.planned(s)
	l := plan.Lock{Slot: s}
	var name string
	switch {
	case c.Text != "":
		r, err := w.recipe(ctx, c.Text, s.Meal)
		if err != nil {
			return "", err
		}
		l.Recipe, name = r.ID, r.Name
		if now == nil || now.Recipe != r.ID {
			w.release(s)
		} else {
			l.Servings = now.Servings
		}
		w.dropSkip(s)
	case now == nil || slices.Contains(w.in.Wishes.Skips, s) || slices.Contains(w.free, s):
		return "", refuse("Nothing is planned for %s yet: name a recipe.", named(s))
	default:
		l.Recipe, l.Servings, name = now.Recipe, now.Servings, now.Name
	}
	text := named(s) + " stays " + name + "."
	if w.dropLock(s) {
		text += " It was locked before; this lock replaces that one."
	}
	w.unfix(s)
	w.in.Wishes.Locks = append(w.in.Wishes.Locks, l)
	w.release()
	if n := len(w.in.Wishes.Locks); n > manyLocks {
		text += fmt.Sprintf(" %d meals are locked now: the more are, the harder it is to meet the targets.", n)
	}
	return text, nil
}

func (w *work) unlock(c command.Command) (string, error) {
	w.release()
	if c.All {
		n := len(w.in.Wishes.Locks)
		w.in.Wishes.Locks = nil
		return fmt.Sprintf("%d locks are gone; the meals stay until they are planned anew.", n), nil
	}
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	if !w.dropLock(s) {
		return "", refuse("%s is not locked.", named(s))
	}
	return named(s) + " is not locked any more; it stays until it is planned anew.", nil
}

// open are the slots of a date that may be replanned: not locked and not skipped.
func (w *work) open(d calendar.Date) []plan.Slot {
	var out []plan.Slot
	for _, m := range recipe.Meals {
		s := plan.Slot{Date: d, Meal: m}
		if w.lockAt(s) < 0 && !slices.Contains(w.in.Wishes.Skips, s) && !w.unplanned(s) {
			out = append(out, s)
		}
	}
	return out
}

// unplanned reports a meal that the user does not have planned at all.
func (w *work) unplanned(s plan.Slot) bool {
	return !w.in.User.Settings.Plans(s.Meal) && w.lockAt(s) < 0 && w.planned(s) == nil
}

func refuseUnplanned(s plan.Slot) error {
	return refuse(`You have no %s planned, by your settings: "LOCK" one with the name of a recipe.`, s.Meal)
}

// ahead are the days of the week that have not begun.
func (w *work) ahead() []calendar.Date {
	var out []calendar.Date
	for d := w.week; d < w.week+7; d++ {
		if d > w.today {
			out = append(out, d)
		}
	}
	return out
}

func (w *work) regenerate(c command.Command) (string, error) {
	var slots []plan.Slot
	switch {
	case c.All || len(c.Days) == 0:
		for _, d := range w.ahead() {
			slots = append(slots, w.open(d)...)
		}
		if len(slots) == 0 && w.in.Existing != nil {
			return "", refuse("There is nothing left of this week to plan anew.")
		}
	case c.Mode != "":
		return "", refuse(`A mode holds for the whole week: write "REGENERATE WEEK" and the mode after it.`)
	case c.Meal == nil:
		slots = w.open(c.Days[0])
	default:
		s, err := w.slot(c)
		if err != nil {
			return "", err
		}
		if w.lockAt(s) >= 0 {
			return "", refuse(`%s is locked: "UNLOCK" it first.`, named(s))
		}
		if slices.Contains(w.in.Wishes.Skips, s) {
			return "", refuse(`%s is skipped: "UNSKIP" it first.`, named(s))
		}
		if w.unplanned(s) {
			return "", refuseUnplanned(s)
		}
		slots = []plan.Slot{s}
	}
	if c.Mode != "" {
		w.in.Wishes.Mode = c.Mode
	}
	if c.Variety {
		for _, s := range slots {
			if now := w.planned(s); now != nil && !slices.Contains(w.in.Wishes.AvoidRepeats, now.Recipe) {
				w.in.Wishes.AvoidRepeats = append(w.in.Wishes.AvoidRepeats, now.Recipe)
			}
		}
	}
	w.release(slots...)
	how := ""
	if c.Mode != "" {
		how = ", " + strings.ReplaceAll(string(c.Mode), "_", " ")
	}
	if w.in.Existing == nil {
		return "The week will be planned so" + how + ".", nil
	}
	return fmt.Sprintf("%d meals were planned anew%s; locked and skipped ones were left alone.", len(slots), how), nil
}

func (w *work) adjust(ctx context.Context, c command.Command) (string, error) {
	s, err := w.slot(c)
	if err != nil {
		return "", err
	}
	switch {
	case w.in.Existing == nil:
		return "", refuse(`Nothing is planned yet: write "LOCK" and a recipe for %s instead.`, named(s))
	case w.lockAt(s) >= 0:
		return "", refuse(`%s is locked: "UNLOCK" it first, or "LOCK" it to the other recipe.`, named(s))
	case slices.Contains(w.in.Wishes.Skips, s):
		return "", refuse(`%s is skipped: "UNSKIP" it first.`, named(s))
	case c.Text == "" && w.unplanned(s):
		return "", refuseUnplanned(s)
	}
	w.release(s)
	if c.Text == "" {
		return named(s) + " was planned anew.", nil
	}
	r, err := w.recipe(ctx, c.Text, s.Meal)
	if err != nil {
		return "", err
	}
	w.unfix(s)
	w.fixed = append(w.fixed, plan.Lock{Slot: s, Recipe: r.ID})
	return named(s) + " is " + r.Name + " now.", nil
}

func (w *work) skip(c command.Command) (string, error) {
	meals := recipe.Meals[:]
	if c.Meal != nil {
		meals = []recipe.Meal{*c.Meal}
	}
	unlocked := ""
	for _, d := range c.Days {
		for _, m := range meals {
			s := plan.Slot{Date: d, Meal: m}
			if slices.Contains(w.in.Wishes.Skips, s) {
				continue
			}
			if w.dropLock(s) {
				unlocked = " A lock there is gone."
			}
			w.unfix(s)
			w.in.Wishes.Skips = append(w.in.Wishes.Skips, s)
			w.release(s)
		}
	}
	w.release()
	if c.Meal != nil && len(c.Days) == 1 {
		return named(plan.Slot{Date: c.Days[0], Meal: *c.Meal}) + " is skipped." + unlocked, nil
	}
	return days(c.Days) + " is skipped." + unlocked, nil
}

func (w *work) dropSkip(s plan.Slot) bool {
	i := slices.Index(w.in.Wishes.Skips, s)
	if i >= 0 {
		w.in.Wishes.Skips = slices.Delete(w.in.Wishes.Skips, i, i+1)
	}
	return i >= 0
}

func (w *work) unskip(c command.Command) (string, error) {
	meals := recipe.Meals[:]
	if c.Meal != nil {
		meals = []recipe.Meal{*c.Meal}
	}
	n := 0
	for _, d := range c.Days {
		for _, m := range meals {
			s := plan.Slot{Date: d, Meal: m}
			if w.dropSkip(s) {
				w.release(s)
				n++
			} else if c.Meal != nil && w.unplanned(s) {
				return "", refuseUnplanned(s)
			}
		}
	}
	if n == 0 {
		return "", refuse("Nothing is skipped there.")
	}
	return days(c.Days) + " is planned again.", nil
}

func days(ds []calendar.Date) string {
	names := make([]string, len(ds))
	for i, d := range ds {
		names[i] = d.Weekday().String()
	}
	return strings.Join(names, ", ")
}

func (w *work) travel(c command.Command) (string, error) {
	for _, d := range c.Days {
		if !slices.Contains(w.in.Wishes.Travel, d) {
			w.in.Wishes.Travel = append(w.in.Wishes.Travel, d)
		}
		w.release(w.open(d)...)
	}
	return days(c.Days) + ": quick dishes for travelling; locked meals were left alone.", nil
}

func (w *work) dislike(ctx context.Context, c command.Command) (string, error) {
	recipes, err := w.library(ctx)
	if err != nil {
		return "", err
	}
	names := foodNames(recipes, c.Text)
	if len(names) == 0 {
		if _, ok := food.Lookup(c.Text); !ok {
			return "", refuse("%q is no food that your recipes or our table know: write it as an ingredient list would.", c.Text)
		}
		names = []string{food.Normalize(c.Text)}
	}
	s := &w.in.User.Settings
	for _, n := range names {
		if !slices.ContainsFunc(s.Dislikes, func(d string) bool { return strings.EqualFold(d, n) }) {
			s.Dislikes = append(s.Dislikes, n)
			w.before.Dislikes = append(w.before.Dislikes, n)
		}
	}
	if len(s.Dislikes) > maxDislikes {
		return "", refuse("More than %d foods are disliked: take some back first.", maxDislikes)
	}
	w.changed, w.person = true, true
	n, kept := 0, 0
	for _, d := range w.ahead() {
		for _, m := range recipe.Meals {
			slot := plan.Slot{Date: d, Meal: m}
			now := w.planned(slot)
			if now == nil || !holds(recipes, now.Recipe, names) {
				continue
			}
			if w.lockAt(slot) >= 0 {
				kept++
				continue
			}
			w.release(slot)
			n++
		}
	}
	text := fmt.Sprintf("%s will not be planned any more; %d meals were replaced.", strings.Join(names, ", "), n)
	if kept > 0 {
		text += fmt.Sprintf(" %d locked meals hold it and stay.", kept)
	}
	return text, nil
}

// foodNames are the names under which the recipes know a food, its plural or its kind.
func foodNames(recipes []recipe.Recipe, text string) []string {
	forms := food.Forms(text)
	var out []string
	add := func(name string, plural string) {
		if name == "" || slices.Contains(out, name) {
			return
		}
		for _, f := range append(food.Forms(name), food.Normalize(plural)) {
			if f != "" && slices.Contains(forms, f) {
				out = append(out, name)
				return
			}
		}
	}
	for _, r := range recipes {
		for _, i := range r.Ingredients {
			add(i.Food.Name, i.Food.Plural)
			for _, a := range i.Food.Ancestors {
				add(a.Name, "")
			}
		}
	}
	slices.Sort(out)
	return out
}

// holds reports whether a recipe has one of the foods, or a kind of it.
func holds(recipes []recipe.Recipe, id recipe.ID, names []string) bool {
	i := slices.IndexFunc(recipes, func(r recipe.Recipe) bool { return r.ID == id })
	if i < 0 {
		return false
	}
	return slices.ContainsFunc(recipes[i].Ingredients, func(in recipe.Ingredient) bool {
		return slices.Contains(names, in.Food.Name) || slices.ContainsFunc(in.Food.Ancestors, func(a recipe.FoodRef) bool { return slices.Contains(names, a.Name) })
	})
}

func (w *work) prefer(c command.Command) (string, error) {
	switch strings.TrimSuffix(fold(c.Text), " please") {
	case "more protein":
		return w.regenerate(command.Command{Verb: command.Regenerate, All: true, Mode: targets.HighProtein})
	case "more variety":
		return w.regenerate(command.Command{Verb: command.Regenerate, All: true, Variety: true})
	}
	s := &w.in.User.Settings
	if len(s.Preferences) >= maxPreferences {
		return "", refuse("%d wishes are on record already.", maxPreferences)
	}
	s.Preferences = append(slices.Clone(s.Preferences), c.Text)
	w.before.Preferences = append(w.before.Preferences, c.Text)
	w.changed, w.person = true, true
	return `Noted. Wishes of this kind have no effect on plans yet; they are kept, and "STATUS" shows them.`, nil
}

func (w *work) ate(c command.Command) (string, error) {
	s := plan.Slot{Date: w.today, Meal: *c.Meal}
	if len(c.Days) == 1 {
		s.Date = c.Days[0]
	}
	switch {
	case s.Date > w.today:
		return "", refuse("%s has not come yet.", s.Date.Weekday())
	case s.Date < w.week || s.Date > w.week+6:
		return "", refuse("%s is in another week: reply to that week's mail.", s.Date)
	case w.planned(s) == nil:
		return "", refuse("Nothing was planned for %s.", named(s))
	}
	w.eaten = append(w.eaten, s)
	w.changed = true
	return named(s) + ": " + w.planned(s).Name + ", eaten as planned.", nil
}

func (w *work) enable(on bool) (string, error) {
	if was := w.in.User.Enabled; w.before.Enabled == nil && was != on {
		w.before.Enabled = &was
	}
	w.in.User.Enabled = on
	w.changed, w.person = true, true
	if on {
		return "Your weeks are planned again from the next " + w.planDay() + " on, and your mails come again.", nil
	}
	return `No more weeks are planned and no more mails come until you reply "RESUME" to any mail of ours.`, nil
}

func (w *work) targets(c command.Command) (string, error) {
	var g [3]int
	fields := strings.Fields(c.Text)
	if len(fields) != len(g) {
		return "", refuse("TARGETS wants three numbers of grams.")
	}
	for i, f := range fields {
		n, err := strconv.Atoi(f)
		if err != nil || n < 1 || n > 1000 {
			return "", refuse("TARGETS: %q is not a number of grams.", f)
		}
		g[i] = n
	}
	m := nutrition.Macros{Protein: nutrition.Mass(g[0]) * nutrition.Gram, Fat: nutrition.Mass(g[1]) * nutrition.Gram, Carbs: nutrition.Mass(g[2]) * nutrition.Gram}
	s := &w.in.User.Settings
	if _, err := targets.Check(m, 0, s.Supervised); err != nil {
		return "", refuse("%v.", err)
	}
	w.before.Targets = &Targets{Was: s.Targets, Wrote: &m}
	s.Targets = &m
	w.changed, w.person, w.target = true, true, true
	if w.in.Existing != nil {
		for _, d := range w.ahead() {
			w.release(w.open(d)...)
		}
	}
	return fmt.Sprintf("Your daily targets are %s now.", m), nil
}

func (w *work) undo(ctx context.Context) (string, error) {
	last, err := w.tx.Last(ctx, w.week)
	switch {
	case err != nil:
		return "", err
	case last == nil || last.Undone:
		return "", refuse("There is nothing to undo: only the newest change of a week can be taken back, once.")
	case w.undoKey != "" && w.undoKey != shortKey(last.MessageID):
		return "", refuse("This is not the newest change of the week any more: only that can be taken back.")
	case last.Before.Targets != nil && w.source == ByMail:
		return "", refuse("Targets do not change by mail: use the link in the answer.")
	}
	b := last.Before
	w.in.Wishes = b.Wishes
	s := &w.in.User.Settings
	s.Dislikes, s.Preferences = without(s.Dislikes, b.Dislikes), without(s.Preferences, b.Preferences)
	if b.Enabled != nil {
		w.in.User.Enabled = *b.Enabled
	}
	if t := b.Targets; t != nil && s.Targets != nil && *s.Targets == *t.Wrote {
		s.Targets = t.Was
	}
	w.person = b.Dislikes != nil || b.Preferences != nil || b.Enabled != nil || b.Targets != nil
	if w.in.Existing != nil {
		w.replan = true
		if b.Stored != nil {
			w.base = &plan.Plan{Week: b.Stored.Week}
			for i, d := range w.in.Existing.Week.Days { // what is over stays
				if d.Date < w.today {
					w.base.Week.Days[i] = d
				}
			}
		}
	}
	w.uneaten, w.undone, w.changed = b.Eaten, last.ID, true
	return "Taken back: " + quoted(last.Commands) + ".", nil
}

func quoted(lines []string) string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = command.Quoted(l)
	}
	return strings.Join(out, ", ")
}

// without returns the list without what was added to it.
func without(list, added []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(added, s) })
}

func (w *work) library(ctx context.Context) ([]recipe.Recipe, error) {
	if w.recipes != nil {
		return w.recipes, nil
	}
	var err error
	w.recipes, err = w.steering.library.Load(ctx, w.in.User.Connection)
	return w.recipes, err
}

// candidatesShown are the recipes that an ambiguous name is answered with.
const candidatesShown = 5

// recipe finds a recipe by its exact name, else by the only name that begins so; those for
// the meal come first.
func (w *work) recipe(ctx context.Context, name string, m recipe.Meal) (recipe.Recipe, error) {
	recipes, err := w.library(ctx)
	if err != nil {
		return recipe.Recipe{}, err
	}
	want := fold(name)
	var exact, prefix, within []recipe.Recipe
	for _, r := range recipes {
		switch n := fold(r.Name); {
		case n == want:
			exact = append(exact, r)
		case strings.HasPrefix(n, want):
			prefix = append(prefix, r)
		case strings.Contains(n, want):
			within = append(within, r)
		}
	}
	for _, found := range [][]recipe.Recipe{exact, prefix} {
		if fit := slices.DeleteFunc(slices.Clone(found), func(r recipe.Recipe) bool { return !slices.Contains(r.Meals, m) }); len(fit) == 1 {
			return fit[0], nil
		}
		if len(found) == 1 {
			return found[0], nil
		}
	}
	if like := slices.Concat(exact, prefix, within); len(like) > 0 {
		names := make([]string, 0, candidatesShown)
		for _, r := range like[:min(len(like), candidatesShown)] {
			names = append(names, r.Name)
		}
		return recipe.Recipe{}, refuse("%q could be several recipes: write one of these names: %s.", name, strings.Join(names, "; "))
	}
	return recipe.Recipe{}, refuse("Your library has no recipe whose name begins with %q.", name)
}

func fold(s string) string { return strings.Join(strings.Fields(strings.ToLower(s)), " ") }
