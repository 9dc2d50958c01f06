package app_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/grocery"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/faultswitch"
)

// A library that opted in shows the plan and the groceries, once, however often they are
// written.
func TestWriteBackIsIdempotent(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{now: func() time.Time { return week.Time() }})
	conn, err := w.Users.Connection(t.Context(), sandbox.Connection)
	must(t, err)
	w.mustGenerate(t, "user_lewis")
	if n, err := w.Publish(t.Context(), ""); n != 0 || err != nil {
		t.Errorf("published %d plans of a library that did not opt in, %v", n, err)
	}
	conn.WriteBack = true
	must(t, w.Users.PutConnection(t.Context(), conn))
	heal := w.fault(t, faultswitch.Rule{Upstream: "tandoor", Method: http.MethodPost, LoseAnswer: true, Times: 1, Skip: 5})
	if _, err := w.Publish(t.Context(), ""); err != nil {
		t.Logf("the first try broke off: %v", err)
	}
	heal()
	var both sync.WaitGroup // two processes at once
	for range 2 {
		both.Go(func() {
			if _, err := w.Publish(t.Context(), ""); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	client, err := w.Tandoor(t.Context(), sandbox.Connection)
	must(t, err)
	meals, err := client.Meals(t.Context(), week, week+6)
	must(t, err)
	if len(meals) != 21 {
		t.Errorf("Tandoor shows %d meals", len(meals))
	}
	stored, err := w.Plans.Get(t.Context(), "user_lewis", week)
	must(t, err)
	needs := 0
	for _, s := range stored.Groceries.Sections {
		for _, l := range s.Lines {
			needs += len(grocery.Wanted(l.Need))
		}
	}
	entries, err := client.Lines(t.Context(), 0)
	must(t, err)
	if len(entries) != needs || needs == 0 {
		t.Errorf("Tandoor shows %d shopping entries, the plan has %d", len(entries), needs)
	}
	if todo, err := w.Plans.Unpublished(t.Context(), "", week); err != nil || len(todo) != 0 {
		t.Errorf("still to do: %v, %v", todo, err)
	}
}
