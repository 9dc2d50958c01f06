package app_test

import (
	"flag"
	"os/exec"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/access"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

var apiClient = flag.String("api-client", "", "the program of tools/apiclient, on a client that was generated from the document")

// A program on a generated client plans a week, takes another dish and ticks a food (make
// test-client).
func TestAGeneratedClientPlansAWeek(t *testing.T) {
	t.Parallel()
	if *apiClient == "" {
		t.Skip("make test-client generates and builds it")
	}
	w := newWorld(t, options{people: sandbox.People()[:1]})
	must(t, w.Start(t.Context()))
	id := sandbox.People()[0].ID
	_, secret, err := w.Tokens.Create(t.Context(), id, "client", []access.Scope{access.PlanRead, access.PlanWrite, access.Shopping}, 1)
	must(t, err)
	cmd := exec.CommandContext(t.Context(), *apiClient)
	cmd.Env = []string{"API=http://" + w.Addr(app.API).String() + apiRoot, "TOKEN=" + secret}
	out, err := cmd.CombinedOutput()
	t.Logf("%s", out)
	if err != nil || !strings.HasPrefix(string(out), "planned "+week.String()+", balanced; ") {
		t.Fatalf("%v: %s", err, out)
	}
	stored, err := w.Plans.Get(t.Context(), id, week)
	must(t, err)
	if dish := stored.Week.Days[4].Meals[2]; dish == nil || !strings.Contains(string(out), "; "+dish.Name+" for dinner on Friday") || w.rows(t, "shopping_ticks") != 1 {
		t.Errorf("stored: %+v, %d ticks", dish, w.rows(t, "shopping_ticks"))
	}
}
