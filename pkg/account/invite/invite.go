// Package invite lets people set themselves up by a link. Whoever opens it connects a recipe
// library and says what they eat, step by step; with the last step they are a user. Until then
// nothing is planned for them.
package invite

import (
	"cmp"
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/planner/library"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Valid is how long a link works, until its holder is a user.
const Valid = 7 * 24 * time.Hour

// Step is a part of the set-up. They are done in order, and can be gone back to.
type Step int

// The steps.
const (
	Library Step = iota
	Eaters
	Targets
	Food
	Schedule
	Done // all of them
)

// Invitation is somebody who is not yet a user.
type Invitation struct {
	User    user.User // as far as it is known
	Next    Step      // the first that was not done
	Owned   bool      // the library was connected here
	Link    []byte    // digest of the link that works
	Expires time.Time
}

// Store holds the invitations, by the ids of the users to be.
type Store interface {
	// CreateInvitation stores an invitation by its link's digest; one that is there gets the new
	// link and keeps what was entered. Kind Conflict when a user has the id.
	CreateInvitation(ctx context.Context, inv Invitation, digest []byte, valid time.Duration) error
	// OpenInvitation returns the id of a link; kind Unauthorized.
	OpenInvitation(ctx context.Context, digest []byte) (string, error)
	// Invitation loads one that did not expire; kind NotFound.
	Invitation(ctx context.Context, id string) (Invitation, error)
	// ChangeInvitation applies change to one, under its lock. Kind NotFound.
	ChangeInvitation(ctx context.Context, id string, change func(*Invitation) error) error
	// AcceptInvitation makes its user one and deletes it, both or none. Kinds NotFound, Conflict
	// and InvalidInput.
	AcceptInvitation(ctx context.Context, id string) (user.User, error)
}

// Libraries connects recipe libraries.
type Libraries interface {
	Connection(ctx context.Context, id string) (recipe.Connection, error)
	// AddConnection and ChangeConnection note by whom a library is written to.
	AddConnection(ctx context.Context, c recipe.Connection, by string) error
	ChangeConnection(ctx context.Context, c recipe.Connection, by string) error
}

// Tandoor checks that a library answers, and seals its token.
type Tandoor interface {
	CheckConnection(ctx context.Context, c recipe.Connection) error
	SealTandoor(connection string, token seal.Secret) []byte
	Vocabulary(ctx context.Context, connection string) (library.Vocabulary, error)
}

// Service is the use case.
type Service struct {
	Store     Store
	Libraries Libraries
	Tandoor   Tandoor
}

// Invite stores an invitation for the user to be and returns its link's token. Their address
// must be there; a library may be. Kinds InvalidInput, NotFound (of the library) and Conflict.
func (s *Service) Invite(ctx context.Context, u user.User) (token string, err error) {
	inv := Invitation{User: u}
	inv.User.Name = cmp.Or(u.Name, u.ID)
	probe := inv.User
	probe.Connection = cmp.Or(probe.Connection, "none")
	if err := probe.Validate(); err != nil {
		return "", fault.Wrap(fault.InvalidInput, "invite", err)
	}
	if u.Connection != "" {
		if _, err := s.Libraries.Connection(ctx, u.Connection); err != nil {
			return "", err
		}
	}
	token, digest := signedlink.Once()
	return token, s.Store.CreateInvitation(ctx, inv, digest, Valid)
}

// Open returns the invitation that the token is of; kind Unauthorized. It changes nothing.
func (s *Service) Open(ctx context.Context, token string) (Invitation, error) {
	digest, ok := signedlink.OnceDigest(token)
	if !ok {
		return Invitation{}, fault.New(fault.Unauthorized, "invitation", "this link is incomplete or not valid: open it anew from the mail, or ask whoever sent it for another")
	}
	id, err := s.Store.OpenInvitation(ctx, digest)
	if err != nil {
		return Invitation{}, err
	}
	return s.Store.Invitation(ctx, id)
}

// Get loads an invitation; kind NotFound.
func (s *Service) Get(ctx context.Context, id string) (Invitation, error) {
	return s.Store.Invitation(ctx, id)
}

// Connect checks a library and connects it; once more, it changes what was connected here. An
// invitation to a library that was there keeps it. Kinds: those of the check, and NotFound.
func (s *Service) Connect(ctx context.Context, id, url string, token seal.Secret, writeBack bool) error {
	inv, err := s.Store.Invitation(ctx, id)
	if err != nil {
		return err
	}
	if inv.User.Connection != "" && !inv.Owned {
		return s.pass(ctx, id, Library, nil)
	}
	c := recipe.Connection{ID: inv.User.Connection, URL: strings.TrimRight(url, "/"), WriteBack: writeBack, Invited: true}
	if inv.Owned {
		stored, err := s.Libraries.Connection(ctx, c.ID)
		if err != nil {
			return err
		}
		c.Sealed = stored.Sealed
		if stored.URL == c.URL {
			c.KeywordMeals, c.Supermarket = stored.KeywordMeals, stored.Supermarket
		}
		if stored.URL != c.URL && token.Reveal() == "" {
			return fault.New(fault.InvalidInput, "library", "token: another address needs a token of its own")
		}
	} else if c.ID, err = s.free(ctx, id); err != nil {
		return err
	}
	if token.Reveal() != "" {
		c.Sealed = s.Tandoor.SealTandoor(c.ID, token)
	} else if c.Sealed == nil {
		return fault.New(fault.InvalidInput, "library", "token: write the token that Tandoor made")
	}
	if err := s.Tandoor.CheckConnection(ctx, c); err != nil {
		return err
	}
	put := s.Libraries.AddConnection
	if inv.Owned {
		put = s.Libraries.ChangeConnection
	}
	if err := put(ctx, c, id); err != nil {
		if now, again := s.Store.Invitation(ctx, id); fault.KindOf(err) == fault.Conflict && again == nil && now.Owned {
			return nil // the button was pressed twice
		}
		return err
	}
	return s.pass(ctx, id, Library, func(inv *Invitation) error {
		inv.User.Connection, inv.Owned = c.ID, true
		return nil
	})
}

// free returns the id of a connection that is not there: the user's own, or that with a number.
func (s *Service) free(ctx context.Context, id string) (string, error) {
	for n := 1; ; n++ {
		c := id
		if n > 1 {
			c += "_" + strconv.Itoa(n)
		}
		if _, err := s.Libraries.Connection(ctx, c); fault.KindOf(err) == fault.NotFound {
			return c, nil
		} else if err != nil {
			return "", err
		}
	}
}

// Pass does a step: it applies change. Names of foods and keywords must mean something in a
// library whose recipes are there. Kinds NotFound, InvalidInput and those of change.
func (s *Service) Pass(ctx context.Context, id string, step Step, change func(*user.User) error) error {
	inv, err := s.Store.Invitation(ctx, id)
	if err != nil {
		return err
	}
	known, err := s.Tandoor.Vocabulary(ctx, inv.User.Connection)
	if err != nil {
		return err
	}
	return s.pass(ctx, id, step, func(inv *Invitation) error {
		was := inv.User.Settings
		if err := change(&inv.User); err != nil {
			return err
		}
		if len(known.Foods) > 0 {
			if err := known.Check(was, &inv.User.Settings); err != nil {
				return err
			}
		}
		return fault.Wrap(fault.InvalidInput, "set-up", inv.User.Validate())
	})
}

func (s *Service) pass(ctx context.Context, id string, step Step, change func(*Invitation) error) error {
	return s.Store.ChangeInvitation(ctx, id, func(inv *Invitation) error {
		if step > inv.Next {
			return fault.New(fault.Conflict, "set-up", "a step before this one is not done")
		}
		if change != nil {
			if err := change(inv); err != nil {
				return err
			}
		}
		inv.Next = max(inv.Next, step+1)
		return nil
	})
}

// Accept makes a user of whoever has done every step. Kinds NotFound, Conflict and
// InvalidInput.
func (s *Service) Accept(ctx context.Context, id string) (user.User, error) {
	inv, err := s.Store.Invitation(ctx, id)
	if err != nil {
		return user.User{}, err
	}
	if inv.Next < Done {
		return user.User{}, fault.New(fault.Conflict, "set-up", "a step is not done")
	}
	return s.Store.AcceptInvitation(ctx, id)
}
