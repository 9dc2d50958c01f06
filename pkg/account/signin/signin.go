// Package signin lets people sign in by a link that is mailed to them.
package signin

import (
	"context"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/mail"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/signedlink"
)

// Valid is how long a link works. It works once.
const Valid = 15 * time.Minute

// Most is how many links of a user work at a time; further requests are answered alike and mail
// nothing, so a mailbox is not flooded and always holds a link that works.
const Most = 3

// Store holds the links, by their digests.
type Store interface {
	// ByEmail returns the users with the address, in any case.
	ByEmail(ctx context.Context, email string) ([]user.User, error)
	// CreateLink stores a link, and reports whether it did: no more than most work at a time.
	CreateLink(ctx context.Context, userID string, digest []byte, valid time.Duration, most int) (bool, error)
	// UseLink returns the user of a link that works, which is used with that if used is true; kind
	// Unauthorized.
	UseLink(ctx context.Context, digest []byte, used bool) (string, error)
}

// Letters writes the mail.
type Letters interface {
	SignIn(u user.User, token string, valid time.Duration) (mail.Mail, error)
}

// Outbox sends it.
type Outbox interface {
	Add(ctx context.Context, userID string, m mail.Mail) (bool, error)
}

// Service is the use case.
type Service struct {
	store   Store
	letters Letters
	outbox  Outbox
}

// New returns the use case on its ports.
func New(s Store, l Letters, o Outbox) *Service { return &Service{s, l, o} }

// Request mails a link to each user with the address, paused ones too, and does nothing for an address
// that nobody has. Kinds of error: those of the ports. Callers answer alike in every case.
func (s *Service) Request(ctx context.Context, email string) error {
	users, err := s.store.ByEmail(ctx, strings.TrimSpace(email))
	if err != nil {
		return err
	}
	for _, u := range users {
		token, digest := signedlink.Once()
		ok, err := s.store.CreateLink(ctx, u.ID, digest, Valid, Most)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		m, err := s.letters.SignIn(u, token, Valid)
		if err != nil {
			return err
		}
		if _, err := s.outbox.Add(ctx, u.ID, m); err != nil {
			return err
		}
	}
	return nil
}

// Link returns a link's token for the user, for operators who hand it over themselves.
func (s *Service) Link(ctx context.Context, userID string) (string, error) {
	token, digest := signedlink.Once()
	const unlimited = 1 << 30
	_, err := s.store.CreateLink(ctx, userID, digest, Valid, unlimited)
	return token, err
}

// Redeem uses a link and returns its user; kind Unauthorized for one that is unknown, used or
// too old.
func (s *Service) Redeem(ctx context.Context, token string) (string, error) {
	return s.find(ctx, token, true)
}

// Whose returns a link's user and leaves it as it is; kind Unauthorized as [Service.Redeem].
func (s *Service) Whose(ctx context.Context, token string) (string, error) {
	return s.find(ctx, token, false)
}

func (s *Service) find(ctx context.Context, token string, used bool) (string, error) {
	digest, ok := signedlink.OnceDigest(token)
	if !ok {
		return "", fault.New(fault.Unauthorized, "sign in", "this link is incomplete or not valid: open it anew from the mail, or ask whoever sent it for another")
	}
	return s.store.UseLink(ctx, digest, used)
}
