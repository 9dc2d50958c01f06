// Package command reads the commands that people write in replies to their plan, never
// guessed. Help is the grammar as people get to see it.
package command

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// Verb says what is wanted.
type Verb string

// The verbs.
const (
	Lock       Verb = "LOCK"       // keep a meal, or plan the named recipe for it
	Unlock     Verb = "UNLOCK"     // let it change again
	Regenerate Verb = "REGENERATE" // replan what is not locked
	Adjust     Verb = "ADJUST"     // replace one meal, by the named recipe if there is one
	Skip       Verb = "SKIP"       // leave a meal or a day empty
	Unskip     Verb = "UNSKIP"     // fill it again
	Dislike    Verb = "DISLIKE"    // plan without a food
	Prefer     Verb = "PREFER"     // a wish
	Travel     Verb = "TRAVEL"     // days away from home
	Pause      Verb = "PAUSE"      // no plans and no mails until RESUME
	Resume     Verb = "RESUME"     // plans again
	Ate        Verb = "ATE"        // a meal was eaten
	Status     Verb = "STATUS"     // what is in force
	HelpVerb   Verb = "HELP"       // the grammar
	Undo       Verb = "UNDO"       // take the last change back
)

// Verbs lists every verb, in declaration order.
var Verbs = []Verb{Lock, Unlock, Regenerate, Adjust, Skip, Unskip, Dislike, Prefer, Travel, Pause, Resume, Ate, Status, HelpVerb, Undo}

// Limits of what is read. Texts and lines are measured in runes.
const (
	MaxCommands = 20  // of one mail
	MaxLine     = 200 // longer lines are shown cut
	MaxFood     = 100 // DISLIKE
	MaxWish     = 200 // PREFER
	MaxRecipe   = 200 // LOCK, ADJUST
	MaxWords    = 6   // DISLIKE, PREFER: longer texts are sentences, not foods
)

// Help is the grammar for people. Commands stand in quotation marks: no line of it may
// read as one when it comes back in a reply.
const Help = `Write your commands above the quoted mail, one per line, without quotation marks. <day> is a weekday of the plan's week or a date like 2026-12-04; <meal> is breakfast, lunch or dinner.

- "LOCK <day> <meal>" keeps what is planned; with a recipe's name after it, plans that recipe.
- "UNLOCK <day> <meal>" lets it change again; "UNLOCK ALL" does so for every meal.
- "REGENERATE WEEK", "REGENERATE <day>" or "REGENERATE <day> <meal>" replans; with "WITH HIGH PROTEIN", "WITH LOW CARB", "WITH BALANCED" or "WITH VARIETY" after it, in that way.
- "ADJUST <day> <meal>" plans another dish; with "TO" and a recipe's name after it, that one.
- "SKIP <day>" or "SKIP <day> <meal>" plans nothing; "UNSKIP" instead takes it back.
- "DISLIKE <food>" never plans it (also "HATE").
- "ADD <wish>" is for wishes such as "ADD more vegetables" (also "PREFER").
- "TRAVEL <day>-<day>" is for days away from home (also "TRAVEL wed, fri").
- "ATE <meal>" or "ATE <day> <meal>" says that it was eaten as planned; with "HALF", "TWICE" or a number such as "1.5" after it, so many times the planned portion; with "NOTHING", that it was not eaten after all.
- "PAUSE" ends plans and mails (also "STOP", "UNSUBSCRIBE", "CANCEL MAILS"); "RESUME" brings them back.
- "STATUS", "UNDO" and "HELP" stand alone on their line.

Examples: "LOCK friday dinner Grilled Salmon" · "SKIP breakfast tuesday" · "DISLIKE Brussels sprouts"
`

// Command is a command parsed to its end.
type Command struct {
	Verb    Verb
	Line    string             // as written, without invisible characters, at most [MaxLine] runes
	Days    []calendar.Date    // the days meant, in order, without repeats; empty = none was named
	Meal    *recipe.Meal       // nil = none was named
	All     bool               // UNLOCK ALL, REGENERATE [WEEK]
	Mode    targets.Mode       // REGENERATE ... WITH
	Variety bool               // REGENERATE ... WITH VARIETY
	Portion nutrition.Servings // ATE: of the planned portion; 0 = all of it
	Nothing bool               // ATE: it was not eaten after all
	Text    string             // recipe (LOCK, ADJUST), food (DISLIKE), wish (PREFER); "" = none was named
}

// Problem is a line that begins like a command and cannot be carried out as written.
type Problem struct {
	Line string       // as in [Command]
	Why  message.Text // a sentence that names the cure
}

// Parsed is what a mail says, in the order it says it.
type Parsed struct {
	Commands []Command
	Problems []Problem
	Prose    []string // lines that begin with no verb
}

// String returns the command in the form that [Parse] reads as the same command, with
// dates for weekdays: "LOCK 2026-12-04 dinner Grilled Salmon".
func (c Command) String() string {
	words := []string{string(c.Verb)}
	if c.All {
		words = append(words, map[Verb]string{Unlock: "ALL", Regenerate: "WEEK"}[c.Verb])
	}
	days := make([]string, len(c.Days))
	for i, d := range c.Days {
		days[i] = d.String()
	}
	if len(days) > 0 {
		words = append(words, strings.Join(days, ", "))
	}
	if c.Meal != nil {
		words = append(words, c.Meal.String())
	}
	for name, style := range styles {
		if style == (styled{c.Mode, c.Variety}) {
			words = append(words, "WITH", strings.ToUpper(name))
		}
	}
	switch {
	case c.Nothing:
		words = append(words, nothing)
	case c.Portion != 0:
		words = append(words, c.Portion.String())
	}
	if c.Verb == Adjust && c.Text != "" {
		words = append(words, "TO")
	}
	if c.Text != "" {
		words = append(words, c.Text)
	}
	return strings.Join(words, " ")
}

type styled struct {
	mode    targets.Mode
	variety bool
}

var styles = map[string]styled{
	"high protein": {mode: targets.HighProtein},
	"low carb":     {mode: targets.LowCarb},
	"balanced":     {mode: targets.Balanced},
	"variety":      {variety: true},
}
