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
	// SetWriteBack turns write-back of a connection on or off if its library is the one that was
	// read, and notes who did. Kinds NotFound and Conflict.
	SetWriteBack(ctx context.Context, read recipe.Connection, on bool, by string) error
	// CookingFrom returns how many users cook from a library.
	CookingFrom(ctx context.Context, connection string) (int, error)
	Get(ctx context.Context, userID string) (user.User, error)
}

// Service is the use case.
type Service struct {
	store Store
	check func(ctx context.Context, c recipe.Connection) error
	known Vocabulary
}

// New returns the use case on its ports; check asks a library whether it can be used.
func New(s Store, check func(ctx context.Context, c recipe.Connection) error, known Vocabulary) *Service {
	return &Service{s, check, known}
}

// Change changes a connection as an operator wants it, if it can be used as it then is; a library
// that is not to be written to any longer is not asked. The check takes seconds, so change is applied
// once more to what is stored after it. Kinds of error: NotFound, Conflict for a connection that was
// changed meanwhile, and those of the check.
func (s *Service) Change(ctx context.Context, id, by string, change func(*recipe.Connection)) (recipe.Connection, error) {
	was, err := s.store.Connection(ctx, id)
	if err != nil {
		return was, err
	}
	c := was
	change(&c)
	if c.WriteBack || !c.SameLibrary(was) || c.Supermarket != was.Supermarket && c.Supermarket != "" {
		if err := s.check(ctx, c); err != nil {
			return c, err
		}
	}
	now, err := s.store.Connection(ctx, id)
	if err != nil {
		return c, err
	}
	if !now.SameLibrary(was) {
		return c, fault.New(fault.Conflict, "connection", "the connection was changed meanwhile: try again")
	}
	change(&now)
	return now, s.store.ChangeConnection(ctx, now, by)
}

// Owns reports whether the library that somebody cooks from is theirs: they connected it, and no
// operator did so since.
func (s *Service) Owns(ctx context.Context, u user.User) (bool, error) {
	_, owns, err := s.owned(ctx, u)
	return owns, err
}

// Others returns how many others cook from the library that somebody cooks from: what they eat is
// written to it, too.
func (s *Service) Others(ctx context.Context, u user.User) (int, error) {
	n, err := s.store.CookingFrom(ctx, u.Connection)
	return max(n-1, 0), err
}

// owned returns the library that somebody cooks from, if it is theirs.
func (s *Service) owned(ctx context.Context, u user.User) (c recipe.Connection, owns bool, err error) {
	if owns, err = s.named(ctx, u); err != nil || !owns {
		return c, false, err
	}
	c, err = s.store.Connection(ctx, u.Connection)
	return c, err == nil && c.Invited, err
}

// named reports whether a library is called as set-up calls that of a user: as they are, perhaps
// with a number.
func (s *Service) named(ctx context.Context, u user.User) (bool, error) {
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

// SetWriteBack has plans and lists written to a user's own library, or no longer; the library is
// asked only whether it can be written to. Kinds of error: Conflict for somebody else's library, one
// that was changed meanwhile or a token that may not write, and those of the check.
func (s *Service) SetWriteBack(ctx context.Context, userID string, on bool) error {
	const op = "write-back"
	u, err := s.store.Get(ctx, userID)
	if err != nil {
		return err
	}
	c, owns, err := s.owned(ctx, u)
	if err != nil {
		return err
	}
	if !owns {
		return fault.New(fault.Conflict, op, "this library is not yours: whoever runs this service turns it on")
	}
	if on {
		asked := c
		asked.WriteBack = true
		err := s.check(ctx, asked)
		if fault.KindOf(err) == fault.Unauthorized {
			return fault.New(fault.Conflict, op, "Tandoor lets nothing be written with the stored token: make one with the scopes read and write in Tandoor under Settings, API; whoever runs this service puts it in")
		}
		if err != nil {
			return err
		}
	}
	return s.store.SetWriteBack(ctx, c, on, u.ID)
}
