package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

// own adds a user with a library that is called as they are.
func (w *world) own(t *testing.T, id string, invited bool) {
	t.Helper()
	must(t, w.Users.AddConnection(t.Context(), recipe.Connection{ID: id, URL: w.box.TandoorURL(), Sealed: w.SealTandoor(id, "tda_mine"), Invited: invited}, id))
	w.cook(t, id, id)
}

// owner is own, and returns the user's browser.
func (w *world) owner(t *testing.T, id string, invited bool) *browser {
	t.Helper()
	w.own(t, id, invited)
	b := w.browser(t)
	token, err := w.SignIns.Link(t.Context(), id)
	must(t, err)
	b.want("/sign-in/"+token, url.Values{}, http.StatusOK, "mealplanner")
	return b
}

// cook adds a user who cooks from a library.
func (w *world) cook(t *testing.T, id, library string) {
	t.Helper()
	must(t, w.Users.Add(t.Context(), user.User{ID: id, Name: id, Email: id + "@example.org", TimeZone: "Europe/Berlin", Enabled: true, People: 1, Connection: library, Settings: user.DefaultSettings()}, nil))
}

// The page lets whoever connected a library have it written to, says for how many others, and takes
// it back whatever Tandoor answers; it does not for a library with an operator's token.
func TestOwnersTurnWriteBackOnAndOffOnThePage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	const tick, others = `action="/account/push"`, "from this library: while this is ticked"
	given := w.owner(t, "user_cy", false) // by an operator, with their token
	if page := given.want("/account", nil, http.StatusOK, "and whether plans and lists are written there"); strings.Contains(page, tick) {
		t.Error("the page offers to write to a library that an operator connected")
	}
	given.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "This library is not yours")

	b := w.owner(t, "user_bo", true)
	if page := b.want("/account", nil, http.StatusOK, tick); strings.Contains(page, others) {
		t.Error("the page speaks of others who are not there")
	}
	w.cook(t, "user_di", "user_bo")
	b.want("/account", nil, http.StatusOK, "1 other person cooks "+others)
	w.cook(t, "user_ed", "user_bo")
	b.want("/account", nil, http.StatusOK, "2 others cook "+others)

	w.box.Tandoor.SetToken("tda_mine", tandoortest.Token{Scope: "read write"})
	b.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "from now on")
	w.box.Tandoor.Revoke("tda_mine")
	b.want("/account/push", url.Values{}, http.StatusOK, "no longer written")
	b.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "with the scopes read and write")
	if c, err := w.Users.Connection(t.Context(), "user_bo"); err != nil || c.WriteBack {
		t.Errorf("the connection is %+v, %v", c, err)
	}
}

// A tick stores nothing of a connection that was deleted, or given another token, while Tandoor was asked.
func TestATickBringsNoConnectionBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	for kind, meanwhile := range map[fault.Kind]func(c recipe.Connection){
		fault.NotFound: func(c recipe.Connection) { must(t, w.Users.Delete(t.Context(), c.ID)) },
		fault.Conflict: func(c recipe.Connection) {
			c.URL, c.Sealed, c.WriteBack = "http://new", []byte("new"), false
			must(t, w.Users.ChangeConnection(t.Context(), c, "operator"))
		},
	} {
		id := "user_" + strings.ToLower(string(kind))
		w.own(t, id, true)
		s := connection.New(w.Users, func(_ context.Context, c recipe.Connection) error {
			meanwhile(c)
			return nil
		})
		if err := s.SetWriteBack(t.Context(), id, true); fault.KindOf(err) != kind {
			t.Errorf("%s: %v", kind, err)
		}
		if n := w.rows(t, "connections where id = '"+id+"' and (url <> 'http://new' or token_sealed <> 'new' or write_back)"); n != 0 {
			t.Errorf("%s: what a connection was is back", kind)
		}
	}
}
