package mailer_test

import (
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/command"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/quotation"
	"github.com/mealplanner/mealplanner/pkg/steer"
	"github.com/mealplanner/mealplanner/pkg/user"
)

// wrap breaks each line at its last space that fits the width.
func wrap(text string, width int) []string {
	var out []string
	for line := range strings.Lines(text) {
		now := ""
		for _, w := range strings.Split(strings.TrimSpace(line), " ") {
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
func quotableMails(t *testing.T) map[string]planner.Mail {
	t.Helper()
	out := insightMails(t, "Lewis")
	for name, week := range map[string]func(*testing.T) (user.User, planner.Stored){"rich": richWeek, "demo": demoWeek} {
		out["weekly_plan_"+name], _ = render(t, week)
	}
	u, s := demoWeek(t)
	answer := func(name string, a steer.Answer) {
		a.Week, a.Key, a.InReplyTo, a.PlanExists = monday, name, "letter@example.org", true
		m, err := newRenderer(t).Answer(u, a)
		if err != nil {
			t.Fatal(err)
		}
		out["confirmation_"+name] = m
	}
	said := command.Parse("please lock friday dinner Slow roasted Mediterranean aubergine\nI hate Brussels sprouts\nADD more vegetables\nUNLOCK ALL\nPAUSE\nUNDO", monday)
	var done []steer.Result
	var waiting []string
	for _, c := range said.Commands {
		done, waiting = append(done, steer.Result{Line: c.Line, Text: "Friday dinner stays Salmon with new potatoes."}), append(waiting, c.String())
	}
	answer("applied", steer.Answer{Outcome: steer.Applied, Done: done, Undo: "UNDO 0123456789abcdef", Is: &s.Week})
	answer("waiting", steer.Answer{Outcome: steer.Unproven, Waiting: waiting, Confirm: "CONFIRM 0123456789abcdef"})
	paused := u
	paused.Enabled = false
	paused.Settings.Preferences = []string{"more protein on the days of sport", "skip monday"}
	answer("status", steer.Answer{Outcome: steer.Informed, Status: &steer.Status{Week: &s.Week, User: paused}})
	answer("help", steer.Answer{Outcome: steer.NoCommand, Help: true, Ignored: []string{"Good morning to all of you, and then skip tuesday lunch again", "I would say: unlock all"}})
	answer("reminder", steer.Answer{Outcome: steer.NoCommand, Reminder: true})
	wrong := command.Parse("LOCK\nUNLOCK\nREGENERATE x\nADJUST\nSKIP\nUNSKIP\nI hate\nADD\nTRAVEL\nATE\nPAUSE now\nSTATUS now\n@claude what\nTRAVEL fri-wed", monday)
	answer("problems", steer.Answer{Outcome: steer.NotUnderstood, Problems: wrong.Problems, Help: true})
	return out
}
