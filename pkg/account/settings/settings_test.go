package settings_test

import (
	"context"
	"strings"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/settings"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/message"
	"github.com/mealplanner/mealplanner/pkg/domain/nutrition"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
)

// one is the store of one user.
type one struct{ u user.User }

func (o *one) Get(context.Context, string) (user.User, error) { return o.u, nil }

func (o *one) Change(_ context.Context, _ string, change func(*user.User) error) (user.User, error) {
	u := o.u
	if err := change(&u); err != nil {
		return u, err
	}
	o.u = u
	return u, nil
}

func ana() user.User {
	s := user.DefaultSettings()
	s.Dislikes = []string{"zorp"} // from before it was checked
	return user.User{ID: "user_ana", Name: "Ana", Email: "ana@example.org", TimeZone: "Europe/Berlin", People: 1, Connection: "home", Enabled: true, Settings: s}
}

// Whoever changes settings meets the same checks: names must be known if they are new, values must
// be valid, and nothing is taken back that was changed since.
func TestAChangeIsChecked(t *testing.T) {
	t.Parallel()
	known := func(context.Context, string) (library.Vocabulary, error) {
		return library.Vocabulary{Foods: []string{"leek"}, Tags: []string{"soup"}}, nil
	}
	for name, c := range map[string]struct {
		apply func(*user.User) error
		seen  string
		kind  fault.Kind
		says  string
	}{
		"a known food":       {apply: func(u *user.User) error { u.Settings.Dislikes = append(u.Settings.Dislikes, "leek"); return nil }},
		"an unknown food":    {func(u *user.User) error { u.Settings.Dislikes = []string{"qwertz"}; return nil }, "", fault.InvalidInput, `"qwertz"`},
		"an unknown tag":     {func(u *user.User) error { u.Settings.AvoidTags = []string{"soop"}; return nil }, "", fault.InvalidInput, "did you mean soup"},
		"what is not valid":  {func(u *user.User) error { u.People = 30; return nil }, "", fault.InvalidInput, "people: 30"},
		"what was seen":      {apply: func(u *user.User) error { u.People = 2; return nil }, seen: settings.Version(ana())},
		"what was not":       {func(u *user.User) error { u.People = 2; return nil }, "0123456789abcdef", fault.Conflict, "changed elsewhere"},
		"an error of apply":  {func(*user.User) error { return fault.New(fault.InvalidInput, "x", "no") }, "", fault.InvalidInput, "no"},
		"an unknown allergy": {func(u *user.User) error { return settings.SetAllergens(&u.Settings, []string{"nuts", "plastic"}) }, "", fault.InvalidInput, "plastic"},
		"contradicting rules": {func(u *user.User) error {
			u.Settings.Cooking.Weekly = []string{"fish >= 3 dishes", "fish <= 2"}
			return nil
		}, "", fault.InvalidInput, "contradict each other"},
		"an unknown diet": {func(u *user.User) error { return settings.SetDiets(&u.Settings, []string{"air"}) }, "", fault.InvalidInput, "air"},
	} {
		store := &one{ana()}
		_, err := settings.New(store, known).Change(t.Context(), "user_ana", c.seen, c.apply)
		if fault.KindOf(err) != c.kind || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		if changed := settings.Version(store.u) != settings.Version(ana()); changed != (c.kind == "") {
			t.Errorf("%s: stored %t", name, changed)
		}
	}
}

func TestTargetsBeyondTheLimits(t *testing.T) {
	t.Parallel()
	of := func(p, f, c nutrition.Mass) nutrition.Macros {
		return nutrition.Macros{Protein: p * nutrition.Gram, Fat: f * nutrition.Gram, Carbs: c * nutrition.Gram}
	}
	s := user.DefaultSettings()
	for _, c := range []struct {
		m         nutrition.Macros
		confirmed bool
		want      string // in the error; "": none
	}{
		{of(130, 60, 190), false, ""}, {of(60, 30, 120), false, "Tick it."}, {of(60, 30, 120), true, ""}, {of(30, 10, 50), true, "targets: 410 kcal"},
	} {
		err := settings.CheckTargets(s, c.m, c.confirmed, message.Textf("Tick it."))
		if (err != nil) != (c.want != "") || err != nil && (!strings.Contains(err.Error(), c.want) || fault.KindOf(err) != fault.InvalidInput) {
			t.Errorf("%s, confirmed %t: %v", c.m, c.confirmed, err)
		}
	}
}
