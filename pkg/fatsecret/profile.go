package fatsecret

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Profile is what FatSecret knows of a body. Zero means not stated. There is no calorie
// goal. LastWeighed may be older than the last weight: dates come from [Client.Weights].
type Profile struct {
	LastWeightKg, GoalWeightKg float64
	HeightCm                   float64
	LastWeighed                Day
	WeightUnit, HeightUnit     string // lower case: kg, lb; cm, inch
}

// Profile reads the user's profile.
func (c *Client) Profile(ctx context.Context, user Token) (Profile, error) {
	var w struct {
		Profile holder[struct {
			WeightMeasure string `json:"weight_measure"`
			HeightMeasure string `json:"height_measure"`
			Last          number `json:"last_weight_kg"`
			LastDate      number `json:"last_weight_date_int"`
			Goal          number `json:"goal_weight_kg"`
			Height        number `json:"height_cm"`
		}] `json:"profile"`
	}
	if err := c.do(ctx, call{method: "profile.get", params: url.Values{}, token: user, read: true}, &w); err != nil {
		return Profile{}, err
	}
	p := w.Profile.inner
	for name, v := range map[string]number{"last_weight_kg": p.Last, "goal_weight_kg": p.Goal, "height_cm": p.Height} {
		if v.value < 0 || v.value > 1000 {
			return Profile{}, fault.Wrap(fault.FatSecretError, "fatsecret: profile", fmt.Errorf("%s: %v is out of range", name, v.value))
		}
	}
	return Profile{
		LastWeightKg: p.Last.value, GoalWeightKg: p.Goal.value, HeightCm: p.Height.value, LastWeighed: Day(p.LastDate.value),
		WeightUnit: strings.ToLower(p.WeightMeasure), HeightUnit: strings.ToLower(p.HeightMeasure),
	}, nil
}

// Weight is one weigh-in.
type Weight struct {
	Day Day
	Kg  float64
}

// Weights returns the weigh-ins of a month; days without one are absent. Any day of the
// month will do.
func (c *Client) Weights(ctx context.Context, user Token, day Day) ([]Weight, error) {
	var w struct {
		Month holder[struct {
			Days many[struct {
				Date number `json:"date_int"`
				Kg   number `json:"weight_kg"`
			}] `json:"day"`
		}] `json:"month"`
	}
	if err := c.do(ctx, call{method: "weights.get_month.v2", params: url.Values{"date": {day.param()}}, token: user, read: true}, &w); err != nil {
		return nil, err
	}
	var out []Weight
	for _, d := range w.Month.inner.Days {
		if d.Kg.stated && d.Kg.value > 0 {
			out = append(out, Weight{Day(d.Date.value), d.Kg.value})
		}
	}
	return out, nil
}
