package connection_test

import (
	"context"
	"testing"

	"github.com/mealplanner/mealplanner/pkg/account/connection"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// office holds users, by the library that they cook from.
type office map[string]string

func (o office) Get(_ context.Context, id string) (user.User, error) {
	if o[id] == "" {
		return user.User{}, fault.New(fault.NotFound, "user", "none")
	}
	return user.User{ID: id, Connection: o[id]}, nil
}

func (o office) Connection(_ context.Context, id string) (recipe.Connection, error) {
	return recipe.Connection{ID: id, URL: "http://tandoor"}, nil
}

func (o office) ChangeConnection(_ context.Context, c recipe.Connection, by string) error {
	if o["changed"] = c.ID + " by " + by; !c.WriteBack || c.URL == "" {
		o["changed"] = "lost"
	}
	return nil
}

// Write-back is turned on by whoever connected the library, after it was asked whether it can be.
func TestOnlyAnOwnersLibraryIsWrittenTo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		users   office
		problem error
		kind    fault.Kind
	}{
		"their own":             {office{"ana": "ana"}, nil, ""},
		"their second":          {office{"ana": "ana_2"}, nil, ""},
		"an operator's":         {office{"ana": "home"}, nil, fault.Conflict},
		"another person's":      {office{"ana": "ana_2", "ana_2": "ana_2"}, nil, fault.Conflict},
		"called alike":          {office{"ana": "ana_b"}, nil, fault.Conflict},
		"a token that may not":  {office{"ana": "ana"}, fault.New(fault.Unauthorized, "", "no"), fault.Conflict},
		"a Tandoor that is off": {office{"ana": "ana"}, fault.New(fault.NetworkError, "", "no"), fault.NetworkError},
		"nobody":                {office{}, nil, fault.NotFound},
	} {
		library := c.users["ana"]
		s := connection.New(c.users, func(context.Context, recipe.Connection) error { return c.problem })
		if err := s.SetWriteBack(t.Context(), "ana", true); fault.KindOf(err) != c.kind {
			t.Errorf("%s: %v", name, err)
		}
		want := ""
		if c.kind == "" {
			want = library + " by ana"
		}
		if c.users["changed"] != want {
			t.Errorf("%s: changed is %q, want %q", name, c.users["changed"], want)
		}
	}
}
