//go:build live

package tandoor_test

import (
	"os"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/calendar"
	"github.com/mealplanner/mealplanner/pkg/recipe"
	"github.com/mealplanner/mealplanner/pkg/tandoor"
)

// TestLive reads from the real server named by TANDOOR_URL with TANDOOR_TOKEN. It changes
// nothing there.
func TestLive(t *testing.T) {
	url, token := os.Getenv("TANDOOR_URL"), os.Getenv("TANDOOR_TOKEN")
	if url == "" || token == "" {
		t.Fatal("TANDOOR_URL and TANDOOR_TOKEN must be set")
	}
	c := newClient(t, url, token, 0)
	status, err := c.Check(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", status)
	all, err := c.Changed(t.Context(), time.Time{})
	if err != nil || len(all) == 0 {
		t.Fatalf("list = %d recipes, %v", len(all), err)
	}
	smallPages := newClient(t, url, token, 7)
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
	if _, err := newClient(t, url, "nonsense", 0).Check(t.Context()); err == nil {
		t.Error("a wrong token passed the check")
	}
}
