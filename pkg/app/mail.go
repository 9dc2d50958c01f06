package app

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/inbox"
	"github.com/mealplanner/mealplanner/pkg/mailer"
)

// Bounced takes in a report that one of our mails was not delivered.
func (a *App) Bounced(ctx context.Context, b inbox.Bounce) error {
	_, _, err := a.Feedback.Bounced(ctx, b.MessageID, b.Permanent, b.Status)
	return err
}

// PreviewMail renders the mail of a type that the user would get now, and stores nothing.
// Its links lead to their pages and count for no mail. Kinds: NotFound, InvalidInput.
func (a *App) PreviewMail(ctx context.Context, userID, emailType string) (mail.Mail, error) {
	u, err := a.Users.Get(ctx, userID)
	if err != nil {
		return mail.Mail{}, err
	}
	return a.renderNow(ctx, u, emailType, "preview")
}

// SendMail queues the mail of a type that the user would get now, beside the scheduled one.
// Kinds as [App.PreviewMail], and Conflict: the user takes no such mails.
func (a *App) SendMail(ctx context.Context, userID, emailType string) (mail.Mail, error) {
	const op = "send mail"
	u, err := a.Users.Get(ctx, userID)
	if err != nil {
		return mail.Mail{}, err
	}
	if !u.Settings.Wants(emailType) {
		return mail.Mail{}, fault.New(fault.Conflict, op, "user %s takes no %s mails (`mealplanner user set %s --mails %s` undoes that, if they ask for it)", u.ID, emailType, u.ID, emailType)
	}
	a.settle(ctx, u.ID)
	m, err := a.renderNow(ctx, u, emailType, a.opts.Now().UTC().Format("20060102T150405Z"))
	if err != nil {
		return m, err
	}
	queued, err := a.Outbox.Add(ctx, u.ID, m)
	if err == nil && !queued {
		err = fault.New(fault.Conflict, op, "the same mail was queued within this second")
	}
	a.Wake()
	return m, err
}

// renderNow renders a mail beside the schedule, on the user's calendar.
func (a *App) renderNow(ctx context.Context, u user.User, emailType, extra string) (mail.Mail, error) {
	zone, err := u.Location()
	if err != nil {
		return mail.Mail{}, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	today := calendar.On(a.opts.Now().In(zone))
	renderer := a.renderer.Beside(extra)
	var d coach.Draft
	switch emailType {
	case mailer.WeeklyPlanType:
		stored, err := a.Plans.Newest(ctx, u.ID)
		if err != nil {
			return mail.Mail{}, err
		}
		return renderer.WeeklyPlan(u, stored)
	case mailer.DailyAdvisorType:
		d, err = a.Coach.With(renderer).Advice(ctx, u, today)
	case mailer.WeeklyTrendsType:
		d, err = a.Coach.With(renderer).Trends(ctx, u, today-1, trendDays)
	default:
		err = fault.New(fault.InvalidInput, "mail type", "%q is none of %s, %s and %s", emailType, mailer.WeeklyPlanType, mailer.DailyAdvisorType, mailer.WeeklyTrendsType)
	}
	return d.Mail, err
}
