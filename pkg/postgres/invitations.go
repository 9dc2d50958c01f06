package postgres

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/account/invite"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Invitations holds those who are not yet users.
type Invitations struct {
	pool Conns
	q    *db.Queries
}

var _ invite.Store = (*Invitations)(nil)

// NewInvitations returns the store.
func NewInvitations(pool Conns) *Invitations { return &Invitations{pool, db.New(pool)} }

// draft is what is known of a user to be.
type draft struct {
	Name       string        `json:"name"`
	TimeZone   string        `json:"time_zone"`
	People     int           `json:"people"`
	Connection string        `json:"connection"`
	Owned      bool          `json:"owned"`
	Next       invite.Step   `json:"next"`
	Settings   user.Settings `json:"settings"`
}

func encodeDraft(i invite.Invitation) ([]byte, error) {
	data, err := json.Marshal(draft{i.User.Name, i.User.TimeZone, i.User.People, i.User.Connection, i.Owned, i.Next, i.User.Settings})
	return data, fault.Wrap(fault.Internal, "store an invitation", err)
}

func toInvitation(r db.Invitation) (invite.Invitation, error) {
	d := draft{Settings: user.DefaultSettings()}
	if err := json.Unmarshal(r.Draft, &d); err != nil {
		return invite.Invitation{}, fault.Wrap(fault.Internal, "load invitation "+r.UserID, err)
	}
	return invite.Invitation{
		User: user.User{
			ID: r.UserID, Email: r.Email, Name: d.Name, TimeZone: d.TimeZone, Enabled: true, People: d.People, Connection: d.Connection, Settings: d.Settings,
		},
		Next: d.Next, Owned: d.Owned, Expires: r.ExpiresAt, Link: r.Digest,
	}, nil
}

// CreateInvitation implements [invite.Store].
func (s *Invitations) CreateInvitation(ctx context.Context, inv invite.Invitation, digest []byte, valid time.Duration) error {
	data, err := encodeDraft(inv)
	if err != nil {
		return err
	}
	n, err := s.q.UpsertInvitation(ctx, db.UpsertInvitationParams{UserID: inv.User.ID, Email: inv.User.Email, Digest: digest, Draft: data, Seconds: valid.Seconds()})
	if err == nil && n == 0 {
		return fault.New(fault.Conflict, "invite", "a user has the id %q: choose another, or let them in with `mealplanner user sign-in %s`", inv.User.ID, inv.User.ID)
	}
	return failed("invite", err)
}

// OpenInvitation implements [invite.Store].
func (s *Invitations) OpenInvitation(ctx context.Context, digest []byte) (string, error) {
	id, err := s.q.OpenInvitation(ctx, digest)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", fault.New(fault.Unauthorized, "invitation", "this invitation was used, withdrawn or replaced, or is older than %d days: ask for another, or sign in", int(invite.Valid.Hours()/24)) //nolint:mnd // hours of a day
	}
	return id, failed("open an invitation", err)
}

// Invitation implements [invite.Store].
func (s *Invitations) Invitation(ctx context.Context, id string) (invite.Invitation, error) {
	return invitation(ctx, s.q, id)
}

func invitation(ctx context.Context, q *db.Queries, id string) (invite.Invitation, error) {
	row, err := q.GetInvitation(ctx, id)
	if errors.Is(err, pgx.ErrNoRows) {
		return invite.Invitation{}, fault.New(fault.NotFound, "invitation", "there is none for %q (see `mealplanner invitation list`)", id)
	}
	if err != nil {
		return invite.Invitation{}, failed("load an invitation", err)
	}
	return toInvitation(row)
}

// ChangeInvitation implements [invite.Store].
func (s *Invitations) ChangeInvitation(ctx context.Context, id string, change func(*invite.Invitation) error) error {
	return keepKind("change an invitation", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		inv, err := invitation(ctx, q, id)
		if err != nil {
			return err
		}
		if err := change(&inv); err != nil {
			return err
		}
		data, err := encodeDraft(inv)
		if err != nil {
			return err
		}
		return q.SaveInvitation(ctx, data, id)
	}))
}

// AcceptInvitation implements [invite.Store].
func (s *Invitations) AcceptInvitation(ctx context.Context, id string) (u user.User, err error) {
	err = pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		inv, err := invitation(ctx, q, id)
		if err != nil {
			return err
		}
		u = inv.User
		if err := (&Users{s.pool, q}).Add(ctx, u, nil); err != nil {
			return err
		}
		_, err = q.DeleteInvitation(ctx, id)
		return err
	})
	return u, keepKind("accept an invitation", err)
}

// List returns every invitation by id, those that expired too.
func (s *Invitations) List(ctx context.Context) ([]invite.Invitation, error) {
	rows, err := s.q.ListInvitations(ctx)
	if err != nil {
		return nil, failed("list invitations", err)
	}
	out := make([]invite.Invitation, len(rows))
	for i, r := range rows {
		if out[i], err = toInvitation(r); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Withdraw deletes an invitation, and the library that was connected for it; kind NotFound.
func (s *Invitations) Withdraw(ctx context.Context, id string) error {
	n, err := s.q.DeleteInvitation(ctx, id)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "invitation", "there is none for %q (see `mealplanner invitation list`)", id)
	}
	return failed("withdraw an invitation", err)
}
