package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/recipesync/picture"
)

// Pictures keeps the pictures of recipes.
type Pictures interface {
	Get(ctx context.Context, connection string, r recipe.Recipe, size picture.Size) ([]byte, error)
}

// CookingPlan is what is cooked when.
type CookingPlan struct {
	Week    string  `json:"week" format:"date" doc:"The Monday of its week."`
	Batches []Batch `json:"batches" doc:"In the order of cooking."`
}

// Batch is one cooking of a dish.
type Batch struct {
	Cook     string  `json:"cook_on" format:"date"`
	Recipe   int64   `json:"recipe" example:"42"`
	Name     string  `json:"name" example:"Lentil soup"`
	Minutes  int     `json:"minutes,omitempty" doc:"From start to table; left out when it is not known." example:"35"`
	Servings float64 `json:"servings" doc:"That are cooked." example:"4"`
	Feeds    []Slot  `json:"feeds" doc:"The meals that are eaten of it."`
	Keeps    int     `json:"keeps_days,omitempty" doc:"Days that what is left keeps in a fridge; left out where all is eaten on the day." example:"3"`
	Freeze   []Slot  `json:"freeze" doc:"The meals whose portions are frozen until the evening before."`
}

type planOut struct{ Body CookingPlan }

type pictureIn struct {
	Recipe int64  `path:"recipe" minimum:"1" maximum:"9007199254740991" doc:"The recipe's number in the library." example:"42"`
	Size   string `query:"size" enum:"small,large" default:"large" doc:"160 x 120 or 640 x 480 pixels."`
}

func (a *API) registerCooking() {
	read, missing := []access.Scope{access.PlanRead}, []int{http.StatusNotFound}
	add(a, operation{
		id: "getCookingPlan", method: http.MethodGet, path: "/weeks/{week}/cooking", tag: "Weeks", scopes: read, errors: missing, summary: "What is cooked when",
		about: "Batches by day, with the meals that are eaten of them.",
	}, a.cookingPlan)
	add(a, operation{
		id: "getPicture", method: http.MethodGet, path: "/recipes/{recipe}/picture", tag: "Meals", scopes: read, errors: missing, summary: "The picture of a recipe",
		about: "If the library has one.", media: "image/jpeg", schema: &huma.Schema{Type: huma.TypeString, Format: "binary"},
	}, a.picture)
}

func (a *API) cookingPlan(ctx context.Context, c caller, in *OfWeek) (*planOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	p, err := a.plan(ctx, c.User, week)
	if err != nil {
		return nil, err
	}
	out := CookingPlan{Week: week.String(), Batches: []Batch{}}
	for _, b := range p.Prep.Batches {
		v := Batch{b.Cook.String(), int64(b.Recipe), b.Name, b.Minutes, b.Servings.Float(), []Slot{}, 0, []Slot{}}
		if b.Leftovers() {
			v.Keeps = b.Keeps()
		}
		for _, e := range b.Eaten {
			at := Slot{e.Date.String(), e.Meal.String()}
			if v.Feeds = append(v.Feeds, at); b.Freezes(e) {
				v.Freeze = append(v.Freeze, at)
			}
		}
		out.Batches = append(out.Batches, v)
	}
	return &planOut{out}, nil
}

// picture fills a cache, as it does for pages.
func (a *API) picture(ctx context.Context, c caller, in *pictureIn) (*textOut, error) {
	u, err := a.Users.Get(ctx, c.User)
	if err != nil {
		return nil, err
	}
	recipes, err := a.Recipes.Load(ctx, u.Connection)
	if err != nil {
		return nil, err
	}
	for _, r := range recipes {
		if int64(r.ID) == in.Recipe {
			data, err := a.Pictures.Get(ctx, u.Connection, r, picture.Size(in.Size))
			return &textOut{"image/jpeg", data}, err
		}
	}
	return nil, fault.New(fault.NotFound, "picture", "there is no recipe %d", in.Recipe)
}
