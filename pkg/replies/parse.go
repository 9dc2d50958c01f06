package replies

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// targetsVerb is a command for buttons only: TARGETS protein fat carbs, in grams.
const targetsVerb command.Verb = "TARGETS"

// replyKey returns a tag's key in the store's form.
func replyKey(tag string) (string, bool) {
	key, ok := signedlink.ReplyKey(tag)
	return hex.EncodeToString(key[:]), ok
}

// Buttons may carry lines that mails may not: a change of targets, UNDO of a specific change,
// and the confirmation of waiting commands.
const confirmVerb = "CONFIRM"

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
	if in.shown() {
		if in.wanted != nil {
			return command.Parsed{Commands: []command.Command{{Verb: wishesVerb, Line: string(wishesVerb)}}}
		}
		if c, id, ok := taken(in.text); ok {
			w.wanted = id
			return command.Parsed{Commands: []command.Command{c}}
		}
	}
	return command.Parse(in.text, w.week)
}

// Take is the line by which a page puts a recipe of the library into a slot. It names the recipe
// by id: names are other people's text, and may read like commands.
func Take(s plan.Slot, id recipe.ID) string {
	return fmt.Sprintf("TAKE %s %s %d", s.Date, s.Meal, id)
}

// Keep is as [Take], and the recipe stays when the week is replanned.
func Keep(s plan.Slot, id recipe.ID) string {
	return fmt.Sprintf("KEEP %s %s %d", s.Date, s.Meal, id)
}

var takeLine = lazyregexp.New(`^(TAKE|KEEP) (\S+) (\S+) (\d{1,18})$`)

// ByID reports whether a line is one of [Take] or [Keep], which only pages send.
func ByID(line string) bool { return takeLine().MatchString(line) }

// taken reads a line of [Take] or [Keep].
func taken(text string) (command.Command, recipe.ID, bool) {
	m := takeLine().FindStringSubmatch(text)
	if m == nil {
		return command.Command{}, 0, false
	}
	date, derr := calendar.Parse(m[2])
	meal, merr := recipe.ParseMeal(m[3])
	id, ierr := strconv.ParseInt(m[4], 10, 64)
	if derr != nil || merr != nil || ierr != nil {
		return command.Command{}, 0, false
	}
	c := command.Command{Verb: command.Adjust, Days: []calendar.Date{date}, Meal: &meal}
	if m[1] == "KEEP" {
		c.Verb = command.Lock
	}
	c.Line, c.Text = c.String(), "recipe "+m[4]
	return c, recipe.ID(id), true
}
