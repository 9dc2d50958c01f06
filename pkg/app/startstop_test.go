package app_test

import (
	"testing"

	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

func TestStartAndStopTwice(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1], empty: true})
	must(t, w.Start(t.Context()))
	addr := w.Addr(app.Scheduler).String()
	must(t, w.Start(t.Context()))
	if again := w.Addr(app.Scheduler).String(); again != addr {
		t.Errorf("the second start listens on %s, the first on %s", again, addr)
	}
	must(t, w.Stop(t.Context()))
	must(t, w.Stop(t.Context()))
}
