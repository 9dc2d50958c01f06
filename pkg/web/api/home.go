package api

import (
	"context"
	"net/http"

	"github.com/mealplanner/mealplanner/pkg/account/access"
)

type haveIn struct {
	OfWeek
	Keyed
	Body struct {
		Key  string `json:"key" minLength:"1" maxLength:"300" doc:"The key of an item of the list." example:"food:onion"`
		Home bool   `json:"home" doc:"false takes it back."`
	}
}

type pushIn struct {
	OfWeek
	Keyed
}

// Pushed says what was done to the library's meal plan and shopping list.
type Pushed struct {
	Created int      `json:"created" doc:"Meals and lines that were written." example:"31"`
	Kept    int      `json:"kept" doc:"That were there already."`
	Deleted int      `json:"deleted" doc:"Of ours, that the plan does not hold any longer."`
	Theirs  int      `json:"theirs" doc:"That somebody changed in Tandoor, and that were left alone."`
	Refused []string `json:"refused" doc:"What Tandoor refused, and why."`
}

type pushOut struct{ Body Pushed }

func (a *API) registerHome() {
	const tag = "Shopping"
	add(a, operation{
		id: "setAtHome", method: http.MethodPost, path: "/weeks/{week}/shopping/home", tag: tag, scopes: []access.Scope{access.Shopping}, errors: []int{http.StatusNotFound}, summary: "Say that a food is at home, or take it back",
		about: "It is not bought, as long as no more of it is needed. Foods that are always at home are the settings' staples.",
	}, a.setAtHome)
	add(a, operation{
		id: "pushToTandoor", method: http.MethodPost, path: "/weeks/{week}/shopping/push", tag: tag, scopes: []access.Scope{access.PlanWrite}, errors: []int{http.StatusNotFound, http.StatusConflict}, summary: "Write the week and its list to Tandoor",
		about: "Now, instead of within minutes of a change. Doing it twice changes nothing more. 409 says what keeps it from being written: write-back is off, the plan is being replaced, or the token may not write.",
	}, a.push)
}

func (a *API) setAtHome(ctx context.Context, c caller, in *haveIn) (*listOut, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	if err := a.Shopping.Have(ctx, c.User, week, in.Body.Key, in.Body.Home); err != nil {
		return nil, err
	}
	return a.list(ctx, c, week)
}

func (a *API) push(ctx context.Context, c caller, in *pushIn) (*pushOut, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	r, err := a.Push(ctx, c.User, week)
	return &pushOut{Pushed{r.Created, r.Kept, r.Deleted, r.Theirs, list(r.Refused)}}, err
}
