package mailer_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
)

// everyMail renders one mail of each type; the trends propose a change.
func everyMail(t *testing.T, r *mailer.Renderer, s user.Settings) []mail.Mail {
	t.Helper()
	u, week := demoWeek(t)
	u.Settings = s
	review := insight.Review(fourWeeks(target, 28))
	var out []mail.Mail
	for _, render := range []func() (mail.Mail, error){
		func() (mail.Mail, error) { return r.WeeklyPlan(u, week) },
		func() (mail.Mail, error) { return r.DailyAdvisor(u, insight.Advice{Date: monday}) },
		func() (mail.Mail, error) { return r.WeeklyTrends(u, review, nextWeek) },
	} {
		m, err := render()
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// An opening is told only by those who agreed, a click unless they object, and neither by
// the text nor by what ends the mails.
func TestMailsTrackWhatTheirUserAllows(t *testing.T) {
	t.Parallel()
	pixel := regexp.MustCompile(`<img src="https://meals\.example\.org/o/[0-9a-f]{16}" width="1" height="1" alt="" style="[^"]*"></body></html>\s*$`)
	for name, c := range map[string]struct {
		settings     user.Settings
		open, clicks bool
	}{
		"by default":  {user.Settings{}, false, false},
		"agreed":      {user.Settings{TrackOpens: true, TrackClicks: true}, true, true},
		"clicks only": {user.Settings{TrackClicks: true}, false, true},
		"opens only":  {user.Settings{TrackOpens: true}, true, false},
	} {
		for _, m := range everyMail(t, newRenderer(t), c.settings) {
			if pixel.MatchString(m.HTML) != c.open || strings.Contains(m.HTML, "/o/") != c.open {
				t.Errorf("%s, %s: tells of an opening: %t", name, m.Type, !c.open)
			}
			leads := strings.Contains(m.HTML, "/plan/") || strings.Contains(m.HTML, "/do/")
			if counted := strings.Contains(m.HTML, "/r/"+m.ReplyKey); leads && counted != c.clicks {
				t.Errorf("%s, %s: counts clicks: %t", name, m.Type, counted)
			}
			if strings.Contains(m.Text, "/r/") || strings.Contains(m.Text, "/o/") {
				t.Errorf("%s, %s: the text is tracked", name, m.Type)
			}
			stop := strings.Trim(m.Headers["List-Unsubscribe"], "<>")
			if !strings.HasPrefix(stop, "https://meals.example.org/unsubscribe/") || !strings.Contains(m.HTML, stop) {
				t.Errorf("%s, %s: what ends the mails is tracked: %s", name, m.Type, stop)
			}
			if len(m.HTML) > mailer.MaxHTML {
				t.Errorf("%s, %s: %d bytes", name, m.Type, len(m.HTML))
			}
		}
	}
}

// A mail beside the schedule is another mail than the scheduled one, in every name it has.
func TestMailsBesideTheSchedule(t *testing.T) {
	t.Parallel()
	scheduled := everyMail(t, newRenderer(t), user.Settings{TrackOpens: true})
	for i, m := range everyMail(t, newRenderer(t).Beside("preview"), user.Settings{TrackOpens: true}) {
		was := scheduled[i]
		if m.Period != was.Period+"-preview" || m.MessageID == was.MessageID || m.ReplyKey == was.ReplyKey || m.Subject != was.Subject || m.Week != was.Week {
			t.Errorf("%s: %s, %s, %s", m.Type, m.Period, m.MessageID, m.ReplyKey)
		}
		if strings.Contains(m.HTML, was.ReplyKey) || !strings.Contains(m.HTML, m.ReplyKey) {
			t.Errorf("%s counts for the scheduled mail", m.Type)
		}
	}
}
