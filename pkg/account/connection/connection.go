// Package connection changes how a recipe library is connected, with the same checks for its owner
// and for operators.
package connection

import (
	"context"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
)

// Store holds connections and users.
type Store interface {
	Connection(ctx context.Context, id string) (recipe.Connection, error)
	// ChangeConnection stores a connection, and notes who turned write-back on or off.
	ChangeConnection(ctx context.Context, c recipe.Connection, by string) error
	Get(ctx context.Context, userID string) (user.User, error)
}

// Service is the use case.
type Service struct {
	store Store
	check func(ctx context.Context, c recipe.Connection) error
}

// New returns the use case on its ports; check asks a library whether it can be used.
func New(s Store, check func(ctx context.Context, c recipe.Connection) error) *Service {
	return &Service{s, check}
}

// Change changes a connection as somebody wants it, if it can be used as it then is. Kinds of error:
// NotFound, and those of the check.
func (s *Service) Change(ctx context.Context, id, by string, change func(*recipe.Connection)) (recipe.Connection, error) {
	c, err := s.store.Connection(ctx, id)
	if err != nil {
		return c, err
	}
	change(&c)
	if err := s.check(ctx, c); err != nil {
		return c, err
	}
	return c, s.store.ChangeConnection(ctx, c, by)
}

// Owns reports whether the library that somebody cooks from is theirs: set-up called it as they are,
// perhaps with a number.
func (s *Service) Owns(ctx context.Context, u user.User) (bool, error) {
	number, numbered := strings.CutPrefix(u.Connection, u.ID+"_")
	if !numbered || number == "" || strings.Trim(number, "0123456789") != "" {
		return u.Connection == u.ID, nil
	}
	_, err := s.store.Get(ctx, u.Connection) // of whom else it would be
	if fault.KindOf(err) == fault.NotFound {
		return true, nil
	}
	return false, err
}

// SetWriteBack has plans and lists written to a user's own library, or no longer. Kinds of error:
// Conflict for somebody else's library or a token that may not write, and those of [Service.Change].
func (s *Service) SetWriteBack(ctx context.Context, userID string, on bool) error {
	const op = "write-back"
	u, err := s.store.Get(ctx, userID)
	if err != nil {
		return err
	}
	owns, err := s.Owns(ctx, u)
	if err != nil {
		return err
	}
	if !owns {
		return fault.New(fault.Conflict, op, "this library is not yours: whoever runs this service turns it on")
	}
	_, err = s.Change(ctx, u.Connection, u.ID, func(c *recipe.Connection) { c.WriteBack = on })
	if fault.KindOf(err) == fault.Unauthorized {
		return fault.New(fault.Conflict, op, "Tandoor lets nothing be written with the stored token: make one with the scopes read and write in Tandoor under Settings, API; whoever runs this service puts it in")
	}
	return err
}
