package mailer

import (
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
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
	Problems                                  []command.Problem
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
	for _, l := range []*string{&tracked.PlanURL, &tracked.UndoURL, &tracked.ConfirmURL} {
		*l = track.link(*l)
	}
	tracked.Pixel = track.pixel()
	text, html, err := r.bodies(ConfirmationType, v, tracked)
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
	v := answerView{Name: u.Name, Range: dateRange(a.Week), Ignored: quoted(a.Ignored[:min(len(a.Ignored), maxIgnored)]), Reminder: a.Reminder}
	for _, d := range a.Done {
		v.Done = append(v.Done, replies.Result{Line: command.Quoted(d.Line), Text: d.Text})
	}
	for _, p := range a.Problems {
		if p.Line != "" {
			p.Line = command.Quoted(p.Line)
		}
		v.Problems = append(v.Problems, p)
	}
	week := "Week " + strings.TrimLeft(a.Week.Week()[5:], "0")
	switch a.Outcome {
	case command.Applied:
		v.Subject, v.Headline = week+" is changed: "+counted(len(a.Done), "command")+" carried out", "Done."
	case command.Informed:
		v.Subject, v.Headline = week+": what you asked for", "Here it is."
	case command.Unproven:
		v.Subject, v.Headline = week+": please confirm your commands", "Please confirm: your mail could not be proven to be yours."
	case command.WeekOver:
		v.Subject, v.Headline = week+" is over: nothing was changed", "This week is over. Reply to the newest plan instead."
	case command.Refused:
		v.Subject, v.Headline = week+": nothing was changed", "Nothing was changed: one of your commands cannot be carried out."
	case command.NoCommand:
		v.Subject, v.Headline = week+": nothing was changed", "Nothing was changed: no command was found above the quoted mail."
	case command.Misplaced:
		v.Subject, v.Headline = week+": nothing was changed", "Nothing was changed: please write above the quoted mail."
	case command.RateLimited:
		v.Subject, v.Headline = week+": too many mails", "Nothing was changed: too many mails within an hour."
	default:
		v.Subject, v.Headline = week+": nothing was changed", "Nothing was changed: not everything could be understood."
	}
	v.Preheader = v.Headline
	for _, d := range a.Diff {
		v.Diff = append(v.Diff, diffView{day(d.Date) + " " + d.Meal.String(), servingText(d.Was), servingText(d.Is)})
	}
	if a.Is != nil {
		v.Balance = daysOnTarget(*a.Is) + " on target"
		if a.Was != nil && a.Was.BalancedDays() != a.Is.BalancedDays() {
			v.Balance += fmt.Sprintf(" (%d before)", a.Was.BalancedDays())
		}
		v.Balance += fmt.Sprintf("; this week is planned for %s a day.", macrosLine(a.Is.Target))
		if absent := missing(*a.Is); len(absent) > 0 {
			v.Balance += " Missing, because nothing in your library fits: " + strings.Join(absent, ", ") + "."
		}
	}
	if a.Help {
		v.Help = command.Help
	}
	if a.Status != nil {
		v.Status = newStatusView(*a.Status)
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

func servingText(s *plan.Serving) string {
	if s == nil {
		return "nothing"
	}
	return s.Name + " ×" + s.Servings.String()
}

func newStatusView(s replies.Status) *statusView {
	v := &statusView{Waiting: s.Waiting, Mode: modeText(s.Wishes.Mode), Paused: !s.User.Enabled}
	if s.Week != nil {
		for _, d := range s.Week.Days {
			sd := statusDay{Name: day(d.Date)}
			for m, sv := range d.Meals {
				text := recipe.Meals[m].String() + ": " + servingText(sv)
				if sv != nil && sv.Source == plan.Locked {
					text += " (locked)"
				}
				sd.Meals = append(sd.Meals, text)
			}
			v.Days = append(v.Days, sd)
		}
	}
	var locks, skips []string
	for _, l := range s.Wishes.Locks {
		locks = append(locks, day(l.Date)+" "+l.Meal.String())
	}
	for _, k := range s.Wishes.Skips {
		skips = append(skips, day(k.Date)+" "+k.Meal.String())
	}
	v.Locks, v.Skips, v.Travel = list(locks), list(skips), list(dayNames(s.Wishes.Travel))
	v.Dislikes, v.Prefers = list(s.User.Settings.Dislikes), list(quoted(s.User.Settings.Preferences))
	return v
}

func modeText(m targets.Mode) string {
	if m == "" {
		return "your own targets"
	}
	return strings.ReplaceAll(string(m), "_", " ")
}

func list(xs []string) string {
	if len(xs) == 0 {
		return "none"
	}
	return strings.Join(xs, ", ")
}

func dayNames(ds []calendar.Date) []string {
	out := make([]string, len(ds))
	for i, d := range ds {
		out[i] = day(d)
	}
	return out
}

// missing names the meals that nothing fits.
func missing(w plan.Week) (out []string) {
	for _, s := range plan.Slots(w.WeekOf) {
		if w.Missing(s) {
			out = append(out, day(s.Date)+" "+s.Meal.String())
		}
	}
	return out
}
