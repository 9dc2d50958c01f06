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

// Bounced records a delivery failure of one of our mails.
func (s *Services) Bounced(ctx context.Context, b inbox.Bounce) error {
	_, _, err := s.Feedback.Bounced(ctx, b.MessageID, b.Permanent, b.Status)
	return err
}

// PreviewMail renders the mail of a type that the user would get now, and stores nothing.
// Its links work but are not counted as clicks. Kinds: NotFound, InvalidInput.
func (s *Services) PreviewMail(ctx context.Context, userID, emailType string) (mail.Mail, error) {
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return mail.Mail{}, err
	}
	return s.renderNow(ctx, u, emailType, "preview")
}

// SendMail queues the mail of a type that the user would get now, in addition to the
// scheduled one. Kinds as [Services.PreviewMail], and Conflict: the user has unsubscribed.
func (s *Services) SendMail(ctx context.Context, userID, emailType string) (mail.Mail, error) {
	const op = "send mail"
	u, err := s.Users.Get(ctx, userID)
	if err != nil {
		return mail.Mail{}, err
	}
	if !u.Settings.Wants(emailType) {
		return mail.Mail{}, fault.New(fault.Conflict, op, "user %s takes no %s mails (`mealplanner user set %s --mails %s` undoes that, if they ask for it)", u.ID, emailType, u.ID, emailType)
	}
	s.settle(ctx, u.ID)
	m, err := s.renderNow(ctx, u, emailType, s.opts.Now().UTC().Format("20060102T150405Z"))
	if err != nil {
		return m, err
	}
	queued, err := s.Outbox.Add(ctx, u.ID, m)
	if err == nil && !queued {
		err = fault.New(fault.Conflict, op, "the same mail was queued within this second")
	}
	s.Wake()
	return m, err
}

// renderNow renders an unscheduled mail, dated by the user's calendar.
func (s *Services) renderNow(ctx context.Context, u user.User, emailType, extra string) (mail.Mail, error) {
	zone, err := u.Location()
	if err != nil {
		return mail.Mail{}, fault.Wrap(fault.InvalidConfig, "user "+u.ID, err)
	}
	today := calendar.On(s.opts.Now().In(zone))
	renderer := s.renderer.Beside(extra)
	var d coach.Draft
	switch emailType {
	case mailer.WeeklyPlanType:
		stored, err := s.Plans.Newest(ctx, u.ID)
		if err != nil {
			return mail.Mail{}, err
		}
		return renderer.WeeklyPlan(u, stored)
	case mailer.DailyAdvisorType:
		d, err = s.Coach.With(renderer).Advice(ctx, u, today)
	case mailer.WeeklyTrendsType:
		d, err = s.Coach.With(renderer).Trends(ctx, u, today-1, trendDays)
	default:
		err = fault.New(fault.InvalidInput, "mail type", "%q is not one of %s, %s and %s", emailType, mailer.WeeklyPlanType, mailer.DailyAdvisorType, mailer.WeeklyTrendsType)
	}
	return d.Mail, err
}
