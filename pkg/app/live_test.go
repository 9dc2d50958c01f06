//go:build live

package app_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/kit/realtandoor"
)

// A real server shows the days around its own today.
func init() { week = calendar.On(time.Now()).Monday() + 7 }

// realPlace is a real Tandoor, reached by the planner at an address of its own.
type realPlace struct {
	*realtandoor.Server
	w   *world
	url string
	id  int // of the planner's token
}

func (p *realPlace) revoke(t *testing.T) {
	t.Helper()
	must(t, p.Revoke(t.Context(), p.id))
}

// renew makes a token, as one does in Tandoor's settings, and gives it to the planner.
func (p *realPlace) renew(t *testing.T) {
	t.Helper()
	id, token, err := p.NewToken(t.Context(), "read write", time.Now().Add(24*time.Hour))
	must(t, err)
	conn := recipe.Connection{ID: sandbox.Connection}
	if p.id != 0 {
		conn, err = p.w.Users.Connection(t.Context(), sandbox.Connection)
		must(t, err)
	}
	p.id, conn.URL, conn.Sealed = id, p.url, p.w.SealTandoor(sandbox.Connection, seal.Secret(token))
	must(t, p.w.Users.PutConnection(t.Context(), conn))
}

// The same on a real Tandoor, in a space with the sandbox's library.
func TestLivePlannerAndAPersonShareATandoor(t *testing.T) {
	server := realtandoor.Open(t)
	library, err := sandbox.Library()
	must(t, err)
	must(t, server.NewSpace(t.Context(), "Planner and person", library, nil))
	_, person, err := server.NewToken(t.Context(), "read write", time.Now().Add(24*time.Hour))
	must(t, err)
	p := &postOffice{world: newWorld(t, options{people: sandbox.People()[:1], empty: true})}
	p.pool = p.world.pool(t)
	front := httptest.NewServer(p.box.Faults.Middleware("tandoor", nil, server))
	t.Cleanup(front.Close)
	place := &realPlace{Server: server, w: p.world, url: front.URL}
	place.renew(t)
	must(t, p.Sync.Ensure(t.Context(), sandbox.Connection, nil))
	share(t, p, place, person)
}
