package mailer

import (
	"encoding/hex"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// ConfirmationType is the email_type of answers to commands.
const ConfirmationType = "confirmation"

// maxIgnored is the most lines of prose that an answer shows.
const maxIgnored = 10

// answerView is what the answer's templates print.
type answerView struct {
	Subject, Preheader, Headline, Name, Range string
	Done                                      []replies.Result
	Problems                                  []problemView
	Ignored                                   []string
	Diff                                      []diffView
	Balance                                   string
	Status                                    *statusView
	Help                                      string
	Reminder                                  bool
	Confirm                                   []string // commands that wait for a click
	ConfirmURL, UndoURL, PlanURL              string
	Pixel                                     string // tells of an opening; empty: nothing does
}

type problemView struct{ Line, Why string }

type diffView struct{ Slot, Was, Is string }

type statusView struct {
	Waiting                                       string
	Days                                          []statusDay
	Mode, Locks, Skips, Travel, Dislikes, Prefers string
	Paused                                        bool
}

type statusDay struct {
	Name  string
	Meals []string
}

// Answer implements [replies.Renderer]: one mail for each mail or click, with what was
// done, what the week looks like after it, and a link that takes it back.
func (r *Renderer) Answer(u user.User, a replies.Answer) (mail.Mail, error) {
	v := newAnswerView(u, a)
	l := u.Settings.Language
	if a.PlanExists {
		v.PlanURL = r.links.Plan(u.ID, a.Week)
	}
	if a.Undo != "" {
		v.UndoURL = r.links.Command(u.ID, a.Week, a.Undo)
	}
	if a.Confirm != "" {
		v.Confirm, v.ConfirmURL = quoted(a.Waiting), r.links.Command(u.ID, a.Week, a.Confirm)
	}
	tracked, track := v, r.tracking(u, ConfirmationType, a.Key)
	for _, address := range []*string{&tracked.PlanURL, &tracked.UndoURL, &tracked.ConfirmURL} {
		*address = track.link(*address)
	}
	tracked.Pixel = track.pixel()
	text, html, err := r.bodies(l, ConfirmationType, v, tracked)
	if err != nil {
		return mail.Mail{}, err
	}
	m := r.mail(u, ConfirmationType, "Answers to commands", a.Week, a.Week, content{subject: v.Subject, text: text, html: html})
	for _, h := range []string{"List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"} { // it was asked for
		delete(m.Headers, h)
	}
	m.Headers["Auto-Submitted"] = "auto-replied"
	key := r.links.Key(ConfirmationType, u.ID, a.Key)
	m.Period, m.ReplyKey = a.Key, hex.EncodeToString(key[:])
	m.MessageID = ConfirmationType + "." + a.Week.String() + "." + m.ReplyKey + "@" + r.domain
	if reply := r.links.Reply(key, u.ID, a.Week); reply != "" {
		m.Headers["Reply-To"] = reply
	}
	if a.InReplyTo != "" && !strings.ContainsAny(a.InReplyTo, "<> \r\n\t") {
		m.Headers["In-Reply-To"] = "<" + a.InReplyTo + ">"
	}
	return m, nil
}

func newAnswerView(u user.User, a replies.Answer) answerView {
	l := u.Settings.Language
	v := answerView{Name: u.Name, Range: dateRange(l, a.Week), Ignored: quoted(a.Ignored[:min(len(a.Ignored), maxIgnored)]), Reminder: a.Reminder}
	for _, d := range a.Done {
		v.Done = append(v.Done, replies.Result{Line: command.Quoted(d.Line), Text: d.Text})
	}
	for _, p := range a.Problems {
		shown := problemView{Why: p.Why.In(l)}
		if p.Line != "" {
			shown.Line = command.Quoted(p.Line)
		}
		v.Problems = append(v.Problems, shown)
	}
	week := l.Say("Week %s", strings.TrimLeft(a.Week.Week()[5:], "0"))
	switch a.Outcome {
	case command.Applied:
		v.Subject, v.Headline = l.Say("%s is changed: %s carried out", week, l.Count(len(a.Done), "%d command", "%d commands")), l.Say("Done.")
	case command.Informed:
		v.Subject, v.Headline = l.Say("%s: what you asked for", week), l.Say("Here it is.")
	case command.Unproven:
		v.Subject, v.Headline = l.Say("%s: please confirm your commands", week), l.Say("Please confirm: your mail could not be proven to be yours.")
	case command.WeekOver:
		v.Subject, v.Headline = l.Say("%s is over: nothing was changed", week), l.Say("This week is over. Reply to the newest plan instead.")
	case command.Refused:
		v.Subject, v.Headline = l.Say("%s: nothing was changed", week), l.Say("Nothing was changed: one of your commands cannot be carried out.")
	case command.NoCommand:
		v.Subject, v.Headline = l.Say("%s: nothing was changed", week), l.Say("Nothing was changed: no command was found above the quoted mail.")
	case command.Misplaced:
		v.Subject, v.Headline = l.Say("%s: nothing was changed", week), l.Say("Nothing was changed: please write above the quoted mail.")
	case command.RateLimited:
		v.Subject, v.Headline = l.Say("%s: too many mails", week), l.Say("Nothing was changed: too many mails within an hour.")
	default:
		v.Subject, v.Headline = l.Say("%s: nothing was changed", week), l.Say("Nothing was changed: not everything could be understood.")
	}
	v.Preheader = v.Headline
	for _, d := range a.Diff {
		v.Diff = append(v.Diff, diffView{d.Slot.Text().In(l), servingText(l, d.Was), servingText(l, d.Is)})
	}
	if a.Is != nil {
		v.Balance = l.Say("%s on target.", daysOnTarget(l, *a.Is))
		if a.Was != nil && a.Was.BalancedDays() != a.Is.BalancedDays() {
			v.Balance = l.Say("%s on target (%d before).", daysOnTarget(l, *a.Is), a.Was.BalancedDays())
		}
		v.Balance += " " + l.Say("This week is planned for %s a day.", macrosLine(l, a.Is.Target))
		if absent := missing(l, *a.Is); len(absent) > 0 {
			v.Balance += " " + l.Say("Missing, because nothing in your library fits: %s.", strings.Join(absent, ", "))
		}
	}
	if a.Help {
		v.Help = command.Help
	}
	if a.Status != nil {
		v.Status = newStatusView(l, *a.Status)
	}
	return v
}

// quoted are the lines as a mail shows them.
func quoted(lines []string) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = command.Quoted(l)
	}
	return out
}

func servingText(l message.Language, s *plan.Serving) string {
	if s == nil {
		return l.Say("nothing")
	}
	return s.Name + " ×" + l.Word(s.Servings.String())
}

func newStatusView(l message.Language, s replies.Status) *statusView {
	v := &statusView{Waiting: s.Waiting, Mode: modeText(l, s.Wishes.Mode), Paused: !s.User.Enabled}
	if s.Week != nil {
		for _, d := range s.Week.Days {
			sd := statusDay{Name: l.Weekday(d.Date)}
			for m, sv := range d.Meals {
				text := l.Word(recipe.Meals[m].String()) + ": " + servingText(l, sv)
				if sv != nil && sv.Source == plan.Locked {
					text += " (" + l.Say("locked") + ")"
				}
				sd.Meals = append(sd.Meals, text)
			}
			v.Days = append(v.Days, sd)
		}
	}
	var locks, skips []string
	for _, k := range s.Wishes.Locks {
		locks = append(locks, k.Slot.Text().In(l))
	}
	for _, k := range s.Wishes.Skips {
		skips = append(skips, k.Text().In(l))
	}
	v.Locks, v.Skips, v.Travel = list(l, locks), list(l, skips), list(l, dayNames(l, s.Wishes.Travel))
	v.Dislikes, v.Prefers = list(l, s.User.Settings.Dislikes), list(l, quoted(s.User.Settings.Preferences))
	return v
}

func modeText(l message.Language, m targets.Mode) string {
	if m == "" {
		return l.Say("your own targets")
	}
	return l.Word(strings.ReplaceAll(string(m), "_", " "))
}

func list(l message.Language, xs []string) string {
	if len(xs) == 0 {
		return l.Say("none")
	}
	return strings.Join(xs, ", ")
}

func dayNames(l message.Language, ds []calendar.Date) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = l.Weekday(d)
	}
	return out
}

// missing names the meals that nothing fits.
func missing(l message.Language, w plan.Week) (out []string) {
	for _, s := range plan.Slots(w.WeekOf) {
		if w.Missing(s) {
			out = append(out, s.Text().In(l))
		}
	}
	return out
}
