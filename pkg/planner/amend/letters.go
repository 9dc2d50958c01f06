package amend

import (
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// mail returns the mail for the user: the plan's own mail if that was never sent, else the
// changes; nil if they have unsubscribed or already know the week as it is.
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

// dishes are the names no longer in the week.
func dishes(changes []plan.Difference) []string {
	var out []string
	for _, c := range changes {
		if c.Was != nil && (c.Is == nil || c.Is.Recipe != c.Was.Recipe) {
			out = append(out, c.Was.Name)
		}
	}
	return out
}
