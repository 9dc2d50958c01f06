package mailer

import (
	"bytes"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// The email_types of the mails about what was eaten.
const (
	DailyAdvisorType = "daily_advisor"
	WeeklyTrendsType = "weekly_trends"
)

// DailyAdvisor makes the mail about a day; its period is the date.
func (r *Renderer) DailyAdvisor(u user.User, a insight.Advice) (mail.Mail, error) {
	v := newAdviceView(u, a)
	v.UnsubscribeURL = r.links.Unsubscribe(u.ID, DailyAdvisorType)
	v.Pixel = r.tracking(u, DailyAdvisorType, r.period(a.Date)).pixel()
	text, html, err := r.bodies(u.Settings.Language, DailyAdvisorType, v, v)
	if err != nil {
		return mail.Mail{}, err
	}
	m := r.mail(u, DailyAdvisorType, "Daily advisor", a.Date, a.Date.Monday(), content{v.Subject, text, html, v.UnsubscribeURL})
	m.Diary = a.Connected
	return m, nil
}

// WeeklyTrends makes the mail about the last weeks, which may propose a change for the next;
// its period is the next week's Monday. It shows a chart when the trends have averages.
func (r *Renderer) WeeklyTrends(u user.User, t insight.Trends, nextWeek calendar.Date) (mail.Mail, error) {
	v := newTrendsView(u, t, nextWeek)
	v.UnsubscribeURL = r.links.Unsubscribe(u.ID, WeeklyTrendsType)
	if v.Proposal != nil {
		v.Proposal.URL = r.links.Command(u.ID, nextWeek, t.Proposal.Command())
	}
	var inline []mail.Inline
	if t.Average != nil {
		png, err := weeklyChart(u.Settings.Language, t.Weeks)
		if err != nil {
			return mail.Mail{}, fault.Wrap(fault.Internal, "draw the chart", err)
		}
		v.Chart = r.messageID("chart", u.ID, nextWeek.String())
		inline = []mail.Inline{{ContentID: v.Chart, Type: "image/png", Data: png}}
	}
	tracked := v
	track := r.tracking(u, WeeklyTrendsType, r.period(nextWeek))
	tracked.Pixel = track.pixel()
	if v.Proposal != nil {
		p := *v.Proposal
		p.URL = track.link(p.URL)
		tracked.Proposal = &p
	}
	text, html, err := r.bodies(u.Settings.Language, WeeklyTrendsType, v, tracked)
	if err != nil {
		return mail.Mail{}, err
	}
	m := r.mail(u, WeeklyTrendsType, "Weekly trends", nextWeek, nextWeek, content{v.Subject, text, html, v.UnsubscribeURL})
	m.Inline, m.Diary = inline, t.Connected
	return m, nil
}

// bodies renders both bodies of a mail whose size its content bounds.
func (r *Renderer) bodies(l message.Language, emailType string, inText, inHTML any) (text, html string, err error) {
	op := "render the " + emailType + " mail"
	var t, h bytes.Buffer
	if err := r.in(l).text.ExecuteTemplate(&t, emailType+".txt", inText); err != nil {
		return "", "", fault.Wrap(fault.Internal, op, err)
	}
	if err := r.in(l).html.ExecuteTemplate(&h, emailType+".html", inHTML); err != nil {
		return "", "", fault.Wrap(fault.Internal, op, err)
	}
	if h.Len() > MaxHTML {
		return "", "", fault.New(fault.Internal, op, "the HTML has %d bytes, more than %d", h.Len(), MaxHTML)
	}
	return t.String(), h.String(), nil
}
