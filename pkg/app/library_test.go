package app_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
)

func (w *world) recipes(t *testing.T) int {
	t.Helper()
	all, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	return len(all)
}

// refused refreshes and wants a Conflict that says so, and a pool that is as it was.
func (w *world) refused(t *testing.T, full bool, want string) {
	t.Helper()
	n := w.recipes(t)
	_, err := w.Sync.Refresh(t.Context(), sandbox.Connection, full, nil)
	if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "mealplanner import --connection sandbox --accept-changes") {
		t.Errorf("full %t: %v (%s); want %q and the cure", full, err, fault.KindOf(err), want)
	}
	if is := w.recipes(t); is != n {
		t.Errorf("full %t: %d recipes became %d", full, n, is)
	}
}

// Another space is not mixed in, and a library that shrinks at once is not believed, until
// somebody says that it is right.
func TestALibraryThatIsNotTheSame(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	all := w.recipes(t)
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	if s, err := w.CheckLibrary(t.Context(), conn); err != nil || s.SpaceID != 1 {
		t.Errorf("before: %+v, %v", s, err)
	}
	must(t, w.box.Tandoor.SwitchSpace("Work", tandoortest.Small()))
	if s, err := w.CheckLibrary(t.Context(), conn); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), `space "Work" (id 2), and showed`) || s.Space != "Work" {
		t.Errorf("doctor after the switch: %+v, %v", s, err)
	}
	for _, full := range []bool{false, true} {
		w.refused(t, full, `space "Work" (id 2), and showed`)
	}
	m := w.mustGenerate(t, lewis)
	if notes := message.Joined(m.Week.Notes...).String(); !strings.Contains(notes, `were not taken over: Tandoor now shows space "Work"`) {
		t.Errorf("notes %q", notes)
	}
	sum, err := w.Sync.Accept(t.Context(), sandbox.Connection, nil)
	if err != nil || sum.Deleted != all || w.recipes(t) != sum.Changed || sum.Changed != 12 {
		t.Errorf("accepted %+v, %v; %d recipes", sum, err, w.recipes(t))
	}
	if _, err := w.Sync.Refresh(t.Context(), sandbox.Connection, true, nil); err != nil {
		t.Error(err)
	}
	if s, err := w.CheckLibrary(t.Context(), conn); err != nil || s.SpaceID != 2 {
		t.Errorf("doctor, once it is accepted: %+v, %v", s, err)
	}
}

func TestALibraryThatShrinks(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	all, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	remove := func(rs []recipe.Recipe) {
		for _, r := range rs {
			req := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, fmt.Sprintf("http://tandoor/api/recipe/%d/", r.ID), http.NoBody)
			req.Header.Set("Authorization", "Bearer "+w.box.TandoorToken)
			w.box.Tandoor.ServeHTTP(httptest.NewRecorder(), req)
		}
	}
	fifth := len(all) / 5
	remove(all[:fifth])
	sum, err := w.Sync.Refresh(t.Context(), sandbox.Connection, false, nil)
	if err != nil || sum.Deleted != fifth || w.recipes(t) != len(all)-fifth {
		t.Errorf("a fifth gone: %+v, %v", sum, err)
	}
	remove(all[fifth : 2*fifth])
	w.refused(t, false, fmt.Sprintf("%d of %d recipes are no longer there", fifth, len(all)-fifth))
	if sum, err = w.Sync.Accept(t.Context(), sandbox.Connection, nil); err != nil || sum.Deleted != fifth {
		t.Errorf("accepted %+v, %v", sum, err)
	}
	for _, r := range all[2*fifth : 4*fifth] {
		must(t, w.box.Tandoor.Amend(int(r.ID), func(d map[string]any) { d["servings"] = "many" }))
	}
	w.refused(t, false, "cannot be used")
}

// What cannot be used is asked for once, and every sync after that is two lists and the space.
func TestRefusedRecipesAreAskedForOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	must(t, w.box.Tandoor.Amend(7, func(d map[string]any) { d["servings"] = "many" }))
	n := w.recipes(t)
	refresh := func() int {
		t.Helper()
		w.box.Tandoor.ResetLog()
		_, err := w.Sync.Refresh(t.Context(), sandbox.Connection, false, nil)
		must(t, err)
		return w.box.Tandoor.Calls()["GET /api/recipe/{id}/{$}"]
	}
	if asked := refresh(); asked != 1 || w.recipes(t) != n-1 {
		t.Errorf("asked for %d recipes, %d are left of %d", asked, w.recipes(t), n)
	}
	if asked := refresh(); asked != 0 {
		t.Errorf("asked for %d recipes again", asked)
	}
	must(t, w.box.Tandoor.Amend(7, func(map[string]any) {}))
	if asked := refresh(); asked != 1 || w.recipes(t) != n {
		t.Errorf("mended: asked for %d recipes, %d of %d are there", asked, w.recipes(t), n)
	}
}

// Servings are for all who eat; units and foods go by the names they have in Tandoor, and
// none is made.
func TestWriteBackSpeaksTheLibrarysLanguage(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	conn.WriteBack = true
	must(t, w.Users.PutConnection(t.Context(), conn))
	_, err = w.Users.Change(t.Context(), lewis, func(u *user.User) error { u.People = 3; return nil })
	must(t, err)
	s := &shared{postOffice: &postOffice{world: w}, t: t, place: standIn{w.box.Tandoor, w.box.TandoorToken}, token: personToken}
	s.box.Tandoor.SetToken(personToken, tandoortest.Token{Scope: "read write"})
	before := len(s.list("/api/unit/?")) + len(s.list("/api/food/?"))
	m := w.mustGenerate(t, lewis)
	if n, err := w.Publish(t.Context(), lewis); n != 1 || err != nil {
		t.Fatalf("published %d, %v", n, err)
	}
	if after := len(s.list("/api/unit/?")) + len(s.list("/api/food/?")); after != before {
		t.Errorf("%d foods and units became %d", before, after)
	}
	want := map[string]float64{}
	for _, d := range m.Week.Days {
		for _, sv := range d.Meals {
			want[fmt.Sprint(d.Date, " ", sv.Name)] += 3 * sv.Servings.Float()
		}
	}
	for _, row := range s.meals() {
		k := fmt.Sprint(row["from_date"].(string)[:10], " ", row["recipe_name"])
		if want[k] -= row["servings"].(float64); want[k] == 0 {
			delete(want, k)
		}
	}
	if len(want) > 0 {
		t.Errorf("servings that are missing: %v", want)
	}
	seen := map[string]bool{}
	for _, row := range s.lines() {
		if seen[lineKey(row)] {
			t.Errorf("two lines of %v", sight(row))
		}
		seen[lineKey(row)] = true
	}
}

// Another address is another library, whose numbers mean other things: nothing that was
// stored of the old one is taken for something of the new.
func TestWriteBackAfterTheLibraryMoved(t *testing.T) {
	t.Parallel()
	w, other := newWorld(t, options{people: sandbox.People()[:1]}), newWorld(t, options{people: sandbox.People()[:1]})
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	conn.WriteBack = true
	must(t, w.Users.PutConnection(t.Context(), conn))
	w.mustGenerate(t, lewis)
	if n, err := w.Publish(t.Context(), lewis); n != 1 || err != nil {
		t.Fatalf("published %d, %v", n, err)
	}
	other.box.Tandoor.SetToken(w.box.TandoorToken, tandoortest.Token{Scope: "read write"})
	conn.URL = other.box.TandoorURL()
	must(t, w.Users.PutConnection(t.Context(), conn))
	must(t, w.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	if _, err := w.Amend(t.Context(), lewis); err != nil {
		t.Fatal(err)
	}
	_, err = w.pool(t).Exec(t.Context(), "update plans set published_at = null, outdated = null")
	must(t, err)
	if n, err := w.Publish(t.Context(), lewis); n != 1 || err != nil {
		t.Errorf("published %d, %v", n, err)
	}
	if here, there := len(w.box.Tandoor.Plans()), len(other.box.Tandoor.Plans()); here != 21 || there != 21 {
		t.Errorf("%d meals in the old library, %d in the new; want 21 and 21", here, there)
	}
}

// A refusal is said once, kept, and not tried again until the plan changes; an outage is
// tried again later and later, and by command at once.
func TestWriteBackThatIsRefused(t *testing.T) {
	t.Parallel()
	p := newPostOffice(t, "sandbox", sandbox.People()[:1])
	conn, err := p.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	conn.WriteBack = true
	must(t, p.Users.PutConnection(t.Context(), conn))
	m := p.mustGenerate(t, lewis)
	gone := m.Week.Days[2].Meals[recipe.Dinner]
	req := httptest.NewRequestWithContext(t.Context(), http.MethodDelete, fmt.Sprintf("http://tandoor/api/recipe/%d/", gone.Recipe), http.NoBody)
	req.Header.Set("Authorization", "Bearer "+p.box.TandoorToken)
	p.box.Tandoor.ServeHTTP(httptest.NewRecorder(), req)

	heal := p.fault(t, faultswitch.Rule{Upstream: "tandoor", Path: "/api/meal-type/", Status: http.StatusServiceUnavailable})
	for range 2 {
		if _, err := p.Publish(t.Context(), lewis); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("in an outage: %v", err)
		}
	}
	heal()
	if n := strings.Count(p.logs.String(), "Writing the plan back failed"); n != 1 {
		t.Errorf("an outage was logged %d times", n)
	}
	if n, err := p.Publish(t.Context(), ""); n != 0 || err != nil {
		t.Errorf("tried again at once: %d, %v", n, err)
	}
	for range 3 {
		if _, err := p.Publish(t.Context(), lewis); err != nil {
			t.Error(err)
		}
	}
	if n := strings.Count(p.logs.String(), "Plan written back in part"); n != 1 {
		t.Errorf("a refusal was logged %d times", n)
	}
	var refused []string
	must(t, p.pool.QueryRow(t.Context(), "select refused from write_backs").Scan(&refused))
	if want := fmt.Sprintf("%s: recipe %d is no longer in Tandoor", gone.Name, gone.Recipe); len(refused) == 0 || !strings.Contains(refused[0], want) {
		t.Errorf("kept %q; want %q", refused, want)
	}
	want := 0
	for _, d := range m.Week.Days {
		for _, sv := range d.Meals {
			if sv != nil && sv.Recipe != gone.Recipe {
				want++
			}
		}
	}
	if n := len(p.box.Tandoor.Plans()); n != want || want > 20 {
		t.Errorf("%d meals were written; want %d", n, want)
	}
}
