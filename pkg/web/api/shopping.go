package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
)

// ShoppingList is a week's list.
type ShoppingList struct {
	Week     string    `json:"week" format:"date" doc:"The Monday of its week."`
	Version  int64     `json:"version" doc:"Changes with the list; compare for equality only."`
	Left     int       `json:"left" doc:"What is not ticked yet; what is at home, or to be looked for there, does not count." example:"17"`
	Sections []Aisle   `json:"sections" doc:"In the order of the supermarket."`
	Home     []Item    `json:"home" doc:"Somebody has it: it is not bought."`
	Pantry   []Item    `json:"pantry" doc:"To be looked for at home first."`
	Own      []OwnItem `json:"own" doc:"What was added by hand."`
	Gone     []string  `json:"gone" doc:"What was ticked and is needed no longer."`
	Outdated bool      `json:"outdated" doc:"The plan is being replaced."`
}

// Aisle is a part of the list.
type Aisle struct {
	Name  string `json:"name" example:"Vegetables"`
	Items []Item `json:"items"`
}

// Item is a food to buy.
type Item struct {
	Key    string `json:"key" doc:"Names the food; what a tick takes." example:"food:onion"`
	Name   string `json:"name" example:"onion"`
	Buy    string `json:"buy" doc:"How much." example:"500 g"`
	Ticked bool   `json:"ticked"`
	Was    string `json:"was,omitempty" doc:"The amount that was ticked, where another is needed now."`
	Had    string `json:"had,omitempty" doc:"The amount that is at home, where more is needed now."`
	Staple bool   `json:"staple,omitempty" doc:"It is one of the settings' staples."`
}

// OwnItem is something that was added by hand.
type OwnItem struct {
	ID     int64  `json:"id" example:"7"`
	Text   string `json:"text" example:"two bottles of beer"`
	Ticked bool   `json:"ticked"`
}

type listOut struct{ Body ShoppingList }

type itemOut struct{ Body OwnItem }

type textOut struct {
	Type string `header:"Content-Type"`
	Body []byte
}

// Keyed takes a key under which a change may be repeated.
type Keyed struct {
	Key string `header:"Idempotency-Key" maxLength:"255" doc:"A repeated request with the same key is answered alike and changes nothing more, for a day."`
}

type tickIn struct {
	OfWeek
	Keyed
	Body struct {
		Key    string `json:"key" minLength:"1" maxLength:"300" doc:"The key of an item of the list." example:"food:onion"`
		Ticked bool   `json:"ticked" doc:"false takes the tick back."`
	}
}

type itemIn struct {
	OfWeek
	Keyed
	Body struct {
		Text string `json:"text" minLength:"1" maxLength:"200" doc:"What to buy, on one line." example:"two bottles of beer"`
	}
}

// OfItem names an item in the address.
type OfItem struct {
	OfWeek
	ID int64 `path:"id" minimum:"1" doc:"The item's id." example:"7"`
}

type itemChange struct {
	OfItem
	Keyed
	Body struct {
		Ticked bool `json:"ticked"`
	}
}

type itemGone struct {
	OfItem
	Keyed
}

func (a *API) registerShopping() {
	const tag = "Shopping"
	scopes, missing := []access.Scope{access.Shopping}, []int{http.StatusNotFound}
	add(a, operation{
		id: "getShoppingList", method: http.MethodGet, path: "/weeks/{week}/shopping", tag: tag, scopes: scopes, errors: missing, summary: "The shopping list",
		about: "A tick holds as long as the same amount is needed.",
	}, a.shoppingList)
	add(a, operation{
		id: "getShoppingText", method: http.MethodGet, path: "/weeks/{week}/shopping.txt", tag: tag, scopes: scopes, errors: missing, media: "text/plain", schema: &huma.Schema{Type: huma.TypeString}, summary: "The shopping list as text",
		about: "What is not ticked, a line for each item.",
	}, a.shoppingText)
	add(a, operation{
		id: "tickItem", method: http.MethodPost, path: "/weeks/{week}/shopping/ticks", tag: tag, scopes: scopes, errors: missing, summary: "Tick a food, or take the tick back",
		about: "Doing it twice changes nothing more. No If-Match: ticks of several people do not contradict each other.",
	}, a.tick)
	add(a, operation{
		id: "addItem", method: http.MethodPost, path: "/weeks/{week}/shopping/items", tag: tag, scopes: scopes, errors: missing, status: http.StatusCreated, summary: "Add an item of your own",
		about: "At most 200 in a list.",
	}, a.addItem)
	add(a, operation{
		id: "tickOwnItem", method: http.MethodPatch, path: "/weeks/{week}/shopping/items/{id}", tag: tag, scopes: scopes, errors: missing, summary: "Tick an item of your own",
		about: "Or take the tick back.",
	}, a.tickOwn)
	add(a, operation{
		id: "removeItem", method: http.MethodDelete, path: "/weeks/{week}/shopping/items/{id}", tag: tag, scopes: scopes, errors: missing, status: http.StatusNoContent, summary: "Remove an item of your own",
		about: "Foods of the plan cannot be removed: tick them.",
	}, a.removeItem)
}

func (a *API) list(ctx context.Context, c caller, week calendar.Date) (*listOut, error) {
	l, err := a.Shopping.List(ctx, c.User, week)
	if err != nil {
		return nil, noList(err, week)
	}
	out := ShoppingList{Week: week.String(), Version: l.Version, Left: l.Left(), Sections: []Aisle{}, Home: items(l.Home), Pantry: items(l.Pantry), Own: []OwnItem{}, Gone: list(l.Gone), Outdated: l.Outdated}
	for _, s := range l.Sections {
		out.Sections = append(out.Sections, Aisle{s.Name, items(s.Items)})
	}
	for _, o := range l.Own {
		out.Own = append(out.Own, OwnItem{o.ID, o.Text, o.Ticked})
	}
	return &listOut{out}, nil
}

// noList says that a week without a plan has no list; other errors stay what they are.
func noList(err error, week calendar.Date) error {
	if fault.KindOf(err) == fault.NotFound {
		return unplanned(week)
	}
	return err
}

func items(from []shopping.Item) []Item {
	out := make([]Item, len(from))
	for i, f := range from {
		out[i] = Item{f.Key, f.Name, f.Buy, f.Ticked, f.Was, f.Had, f.Staple}
	}
	return out
}

// planned reads the week in the address, which must be planned.
func (a *API) planned(ctx context.Context, c caller, in OfWeek) (calendar.Date, error) {
	week, err := a.week(ctx, c, in)
	if err != nil {
		return 0, err
	}
	_, err = a.plan(ctx, c.User, week)
	return week, err
}

func (a *API) shoppingList(ctx context.Context, c caller, in *OfWeek) (*listOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	return a.list(ctx, c, week)
}

func (a *API) shoppingText(ctx context.Context, c caller, in *OfWeek) (*textOut, error) {
	week, err := a.week(ctx, c, *in)
	if err != nil {
		return nil, err
	}
	l, err := a.Shopping.List(ctx, c.User, week)
	if err != nil {
		return nil, noList(err, week)
	}
	return &textOut{"text/plain; charset=utf-8", []byte(l.Text(message.English))}, nil
}

func (a *API) tick(ctx context.Context, c caller, in *tickIn) (*listOut, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	if err := a.Shopping.Tick(ctx, c.User, week, in.Body.Key, in.Body.Ticked); err != nil {
		return nil, err
	}
	return a.list(ctx, c, week)
}

func (a *API) addItem(ctx context.Context, c caller, in *itemIn) (*itemOut, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	o, err := a.Shopping.Add(ctx, c.User, week, in.Body.Text)
	return &itemOut{OwnItem{o.ID, o.Text, o.Ticked}}, err
}

func (a *API) tickOwn(ctx context.Context, c caller, in *itemChange) (*listOut, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	if err := a.Shopping.TickOwn(ctx, c.User, week, in.ID, in.Body.Ticked); err != nil {
		return nil, err
	}
	return a.list(ctx, c, week)
}

func (a *API) removeItem(ctx context.Context, c caller, in *itemGone) (*struct{}, error) {
	week, err := a.planned(ctx, c, in.OfWeek)
	if err != nil {
		return nil, err
	}
	return nil, a.Shopping.Remove(ctx, c.User, week, in.ID)
}
