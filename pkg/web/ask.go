package web

import (
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
)

// question is a command that awaits a click: what it does in words, and as it is written.
type question struct{ Ask, Line string }

// questions words the commands for the user's week.
func questions(l message.Language, week calendar.Date, lines []string) []question {
	out := make([]question, len(lines))
	for i, line := range lines {
		out[i] = question{l.Say("Carry out this command?"), line}
		if p := command.Parse(line, week); len(p.Commands) == 1 && len(p.Problems) == 0 {
			out[i].Ask = strings.TrimSpace(ask(l, p.Commands[0]))
		}
	}
	return out
}

func ask(l message.Language, c command.Command) string {
	what := where(l, c)
	switch c.Verb {
	case command.Lock:
		if c.Text != "" {
			return l.Say("Plan %s and keep it? %s", c.Text, what)
		}
		return l.Say("Keep this meal? %s", what)
	case command.Unlock:
		if c.All {
			return l.Say("Let every kept meal change again?")
		}
		return l.Say("Let this meal change again? %s", what)
	case command.Regenerate:
		return askReplan(l, c, what)
	case command.Adjust:
		if c.Text != "" {
			return l.Say("Plan %s instead? %s", c.Text, what)
		}
		return l.Say("Plan another dish? %s", what)
	case command.Skip:
		return l.Say("Plan nothing? %s", what)
	case command.Unskip:
		return l.Say("Plan something again? %s", what)
	case command.Dislike:
		return l.Say("Never plan %s again?", c.Text)
	case command.Prefer:
		return l.Say("Note your wish: %s?", c.Text)
	case command.Travel:
		return l.Say("Plan quick dishes for days away from home? %s", what)
	case command.Pause:
		return l.Say("Stop your plans and mails?")
	case command.Resume:
		return l.Say("Plan and send mails again?")
	case command.Undo:
		return l.Say("Take the last change back?")
	case command.Ate:
		switch {
		case c.Nothing:
			return l.Say("Record that it was not eaten after all? %s", what)
		case c.Portion != 0:
			return l.Say("Record that you ate %v of the planned portion? %s", l.Word(c.Portion.String())+"×", what)
		}
		return l.Say("Record that it was eaten as planned? %s", what)
	default: // STATUS and HELP change nothing
		return l.Say("Carry out this command?")
	}
}

// askReplan words REGENERATE.
func askReplan(l message.Language, c command.Command, what string) string {
	text := l.Say("Replan the whole week?")
	if what != "" {
		text = l.Say("Replan this? %s", what)
	}
	how := map[targets.Mode]string{
		targets.HighProtein: l.Say("with more protein"), targets.LowCarb: l.Say("with fewer carbs"), targets.Balanced: l.Say("with balanced macros"),
	}[c.Mode]
	if c.Variety {
		how = l.Say("with more variety")
	}
	if how != "" {
		text += " (" + how + ")"
	}
	return text
}

// where names the days and the meal of a command.
func where(l message.Language, c command.Command) string {
	days := make([]string, len(c.Days))
	for i, d := range c.Days {
		days[i] = l.Weekday(d) + ", " + l.Date(d)
	}
	text := strings.Join(days, "; ")
	if c.Meal == nil {
		return text
	}
	meal := l.Word(c.Meal.String())
	if text == "" {
		return meal
	}
	return text + ": " + meal
}
