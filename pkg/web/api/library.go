package api

import (
	"cmp"
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/planner"
)

// LibraryReport says what can be planned from a library, and what keeps recipes out.
type LibraryReport struct {
	Recipes int           `json:"recipes" doc:"In the library." example:"146"`
	Usable  Usable        `json:"usable" doc:"How many of them can be planned, by meal."`
	LeftOut []LeftOut     `json:"left_out" doc:"By reason, the most frequent first."`
	Unknown []UnknownFood `json:"unknown" doc:"Foods that the tables do not know; those whose answer frees most recipes first."`
	Answers []FoodAnswer  `json:"answers" doc:"What was said of such foods."`
}

// Usable counts recipes by meal.
type Usable struct {
	Breakfast int `json:"breakfast"`
	Lunch     int `json:"lunch"`
	Dinner    int `json:"dinner"`
}

// LeftOut is a reason with the recipes that it keeps out.
type LeftOut struct {
	Reason  string     `json:"reason" example:"unknown food"`
	Recipes []Rejected `json:"recipes"`
}

// Rejected is a recipe that is left out.
type Rejected struct {
	Recipe int64  `json:"recipe" example:"42"`
	Name   string `json:"name" example:"Lentil soup"`
	Why    string `json:"why" doc:"Continues its name."`
}

// UnknownFood is an ingredient that the tables do not know.
type UnknownFood struct {
	Food    string `json:"food" example:"Zauberpulver"`
	Recipes int    `json:"recipes" doc:"That are left out for it, among others." example:"3"`
	Frees   int    `json:"frees" doc:"That are left out for it alone." example:"2"`
}

// FoodAnswer is what is said of a food: what it is, what it contains, or that it is nothing to eat.
type FoodAnswer struct {
	Food     string    `json:"food" minLength:"1" maxLength:"200" doc:"Its name in the library." example:"Bergkäse"`
	Is       string    `json:"is,omitempty" maxLength:"200" doc:"The food of the tables that it is." example:"cheese"`
	Contains *[]string `json:"contains,omitempty" maxItems:"14" doc:"The allergens it carries; none: it carries none."`
	Ignored  bool      `json:"ignored,omitempty" doc:"It is nothing to eat."`
}

// LibraryRecipes is a page of a library.
type LibraryRecipes struct {
	Recipes []LibraryRecipe `json:"recipes" doc:"By their number."`
	Next    string          `json:"next,omitempty" doc:"The cursor of the page after this one; left out on the last."`
}

// LibraryRecipe is a recipe as the next plan would find it.
type LibraryRecipe struct {
	Recipe    int64    `json:"recipe" example:"42"`
	Name      string   `json:"name" example:"Lentil soup"`
	Meals     []string `json:"meals" enum:"breakfast,lunch,dinner" doc:"For which it may be planned; none where it is left out."`
	Kcal      float64  `json:"kcal,omitempty" doc:"A serving has; left out where it is not known." example:"412"`
	Estimated bool     `json:"estimated,omitempty" doc:"From tables of foods, not from the recipe."`
	LeftOut   string   `json:"left_out,omitempty" doc:"The reason; none: it can be planned." example:"has no nutrition, and none can be estimated"`
	Why       string   `json:"why,omitempty" doc:"The same of this recipe: continues its name."`
}

type recipesIn struct {
	Query  string `query:"query" maxLength:"100" doc:"Only those whose name holds this, in any case." example:"soup"`
	Limit  int    `query:"limit" minimum:"1" maximum:"100" default:"20" doc:"How many at most." example:"20"`
	Cursor string `query:"cursor" maxLength:"64" doc:"Where to go on: next of the answer before."`
}

type recipesOut struct {
	Link string `header:"Link" doc:"The next page, rel=next."`
	Body LibraryRecipes
}

type reportOut struct{ Body LibraryReport }

type answerIn struct {
	Keyed
	Body FoodAnswer
}

type takeBackIn struct {
	Keyed
	Food string `query:"food" required:"true" minLength:"1" maxLength:"200" doc:"The food's name in the library." example:"Bergkäse"`
}

func (a *API) registerLibrary() {
	const tag = "Library"
	scopes := []access.Scope{access.Library}
	add(a, operation{
		id: "getLibrary", method: http.MethodGet, path: "/library", tag: tag, scopes: scopes, summary: "What can be planned, and what is left out and why",
		about: "And the foods whose answer would free most recipes.",
	}, a.library)
	add(a, operation{
		id: "listRecipes", method: http.MethodGet, path: "/library/recipes", tag: tag, scopes: scopes, summary: "List recipes",
		about: "Each with the meals that it may be planned for, or why it is left out.",
	}, a.recipes)
	add(a, operation{
		id: "answerFood", method: http.MethodPut, path: "/library/answers", tag: tag, scopes: scopes, summary: "Say what an unknown food is",
		about: "What it is, what it contains, or that it is nothing to eat. It holds for everybody who cooks from the library, and replaces an earlier answer.",
	}, a.answer)
	add(a, operation{
		id: "takeBackAnswer", method: http.MethodDelete, path: "/library/answers", tag: tag, scopes: scopes, errors: []int{http.StatusNotFound}, status: http.StatusNoContent, summary: "Take an answer back",
		about: "Recipes that needed it are left out again.",
	}, a.takeBack)
}

func (a *API) library(ctx context.Context, c caller, _ *struct{}) (*reportOut, error) {
	r, answers, err := a.Library.Report(ctx, c.User)
	if err != nil {
		return nil, err
	}
	out := LibraryReport{
		Recipes: r.Recipes, Usable: Usable{r.Usable[recipe.Breakfast], r.Usable[recipe.Lunch], r.Usable[recipe.Dinner]},
		LeftOut: []LeftOut{}, Unknown: []UnknownFood{}, Answers: []FoodAnswer{},
	}
	for _, l := range r.LeftOut {
		left := LeftOut{string(l.Reason), []Rejected{}}
		for _, x := range l.Recipes {
			left.Recipes = append(left.Recipes, Rejected{int64(x.ID), x.Name, x.Why})
		}
		out.LeftOut = append(out.LeftOut, left)
	}
	for _, u := range r.Unknown {
		out.Unknown = append(out.Unknown, UnknownFood{u.Name, u.Recipes, u.Frees})
	}
	for _, x := range answers {
		f := FoodAnswer{Food: x.Food, Is: x.Is, Ignored: x.Ignored}
		if x.Told {
			contains := list(x.Contains)
			f.Contains = &contains
		}
		out.Answers = append(out.Answers, f)
	}
	return &reportOut{out}, nil
}

func (a *API) recipes(ctx context.Context, c caller, in *recipesIn) (*recipesOut, error) {
	r, _, err := a.Library.Report(ctx, c.User)
	if err != nil {
		return nil, err
	}
	found := planner.Named(r.Dishes, in.Query)
	slices.SortFunc(found, func(a, b planner.Dish) int { return cmp.Compare(a.ID, b.ID) })
	if in.Cursor != "" {
		raw, err := base64.RawURLEncoding.DecodeString(in.Cursor)
		after, perr := strconv.ParseInt(string(raw), 10, 64)
		if err != nil || perr != nil {
			return nil, fault.New(fault.InvalidInput, "library", "cursor: it is none of ours: take next of an answer")
		}
		found = slices.DeleteFunc(found, func(d planner.Dish) bool { return int64(d.ID) <= after })
	}
	out := &recipesOut{Body: LibraryRecipes{Recipes: []LibraryRecipe{}}}
	for _, d := range found[:min(len(found), in.Limit)] {
		x := LibraryRecipe{Recipe: int64(d.ID), Name: d.Name, Meals: []string{}, Kcal: tenth(d.Kcal), Estimated: d.Estimated, LeftOut: string(d.Reason), Why: d.Said.String()}
		for _, m := range d.Meals {
			x.Meals = append(x.Meals, m.String())
		}
		out.Body.Recipes = append(out.Body.Recipes, x)
	}
	if len(found) > in.Limit {
		out.Body.Next = base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(int64(found[in.Limit-1].ID), 10)))
		next := url.Values{"cursor": {out.Body.Next}, "limit": {strconv.Itoa(in.Limit)}}
		if in.Query != "" {
			next.Set("query", in.Query)
		}
		out.Link = "<" + a.at("/library/recipes?"+next.Encode()) + `>; rel="next"`
	}
	return out, nil
}

func (a *API) answer(ctx context.Context, c caller, in *answerIn) (*reportOut, error) {
	said := recipe.Answer{Food: in.Body.Food, Is: in.Body.Is, Ignored: in.Body.Ignored}
	if in.Body.Contains != nil {
		said.Told, said.Contains = true, *in.Body.Contains
	}
	if err := a.Library.AnswerAs(ctx, c.User, said); err != nil {
		return nil, err
	}
	return a.library(ctx, c, nil)
}

func (a *API) takeBack(ctx context.Context, c caller, in *takeBackIn) (*struct{}, error) {
	return nil, a.Library.TakeBackAs(ctx, c.User, in.Food)
}
