package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/mailer"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/planner/amend"
)

// mailTypes are those that a user can unsubscribe from.
var mailTypes = []string{mailer.WeeklyPlanType, mailer.DailyAdvisorType, mailer.WeeklyTrendsType}

// field is a setting as people read it.
type field struct {
	name  string
	of    any // as programs read it
	value string
}

func fields(u user.User) []field {
	s := u.Settings
	target, source := s.Target(0)
	body := "not set"
	if b := s.Body; b != nil {
		body = fmt.Sprintf("%g kg, %g cm, %d years, %s, %s, %s", b.WeightKG, b.HeightCM, b.Age, b.Sex, b.Activity, b.Goal)
	}
	onOff := func(b bool) string {
		if b {
			return "on"
		}
		return "off"
	}
	return []field{
		{"id", u.ID, u.ID},
		{"name", u.Name, strconv.Quote(u.Name)},
		{"email", u.Email, u.Email},
		{"time zone", u.TimeZone, u.TimeZone},
		{"language", s.Language.Tag(), s.Language.Tag()},
		{"enabled", u.Enabled, strconv.FormatBool(u.Enabled)},
		{"operator", u.Operator, strconv.FormatBool(u.Operator)},
		{"people", u.People, strconv.Itoa(u.People)},
		{"eaters", s.Cooking.Eaters, eaters(s.Cooking)},
		{"library", u.Connection, u.Connection},
		{"daily target", target, fmt.Sprintf("%s (%s)", target, source)},
		{"body", s.Body, body},
		{"supervised", s.Supervised, strconv.FormatBool(s.Supervised)},
		{"allergens", s.Allergens, user.Shown(s.Allergens)},
		{"diets", s.Diets, user.Shown(s.Diets)},
		{"dislikes", s.Dislikes, user.Shown(s.Dislikes)},
		{"tags to avoid", s.AvoidTags, user.Shown(s.AvoidTags)},
		{"always at home", s.Staples, user.Shown(s.Staples)},
		{"preferences", s.Preferences, user.Shown(s.Preferences)},
		{"rotation days", s.RotationDays, strconv.Itoa(s.RotationDays)},
		{"tolerance", s.TolerancePct, strconv.Itoa(s.TolerancePct) + " %"},
		{"portions", [2]nutrition.Servings{s.MinServings, s.MaxServings}, fmt.Sprintf("%s to %s servings", s.MinServings, s.MaxServings)},
		{"meals", mealNames(s), strings.Join(mealNames(s), ", ")},
		{"planned on", planTime(s), planTime(s)},
		{"minutes", s.Cooking.Minutes, user.Shown(s.Cooking.Minutes)},
		{"timed dishes only", s.Cooking.TimedOnly, onOff(s.Cooking.TimedOnly)},
		{"weekly", s.Cooking.Weekly, user.Shown(s.Cooking.Weekly)},
		{"kcal", s.Cooking.Kcal, user.Shown(s.Cooking.Kcal)},
		{"same portions", s.Cooking.SamePortions, onOff(s.Cooking.SamePortions)},
		{"rotate across meals", s.Cooking.RotateAcross, onOff(s.Cooking.RotateAcross)},
		{"minutes on travel days", s.QuickMinutes, strconv.Itoa(s.QuickMinutes)},
		{"mails not wanted", s.NoMail, user.Shown(s.NoMail)},
		{"fatsecret", u.FatSecret, map[bool]string{true: "connected", false: "not connected"}[u.FatSecret]},
		{"diary", cmp.Or(s.Diary, "off"), cmp.Or(string(s.Diary), "off")},
		{"track clicks", s.TrackClicks, onOff(s.TrackClicks)},
		{"track opens", s.TrackOpens, onOff(s.TrackOpens)},
	}
}

// eaters are the shares of those who eat.
func eaters(c user.Cooking) string {
	if len(c.Eaters) == 0 {
		return "as many adults as people"
	}
	var out []string
	for _, e := range c.Eaters {
		out = append(out, e.String())
	}
	return strings.Join(out, ", ")
}

func mealNames(s user.Settings) []string {
	var out []string
	for _, m := range recipe.Meals {
		if s.Plans(m) {
			out = append(out, m.String())
		}
	}
	return out
}

func planTime(s user.Settings) string {
	day, hour := s.PlanTime()
	return fmt.Sprintf("%s at %d:00", day, hour)
}

// noteKept says that what is planned already keeps its meals, where a change is of settings
// that plans are made from and that forbid nothing.
func noteKept(ctx context.Context, w io.Writer, a *app.Services, before, after user.User, now time.Time) error {
	made := func(u user.User) string {
		s := u.Settings
		target, _ := s.Target(0)
		return fmt.Sprint(u.Household(), s.Cooking, target, s.TolerancePct, s.MinServings, s.MaxServings, s.RotationDays, s.QuickMinutes, mealNames(s))
	}
	if made(before) == made(after) {
		return nil
	}
	next, err := planner.NextWeek(after, now)
	if err != nil {
		return err
	}
	planned, err := a.Plans.Between(ctx, after.ID, next-7, next+7*planner.Horizon)
	if err != nil || len(planned) == 0 {
		return err
	}
	printf(w, "%s: weeks that are planned keep their meals; to replan one:\n", after.ID)
	for _, p := range planned {
		printf(w, "  mealplanner generate --user %s --week %s --replan\n", after.ID, p.Week.WeekOf)
	}
	return nil
}

// notePlannable says when a change of what may be planned leaves too little for later weeks.
func notePlannable(ctx context.Context, std *streams, a *app.Services, before, after user.User) error {
	allowed := func(u user.User) string {
		s := u.Settings
		return fmt.Sprint(u.Connection, u.Enabled, s.Allergens, s.Diets, s.Dislikes, s.AvoidTags, mealNames(s))
	}
	if !after.Enabled || allowed(before) == allowed(after) {
		return nil
	}
	week, err := a.Plannable(ctx, after)
	switch fault.KindOf(err) {
	case "":
	case fault.NotEnoughRecipes, fault.NoRecipesAvailable, fault.InvalidConstraints:
		printf(std.err, "note: with these settings no plan can be made for the week of %s: %v\n", week, err)
	case fault.DatabaseError, fault.Canceled:
		return err
	default: // the settings are stored; the library can be asked later
		printf(std.err, "note: whether a week can be planned was not found out: %v\n", err)
	}
	return nil
}

// printChanges shows what a change made of the user.
func printChanges(w io.Writer, before, after user.User) {
	was, is := fields(before), fields(after)
	changed := false
	for i := range was {
		if was[i].value != is[i].value {
			printf(w, "%s: %s: %s -> %s\n", after.ID, was[i].name, was[i].value, is[i].value)
			changed = true
		}
	}
	if !changed {
		printf(w, "%s: nothing changed\n", after.ID)
	}
}

// printAmended says what a change made of the weeks that are planned.
func printAmended(w io.Writer, who string, done []amend.Done) {
	for _, d := range done {
		lost, mailed := "", ""
		if d.Lost {
			lost = ", some of them taken out because nothing else in the library fits"
		}
		if d.Mailed {
			mailed = "; the new plan is mailed"
		}
		printf(w, "%s: week of %s: %s changed%s%s\n", who, d.Week, counted(len(d.Replaced), "meal"), lost, mailed)
		for _, r := range d.Replaced {
			printf(w, "  %s %s: %s -> %s\n", r.Date, r.Meal, cell(r.Was), cell(r.Is))
		}
	}
}
