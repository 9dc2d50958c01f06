package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Me is whom the token acts for.
type Me struct {
	ID    string `json:"id" example:"user_ana"`
	Name  string `json:"name" example:"Ana"`
	Zone  string `json:"time_zone" example:"Europe/Berlin"`
	Today string `json:"today" format:"date" doc:"On the user's clock."`
	Week  string `json:"this_week" format:"date" doc:"The Monday of this week."`
	Token Token  `json:"token" doc:"The token that asks."`
}

// Token is a token, without its secret.
type Token struct {
	ID      int64      `json:"id" example:"3"`
	Name    string     `json:"name" example:"kitchen display"`
	Scopes  []string   `json:"scopes" example:"[\"plan:read\",\"shopping\"]"`
	Created time.Time  `json:"created_at"`
	Expires *time.Time `json:"expires_at,omitempty" doc:"Left out: never."`
	Used    *time.Time `json:"used_at,omitempty" doc:"To the minute; left out: never."`
}

// TokenList is the user's tokens and calendar addresses.
type TokenList struct {
	Tokens []Token `json:"tokens" doc:"The oldest first; those with the scope calendar are addresses of calendars."`
}

// NewCalendar is the secret address of a calendar.
type NewCalendar struct {
	ID  int64  `json:"id" doc:"What ends it: DELETE /tokens/{id}." example:"4"`
	URL string `json:"url" format:"uri" doc:"Whoever has it sees the planned meals; it is not shown again." example:"https://meals.example.org/calendar/mpcal_....ics"`
}

type meOut struct{ Body Me }

type tokensOut struct{ Body TokenList }

type calendarOut struct{ Body NewCalendar }

type exportOut struct {
	Type string `header:"Content-Type"`
	Body []byte
}

type calendarIn struct {
	Body struct {
		Name string `json:"name" minLength:"1" maxLength:"60" doc:"What it is for." example:"phone"`
	}
}

type ofToken struct {
	Keyed
	ID int64 `path:"id" minimum:"1" doc:"The token's id." example:"3"`
}

func (a *API) registerAccount() {
	const tag = "Account"
	add(a, operation{
		id: "getMe", method: http.MethodGet, path: "/me", tag: tag, scopes: nil, summary: "Who the token acts for, and what it may do",
		about: "Every token may ask this.",
	}, a.me)
	add(a, operation{
		id: "exportAccount", method: http.MethodGet, path: "/account/export", tag: tag, scopes: []access.Scope{access.AccountRead}, media: "application/json", schema: &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}, summary: "Everything that is stored about you",
		about: "Secrets excepted. To delete the account, use its page.",
	}, a.export)
	add(a, operation{
		id: "listTokens", method: http.MethodGet, path: "/tokens", tag: tag, scopes: []access.Scope{access.AccountRead}, summary: "List tokens and calendar addresses",
		about: "Without their secrets. The account page and the command line make tokens.",
	}, a.tokens)
	add(a, operation{
		id: "revokeToken", method: http.MethodDelete, path: "/tokens/{id}", tag: tag, scopes: []access.Scope{access.Settings}, errors: []int{http.StatusNotFound}, status: http.StatusNoContent, summary: "End a token or a calendar address",
		about: "At once.",
	}, a.revoke)
	add(a, operation{
		id: "createCalendar", method: http.MethodPost, path: "/calendars", tag: tag, scopes: []access.Scope{access.PlanRead, access.Settings}, status: http.StatusCreated, summary: "Make the secret address of a calendar",
		about: "Calendar programs subscribe to it (iCalendar, RFC 5545). Idempotency-Key does not apply: the address is not stored.",
	}, a.createCalendar)
}

func (a *API) me(ctx context.Context, c caller, _ *struct{}) (*meOut, error) {
	u, err := a.Users.Get(ctx, c.User)
	if err != nil {
		return nil, err
	}
	today, err := a.today(ctx, c.User)
	if err != nil {
		return nil, err
	}
	t := tokenView(c.Token)
	t.Used = nil // this request uses it
	return &meOut{Me{u.ID, u.Name, u.TimeZone, today.String(), today.Monday().String(), t}}, nil
}

func tokenView(t access.Token) Token {
	out := Token{t.ID, t.Name, []string{}, t.Created.UTC(), timeOf(t.Expires), timeOf(t.Used)}
	for _, s := range t.Scopes {
		out.Scopes = append(out.Scopes, string(s))
	}
	return out
}

func (a *API) export(ctx context.Context, c caller, _ *struct{}) (*exportOut, error) {
	data, err := a.Users.Export(ctx, c.User)
	return &exportOut{"application/json", data}, err
}

func (a *API) tokens(ctx context.Context, c caller, _ *struct{}) (*tokensOut, error) {
	all, err := a.Tokens.List(ctx, c.User)
	out := &tokensOut{TokenList{[]Token{}}}
	for _, t := range all {
		out.Body.Tokens = append(out.Body.Tokens, tokenView(t))
	}
	return out, err
}

func (a *API) revoke(ctx context.Context, c caller, in *ofToken) (*struct{}, error) {
	return nil, a.Tokens.Revoke(ctx, c.User, in.ID)
}

func (a *API) createCalendar(ctx context.Context, c caller, in *calendarIn) (*calendarOut, error) {
	if c.effect != "" {
		return nil, fault.New(fault.InvalidInput, "calendar", "Idempotency-Key: leave it out: the address is not stored, so it cannot be told again")
	}
	t, secret, err := a.Tokens.CreateCalendar(ctx, c.User, in.Body.Name)
	if err != nil {
		return nil, err
	}
	return &calendarOut{NewCalendar{t.ID, a.Calendar(secret)}}, nil
}
