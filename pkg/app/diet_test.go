package app_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/domain/diet"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
)

// A diet that is entered after the week was planned: until the week is amended whoever reads it
// is warned and no mail leaves; then each meal fits the diet, and the user has a mail that says
// what changed. A diet that goes takes its notes along.
func TestDietEnteredLater(t *testing.T) {
	t.Parallel()
	k := newKitchen(t, options{})
	_, err := k.Delivery.Drain(t.Context())
	must(t, err)
	must(t, k.box.Mail.Wait(t.Context(), 1))
	k.change(t, func(s *user.Settings) { s.Diets = []string{"vegetarian"} })
	if bad := k.forbidden(t); len(bad) == 0 {
		t.Fatal("the week was vegetarian before: nothing is tested")
	}
	if s, err := k.Plans.Get(t.Context(), k.who, k.week); err != nil || !s.Week.Unsafe() {
		t.Errorf("no warning, %v", err)
	}
	_, err = k.pool.Exec(t.Context(), `insert into outbox (user_id, email_type, period, message_id, recipient, subject, text_body, html_body)
		values ($1, 'daily_advisor', 'x', 'x@y', 'lewis@sandbox.example', 's', 't', 'h')`, k.who)
	must(t, err)
	if n, err := k.Delivery.Drain(t.Context()); err != nil || n != 0 {
		t.Fatalf("%d mails left before the week was amended, %v", n, err)
	}
	done, err := k.Amend(t.Context(), k.who)
	must(t, err)
	if len(done) != 1 || len(done[0].Replaced) == 0 || !done[0].Mailed {
		t.Errorf("amended: %+v", done)
	}
	if bad := k.forbidden(t); len(bad) > 0 {
		t.Errorf("after the amendment: %q", bad)
	}
	s, err := k.Plans.Get(t.Context(), k.who, k.week)
	must(t, err)
	if s.Week.Unsafe() || !strings.Contains(message.Joined(s.Week.Notes...).String(), "not vegetarian") {
		t.Errorf("notes: %q", s.Week.Notes)
	}
	_, err = k.Delivery.Drain(t.Context())
	must(t, err)
	mails := k.box.Mail.Messages()
	if text := string(mails[len(mails)-1].Raw); !strings.Contains(text, "has changed") {
		t.Errorf("no mail says what changed:\n%s", text)
	}

	k.change(t, func(s *user.Settings) { s.Diets = nil })
	_, err = k.Amend(t.Context(), k.who)
	must(t, err)
	if s, err = k.Plans.Get(t.Context(), k.who, k.week); err != nil || strings.Contains(message.Joined(s.Week.Notes...).String(), "vegetarian") {
		t.Errorf("notes of a setting that is gone: %q, %v", s.Week.Notes, err)
	}
}

// Of the sandbox's recipes that call themselves vegetarian or vegan few are left out: for
// Parmesan, or for what their titles say.
func TestDietsKeepWhatFitsThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t, options{people: sandbox.People()[:1]})
	pool, err := w.Recipes.Load(t.Context(), sandbox.Connection)
	must(t, err)
	for _, name := range diet.Names() {
		u := sandbox.People()[0].User
		u.Settings.Diets = []string{name}
		r, err := planner.Explain(u, recipe.Pool{Recipes: pool})
		must(t, err)
		out := map[recipe.ID]string{}
		for _, l := range r.LeftOut {
			for _, d := range l.Recipes {
				out[d.ID] = d.Why
			}
		}
		labelled, left := 0, 0
		for _, p := range pool {
			if !slices.Contains(p.Keywords, name) {
				continue
			}
			if labelled++; out[p.ID] != "" {
				left++
				t.Logf("%s %s", p.Name, out[p.ID])
			}
		}
		t.Logf("%s: of %d recipes %v for the meals; %d say so, of them %d are left out", name, r.Recipes, r.Usable, labelled, left)
		if left > labelled/5 {
			t.Errorf("%s: %d of %d recipes that say so are left out", name, left, labelled)
		}
	}
}
