package recipesync_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/publish"
	"github.com/mealplanner/mealplanner/pkg/recipesync"
)

func TestARefreshAsksForWhatThePoolDoesNotKnow(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	w.state.Refused = refusing(9, 9)
	w.brings(recipesync.Found{
		Changed: []recipe.Recipe{{ID: 2, Name: "Stew"}, {ID: 3, Name: "Soup"}}, Deleted: ids(1, 1), Refused: refusing(8, 8),
		Problems: []recipesync.Problem{{Recipe: 8, Name: "Cake", Field: "servings"}},
	}, home)
	got, err := w.service().Refresh(t.Context(), "home", false, nil)
	if want := (recipesync.Summary{Changed: 2, Deleted: 1, Problems: 1}); got != want || err != nil {
		t.Errorf("%+v, %v", got, err)
	}
	ask := w.asked[0]
	if known := slices.Sorted(maps.Keys(ask.Known)); !ask.Since.Equal(now.Add(-time.Hour)) || ask.Full || !slices.Equal(known, []recipe.ID{1, 2, 9}) {
		t.Errorf("asked since %s, full %t, known %v", ask.Since, ask.Full, known)
	}
	if a := w.applied[0]; len(w.applied) != 1 || !a.at.Equal(now) || a.full || len(w.failed) > 0 {
		t.Errorf("stored %+v, failures %v", w.applied, w.failed)
	}
	if len(w.state.Refused) != 1 || len(w.recipes) != 2 {
		t.Errorf("the pool is %v without %v", w.recipes, w.state.Refused)
	}
}

func TestEverythingIsLookedAtWhenDueOrWanted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		since  time.Duration
		wanted bool
		full   bool
	}{
		"not yet":           {20*time.Hour - 1, false, false},
		"due":               {20 * time.Hour, false, true},
		"wanted":            {0, true, true},
		"never looked at":   {365 * 24 * time.Hour, false, true},
		"wanted when due":   {21 * time.Hour, true, true},
		"just looked at it": {0, false, false},
	} {
		w := newWorld(1)
		w.state.Full = now.Add(-c.since)
		got, err := w.service().Refresh(t.Context(), "home", c.wanted, nil)
		if err != nil || got.Full != c.full || w.asked[0].Full != c.full || w.applied[0].full != c.full {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestProgressIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(1)
	w.fetch = func(_ context.Context, ask recipesync.Ask) (recipesync.Found, error) {
		ask.Progress(1, 2)
		return recipesync.Found{}, ask.Guard(home, nil)
	}
	told := 0
	count := func(done, total int) { told += done * total }
	if _, err := w.service().Refresh(t.Context(), "home", false, count); err != nil || told != 2 {
		t.Errorf("refresh: %d, %v", told, err)
	}
	if _, err := w.service().Accept(t.Context(), "home", count); err != nil || told != 4 {
		t.Errorf("accept: %d, %v", told, err)
	}
	w.state.Full = time.Time{}
	if err := w.service().Ensure(t.Context(), "home", count); err != nil || told != 6 {
		t.Errorf("ensure: %d, %v", told, err)
	}
}

// What arrived before a failure is stored, and the state stays: it is asked for again.
func TestAFailedFetchStoresWhatArrived(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		found recipesync.Found
		want  int
	}{
		"nothing":    {recipesync.Found{}, 0},
		"a recipe":   {recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}, 1},
		"a problem":  {recipesync.Found{Problems: []recipesync.Problem{{Recipe: 3}}}, 1},
		"both so on": {recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}, Problems: []recipesync.Problem{{Recipe: 4}}}, 1},
	} {
		w := newWorld(2)
		w.state.Space = publish.Space{} // and is not known for certain yet
		w.breaks(c.found, down)
		if got, err := w.service().Refresh(t.Context(), "home", true, nil); !errors.Is(err, down) || got != (recipesync.Summary{}) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
		if len(w.applied) != c.want || len(w.failed) != 1 || !errors.Is(w.failed[0], down) {
			t.Errorf("%s: stored %+v, failures %v", name, w.applied, w.failed)
		}
		for _, a := range w.applied {
			if !a.at.IsZero() || a.full || a.found.Space != (publish.Space{}) {
				t.Errorf("%s: stored as a whole look: %+v", name, a)
			}
		}
	}
}

func TestADatabaseFailureIsTheErrorWhateverTheLibrarySays(t *testing.T) {
	t.Parallel()
	some := recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}
	for name, c := range map[string]struct {
		call   string
		breaks bool
	}{
		"nothing is read":         {"versions", false},
		"nothing is stored":       {"apply", false},
		"a part is not stored":    {"apply", true},
		"a failure is not stored": {"failed", true},
	} {
		w := newWorld(2)
		w.brings(some, home)
		if c.breaks {
			w.breaks(some, down)
		}
		w.fail = map[string]error{c.call: gone}
		if _, err := w.service().Refresh(t.Context(), "home", false, nil); fault.KindOf(err) != fault.DatabaseError || c.breaks && !errors.Is(err, down) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := w.service().Accept(t.Context(), "home", nil); fault.KindOf(err) != fault.DatabaseError {
			t.Errorf("%s, accepted: %v", name, err)
		}
	}
}

func TestAPoolLosesAtMostAFifthUnasked(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool   int
		found  recipesync.Found
		refuse bool
	}{
		"a fifth is deleted":                    {50, recipesync.Found{Deleted: ids(1, 10)}, false},
		"more is deleted":                       {50, recipesync.Found{Deleted: ids(1, 11)}, true},
		"a fifth cannot be used any more":       {50, recipesync.Found{Refused: refusing(1, 10)}, false},
		"more cannot be used any more":          {50, recipesync.Found{Refused: refusing(1, 11)}, true},
		"more is deleted or cannot be used":     {50, recipesync.Found{Deleted: ids(1, 6), Refused: refusing(7, 11)}, true},
		"what the pool did not hold is no loss": {50, recipesync.Found{Deleted: ids(51, 70), Refused: refusing(71, 90)}, false},
		"a small pool may lose everything":      {19, recipesync.Found{Deleted: ids(1, 19)}, false},
		"a pool that is just large may not":     {20, recipesync.Found{Deleted: ids(1, 20)}, true},
	} {
		w := newWorld(c.pool)
		w.brings(c.found, home)
		_, err := w.service().Refresh(t.Context(), "home", true, nil)
		if !c.refuse {
			if err != nil || len(w.applied) != 1 {
				t.Errorf("%s: %v, stored %+v", name, err, w.applied)
			}
			continue
		}
		if fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), fmt.Sprintf("of %d recipes", c.pool)) || !strings.Contains(err.Error(), "--accept-changes") {
			t.Errorf("%s: %v", name, err)
		}
		if len(w.applied) > 0 || len(w.recipes) != c.pool || len(w.failed) != 1 {
			t.Errorf("%s: stored %+v, failures %v", name, w.applied, w.failed)
		}
		if got, err := w.service().Accept(t.Context(), "home", nil); err != nil || !got.Full || len(w.applied) != 1 {
			t.Errorf("%s, accepted: %+v, %v", name, got, err)
		}
	}
}

// A fetch that breaks off after it lost too much stores nothing of it.
func TestALossIsRefusedInAFetchThatFails(t *testing.T) {
	t.Parallel()
	w := newWorld(50)
	w.breaks(recipesync.Found{Changed: []recipe.Recipe{{ID: 60}}, Refused: refusing(1, 30)}, down)
	_, err := w.service().Refresh(t.Context(), "home", false, nil)
	if fault.KindOf(err) != fault.Conflict || !errors.Is(err, down) || len(w.applied) > 0 {
		t.Errorf("%v, stored %+v", err, w.applied)
	}
}

func TestAnotherSpaceIsRefusedUntilItIsAccepted(t *testing.T) {
	t.Parallel()
	w := newWorld(2)
	w.brings(recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}, other)
	if _, err := w.service().Refresh(t.Context(), "home", false, nil); fault.KindOf(err) != fault.Conflict || !strings.Contains(err.Error(), `"other" (id 2)`) || len(w.applied) > 0 {
		t.Errorf("%v, stored %+v", err, w.applied)
	}
	if _, err := w.service().Accept(t.Context(), "home", nil); err != nil || len(w.applied) != 1 || w.applied[0].found.Space != other {
		t.Errorf("accepted: %v, stored %+v", err, w.applied)
	}
	for name, c := range map[string]struct{ was, is, stored publish.Space }{
		"the first that is seen": {publish.Space{}, home, home},
		"the same":               {home, home, publish.Space{}},
		"the same, renamed":      {home, publish.Space{ID: 1, Name: "house"}, publish.Space{ID: 1, Name: "house"}},
	} {
		w := newWorld(2)
		w.state.Space = c.was
		w.brings(recipesync.Found{}, c.is)
		if _, err := w.service().Refresh(t.Context(), "home", false, nil); err != nil || w.applied[0].found.Space != c.stored {
			t.Errorf("%s: %v, stored %+v", name, err, w.applied)
		}
	}
}

func TestAGenerationGetsThePoolFreshOrStale(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pool  int
		found recipesync.Found
		err   error
		fail  map[string]error

		givenUp bool
		recipes int
		stale   bool
		kind    fault.Kind
	}{
		"fresh":                              {pool: 2, found: recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}, recipes: 3},
		"stale, with what arrived":           {pool: 2, found: recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}, err: down, recipes: 3, stale: true},
		"the library's refusal leaves it so": {pool: 20, found: recipesync.Found{Deleted: ids(1, 20)}, recipes: 20, stale: true},
		"empty, and the library is down":     {err: down, stale: true, kind: fault.Unavailable},
		"empty, and the library is too":      {},
		"the database cannot say":            {pool: 2, fail: map[string]error{"versions": gone}, kind: fault.DatabaseError},
		"the database stores nothing":        {pool: 2, fail: map[string]error{"apply": gone}, kind: fault.DatabaseError},
		"the database gives nothing":         {pool: 2, fail: map[string]error{"load": gone}, recipes: 2, kind: fault.DatabaseError},
		"the generation is given up":         {givenUp: true, pool: 2, err: context.Canceled, kind: fault.Canceled},
	} {
		w := newWorld(c.pool)
		w.fail = c.fail
		if w.brings(c.found, home); c.err != nil {
			w.breaks(c.found, c.err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		if c.givenUp {
			cancel()
		}
		pool, err := w.service().Recipes(ctx, "home")
		cancel()
		if len(pool.Recipes) != c.recipes || pool.Stale != c.stale || fault.KindOf(err) != c.kind || c.stale != (pool.Cause != nil) {
			t.Errorf("%s: %d recipes, stale %t by %v, %v", name, len(pool.Recipes), pool.Stale, pool.Cause, err)
		}
		want := now
		if c.stale {
			want = now.Add(-time.Hour)
		}
		if c.kind == "" && !pool.FetchedAt.Equal(want) {
			t.Errorf("%s: fetched at %s", name, pool.FetchedAt)
		}
	}
}

func TestAPoolThatIsYoungEnoughIsNotAskedFor(t *testing.T) {
	t.Parallel()
	for age, asked := range map[time.Duration]int{0: 1, time.Hour: 1, time.Hour + 1: 0} {
		w := newWorld(2)
		s := recipesync.DefaultSettings()
		s.MaxAge = age
		pool, err := recipesync.New(w, w, s, func() time.Time { return now }).Recipes(t.Context(), "home")
		if err != nil || len(w.asked) != asked || pool.Stale || len(pool.Recipes) != 2 {
			t.Errorf("%s: %d times, %+v, %v", age, len(w.asked), pool, err)
		}
		if asked == 0 && !pool.FetchedAt.Equal(now.Add(-time.Hour)) {
			t.Errorf("%s: fetched at %s", age, pool.FetchedAt)
		}
	}
}

// A generation waits for the library as long as the setting says, never looks at everything,
// and stores what arrived although the time is over.
func TestAGenerationWaitsForTheLibraryALittle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(2)
		w.state.Full = now.AddDate(-1, 0, 0)
		w.fetch = func(ctx context.Context, _ recipesync.Ask) (recipesync.Found, error) {
			<-ctx.Done()
			return recipesync.Found{Changed: []recipe.Recipe{{ID: 3}}}, ctx.Err()
		}
		begin := time.Now()
		pool, err := w.service().Recipes(t.Context(), "home")
		if err != nil || !pool.Stale || fault.KindOf(pool.Cause) != fault.TimeoutError || len(pool.Recipes) != 3 || w.asked[0].Full {
			t.Errorf("%+v, %v", pool, err)
		}
		if waited := time.Since(begin); waited != 500*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
	})
}

// A pool that is known to be filled costs no look, until it turns out to be gone.
func TestAFilledPoolIsRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(3)
	s := w.service()
	for range 3 {
		if err := s.Ensure(t.Context(), "home", nil); err != nil {
			t.Fatal(err)
		}
	}
	if w.looked != 1 || len(w.asked) != 0 {
		t.Errorf("%d looks, %d fetches; want one look", w.looked, len(w.asked))
	}
	w.state.Full, w.state.Synced = time.Time{}, time.Time{} // removed, and added again
	if _, err := s.Recipes(t.Context(), "home"); err != nil {
		t.Fatal(err)
	}
	if err := s.Ensure(t.Context(), "home", nil); err != nil {
		t.Fatal(err)
	}
	if n := len(w.asked); n != 2 || !w.asked[1].Full {
		t.Errorf("asked %d times, %+v; want the refresh and an import", n, w.asked)
	}
}
