package mailer_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// wrap breaks each line at its last space that fits the width.
func wrap(text string, width int) []string {
	var out []string
	for line := range strings.Lines(text) {
		now := ""
		for w := range strings.SplitSeq(strings.TrimSpace(line), " ") {
			if now != "" && len([]rune(now))+1+len([]rune(w)) > width {
				out, now = append(out, now), ""
			}
			now = strings.TrimSpace(now + " " + w)
		}
		out = append(out, now)
	}
	return out
}

// Every line of every mail we send, in text or made of the HTML, broken at whatever width,
// reads as no command: whoever quotes us orders nothing.
func TestNoLineOfOurMailsIsACommand(t *testing.T) {
	t.Parallel()
	for name, m := range quotableMails(t) {
		for _, text := range []string{m.Text, quotation.Text(m.HTML), m.Subject} {
			for width := 30; width <= 100; width++ {
				for _, line := range wrap(text, width) {
					if p := command.Parse(line, monday); len(p.Commands) > 0 {
						t.Errorf("%s, width %d: %q is read as %v", name, width, line, p.Commands)
					}
				}
			}
		}
		if len(m.Fingerprint) == 0 {
			t.Errorf("%s has no fingerprint", name)
		}
	}
}

// quotableMails is every mail of every type that the fixtures know, by type and case.
func quotableMails(t *testing.T) map[string]mail.Mail {
	t.Helper()
	out := map[string]mail.Mail{}
	for _, l := range message.Languages() {
		for name, m := range mailsIn(t, l) {
			out[string(l)+" "+name] = m
		}
	}
	return out
}

func mailsIn(t *testing.T, l message.Language) map[string]mail.Mail {
	t.Helper()
	out := map[string]mail.Mail{}
	reader := someone("Lewis", 2)
	reader.Settings.Language = l
	for name, a := range advisorCases() {
		m, err := newRenderer(t).DailyAdvisor(reader, a)
		if err != nil {
			t.Fatal(err)
		}
		out["daily_advisor_"+name] = m
	}
	for name, tr := range trendsCases() {
		m, err := newRenderer(t).WeeklyTrends(reader, tr, monday)
		if err != nil {
			t.Fatal(err)
		}
		out["weekly_trends_"+name] = m
	}
	for name, week := range map[string]func(*testing.T) (user.User, plan.Plan){"rich": richWeek, "demo": demoWeek} {
		out["weekly_plan_"+name], _ = render(t, func(t *testing.T) (user.User, plan.Plan) {
			t.Helper()
			u, s := week(t)
			u.Settings.Language = l
			return u, s
		})
	}
	u, s := demoWeek(t)
	u.Settings.Language = l
	was := s.Week
	was.Days[1].Meals[recipe.Dinner], was.Days[2].Meals[recipe.Lunch] = nil, was.Days[4].Meals[recipe.Dinner]
	changed, err := newRenderer(t).ChangedPlan(u, s, was, monday.Time())
	if err != nil {
		t.Fatal(err)
	}
	if l == message.English && !strings.Contains(changed.Text, "CHANGED SINCE THE LAST MAIL") || !strings.Contains(changed.HTML, l.Say("Changed since the last mail.")) {
		t.Errorf("the mail does not say what changed:\n%s", changed.Text)
	}
	out["weekly_plan_changed"] = changed
	answer := func(name string, a replies.Answer) {
		a.Week, a.Key, a.InReplyTo, a.PlanExists = monday, name, "letter@example.org", true
		m, err := newRenderer(t).Answer(u, a)
		if err != nil {
			t.Fatal(err)
		}
		out["confirmation_"+name] = m
	}
	said := command.Parse("please lock friday dinner Slow roasted Mediterranean aubergine\nI hate Brussels sprouts\nADD more vegetables\nUNLOCK ALL\nPAUSE\nUNDO", monday)
	var done []replies.Result
	var waiting []string
	for _, c := range said.Commands {
		done, waiting = append(done, replies.Result{Line: c.Line, Text: l.Say("%v stays %s.", plan.Slot{Date: monday + 4, Meal: recipe.Dinner}.Text(), "Salmon with new potatoes")}), append(waiting, c.String())
	}
	answer("applied", replies.Answer{Outcome: command.Applied, Done: done, Undo: "UNDO 0123456789abcdef", Is: &s.Week})
	answer("waiting", replies.Answer{Outcome: command.Unproven, Waiting: waiting, Confirm: "CONFIRM 0123456789abcdef"})
	paused := u
	paused.Enabled = false
	paused.Settings.Preferences = []string{"more protein on the days of sport", "skip monday"}
	answer("status", replies.Answer{Outcome: command.Informed, Status: &replies.Status{Week: &s.Week, User: paused}})
	answer("help", replies.Answer{Outcome: command.NoCommand, Help: true, Ignored: []string{"Good morning to all of you, and then skip tuesday lunch again", "I would say: unlock all"}})
	answer("reminder", replies.Answer{Outcome: command.NoCommand, Reminder: true})
	wrong := command.Parse("LOCK\nUNLOCK\nREGENERATE x\nADJUST\nSKIP\nUNSKIP\nI hate\nADD\nTRAVEL\nATE\nPAUSE now\nSTATUS now\n@claude what\nTRAVEL fri-wed", monday)
	answer("problems", replies.Answer{Outcome: command.NotUnderstood, Problems: wrong.Problems, Help: true})
	return out
}

// readings tells commands from other lines as the use case does.
func readings(line string) quotation.Reading {
	switch p := command.Parse(line, monday); {
	case len(p.Commands) > 0:
		return quotation.Command
	case len(p.Problems) > 0:
		return quotation.Attempt
	default:
		return quotation.Prose
	}
}

// quoting puts a mail into a reply as some program might: its text, or text made of its
// HTML, with lines left out, rewrapped, filled or marked, below a header in whatever
// language or below nothing at all.
func quoting(t *rapid.T, m mail.Mail) string {
	word := rapid.StringMatching(`[\p{Latin}\p{Cyrillic}\p{Han}]{2,9}`).Filter(func(w string) bool { return readings(w) == quotation.Prose })
	text := m.Text
	if rapid.Bool().Draw(t, "of HTML") {
		text = quotation.Text(m.HTML)
	}
	var lines []string
	dropping := rapid.IntRange(0, 4).Draw(t, "of ten lines dropped")
	for line := range strings.Lines(text) {
		if rapid.IntRange(0, 9).Draw(t, "dropped") >= dropping {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	if rapid.Bool().Draw(t, "without empty lines") {
		lines = slices.DeleteFunc(lines, func(l string) bool { return l == "" })
	}
	if dropping == 0 && rapid.Bool().Draw(t, "filled") {
		lines = []string{strings.Join(lines, " ")}
	}
	if rapid.Bool().Draw(t, "broken") {
		lines = wrap(strings.Join(lines, "\n"), rapid.IntRange(30, 100).Draw(t, "width"))
	}
	space := rapid.SampledFrom([]string{" ", "\u00a0", "  ", " \u200b"}).Draw(t, "space")
	mark := rapid.SampledFrom([]string{"", "> ", ">", "| ", "    ", "> > ", "\t", "» "}).Draw(t, "mark")
	for i, l := range lines {
		lines[i] = mark + strings.ReplaceAll(l, " ", space)
	}
	label := func(value string) string { return word.Draw(t, "label") + ": " + value + "\n" }
	from := "Meal planner <plan@meals.example.org>"
	head := rapid.SampledFrom([]string{
		"", label(from) + label("27.11.2026 06:00") + label("lewis@example.org") + label(m.Subject) + "\n",
		label("Meal planner") + label("27.11.2026") + label("Lewis") + label(m.Subject),
		word.Draw(t, "said") + " 27/11/2026, " + from + " " + word.Draw(t, "said") + ":\n\n",
		"-------- " + word.Draw(t, "original") + " " + word.Draw(t, "original") + " --------\n" + label(from),
	}).Draw(t, "head")
	return head + strings.Join(lines, "\n") + rapid.SampledFrom([]string{"", "\n\n" + word.Draw(t, "name") + "\n" + word.Draw(t, "name"), "\n-- \nLewis\n"}).Draw(t, "tail")
}

// Whatever a program does to a mail of ours that it quotes, nothing of it is carried out;
// of a command above it, exactly that one.
func TestNothingQuotedIsACommand(t *testing.T) {
	t.Parallel()
	mails := quotableMails(t)
	names := slices.Sorted(maps.Keys(mails))
	fixed := newRenderer(t).Fixed()
	rapid.Check(t, func(t *rapid.T) {
		m := mails[rapid.SampledFrom(names).Draw(t, "mail")]
		quoted := quoting(t, m)
		o := quotation.Original{Sent: m.Fingerprint, Fixed: fixed, Addresses: []string{"plan@meals.example.org"}}
		if rapid.IntRange(0, 4).Draw(t, "known") == 0 {
			o.Sent = nil
		}
		r := quotation.Split(quoted, o, readings)
		if p := command.Parse(r.Above, monday); len(p.Commands) > 0 {
			t.Fatalf("%v is read of\n%s", p.Commands, quoted)
		}
		if o.Sent == nil {
			return
		}
		const wanted = "LOCK friday dinner"
		r = quotation.Split("Hello,\n"+wanted+"\n\n"+quoted, o, readings)
		p := command.Parse(r.Above, monday)
		if len(p.Commands) != 1 || p.Commands[0].Line != wanted || len(p.Problems) > 0 || len(r.Below) > 0 {
			t.Fatalf("commands %v, problems %v, below %q of\n%s", p.Commands, p.Problems, r.Below, quoted)
		}
	})
}
