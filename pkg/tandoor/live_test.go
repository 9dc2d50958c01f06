//go:build live

package tandoor_test

import (
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox/tandoortest"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
	"github.com/mealplanner/mealplanner/test/conformance/tandoor"
	"github.com/mealplanner/mealplanner/test/kit/realtandoor"
)

// TestLiveConformance runs the cases that need no stand-in on a real server. Cases with the
// same library share a space, whose recipes none of them changes for good.
func TestLiveConformance(t *testing.T) {
	server := realtandoor.Open(t)
	var loaded []tandoortest.Options
	conformance.RunOn(t, newClient, func(tb testing.TB, o tandoortest.Options, own bool) (conformance.World, string) {
		tb.Helper()
		i := slices.IndexFunc(loaded, func(l tandoortest.Options) bool {
			return reflect.DeepEqual(o.Library, l.Library) && reflect.DeepEqual(o.PropertyTypes, l.PropertyTypes)
		})
		if own || i < 0 {
			i = len(loaded)
			entry := o
			if own {
				entry.Library = tandoortest.Library{} // nobody else's
			}
			loaded = append(loaded, entry)
			if err := server.NewSpace(tb.Context(), fmt.Sprint("conformance ", i), o.Library, o.PropertyTypes); err != nil {
				tb.Fatal(err)
			}
		}
		if err := server.SwitchSpace(fmt.Sprint("conformance ", i), o.Library); err != nil {
			tb.Fatal(err)
		}
		if err := server.Empty(tb.Context()); err != nil {
			tb.Fatal(err)
		}
		return server, server.Token()
	})
}

// TestLive reads the library of the token's user. It changes nothing there.
func TestLive(t *testing.T) {
	server := realtandoor.Open(t)
	c := newClient(t, server.URL(), server.Token(), 0)
	status, err := c.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", status)
	all, err := c.Changed(t.Context(), time.Time{})
	if err != nil || len(all) == 0 {
		t.Fatalf("list = %d recipes, %v", len(all), err)
	}
	smallPages := newClient(t, server.URL(), server.Token(), 7)
	again, err := smallPages.Changed(t.Context(), time.Time{})
	if err != nil || len(again) != len(all) {
		t.Errorf("list in pages of 7 = %d recipes, %v; want %d", len(again), err, len(all))
	}
	res, err := c.Sync(t.Context(), tandoor.Ask{Known: map[recipe.ID]time.Time{-1: {}}, Full: true})
	if err != nil || len(res.Deleted) != 1 {
		t.Fatalf("sync = %v deleted, %v; want the one id that never was", res.Deleted, err)
	}
	refused := 0
	for _, p := range res.Problems {
		t.Log(p)
		if p.Refused {
			refused++
		}
	}
	if len(res.Changed)+refused < len(all) {
		t.Errorf("%d recipes and %d refused of %d", len(res.Changed), refused, len(all))
	}
	if _, err := c.Meals(t.Context(), calendar.On(time.Now())-7, calendar.On(time.Now())+14); err != nil {
		t.Error(err)
	}
	if _, err := c.Lines(t.Context(), 0); err != nil {
		t.Error(err)
	}
	if _, err := newClient(t, server.URL(), "nonsense", 0).Check(t.Context()); err == nil {
		t.Error("a wrong token passed the check")
	}
}

func TestLiveAnswersAsItDid(t *testing.T) {
	server := realtandoor.Open(t)
	if err := server.NewSpace(t.Context(), "conversation", tandoortest.Small(), nil); err != nil {
		t.Fatal(err)
	}
	converse(t, server, server.Token())
}
