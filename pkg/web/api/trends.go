package api

import (
	"context"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/coach"
	"github.com/mealplanner/mealplanner/pkg/domain/insight"
)

// Trends lays what was planned and eaten side by side.
type Trends interface {
	Follow(ctx context.Context, userID string, weeks int) (coach.Followed, error)
}

type trendsIn struct {
	Weeks int `query:"weeks" minimum:"1" maximum:"12" default:"4" doc:"How many, the present one the last." example:"4"`
}

// TrendsView is what was planned and eaten.
type TrendsView struct {
	First     string      `json:"first" format:"date" doc:"A Monday."`
	Last      string      `json:"last" format:"date" doc:"The Sunday of the present week."`
	Connected bool        `json:"diary_connected" doc:"A food diary is."`
	Problem   string      `json:"diary_problem,omitempty" doc:"Why nothing of the diary is here, for people; left out if it is."`
	Warnings  []string    `json:"warnings" doc:"Of the diary's figures, for people."`
	Weight    float64     `json:"weight_kg,omitempty" doc:"The newest known; left out if none is." example:"71.4"`
	Days      []TrendDay  `json:"days"`
	Weeks     []TrendWeek `json:"weeks"`
	Missed    []Missed    `json:"missed" doc:"The macros that the plans miss, that which they miss on most days first."`
}

// TrendDay is a day.
type TrendDay struct {
	Date    string   `json:"date" format:"date"`
	Target  Figures  `json:"target" doc:"Of the plan, which leaves skipped meals out, else of a full day."`
	Band    int      `json:"tolerance_pct" doc:"How far around it counts as on target." example:"10"`
	Planned *Figures `json:"planned,omitempty" doc:"Left out when nothing is planned."`
	In      bool     `json:"planned_in_band"`
	Eaten   *Figures `json:"eaten,omitempty" doc:"Left out when nothing is logged, which is not zero."`
	Near    bool     `json:"eaten_in_band" doc:"Within 10 % in energy and all macros, and not below the energy that is too little for most people."`
}

// TrendWeek counts the days of a week.
type TrendWeek struct {
	Week    string `json:"week" format:"date" doc:"Its Monday."`
	Planned int    `json:"planned" doc:"Days." example:"7"`
	In      int    `json:"planned_in_band" doc:"Of them." example:"6"`
	Logged  int    `json:"logged" doc:"Days." example:"5"`
	Near    int    `json:"eaten_in_band" doc:"Of them." example:"3"`
}

// Missed is a macro that plans miss.
type Missed struct {
	Macro string `json:"macro" enum:"protein,fat,carbs"`
	Side  string `json:"side" enum:"low,high"`
	Days  int    `json:"days" doc:"On how many of the planned days." example:"3"`
}

type trendsOut struct{ Body TrendsView }

func (a *API) registerTrends() {
	add(a, operation{
		id: "getTrends", method: http.MethodGet, path: "/trends", tag: "Weeks", scopes: []access.Scope{access.PlanRead}, summary: "What was planned and eaten, day by day",
		about: "Against the target, over the last weeks. Without a diary it is what was planned. A diary that cannot be read is no error: diary_problem says why. Its figures come from FatSecret, whose terms forbid to keep them for more than a day.",
	}, a.trends)
}

func (a *API) trends(ctx context.Context, c caller, in *trendsIn) (*trendsOut, error) {
	f, err := a.Trends.Follow(ctx, c.User, in.Weeks)
	if err != nil {
		return nil, err
	}
	out := TrendsView{First: f.First.String(), Last: f.Last.String(), Connected: f.Connected, Problem: f.Problem.String(), Warnings: said(f.Warnings), Weight: tenth(f.WeightKG), Days: []TrendDay{}, Weeks: []TrendWeek{}, Missed: []Missed{}}
	for _, p := range f.Points {
		out.Days = append(out.Days, TrendDay{Date: p.Date.String(), Target: *valuesView(&p.Target), Band: p.Band, Planned: valuesView(p.Planned), In: p.OnTarget, Eaten: valuesView(p.Eaten), Near: p.Near})
	}
	for _, w := range f.Weeks {
		out.Weeks = append(out.Weeks, TrendWeek{w.First.String(), w.Planned, w.OnTarget, w.Logged, w.Near})
	}
	for _, m := range f.Missed {
		side := "low"
		if m.Status == insight.Over {
			side = "high"
		}
		out.Missed = append(out.Missed, Missed{m.Nutrient.String(), side, m.Days})
	}
	return &trendsOut{out}, nil
}

func valuesView(v *insight.Values) *Figures {
	if v == nil {
		return nil
	}
	at := func(n insight.Nutrient) float64 { return tenth(v[n].Float()) }
	return &Figures{at(insight.Energy), at(insight.Protein), at(insight.Fat), at(insight.Carbs)}
}
