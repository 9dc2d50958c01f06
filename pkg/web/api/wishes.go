package api

import (
	"context"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/plan"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/replies"
)

// Wishes are what is wanted of one week.
type Wishes struct {
	Travel   []string `json:"travel" maxItems:"7" format:"date" doc:"Days with quick dishes." example:"[\"2026-12-02\"]"`
	Skips    []Slot   `json:"skips" maxItems:"21" doc:"Meals for which nothing is planned."`
	Guests   []Guests `json:"guests" maxItems:"21" doc:"Who eat besides the household."`
	Emphasis string   `json:"emphasis,omitempty" enum:"high_protein,low_carb,balanced" doc:"Left out: as in the targets."`
}

// Guests eat a portion of a meal besides the household.
type Guests struct {
	Date   string `json:"date" format:"date"`
	Meal   string `json:"meal" enum:"breakfast,lunch,dinner"`
	People int    `json:"people" minimum:"1" maximum:"30" example:"2"`
}

// History is what was done to a week.
type History struct {
	Changes []Past `json:"changes" doc:"The newest first."`
}

// Past is a change that was carried out.
type Past struct {
	At     time.Time `json:"at"`
	By     string    `json:"by" enum:"mail,button,page,api" doc:"button: of a mail; api: a program."`
	Done   []string  `json:"done" doc:"What was done, for people."`
	Undone bool      `json:"undone" doc:"It was taken back."`
}

type wishesOut struct{ Body Wishes }

type wishIn struct {
	OfWeek
	ForChange
	Body Wishes
}

type historyOut struct{ Body History }

func (a *API) wishes(ctx context.Context, c caller, in *OfWeek) (*wishesOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	w, err := a.Commands.Wishes(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	out := Wishes{Travel: []string{}, Skips: []Slot{}, Guests: []Guests{}, Emphasis: string(w.Mode)}
	for _, d := range w.Travel {
		out.Travel = append(out.Travel, d.String())
	}
	for _, s := range w.Skips {
		out.Skips = append(out.Skips, Slot{s.Date.String(), s.Meal.String()})
	}
	for _, g := range w.Guests {
		out.Guests = append(out.Guests, Guests{g.Date.String(), g.Meal.String(), g.People})
	}
	return &wishesOut{out}, nil
}

func (a *API) wish(ctx context.Context, c caller, in *wishIn) (*changedOut, error) {
	week, err := a.week(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	want := replies.Wanted{Mode: targets.Mode(in.Body.Emphasis)}
	for _, d := range in.Body.Travel {
		day, err := calendar.Parse(d)
		if err != nil || day.Monday() != week {
			return nil, fault.New(fault.InvalidInput, "wishes", "travel: %q is not a day of the week of %s", d, week)
		}
		want.Travel = append(want.Travel, day)
	}
	for _, s := range in.Body.Skips {
		slot, err := slotOf("skips", s.Date, s.Meal, week)
		if err != nil {
			return nil, err
		}
		want.Skips = append(want.Skips, slot)
	}
	for _, g := range in.Body.Guests {
		slot, err := slotOf("guests", g.Date, g.Meal, week)
		if err != nil {
			return nil, err
		}
		want.Guests = append(want.Guests, plan.Guests{Slot: slot, People: g.People})
	}
	return a.press(ctx, c, week, in.ForChange, replies.Press{Wanted: &want})
}

// slotOf reads a meal of the week.
func slotOf(field, date, meal string, week calendar.Date) (plan.Slot, error) {
	d, derr := calendar.Parse(date)
	m, merr := recipe.ParseMeal(meal)
	if derr != nil || merr != nil || d.Monday() != week {
		return plan.Slot{}, fault.New(fault.InvalidInput, "wishes", "%s: %s on %q is not a meal of the week of %s", field, meal, date, week)
	}
	return plan.Slot{Date: d, Meal: m}, nil
}

func (a *API) history(ctx context.Context, c caller, in *OfWeek) (*historyOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	past, err := a.Commands.History(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	out := History{Changes: []Past{}}
	for _, p := range past {
		out.Changes = append(out.Changes, Past{p.At.UTC(), string(p.Source), list(p.Results), p.Undone})
	}
	return &historyOut{out}, nil
}
