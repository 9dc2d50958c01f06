package app_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
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
		}, w.Vocabulary)
		if err := s.SetWriteBack(t.Context(), id, true); fault.KindOf(err) != kind {
			t.Errorf("%s: %v", kind, err)
		}
		if n := w.rows(t, "connections where id = '"+id+"' and (url <> 'http://new' or token_sealed <> 'new' or write_back)"); n != 0 {
			t.Errorf("%s: what a connection was is back", kind)
		}
	}
}

// Whoever connected a library says on its page what its keywords mean and whose aisles count; others
// see nothing of it and change nothing.
func TestOwnersSayHowTheirLibraryIsRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], role: "api", change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	const section = `action="library/reading"`
	given := w.owner(t, "user_cy", false)
	if page := given.want("/library", nil, http.StatusOK, "Your library"); strings.Contains(page, section) {
		t.Error("the page offers to read an operator's library otherwise")
	}
	given.want("/library/reading", url.Values{"keyword-0": {""}, "supermarket": {"x"}}, http.StatusOK, "This library is not yours")

	w.box.Tandoor.SetToken("tda_mine", tandoortest.Token{Scope: "read write"})
	b := w.owner(t, "user_bo", true)
	if err := w.Sync.Ensure(t.Context(), "user_bo", nil); err != nil {
		t.Fatal(err)
	}
	w.cook(t, "user_di", "user_bo")
	page := b.want("/library", nil, http.StatusOK, "1 other person who cooks from this library")
	keyword := regexp.MustCompile(`<datalist id="keywords"><option value="([^"]+)">`).FindStringSubmatch(page)
	if keyword == nil {
		t.Fatalf("no keyword is offered:\n%s", page)
	}
	seen := field(t, page, "supermarket", "seen")
	form := func(keyword, meals, supermarket string) url.Values {
		return url.Values{"seen": {seen}, "keyword-0": {keyword}, "meals-0": {meals}, "keyword-1": {""}, "meals-1": {""}, "supermarket": {supermarket}}
	}
	page = b.want("/library/reading", form(keyword[1]+"x", "lunch", "<b>"), http.StatusUnprocessableEntity, "did you mean "+keyword[1])
	for _, want := range []string{`id="keyword-0" name="keyword-0" maxlength="100" list="keywords" value="` + keyword[1] + `x" aria-invalid="true"`, `value="&lt;b&gt;"`, `<option value="lunch" selected>`, `open><summary><h2>Which recipes are for which meal`} {
		if !strings.Contains(page, want) {
			t.Errorf("a refused form lacks %s:\n%s", want, page)
		}
	}
	b.want("/library/reading", form(keyword[1], "", ""), http.StatusUnprocessableEntity, "which meal")
	endless := form("", "", "")
	for n := range 1000 {
		endless.Set(fmt.Sprintf("keyword-%d", n), "")
	}
	b.want("/library/reading", endless, http.StatusUnprocessableEntity, "at most")
	b.want("/library/reading", form(keyword[1], "brunch", ""), http.StatusUnprocessableEntity, "brunch")
	page = b.want("/library/reading", form("", "", "No such shop"), http.StatusUnprocessableEntity, "is not in Tandoor, which has")
	if !strings.Contains(page, `name="supermarket" maxlength="100" value="No such shop" aria-invalid="true"`) {
		t.Errorf("the supermarket is not said to be wrong:\n%s", page)
	}
	if status, _, page := b.do("/library/reading", form(keyword[1], "lunch dinner", ""), "Sec-Fetch-Site", "cross-site"); status != http.StatusUnauthorized {
		t.Errorf("a form of another site: %d %s", status, page)
	}
	b.want("/library/reading", form(keyword[1], "lunch dinner", ""), http.StatusOK, "read anew")
	c, err := w.Users.Connection(t.Context(), "user_bo")
	if got := c.KeywordMeals[strings.ToLower(keyword[1])]; err != nil || len(got) != 2 {
		t.Errorf("stored %+v, %v", c.KeywordMeals, err)
	}
	b.want("/library/reading", form(keyword[1], "lunch", ""), http.StatusOK, "was changed elsewhere")
	seen = field(t, b.want("/library", nil, http.StatusOK, `name="known-0"`), "supermarket", "seen")
	gone := form(keyword[1], "", "")
	gone.Set("known-0", "yes")
	b.want("/library/reading", gone, http.StatusOK, "read anew")
	if c, err := w.Users.Connection(t.Context(), "user_bo"); err != nil || len(c.KeywordMeals) != 0 {
		t.Errorf("not forgotten: %+v, %v", c.KeywordMeals, err)
	}
}

// An incremental sync fetches changed recipes alone: after another meaning of keywords, or another
// order of aisles, the next one is a full one, whether or not the page's own came to its end.
func TestALibraryThatIsReadOtherwiseIsFetchedWhole(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	w.box.Tandoor.SetToken("tda_mine", tandoortest.Token{Scope: "read write"})
	w.own(t, "user_bo", true)
	must(t, w.Sync.Ensure(t.Context(), "user_bo", nil))
	const whole = "connections where id = 'user_bo' and full_sync_at > synced_at - interval '1 day'"
	c, err := w.Users.Connection(t.Context(), "user_bo")
	must(t, err)
	must(t, w.Users.PutConnection(t.Context(), c))
	if n := w.rows(t, whole); n != 1 {
		t.Error("a connection that is stored as it was is fetched whole")
	}
	c.Supermarket = "The other shop"
	must(t, w.Users.PutConnection(t.Context(), c))
	if n := w.rows(t, whole); n != 0 {
		t.Error("after another supermarket the next sync is incremental")
	}
}
