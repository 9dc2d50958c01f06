package solvefile

import (
	"encoding/json"
	"io"

	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/generate"
)

type problemFile struct {
	WeekOf        string       `json:"week_of"`
	Seed          uint64       `json:"seed"`
	Target        amountsFile  `json:"target"`
	Tolerance     json.Number  `json:"tolerance"`
	RotationDays  int          `json:"rotation_days"`
	Portions      portionsFile `json:"portions"`
	PortionWeight json.Number  `json:"portion_weight"`
	Recipes       []recipeFile `json:"recipes"`
	Locks         []lockFile   `json:"locks,omitempty"`
	Skips         []slotFile   `json:"skips,omitempty"`
	TravelDates   []string     `json:"travel_dates,omitempty"`
	QuickMinutes  int          `json:"quick_minutes"`
	AvoidTags     []string     `json:"avoid_tags,omitempty"`
	AvoidRepeats  []recipe.ID  `json:"avoid_repeats,omitempty"`

	MinutesLimits  []minutesLimitFile `json:"minutes_limits,omitempty"`
	UnknownMinutes string             `json:"unknown_minutes,omitempty"`
	Counts         []countFile        `json:"counts,omitempty"`
	BatchPortions  string             `json:"batch_portions,omitempty"`
	RotationScope  string             `json:"rotation_scope,omitempty"`
}

type minutesLimitFile struct {
	Dates   []string      `json:"dates"`
	Meals   []recipe.Meal `json:"meals"`
	Minutes int           `json:"minutes"`
}

type countFile struct {
	Name  string           `json:"name"`
	Tags  []string         `json:"tags"`
	Meals []recipe.Meal    `json:"meals"`
	Of    generate.CountOf `json:"of"`
	Min   *int             `json:"min,omitempty"`
	Max   *int             `json:"max,omitempty"`
}

type portionsFile struct {
	Min  json.Number `json:"min"`
	Max  json.Number `json:"max"`
	Step json.Number `json:"step"`
}

type recipeFile struct {
	ID         recipe.ID         `json:"id"`
	Name       string            `json:"name"`
	Meals      []recipe.Meal     `json:"meals"`
	PerServing amountsFile       `json:"per_serving"`
	Minutes    int               `json:"minutes,omitempty"`
	Tags       []string          `json:"tags,omitempty"`
	LastUsed   map[string]string `json:"last_used,omitempty"`
}

type slotFile struct {
	Date string      `json:"date"`
	Meal recipe.Meal `json:"meal"`
}

type lockFile struct {
	slotFile
	Recipe   recipe.ID   `json:"recipe"`
	Servings json.Number `json:"servings,omitempty"`
}

// EncodeProblem writes a problem.json that [DecodeProblem] reads back as p.
func EncodeProblem(out io.Writer, p generate.Problem) error {
	f := problemFile{
		WeekOf: p.WeekOf.String(), Seed: p.Seed, Target: macrosOf(p.Target), Tolerance: ratio(int64(p.Tolerance)),
		RotationDays: p.RotationDays, PortionWeight: ratio(int64(p.PortionWeight)),
		Portions:     portionsFile{ratio(int64(p.Portions.Min)), ratio(int64(p.Portions.Max)), ratio(int64(p.Portions.Step))},
		Recipes:      []recipeFile{},
		QuickMinutes: p.QuickMinutes, AvoidTags: p.AvoidTags, AvoidRepeats: p.AvoidRepeats,
	}
	for _, r := range p.Recipes {
		g := recipeFile{ID: r.ID, Name: r.Name, Meals: r.Meals, PerServing: macrosOf(r.PerServing), Minutes: r.Minutes, Tags: r.Tags}
		if g.Meals == nil {
			g.Meals = []recipe.Meal{}
		}
		for _, m := range recipe.Meals {
			if d := r.LastUsed[m]; d != 0 {
				if g.LastUsed == nil {
					g.LastUsed = make(map[string]string)
				}
				g.LastUsed[m.String()] = d.String()
			}
		}
		f.Recipes = append(f.Recipes, g)
	}
	for _, l := range p.Locks {
		g := lockFile{slotFile: slotFile{l.Date.String(), l.Meal}, Recipe: l.Recipe}
		if l.Servings > 0 {
			g.Servings = ratio(int64(l.Servings))
		}
		f.Locks = append(f.Locks, g)
	}
	for _, s := range p.Skips {
		f.Skips = append(f.Skips, slotFile{s.Date.String(), s.Meal})
	}
	for _, d := range p.TravelDates {
		f.TravelDates = append(f.TravelDates, d.String())
	}
	f.demand(&p)
	return encode(out, f)
}

// demand adds the fields of version 2 that are not at their defaults.
func (f *problemFile) demand(p *generate.Problem) {
	for _, l := range p.MinutesLimits {
		g := minutesLimitFile{Meals: l.Meals, Minutes: l.Minutes}
		for _, d := range l.Dates {
			g.Dates = append(g.Dates, d.String())
		}
		f.MinutesLimits = append(f.MinutesLimits, g)
	}
	for _, c := range p.Counts {
		g := countFile{Name: c.Name, Tags: c.Tags, Meals: c.Meals, Of: c.Of, Max: c.Max}
		if c.Min > 0 || c.Max == nil {
			g.Min = &c.Min
		}
		f.Counts = append(f.Counts, g)
	}
	if p.RefuseUnknownMinutes {
		f.UnknownMinutes = "refuse"
	}
	if p.SamePortions {
		f.BatchPortions = "same"
	}
	if p.RotateByRecipe {
		f.RotationScope = "recipe"
	}
}
