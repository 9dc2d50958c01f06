package command

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
)

// read fills the command from the words after the verb; it returns why it cannot.
func (c *Command) read(words []string, week calendar.Date) message.Text {
	switch c.Verb {
	case Lock:
		return c.readLock(words, week)
	case Unlock:
		if len(words) == 1 && plain(words[0]) == "all" {
			c.All = true
			return message.Text{}
		}
		return c.readSlot(words, week, message.Textf(`write "UNLOCK <day> <meal>", or "UNLOCK ALL"`))
	case Regenerate:
		return c.readRegenerate(words, week)
	case Adjust:
		return c.readAdjust(words, week)
	case Skip, Unskip:
		return c.readSkip(words, week)
	case Ate:
		return c.readAte(words, week)
	case Dislike:
		return c.readText(words, MaxFood, message.Textf(`name one food, such as "DISLIKE Brussels sprouts"`))
	case Prefer:
		return c.readText(words, MaxWish, message.Textf(`name one wish, such as "ADD more vegetables"`))
	case Travel:
		return c.readTravel(words, week)
	case Pause, Resume, Status, HelpVerb, Undo:
		switch {
		case len(words) == 0:
			return message.Text{}
		case c.Verb == Pause:
			return message.Textf(`"PAUSE" (or "STOP", "UNSUBSCRIBE", "CANCEL MAILS") stands alone on its line`)
		default:
			return message.Textf("%q stands alone on its line", c.Verb)
		}
	default:
		return message.Textf(`no command of that name; write "HELP" for the list`)
	}
}

// slot takes a day and a meal, in either order and as far as they are there, from the
// beginning of the words. Problems are days that the week does not have.
func (c *Command) slot(words []string, week calendar.Date) (rest []string, why message.Text) {
	for len(words) > 0 {
		if meal, err := recipe.ParseMeal(words[0]); err == nil && c.Meal == nil {
			c.Meal = &meal
		} else if day, ok, why := dayOf(words[0], week); !why.Empty() {
			return words, why
		} else if ok && len(c.Days) == 0 {
			c.Days = []calendar.Date{day}
		} else {
			return words, message.Text{}
		}
		if words = words[1:]; c.Meal != nil && len(c.Days) > 0 {
			return words, message.Text{}
		}
	}
	return words, message.Text{}
}

// readSlot reads a day and a meal and nothing else.
func (c *Command) readSlot(words []string, week calendar.Date, cure message.Text) message.Text {
	rest, why := c.slot(words, week)
	if why.Empty() && (len(rest) > 0 || c.Meal == nil || len(c.Days) == 0) {
		why = cure
	}
	return why
}

func (c *Command) readLock(words []string, week calendar.Date) message.Text {
	rest, why := c.slot(words, week)
	if !why.Empty() {
		return why
	}
	if c.Meal == nil || len(c.Days) == 0 {
		return message.Textf(`write "LOCK <day> <meal>", and the recipe's name after it to plan another one`)
	}
	return c.readRecipe(rest)
}

func (c *Command) readAdjust(words []string, week calendar.Date) message.Text {
	cure := message.Textf(`write "ADJUST <day> <meal>", or "ADJUST <day> <meal> TO <recipe>"`)
	rest, why := c.slot(words, week)
	switch {
	case !why.Empty():
		return why
	case c.Meal == nil || len(c.Days) == 0:
		return cure
	case len(rest) == 0:
		return message.Text{}
	case plain(rest[0]) != "to" || len(rest) == 1:
		return cure
	default:
		return c.readRecipe(rest[1:])
	}
}

func (c *Command) readRecipe(words []string) message.Text {
	c.Text = unquoted(strings.Join(words, " "))
	if utf8.RuneCountInString(c.Text) > MaxRecipe {
		return message.Textf("a recipe's name has at most %d characters; its beginning is enough", MaxRecipe)
	}
	return message.Text{}
}

// unquoted drops quotation marks around a whole name.
func unquoted(name string) string {
	const marks = `"'“”„‟‘’‚‛«»‹›「」『』`
	if inner := strings.Trim(name, marks); inner != "" && strings.HasPrefix(name, inner) == strings.HasSuffix(name, inner) {
		return strings.TrimSpace(inner)
	}
	return name
}

func (c *Command) readSkip(words []string, week calendar.Date) message.Text {
	rest, why := c.slot(words, week)
	if why.Empty() && (len(rest) > 0 || len(c.Days) == 0) {
		why = message.Textf(`write "%[1]s <day>", or "%[1]s <day> <meal>"`, c.Verb)
	}
	return why
}

func (c *Command) readRegenerate(words []string, week calendar.Date) message.Text {
	cure := message.Textf(`write "REGENERATE WEEK", "REGENERATE <day>" or "REGENERATE <day> <meal>", and "WITH HIGH PROTEIN", "WITH LOW CARB", "WITH BALANCED" or "WITH VARIETY" after it if you like`)
	what := words
	if with := slices.IndexFunc(words, func(w string) bool { return plain(w) == "with" }); with >= 0 {
		style, ok := styles[plain(strings.Join(words[with+1:], " "))]
		if !ok {
			return cure
		}
		c.Mode, c.Variety, what = style.mode, style.variety, words[:with]
	}
	if len(what) == 0 || len(what) == 1 && plain(what[0]) == "week" {
		c.All = true
		return message.Text{}
	}
	rest, why := c.slot(what, week)
	if why.Empty() && (len(rest) > 0 || len(c.Days) == 0) {
		why = cure
	}
	return why
}

// pronouns name no food.
var pronouns = []string{"it", "this", "that", "these", "those", "them"}

func (c *Command) readText(words []string, limit int, cure message.Text) message.Text {
	c.Text = unquoted(strings.Join(words, " "))
	switch {
	case !strings.ContainsFunc(c.Text, unicode.IsLetter) || slices.Contains(pronouns, plain(c.Text)):
		return cure
	case len(words) > MaxWords || utf8.RuneCountInString(c.Text) > limit:
		return message.Textf("%v, in at most %d words and %d characters", cure, MaxWords, limit)
	}
	return message.Text{}
}
