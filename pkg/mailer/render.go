// Package mailer makes the program's mails and hands them to an SMTP server.
package mailer

import (
	"bytes"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	htmltemplate "html/template"
	"io/fs"
	"strconv"
	"strings"
	texttemplate "text/template"
	"time"
	"unicode"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/command"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/quotation"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

//go:embed templates/*
var files embed.FS

// WeeklyPlanType is the email_type of the plan mail.
const WeeklyPlanType = "weekly_plan"

// MaxHTML is the most bytes a mail's HTML may have: clients clip at about twice this.
const MaxHTML = 50 << 10

// Links makes the links a mail carries.
type Links interface {
	Plan(userID string, week calendar.Date) string
	// Library leads to what the user's library lacks, and its cure.
	Library(userID string) string
	// SignIn leads to the page that signs the holder of the token in.
	SignIn(token string) string
	// Deletion leads to the page by which the user deletes everything.
	Deletion(userID string) string
	// Invitation leads to the page where the holder of the token sets themselves up.
	Invitation(token string) string
	Unsubscribe(userID, emailType string) string
	// Key names a mail: it is the same for the same mail, always, and cannot be guessed.
	Key(kind, userID, period string) [signedlink.ReplyKeySize]byte
	// Reply returns the mail's reply address, "" if replies are not read.
	Reply(key [signedlink.ReplyKeySize]byte, userID string, week calendar.Date) string
	// Command leads to a page that asks before it runs the line for the week.
	Command(userID string, week calendar.Date, line string) string
	// Click leads to target, one of the links above, and notes that the mail was clicked.
	Click(key [signedlink.ReplyKeySize]byte, target string) string
	// Open is the address of a picture that notes that the mail was opened.
	Open(key [signedlink.ReplyKeySize]byte) string
}

// Renderer implements [planner.Renderer].
type Renderer struct {
	forms  map[message.Language]form
	links  Links
	domain string
	fixed  quotation.Fingerprint
	extra  string // what sets the periods of mails beside the schedule apart
}

var _ planner.Renderer = (*Renderer)(nil)

// NewRenderer parses the templates. domain is the right-hand side of Message-IDs and
// list identifiers.
func NewRenderer(links Links, domain string) (*Renderer, error) {
	forms := map[message.Language]form{}
	for _, l := range message.Languages() {
		words := map[string]any{"isolate": isolate, "lang": l.Tag, "t": l.Say, "n": l.Count}
		html, err := htmltemplate.New("").Funcs(words).ParseFS(files, "templates/*.html")
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "mail templates", err)
		}
		text, err := texttemplate.New("").Funcs(words).ParseFS(files, "templates/*.txt")
		if err != nil {
			return nil, fault.Wrap(fault.Internal, "mail templates", err)
		}
		forms[l] = form{html, text}
	}
	fixed, err := fixedWords()
	if err != nil {
		return nil, fault.Wrap(fault.Internal, "mail templates", err)
	}
	return &Renderer{forms: forms, links: links, domain: domain, fixed: fixed}, nil
}

// form is the templates of mails in a language.
type form struct {
	html *htmltemplate.Template
	text *texttemplate.Template
}

// in are the templates in a language, or in English.
func (r *Renderer) in(l message.Language) form {
	if f, ok := r.forms[l]; ok {
		return f
	}
	return r.forms[message.English]
}

// fixedWords is of what the templates write whatever they are filled with.
func fixedWords() (quotation.Fingerprint, error) {
	names, err := fs.Glob(files, "templates/*")
	f := quotation.Of(command.Help)
	for _, name := range names {
		source, rerr := files.ReadFile(name)
		for _, l := range message.Languages() {
			f = f.And(quotation.OfTemplate(written(string(source), l)))
		}
		err = errors.Join(err, rerr)
	}
	return f, err
}

var (
	saying  = lazyregexp.New("{{-? ?(?:t|n [^\"`}]*) (?:\"[^\"]*\"|`[^`]*`)[^}]*}}")
	literal = lazyregexp.New("\"[^\"]*\"|`[^`]*`")
	filled  = lazyregexp.New(`%(?:%|(?:\[\d+\])?[+.\d]*[a-z])`)
)

// written is a template's source with its messages as they are in the language.
func written(source string, l message.Language) string {
	return saying().ReplaceAllStringFunc(source, func(action string) string {
		var out strings.Builder
		for _, m := range literal().FindAllString(action, -1) {
			out.WriteString(filled().ReplaceAllString(l.Say(strings.Trim(m, "\"`")), "{{}}") + "{{}}")
		}
		return out.String()
	})
}

// Fixed implements [replies.Renderer].
func (r *Renderer) Fixed() quotation.Fingerprint { return r.fixed }

// Beside returns a renderer whose mails are none of the scheduled ones: extra, of letters
// and digits, becomes part of their periods.
func (r *Renderer) Beside(extra string) *Renderer {
	c := *r
	c.extra = extra
	return &c
}

// period names the mail of a date among those of its type.
func (r *Renderer) period(date calendar.Date) string {
	if r.extra == "" {
		return date.String()
	}
	return date.String() + "-" + r.extra
}

// isolate keeps a name written from right to left from turning the rest of its line
// round (Unicode Standard Annex 9, isolates).
func isolate(s string) string {
	if strings.IndexFunc(s, func(r rune) bool {
		return unicode.In(r, unicode.Arabic, unicode.Hebrew, unicode.Syriac, unicode.Thaana)
	}) < 0 {
		return s
	}
	return "\u2068" + s + "\u2069"
}

// WeeklyPlan implements [planner.Renderer].
func (r *Renderer) WeeklyPlan(u user.User, s plan.Plan) (mail.Mail, error) {
	return r.planMail(u, s, newWeekView(u, s))
}

// ChangedPlan implements [amend.Renderer]: the whole plan, after what changed in it.
func (r *Renderer) ChangedPlan(u user.User, s plan.Plan, was plan.Week, at time.Time) (mail.Mail, error) {
	v, l := newWeekView(u, s), u.Settings.Language
	for _, d := range plan.Diff(was, s.Week) {
		v.Replaced = append(v.Replaced, diffView{d.Slot.Text().In(l), servingText(l, d.Was), servingText(l, d.Is)})
	}
	v.Subject = l.Say("Week %s has changed: %s; use this plan and list instead", v.Week, l.Count(len(v.Replaced), "%d meal", "%d meals"))
	v.Preheader = l.Say("What was planned before is void.")
	return r.Beside("c"+strconv.FormatInt(at.UnixMilli(), 36)).planMail(u, s, v)
}

func (r *Renderer) planMail(u user.User, s plan.Plan, v weekView) (mail.Mail, error) {
	const op = "render the plan mail"
	l := u.Settings.Language
	v.PlanURL, v.UnsubscribeURL = r.links.Plan(u.ID, s.Week.WeekOf), r.links.Unsubscribe(u.ID, WeeklyPlanType)
	if len(v.Notes) > 0 {
		v.LibraryURL = r.links.Library(u.ID)
	}
	v.Replies = replyLinks(s.Week, v.Subject, r.links.Reply(r.links.Key(WeeklyPlanType, u.ID, r.period(s.Week.WeekOf)), u.ID, s.Week.WeekOf))
	var text bytes.Buffer
	if err := r.in(l).text.ExecuteTemplate(&text, "weekly_plan.txt", v); err != nil {
		return mail.Mail{}, fault.Wrap(fault.Internal, op, err)
	}
	track := r.tracking(u, WeeklyPlanType, r.period(s.Week.WeekOf))
	v.PlanURL, v.Pixel = track.link(v.PlanURL), track.pixel()
	if v.LibraryURL != "" {
		v.LibraryURL = track.link(v.LibraryURL)
	}
	v.Changes = r.changes(l, s.Week, track)
	html, err := r.shortest(l, v)
	if err != nil {
		return mail.Mail{}, fault.Wrap(fault.Internal, op, err)
	}
	return r.mail(u, WeeklyPlanType, "Weekly meal plan", s.Week.WeekOf, s.Week.WeekOf, content{v.Subject, text.String(), html, v.UnsubscribeURL}), nil
}

// content is what a mail says.
type content struct{ subject, text, html, unsubscribe string }

// mail puts the headers to a mail of a type; there is one per user and date. Mails of the
// same week are kept together.
func (r *Renderer) mail(u user.User, emailType, list string, date, week calendar.Date, c content) mail.Mail {
	period := r.period(date)
	key := r.links.Key(emailType, u.ID, period)
	m := mail.Mail{
		Type: emailType, Period: period, MessageID: r.messageID(emailType, u.ID, period),
		Fingerprint: quotation.Of(c.subject, c.text, quotation.Text(c.html)),
		To:          u.Email, Subject: c.subject, Text: c.text, HTML: c.html, Week: week, ReplyKey: hex.EncodeToString(key[:]),
		Headers: map[string]string{
			"List-Id":               list + " <" + strings.ReplaceAll(emailType, "_", "-") + "." + r.domain + ">",
			"List-Unsubscribe":      "<" + c.unsubscribe + ">",
			"List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
			"Auto-Submitted":        "auto-generated",
			"References":            "<" + r.messageID("week", u.ID, week.String()) + ">",
		},
	}
	if reply := r.links.Reply(key, u.ID, week); reply != "" {
		m.Headers["Reply-To"] = reply
	}
	return m
}

// shortest renders the HTML with as little left out as fits [MaxHTML]: first names are
// shortened, then the shopping list gives way to a link. The text part is always whole.
func (r *Renderer) shortest(l message.Language, v weekView) (string, error) {
	for _, shorten := range []func(weekView) weekView{whole, withShortNames, withListOnPage} {
		var b bytes.Buffer
		if err := r.in(l).html.ExecuteTemplate(&b, "weekly_plan.html", shorten(v)); err != nil {
			return "", err
		}
		if b.Len() <= MaxHTML {
			return b.String(), nil
		}
	}
	return "", fmt.Errorf("the HTML has more than %d bytes even without its shopping list", MaxHTML)
}

// messageID is the same for the same mail, so that a copy is recognised as one.
func (r *Renderer) messageID(kind, userID, period string) string {
	key := r.links.Key(kind, userID, period)
	return strings.ReplaceAll(kind, "_", "-") + "." + period + "." + hex.EncodeToString(key[:]) + "@" + r.domain
}
