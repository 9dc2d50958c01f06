package site

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
)

// Tokens are what programs of the visitor use, and the addresses of calendars.
type Tokens interface {
	Create(ctx context.Context, userID, name string, scopes []access.Scope, days int) (access.Token, string, error)
	CreateCalendar(ctx context.Context, userID, name string) (access.Token, string, error)
	List(ctx context.Context, userID string) ([]access.Token, error)
	Revoke(ctx context.Context, userID string, id int64) error
}

// tokensPage lists tokens, and shows the secret of one that was just made.
type tokensPage struct {
	Tokens          []tokenView
	Scopes          []choice
	Name, Days      string
	Secret, Address string // one of them, once
	refusal
}

type tokenView struct {
	ID                     int64
	Name, What, Used, Ends string
	Calendar               bool
}

// scopeLabels say what a scope is for.
var scopeLabels = map[access.Scope]message.Text{
	access.PlanRead: message.Textf("see weeks and dishes"), access.PlanWrite: message.Textf("plan and change weeks"), access.Shopping: message.Textf("see and tick shopping lists"),
	access.Library: message.Textf("see the library and answer its questions"), access.Settings: message.Textf("see and change settings"), access.AccountRead: message.Textf("export everything"),
}

func (s *Site) tokens(w http.ResponseWriter, r *http.Request, id string) error {
	return s.showTokens(w, r, id, tokensPage{})
}

func (s *Site) showTokens(w http.ResponseWriter, r *http.Request, id string, page tokensPage) error {
	u, err := s.visitor(r, id)
	if err != nil {
		return err
	}
	zone, err := u.Location()
	if err != nil {
		return fault.Wrap(fault.InvalidInput, "user", err)
	}
	all, err := s.Tokens.List(r.Context(), id)
	if err != nil {
		return err
	}
	on := func(t *time.Time) string {
		if t == nil {
			return spoken(r).Say("never")
		}
		return spoken(r).LongDate(calendar.On(t.In(zone)))
	}
	for _, t := range all {
		v := tokenView{ID: t.ID, Name: t.Name, Calendar: t.May(access.Calendar), Used: on(t.Used), Ends: on(t.Expires)}
		v.What = access.Names(t.Scopes)
		page.Tokens = append(page.Tokens, v)
	}
	for _, sc := range access.Scopes {
		chosen := slices.Contains(r.PostForm["scopes"], string(sc)) || sc == access.PlanRead && page.Problem == ""
		page.Scopes = append(page.Scopes, choice{string(sc), scopeLabels[sc], chosen})
	}
	v := view{file: "tokens.html", title: message.Textf("Programs and calendars"), nav: "account", data: page}
	if page.Problem != "" {
		v.status = http.StatusUnprocessableEntity
	}
	return s.show(w, r, v)
}

// changeTokens makes or ends a token, by the form's field "do". A secret is shown in the answer to
// the form, and nowhere kept.
func (s *Site) changeTokens(w http.ResponseWriter, r *http.Request, id string) error {
	f := form{r.PostForm}
	page := tokensPage{Name: f.get("name"), Days: f.get("days")}
	var err error
	switch do := f.get("do"); do {
	case "create":
		days := 0
		if page.Days != "" {
			if days, err = strconv.Atoi(page.Days); err != nil {
				err = fault.New(fault.InvalidInput, "token", "days: %q is no number of days; leave it empty for a token that does not end", page.Days)
				break
			}
		}
		var scopes []access.Scope
		for _, n := range r.PostForm["scopes"] {
			scopes = append(scopes, access.Scope(n))
		}
		_, page.Secret, err = s.Tokens.Create(r.Context(), id, page.Name, scopes, days)
	case "calendar":
		var secret string
		if _, secret, err = s.Tokens.CreateCalendar(r.Context(), id, page.Name); err == nil {
			page.Address = s.Calendar(secret)
		}
	case "revoke":
		var token int64
		if token, err = strconv.ParseInt(f.get("id"), 10, 64); err == nil {
			err = s.Tokens.Revoke(r.Context(), id, token)
		}
		return s.said(w, r, "/account/tokens", message.Textf("It has ended."), err)
	default:
		err = fault.New(fault.InvalidInput, "token", "do: %q is not create, calendar or revoke", do)
	}
	if err != nil && !correctable(err) {
		return err
	}
	if err != nil {
		page.refusal = refusalOf(r, err)
		page.Problem = message.Sentence(fault.In(err, spoken(r)))
		if page.Field == "name" && f.get("do") == "calendar" {
			page.Field = "calendar"
		}
	} else {
		page.Name, page.Days = "", ""
	}
	return s.showTokens(w, r, id, page)
}
