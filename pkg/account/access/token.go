// Package access lets programs act for users: by tokens of a few rights, and by secret addresses
// of calendars. Both are random, only their digests are stored, and both end when the user says
// so.
package access

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Scope is something that a token may be used for.
type Scope string

// The scopes.
const (
	PlanRead    Scope = "plan:read"    // see weeks, dishes and alternatives
	PlanWrite   Scope = "plan:write"   // plan and change weeks
	Shopping    Scope = "shopping"     // see and work off shopping lists
	Library     Scope = "library"      // see what a library lacks, and answer
	Settings    Scope = "settings"     // see and change settings, and end tokens
	AccountRead Scope = "account:read" // see and export everything
	Calendar    Scope = "calendar"     // of secret addresses alone
)

// Scopes are those that a token can have, in the order in which people read them.
var Scopes = []Scope{PlanRead, PlanWrite, Shopping, Library, Settings, AccountRead}

// Limits.
const (
	Most    = 20 // of a user, calendars counted
	MaxName = 60 // runes
	MaxDays = 3650
)

// What tokens and calendar addresses begin with, so that people and scanners know them.
const (
	prefix         = "mp_"
	calendarPrefix = "mpcal_"
	size           = 32 // random bytes
)

// Token is what is stored of one.
type Token struct {
	ID      int64
	User    string
	Name    string
	Scopes  []Scope
	Created time.Time
	Expires *time.Time // nil: never
	Used    *time.Time // to the minute; nil: never
}

// May reports whether the token has the scope.
func (t Token) May(s Scope) bool { return slices.Contains(t.Scopes, s) }

// Store holds tokens by their digests.
type Store interface {
	// Create stores a token unless the user has most, kind InvalidInput; kind NotFound without
	// the user. valid: 0 is forever.
	Create(ctx context.Context, t Token, digest []byte, valid time.Duration, most int) (Token, error)
	List(ctx context.Context, userID string) ([]Token, error)
	// Use finds a token that has not ended and notes its use; kind Unauthorized.
	Use(ctx context.Context, digest []byte) (Token, error)
	// Delete ends a token; kind NotFound.
	Delete(ctx context.Context, userID string, id int64) error
}

// Service is the use case.
type Service struct{ store Store }

// New returns the use case on its port.
func New(s Store) *Service { return &Service{s} }

// Create makes a token that ends after so many days, 0 for never, and returns its secret, which
// is shown once. Kinds of error: InvalidInput, and those of the store.
func (s *Service) Create(ctx context.Context, userID, name string, scopes []Scope, days int) (Token, string, error) {
	const op = "create token"
	if len(scopes) == 0 {
		return Token{}, "", fault.New(fault.InvalidInput, op, "scopes: choose what it may be used for: %s", Names(Scopes))
	}
	var given []Scope
	for _, sc := range Scopes {
		if slices.Contains(scopes, sc) {
			given = append(given, sc)
		}
	}
	for _, sc := range scopes {
		if !slices.Contains(Scopes, sc) {
			return Token{}, "", fault.New(fault.InvalidInput, op, "scopes: %q is not one of %s", string(sc), Names(Scopes))
		}
	}
	if days < 0 || days > MaxDays {
		return Token{}, "", fault.New(fault.InvalidInput, op, "days: %d is not between 1 and %d; 0 is forever", days, MaxDays)
	}
	return s.create(ctx, prefix, Token{User: userID, Name: name, Scopes: given}, days)
}

// CreateCalendar makes the secret part of a calendar's address; see [Service.Create].
func (s *Service) CreateCalendar(ctx context.Context, userID, name string) (Token, string, error) {
	return s.create(ctx, calendarPrefix, Token{User: userID, Name: name, Scopes: []Scope{Calendar}}, 0)
}

func (s *Service) create(ctx context.Context, begin string, t Token, days int) (Token, string, error) {
	t.Name = strings.TrimSpace(t.Name)
	if n := utf8.RuneCountInString(t.Name); n == 0 || n > MaxName || !utf8.ValidString(t.Name) || strings.ContainsFunc(t.Name, unicode.IsControl) {
		return Token{}, "", fault.New(fault.InvalidInput, "create token", "name: write what it is for, 1 to %d characters on one line", MaxName)
	}
	raw := make([]byte, size)
	_, _ = rand.Read(raw) // never fails
	secret := begin + base64.RawURLEncoding.EncodeToString(raw)
	created, err := s.store.Create(ctx, t, digest(secret), time.Duration(days)*24*time.Hour, Most)
	if err != nil {
		return Token{}, "", err
	}
	return created, secret, nil
}

// List returns the user's tokens, the oldest first.
func (s *Service) List(ctx context.Context, userID string) ([]Token, error) {
	return s.store.List(ctx, userID)
}

// Revoke ends a token of the user's at once; kind NotFound.
func (s *Service) Revoke(ctx context.Context, userID string, id int64) error {
	return s.store.Delete(ctx, userID, id)
}

// Use returns the token of a secret; kind Unauthorized for one that is unknown, has ended, or is
// the address of a calendar.
func (s *Service) Use(ctx context.Context, secret string) (Token, error) {
	return s.use(ctx, prefix, secret)
}

// UseCalendar is [Service.Use] for the addresses of calendars.
func (s *Service) UseCalendar(ctx context.Context, secret string) (Token, error) {
	return s.use(ctx, calendarPrefix, secret)
}

func (s *Service) use(ctx context.Context, begin, secret string) (Token, error) {
	rest, ok := strings.CutPrefix(secret, begin)
	if raw, err := base64.RawURLEncoding.Strict().DecodeString(rest); !ok || err != nil || len(raw) != size {
		return Token{}, fault.New(fault.Unauthorized, "token", "this is no token of ours: make one on the account page")
	}
	return s.store.Use(ctx, digest(secret))
}

func digest(secret string) []byte {
	sum := sha256.Sum256([]byte(secret))
	return sum[:]
}

// Names writes scopes for people.
func Names(scopes []Scope) string {
	out := make([]string, len(scopes))
	for i, s := range scopes {
		out[i] = string(s)
	}
	return strings.Join(out, ", ")
}

// Claim is the hold of a token on a key under which requests may be repeated.
type Claim struct {
	ID     []byte // names the attempt; nil: it is not this one's to answer
	Effect []byte // names what the request does, the same in each attempt
	Answer []byte // that was given before; nil without ID: the first attempt is under way
}
