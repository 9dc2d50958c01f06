package coach

import (
	"context"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Draft is a rendered mail that is not stored.
type Draft struct {
	Mail     mail.Mail
	Proposal string // the proposed command; may be empty
}

// Advice renders the evening's advice about a date.
func (c *Coach) Advice(ctx context.Context, u user.User, date calendar.Date) (Draft, error) {
	tomorrow := date + 1
	plans, err := c.plans.Between(ctx, u.ID, date.Monday(), tomorrow.Monday())
	if err != nil {
		return Draft{}, err
	}
	eaten, err := c.diary.Eaten(ctx, u, date-recentDays, date)
	if err != nil {
		return Draft{}, err
	}
	t := insight.Today{
		Date: date, Connected: c.diary.Connected(u), Planned: dayOf(plans, date), Tomorrow: dayOf(plans, tomorrow), TomorrowCooking: cooking(plans, tomorrow),
		Supervised: u.Settings.Supervised, Body: u.Settings.Body,
	}
	for _, p := range plans {
		t.Thawing = append(t.Thawing, p.Prep.Thawing(date)...)
	}
	t.Target = target(u, plans, date)
	for _, e := range eaten {
		if e.Date == date {
			t.Eaten = &e
		} else {
			t.Recent = append(t.Recent, e)
		}
	}
	m, err := c.renderer.DailyAdvisor(u, insight.Advise(t))
	return Draft{Mail: m}, err
}

// Trends renders the trends of the days up to and including last. days is a multiple of 7.
func (c *Coach) Trends(ctx context.Context, u user.User, last calendar.Date, days int) (Draft, error) {
	first := last - calendar.Date(days) + 1
	plans, err := c.plans.Between(ctx, u.ID, first.Monday()-7, last.Monday())
	if err != nil {
		return Draft{}, err
	}
	eaten, err := c.diary.Eaten(ctx, u, first, last)
	if err != nil {
		return Draft{}, err
	}
	p := insight.Period{
		Last: last, Days: days, Target: target(u, nil, last), Eaten: eaten, Connected: c.diary.Connected(u),
		Supervised: u.Settings.Supervised, Body: u.Settings.Body,
	}
	for _, s := range plans {
		p.Plans = append(p.Plans, s.Week)
	}
	t := insight.Review(p)
	m, err := c.renderer.WeeklyTrends(u, t, weekAfter(last))
	d := Draft{Mail: m}
	if t.Proposal != nil {
		d.Proposal = t.Proposal.Command()
	}
	return d, err
}

// weekAfter is the Monday of the first week that trends up to a day can still change.
func weekAfter(last calendar.Date) calendar.Date { return (last + 1).Monday() + 7 }

func dayOf(plans []plan.Plan, d calendar.Date) *plan.Day {
	for _, p := range plans {
		if n := int(d - p.Week.WeekOf); n >= 0 && n < len(p.Week.Days) {
			return &p.Week.Days[n]
		}
	}
	return nil
}

// cooking names the dishes that are cooked on a day.
func cooking(plans []plan.Plan, d calendar.Date) []string {
	var out []string
	for _, p := range plans {
		for _, b := range p.Prep.Batches {
			if b.Cook == d && !slices.Contains(out, b.Name) {
				out = append(out, b.Name)
			}
		}
	}
	return out
}

// target returns the plan's target for the day, else the user's.
func target(u user.User, plans []plan.Plan, d calendar.Date) nutrition.Macros {
	for _, p := range plans {
		if n := int(d - p.Week.WeekOf); n >= 0 && n < len(p.Week.Days) && p.Week.Days[n].Target != (nutrition.Macros{}) {
			return p.Week.Goal(p.Week.Days[n])
		}
	}
	m, _ := u.Settings.Target(0)
	return m
}
