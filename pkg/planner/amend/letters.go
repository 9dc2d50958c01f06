package amend

import (
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// mail is what the user gets: the plan's own mail while that was not sent, else what
// changed; nil when they take no such mails or know the week as it is.
func (a *Amender) mail(u user.User, s plan.Plan, was plan.Week, sent, changed bool) (*mail.Mail, error) {
	var (
		m   mail.Mail
		err error
	)
	switch {
	case !sent:
		m, err = a.renderer.WeeklyPlan(u, s)
	case changed:
		m, err = a.renderer.ChangedPlan(u, s, was, a.now())
	default:
		return nil, nil
	}
	if err != nil || !u.Settings.Wants(m.Type) {
		return nil, err
	}
	return &m, nil
}

// dishes are the names that the week does not show any more.
func dishes(changes []plan.Difference) []string {
	var out []string
	for _, c := range changes {
		if c.Was != nil && (c.Is == nil || c.Is.Recipe != c.Was.Recipe) {
			out = append(out, c.Was.Name)
		}
	}
	return out
}
