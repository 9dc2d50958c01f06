// Package coach is the use case of the mails about what was eaten: the evening's advice
// and Thursday's trends. The diary is read on demand; its cached content is deleted within a
// day.
package coach

import (
	"context"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Diary reads what a user logged. A user without an account has none and costs no call.
type Diary interface {
	Connected(u user.User) bool
	// Eaten returns the logged days from first to last. Unlogged days are absent.
	Eaten(ctx context.Context, u user.User, first, last calendar.Date) ([]insight.Eaten, error)
}

// Users gives users. Kind NotFound.
type Users interface {
	Get(ctx context.Context, id string) (user.User, error)
}

// Plans are the stored plans.
type Plans interface {
	// Between returns the plans of the weeks from first to last, both Mondays.
	Between(ctx context.Context, userID string, first, last calendar.Date) ([]plan.Plan, error)
}

// Outbox queues mails.
type Outbox interface {
	// Mailed reports whether the mail of the type and period was already queued for the user.
	Mailed(ctx context.Context, userID, emailType, period string) (bool, error)
	// Add queues a mail; false: it was already queued.
	Add(ctx context.Context, userID string, m mail.Mail) (bool, error)
}

// Proposals stores the trends' proposal for the next morning's plan.
type Proposals interface {
	PutProposal(ctx context.Context, userID, command string) error
}

// Renderer renders the mails.
type Renderer interface {
	DailyAdvisor(u user.User, a insight.Advice) (mail.Mail, error)
	WeeklyTrends(u user.User, t insight.Trends, nextWeek calendar.Date) (mail.Mail, error)
}

// The types of the mails.
const (
	AdvisorType = "daily_advisor"
	TrendsType  = "weekly_trends"
)

// Coach composes and queues the mails.
type Coach struct {
	diary     Diary
	users     Users
	plans     Plans
	outbox    Outbox
	proposals Proposals
	renderer  Renderer
}

// New returns a coach on its ports.
func New(d Diary, u Users, p Plans, o Outbox, props Proposals, r Renderer) *Coach {
	return &Coach{d, u, p, o, props, r}
}

// With returns a coach with another renderer.
func (c *Coach) With(r Renderer) *Coach {
	return New(c.diary, c.users, c.plans, c.outbox, c.proposals, r)
}

// Result is the outcome of one mail.
type Result struct {
	Mailed  bool
	Skipped string // why there is no mail
}

// recentDays is the number of days before today that the advisor averages.
const recentDays = 7

// Advise mails the evening's advice about a date, to those who keep a diary.
func (c *Coach) Advise(ctx context.Context, userID string, date calendar.Date) (Result, error) {
	u, skip, err := c.recipient(ctx, userID, AdvisorType, date.String())
	if err != nil || skip != "" {
		return Result{Skipped: skip}, err
	}
	if !c.diary.Connected(u) {
		return Result{Skipped: "no diary is connected"}, nil
	}
	d, err := c.Advice(ctx, u, date)
	if err != nil {
		return Result{}, err
	}
	return c.mail(ctx, userID, d)
}

// Review mails the trends of the days up to and including last, for next week's plan.
// days is a multiple of 7.
func (c *Coach) Review(ctx context.Context, userID string, last calendar.Date, days int) (Result, error) {
	u, skip, err := c.recipient(ctx, userID, TrendsType, weekAfter(last).String())
	if err != nil || skip != "" {
		return Result{Skipped: skip}, err
	}
	d, err := c.Trends(ctx, u, last, days)
	if err != nil {
		return Result{}, err
	}
	if d.Proposal != "" {
		if err := c.proposals.PutProposal(ctx, userID, d.Proposal); err != nil {
			return Result{}, err
		}
	}
	return c.mail(ctx, userID, d)
}

func (c *Coach) mail(ctx context.Context, userID string, d Draft) (Result, error) {
	mailed, err := c.outbox.Add(ctx, userID, d.Mail)
	return Result{Mailed: mailed}, err
}

// recipient returns the user, or why they get no mail.
func (c *Coach) recipient(ctx context.Context, userID, emailType, period string) (u user.User, skip string, err error) {
	if u, err = c.users.Get(ctx, userID); err != nil {
		return u, "", err
	}
	if !u.Enabled {
		return u, "paused", nil
	}
	if !u.Settings.Wants(emailType) {
		return u, "unsubscribed", nil
	}
	done, err := c.outbox.Mailed(ctx, userID, emailType, period)
	if done {
		skip = "mailed before"
	}
	return u, skip, err
}
