// Package webhook tells programs of users what happens, at addresses that they name: signed, tried
// again for a day and a half, and logged. Messages are small: they say of which week, and the
// program asks the API for the rest.
package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/reach"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Events are what can be told of; a ping only when it is asked for.
var Events = []string{"plan.ready", "plan.changed", "job.failed"}

// Limits.
const (
	Most      = 10  // webhooks of a user
	maxURL    = 500 // bytes
	mostShown = 100 // deliveries
	mostPings = 5   // of a webhook in a minute
)

// Webhook is an address that is told.
type Webhook struct {
	ID      string
	User    string
	URL     string
	Events  []string
	Created time.Time
	Ended   *time.Time // the receiver said that it is gone; nil: it is told
}

// Delivery is a message and what became of it.
type Delivery struct {
	ID       int64
	Event    string
	Message  json.RawMessage
	Status   string // pending, delivered or failed
	Attempts int
	Answered *int    // HTTP status of the newest attempt; nil: no answer
	Problem  *string // of the newest attempt
	Created  time.Time
	Next     time.Time // attempt, while pending
	Settled  *time.Time
}

// Due is a message to deliver now.
type Due struct {
	ID       int64
	Webhook  string
	User     string
	Event    string
	URL      string
	Sealed   []byte // the webhook's secret
	Message  []byte
	Attempts int // with this one
}

// Result is what became of an attempt.
type Result struct {
	Status   string
	Answered int    // 0: no answer
	Problem  string // "": none
	Retry    time.Duration
	Gone     bool // the receiver wants no more
}

// Store holds webhooks, and what they are told. Messages are written by what they tell of.
type Store interface {
	// Create stores a webhook unless the user has most, kind InvalidInput; kind NotFound without
	// the user.
	Create(ctx context.Context, w Webhook, sealed []byte, most int) error
	List(ctx context.Context, userID string) ([]Webhook, error)
	// Delete removes a webhook with its log; kind NotFound.
	Delete(ctx context.Context, userID, id string) error
	// Ping writes a message for a webhook of the user, unless most were within a minute, kind
	// QuotaExceeded.
	Ping(ctx context.Context, userID, id string, most int) error
	// Log returns the newest deliveries of a webhook of the user.
	Log(ctx context.Context, userID, id string, most int) ([]Delivery, error)
	// Claim returns a message that is due, for one attempt; false: none is.
	Claim(ctx context.Context) (Due, bool, error)
	Settle(ctx context.Context, d Due, r Result) error
}

// Sender posts a message. It follows no redirect. Kinds of error: InvalidInput for an address that
// must not be asked, and those of a network.
type Sender interface {
	Send(ctx context.Context, d Due, headers map[string]string) (status int, err error)
}

// Service is the use case.
type Service struct {
	store    Store
	sender   Sender
	ring     *seal.Ring
	now      func() time.Time
	internal bool
}

// New returns the use case. internal allows http and addresses inside the network.
func New(store Store, sender Sender, ring *seal.Ring, now func() time.Time, internal bool) *Service {
	return &Service{store, sender, ring, now, internal}
}

// What secrets and ids begin with, after the Standard Webhooks.
const (
	secretPrefix = "whsec_"
	idPrefix     = "wh_"
	secretSize   = 32
)

// Create makes a webhook, and returns the secret of its signatures, which is shown once. Kinds of
// error: InvalidInput, and those of the store.
func (s *Service) Create(ctx context.Context, userID, address string, events []string) (Webhook, string, error) {
	const op = "create webhook"
	if err := s.check(address); err != nil {
		return Webhook{}, "", err
	}
	var chosen []string
	for _, e := range Events {
		if slices.Contains(events, e) {
			chosen = append(chosen, e)
		}
	}
	for _, e := range events {
		if !slices.Contains(Events, e) {
			return Webhook{}, "", fault.New(fault.InvalidInput, op, "events: %q is not one of %s", e, strings.Join(Events, ", "))
		}
	}
	if len(chosen) == 0 {
		return Webhook{}, "", fault.New(fault.InvalidInput, op, "events: choose what to be told of: %s", strings.Join(Events, ", "))
	}
	raw := make([]byte, secretSize+8)
	_, _ = rand.Read(raw) // never fails
	w := Webhook{ID: idPrefix + hex.EncodeToString(raw[secretSize:]), User: userID, URL: address, Events: chosen, Created: s.now().UTC()}
	secret := secretPrefix + base64.StdEncoding.EncodeToString(raw[:secretSize])
	return w, secret, s.store.Create(ctx, w, s.ring.Seal(seal.Secret(secret), keyring.Webhooks.Context(w.ID)), Most)
}

// check refuses addresses that no program outside can have.
func (s *Service) check(address string) error {
	const op = "create webhook"
	u, err := url.Parse(address)
	switch {
	case err != nil || len(address) > maxURL || u.Hostname() == "" || u.Opaque != "":
		return fault.New(fault.InvalidInput, op, "url: write an address like https://example.org/hook, of at most %d characters", maxURL)
	case u.User != nil || u.Fragment != "":
		return fault.New(fault.InvalidInput, op, "url: leave out names, passwords and what follows a #")
	case u.Scheme != "https" && (u.Scheme != "http" || !s.internal):
		return fault.New(fault.InvalidInput, op, "url: it must begin with https://")
	}
	if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !s.internal && !reach.Public(ip) || strings.EqualFold(u.Hostname(), "localhost") && !s.internal {
		return fault.New(fault.InvalidInput, op, "url: %s is inside the network of this installation: only an operator can allow that (WEBHOOK_INTERNAL)", u.Hostname())
	}
	return nil
}

// List returns the user's webhooks, the oldest first.
func (s *Service) List(ctx context.Context, userID string) ([]Webhook, error) {
	return s.store.List(ctx, userID)
}

// Remove deletes a webhook with its log; kind NotFound.
func (s *Service) Remove(ctx context.Context, userID, id string) error {
	return s.store.Delete(ctx, userID, id)
}

// Ping has a message sent that tells of nothing. Kinds of error: NotFound, QuotaExceeded, and those
// of the store.
func (s *Service) Ping(ctx context.Context, userID, id string) error {
	if err := s.has(ctx, userID, id); err != nil {
		return err
	}
	return s.store.Ping(ctx, userID, id, mostPings)
}

// has reports with kind NotFound that the user has no such webhook.
func (s *Service) has(ctx context.Context, userID, id string) error {
	all, err := s.store.List(ctx, userID)
	if err == nil && !slices.ContainsFunc(all, func(w Webhook) bool { return w.ID == id }) {
		return fault.New(fault.NotFound, "webhook", "there is no webhook %s", id)
	}
	return err
}

// Log returns what a webhook was told lately, the newest first; kind NotFound.
func (s *Service) Log(ctx context.Context, userID, id string) ([]Delivery, error) {
	if err := s.has(ctx, userID, id); err != nil {
		return nil, err
	}
	return s.store.Log(ctx, userID, id, mostShown)
}
