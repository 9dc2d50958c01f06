package app_test

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/targets"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

var invitationPath = regexp.MustCompile(`/invitation/[\w-]+`)

// invite invites somebody by mail and returns the path of their link.
func (w *world) invite(t *testing.T, u user.User) string {
	t.Helper()
	u.TimeZone, u.People, u.Settings = "Europe/Berlin", 1, user.DefaultSettings()
	seen := len(w.box.Mail.Messages())
	link, err := w.Invite(t.Context(), u, true)
	must(t, err)
	must(t, w.box.Mail.Wait(t.Context(), seen+1))
	m := w.box.Mail.Messages()[seen]
	path := invitationPath.FindString(text(t, m))
	if m.To != u.Email || path == "" || !strings.HasSuffix(link, path) {
		t.Fatalf("%s was mailed to %s, printed %s", path, m.To, link)
	}
	return path
}

// Somebody who is invited connects their library, says what they eat, and has a week.
func TestAnInvitedPersonSetsThemselvesUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	link := w.invite(t, user.User{ID: "user_bo", Email: "bo@example.org"})
	b := w.browser(t)
	b.want("/setup", nil, http.StatusUnauthorized, "the link of your invitation")
	b.want("/invitation/nonsense", url.Values{}, http.StatusUnauthorized, "not valid")
	b.want(link, nil, http.StatusOK, "Five short steps")
	b.want(link, url.Values{}, http.StatusOK, "Where your recipes are")
	b.want("/setup/food", nil, http.StatusOK, "Where your recipes are") // steps are done in order
	b.want("/setup/food", url.Values{"allergens": {"nuts"}}, http.StatusOK, "Where your recipes are")
	b.want("/setup/dance", nil, http.StatusNotFound, "no step")

	library := url.Values{"url": {w.box.TandoorURL()}, "token": {"tda_wrong"}, "write_back": {"yes"}}
	page := b.want("/setup/library", library, http.StatusUnprocessableEntity, "token")
	if strings.Contains(page, "tda_wrong") || !strings.Contains(page, w.box.TandoorURL()) {
		t.Errorf("a refused form keeps the address and not the token:\n%s", page)
	}
	b.want("/setup/library", url.Values{"url": {"http://127.0.0.1:1"}, "token": {"tda_x"}}, http.StatusUnprocessableEntity, "127.0.0.1:1")
	b.want("/setup/library", url.Values{"url": {"gopher:x"}, "token": {"tda_x"}}, http.StatusUnprocessableEntity, "gopher")
	library.Set("token", w.box.TandoorToken)
	b.want("/setup/library", library, http.StatusOK, "Who eats")
	b.want("/setup/library", nil, http.StatusOK, "keep the one that is stored")
	b.want("/setup/library", url.Values{"url": {w.box.TandoorURL()}}, http.StatusOK, "Who eats") // without write-back, after all
	if c, err := w.Users.Connection(t.Context(), "user_bo"); err != nil || c.WriteBack {
		t.Errorf("the connection: %+v, %v", c, err)
	}

	eaters := url.Values{"name": {"Bo"}, "zone": {"Mars/Olympus"}, "adults": {"2"}, "children": {"1"}, "share": {"0.5"}}
	page = b.want("/setup/eaters", eaters, http.StatusUnprocessableEntity, "Time zone:")
	if got := field(t, page, "share", "share"); got != "0.5" {
		t.Errorf("the share typed is %q", got)
	}
	eaters.Set("zone", "Europe/Berlin")
	b.want("/setup/eaters", eaters, http.StatusOK, "Your daily targets")
	body := url.Values{"how": {"body"}, "weight": {"62"}, "height": {"168"}, "age": {"17"}, "sex": {"female"}, "activity": {"light"}, "goal": {"maintain"}}
	page = b.want("/setup/targets", body, http.StatusUnprocessableEntity, "age")
	if !strings.Contains(page, `<option value="light" selected>`) || field(t, page, "weight", "weight") != "62" {
		t.Errorf("what was typed is lost:\n%s", page)
	}
	body.Set("age", "35")
	b.want("/setup/targets", body, http.StatusOK, "At rest 1,334 kcal a day")
	b.want("/setup/targets", url.Values{"how": {"grams"}, "protein": {"30"}, "fat": {"10"}, "carbs": {"50"}, "tolerance": {"10"}}, http.StatusUnprocessableEntity, "below 800")
	must(t, w.Sync.Ensure(t.Context(), "user_bo", nil)) // as the page began to
	b.want("/setup/food", url.Values{"dislikes": {"qwertz"}}, http.StatusUnprocessableEntity, "Unknown food “qwertz”")
	b.want("/setup/food", url.Values{"allergens": {"nuts"}, "dislikes": {"leek"}}, http.StatusOK, "When the week is planned")
	b.want(link, url.Values{}, http.StatusOK, "When the week is planned") // it can be opened again
	b.want("/setup/schedule", url.Values{"plan_day": {"friday"}, "plan_hour": {"6"}}, http.StatusUnprocessableEntity, "Choose at least one meal")
	if n := w.rows(t, "users where id = 'user_bo'"); n != 0 {
		t.Error("a user before the last step")
	}
	mails := len(w.box.Mail.Messages())
	b.want("/setup/schedule", url.Values{"meals": {"breakfast", "lunch", "dinner"}, "plan_day": {"friday"}, "plan_hour": {"6"}, "mails": {"weekly_plan"}}, http.StatusOK, "")
	must(t, w.box.Mail.Wait(t.Context(), mails+1))
	if m := w.box.Mail.Messages()[mails]; m.To != "bo@example.org" {
		t.Errorf("mailed to %s", m.To)
	}
	b.want("/first", nil, http.StatusOK, "on target")
	b.want("/setup", nil, http.StatusUnauthorized, "the link of your invitation")
	b.want(link, url.Values{}, http.StatusUnauthorized, "was used")

	w.isSetUp(t, b)
}

// isSetUp checks what became of the set-up, of its settings page, and of what stays when the user goes.
func (w *world) isSetUp(t *testing.T, b *browser) {
	t.Helper()
	u, err := w.Users.Get(t.Context(), "user_bo")
	must(t, err)
	want, err := (targets.Body{WeightKG: 62, HeightCM: 168, Age: 35, Sex: targets.Female, Activity: targets.Light, Goal: targets.Maintain}).Target()
	must(t, err)
	if got, source := u.Settings.Target(0); got != want || source != targets.Computed || u.Household() != 25_000 || u.Settings.Allergens[0] != "nuts" || u.Settings.Wants("daily_advisor") || u.Name != "Bo" {
		t.Errorf("the user is %+v", u)
	}
	if _, err := w.Invite(t.Context(), u, false); fault.KindOf(err) != fault.Conflict {
		t.Errorf("inviting a user: %v", err)
	}
	page := b.want("/settings", nil, http.StatusOK, "What is cooked")
	if got := field(t, page, "eaters", "eaters"); got != "1, 1, 0.5" {
		t.Errorf("the eaters are %q", got)
	}
	cooked := url.Values{"form": {"cooking"}, "people": {"3"}, "smallest": {"0.5"}, "largest": {"2"}, "rotation": {"14"}, "quick": {"20"}, "eaters": {"1, 1, 0.5"}}
	b.want("/settings", cooked, http.StatusOK, "Stored.")
	u, err = w.Users.Get(t.Context(), "user_bo")
	must(t, err)
	if u.Household() != 25_000 {
		t.Errorf("a form that was sent as it was shown made the household %s", u.Household())
	}
	w.writesBack(t, b)
	held, err := w.Users.Holdings(t.Context(), "user_bo")
	must(t, err)
	if !slices.ContainsFunc(held, func(h postgres.Held) bool { return strings.HasPrefix(h.What, "libraries that go along") && h.N == 1 }) {
		t.Errorf("what a deletion takes along lacks the library: %+v", held)
	}
	must(t, w.Users.Delete(t.Context(), "user_bo"))
	if n := w.rows(t, "connections where id = 'user_bo'"); n != 0 {
		t.Error("the library that was connected for a user stays when they are deleted")
	}
	if n := w.rows(t, "runtime_settings_audit where name || set_by like '%user_bo%'"); n != 0 {
		t.Errorf("%d changes of write-back by a user stay when they are deleted", n)
	}
}

// writesBack turns writing to the user's own library on and off; it is noted who did.
func (w *world) writesBack(t *testing.T, b *browser) {
	t.Helper()
	if page := b.want("/shopping", nil, http.StatusOK, "/account#connections"); strings.Contains(page, "Send it to Tandoor") {
		t.Error("a list is to be sent to a library that takes none")
	}
	w.box.Tandoor.SetToken(w.box.TandoorToken, tandoortest.Token{Scope: "read"})
	b.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "with the scopes read and write")
	w.box.Tandoor.SetToken(w.box.TandoorToken, tandoortest.Token{Scope: "read write"})
	b.want("/account/push", url.Values{"on": {"yes"}}, http.StatusOK, "from now on")
	b.want("/account", nil, http.StatusOK, `name="on" value="yes" checked`)
	b.want("/shopping", nil, http.StatusOK, "Send it to Tandoor")
	b.want("/account/push", url.Values{}, http.StatusOK, "no longer written")
	if n := w.rows(t, "runtime_settings_audit where set_by = 'user_bo' and name = 'write-back of user_bo'"); n != 4 { // two in the set-up
		t.Errorf("%d changes are noted", n)
	}
}

// What is withdrawn or too old ends, and takes the library with it that nobody else uses.
func TestInvitationsEnd(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit = 0 }})
	must(t, w.Start(t.Context()))
	library := url.Values{"url": {w.box.TandoorURL()}, "token": {w.box.TandoorToken}, "write_back": {"yes"}}
	for id, end := range map[string]func(id string){
		"withdrawn": func(id string) { must(t, w.Invited.Withdraw(t.Context(), id)) },
		"expired": func(id string) {
			_, err := w.pool(t).Exec(t.Context(), "update invitations set expires_at = now() where user_id = $1", id)
			must(t, err)
		},
	} {
		first := w.invite(t, user.User{ID: id, Email: id + "@example.org"})
		link := w.invite(t, user.User{ID: id, Email: id + "@example.org"}) // replaces the first
		b := w.browser(t)
		b.want(first, url.Values{}, http.StatusUnauthorized, "replaced")
		b.want(link, url.Values{}, http.StatusOK, "Where your recipes are")
		b.want("/setup/library", library, http.StatusOK, "Who eats")
		end(id)
		b.want("/setup", nil, http.StatusUnauthorized, "has ended")
		b.want(link, url.Values{}, http.StatusUnauthorized, "withdrawn")
	}
	early := w.browser(t) // who opened a link that is replaced
	early.want(w.invite(t, user.User{ID: "moved", Email: "typo@example.org"}), url.Values{}, http.StatusOK, "Where your recipes are")
	right := w.browser(t)
	link := w.invite(t, user.User{ID: "moved", Email: "right@example.org"})
	right.want(link, nil, http.StatusOK, "right@example.org")
	right.want(link, url.Values{}, http.StatusOK, "Where your recipes are") // nothing of the other's is left
	early.want("/setup", nil, http.StatusUnauthorized, "has ended")
	early.want("/setup/food", url.Values{"allergens": {"nuts"}}, http.StatusUnauthorized, "has ended")
	must(t, w.Invited.Withdraw(t.Context(), "moved"))
	must(t, w.Purge(t.Context()))
	if n := w.rows(t, "invitations") + w.rows(t, "connections where id in ('withdrawn', 'expired')") + w.rows(t, "runtime_settings_audit"); n != 0 {
		t.Errorf("%d rows are left", n)
	}
	shared := w.invite(t, user.User{ID: "guest", Email: "guest@example.org", Connection: sandbox.Connection})
	b := w.browser(t)
	b.want(shared, url.Values{}, http.StatusOK, "You cook from the recipes at")
	b.want("/setup/library", url.Values{"url": {"http://evil.example"}}, http.StatusOK, "Who eats") // theirs to use, not to change
	if c, err := w.Users.Connection(t.Context(), sandbox.Connection); err != nil || c.URL != w.box.TandoorURL() {
		t.Errorf("the shared library is %+v, %v", c, err)
	}
	if _, err := w.Invite(t.Context(), user.User{ID: "lost", Email: "lost@example.org", TimeZone: "UTC", People: 1, Connection: "moon", Settings: user.DefaultSettings()}, false); fault.KindOf(err) != fault.NotFound {
		t.Errorf("a library that is not there: %v", err)
	}
	must(t, w.Invited.Withdraw(t.Context(), "guest"))
	if _, err := w.Users.Connection(t.Context(), sandbox.Connection); err != nil {
		t.Errorf("a withdrawn guest took the library with them: %v", err)
	}
}

// The addresses that invited people type are asked within LIBRARY_REACH, then and later, however
// they are written; those of operators are asked anywhere.
func TestLibrariesOfInvitedPeopleAreWithinReach(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		http.Error(w, "a secret of this machine", http.StatusForbidden)
	}))
	t.Cleanup(inside.Close)
	w := newWorld(t, options{change: func(c *config.Config) { c.Web.RateLimit, c.Web.LibraryReach = 0, "network" }})
	must(t, w.Start(t.Context()))
	b := w.browser(t)
	b.want(w.invite(t, user.User{ID: "user_eve", Email: "eve@example.org"}), url.Values{}, http.StatusOK, "Where your recipes are")
	_, port, err := net.SplitHostPort(inside.Listener.Addr().String())
	must(t, err)
	for _, host := range []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "127.1.2.3", "0.0.0.0", "169.254.169.254"} {
		b.want("/setup/library", url.Values{"url": {"http://" + host + ":" + port}, "token": {"tda_x"}}, http.StatusUnprocessableEntity, "only an operator can allow that (LIBRARY_REACH)")
	}
	if n := w.rows(t, "connections where invited"); n != 0 {
		t.Errorf("%d libraries are connected that were refused", n)
	}
	// A name that led elsewhere when it was checked.
	_, err = w.pool(t).Exec(t.Context(), "insert into connections (id, url, token_sealed, invited) values ('eve', $1, $2, true)", "http://localhost:"+port, w.SealTandoor("eve", "tda_x"))
	must(t, err)
	if err := w.Sync.Ensure(t.Context(), "eve", nil); fault.KindOf(err) != fault.InvalidInput || !strings.Contains(err.Error(), "LIBRARY_REACH") {
		t.Errorf("fetching recipes from this machine: %v", err)
	}
	c, err := w.Users.Connection(t.Context(), "eve")
	must(t, err)
	if n := asked.Load(); n != 0 {
		t.Errorf("this machine was asked %d times", n)
	}
	c.Invited = false // an operator connects it
	if err := w.CheckConnection(t.Context(), c); fault.KindOf(err) == fault.InvalidInput || asked.Load() == 0 {
		t.Errorf("an operator's library was not asked: %v", err)
	}
}
