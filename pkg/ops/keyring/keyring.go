// Package keyring changes the key of an installation while it runs: it decides which key of
// the ring seals and signs, reseals what an older key sealed, and says what still
// needs a key. At every moment each running process can read everything.
package keyring

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Place is where sealed values are stored.
type Place string

// The places.
const (
	Connections Place = "connections"       // tokens of libraries, by connection
	Users       Place = "users"             // FatSecret tokens, by user
	Pending     Place = "fatsecret_pending" // accounts that are being connected, by request
	Webhooks    Place = "webhooks"          // secrets of signatures, by webhook
)

// Context is what binds a sealed value to its row.
func (p Place) Context(id string) string {
	switch p {
	case Connections:
		return "connections/" + id + "/token"
	case Users:
		return "users/" + id + "/fatsecret"
	default:
		return string(p) + "/" + id
	}
}

// Sealed is a stored value.
type Sealed struct {
	Place Place
	ID    string
	Value []byte
}

// Key is a key that the installation has used.
type Key struct {
	ID      seal.ID
	InUse   bool
	Added   time.Time
	Signed  *time.Time // when a process last signed with it; nil: never
	Retired *time.Time
}

// Holder is a running process with its ring.
type Holder struct {
	Process string
	Keys    []seal.ID
	InUse   seal.ID
	Seen    time.Time
}

// Store keeps keys' names, holders and sealed values.
type Store interface {
	Keys(ctx context.Context) ([]Key, error)
	// Register makes the key the one in use if none ever was.
	Register(ctx context.Context, id seal.ID) error
	// Use makes the key the one in use; kind Conflict when it is retired.
	Use(ctx context.Context, id seal.ID) error
	// Retire ends a key; successor, when not empty, comes into use instead of it.
	Retire(ctx context.Context, id, successor seal.ID) error
	// Signing notes that this process signs with the key.
	Signing(ctx context.Context, id seal.ID) error
	Hold(ctx context.Context, h Holder) error
	Release(ctx context.Context, process string) error
	// Holders lists the processes seen within the time.
	Holders(ctx context.Context, within time.Duration) ([]Holder, error)
	// Sealed lists values after one, in the order of place and id; none: the end.
	Sealed(ctx context.Context, after Sealed) ([]Sealed, error)
	// Reseal replaces a value unless it has changed meanwhile.
	Reseal(ctx context.Context, was Sealed, value []byte) error
}

// Every is how often a running process says which keys it has, and reads which is in use.
const Every = 15 * time.Second

// lately is how long a process counts as running after it was seen.
const lately = 4 * Every

// Service works on one ring.
type Service struct {
	store Store
	ring  *seal.Ring
	links time.Duration
}

// New returns it. links is the longest time that a signed link is valid.
func New(store Store, ring *seal.Ring, links time.Duration) *Service {
	return &Service{store, ring, links}
}

// Join brings the ring in line with the installation. Kind InvalidConfiguration: the ring
// lacks a key that is needed.
func (s *Service) Join(ctx context.Context) error {
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return err
	}
	if len(keys) == 0 {
		first, err := s.first(ctx)
		if err != nil {
			return err
		}
		if err := s.store.Register(ctx, first); err != nil {
			return err
		}
		if keys, err = s.store.Keys(ctx); err != nil {
			return err
		}
	}
	if err := s.adopt(keys); err != nil {
		return err
	}
	return s.store.Signing(ctx, s.ring.InUse())
}

// first is the key that an installation without a record has used so far: the one that
// opens what is stored, or the oldest.
func (s *Service) first(ctx context.Context) (seal.ID, error) {
	values, err := s.store.Sealed(ctx, Sealed{})
	if err != nil || len(values) == 0 {
		return s.ring.Oldest(), err
	}
	for _, v := range values {
		if id := s.ring.SealedWith(v.Value, v.Place.Context(v.ID)); s.ring.Holds(id) {
			return id, nil
		}
	}
	return "", fault.New(fault.InvalidConfig, "MEALPLANNER_KEY",
		"opens none of the %d stored tokens: set it to the key that they were stored with; if that is lost: `mealplanner key add --lost` starts over, and every account must be reconnected", len(values))
}

func (s *Service) adopt(keys []Key) error {
	var retired []seal.ID
	for _, k := range keys {
		if k.Retired != nil {
			retired = append(retired, k.ID)
		}
	}
	for _, k := range keys {
		if k.InUse {
			return s.ring.Use(k.ID, retired)
		}
	}
	return fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", "no key is in use: put a new one before the others and run `mealplanner key add`")
}

// Beat is what a running process does now and then: it says what it signs with and which
// keys it has, and follows the installation.
func (s *Service) Beat(ctx context.Context, process string) error {
	if err := s.store.Signing(ctx, s.ring.InUse()); err != nil {
		return err
	}
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return err
	}
	followed := s.adopt(keys)
	if err := s.store.Hold(ctx, Holder{Process: process, Keys: s.ring.IDs(), InUse: s.ring.InUse()}); err != nil {
		return err
	}
	return followed
}

// Leave says that the process has ended.
func (s *Service) Leave(ctx context.Context, process string) error {
	return s.store.Release(ctx, process)
}

// each calls fn with every sealed value.
func (s *Service) each(ctx context.Context, fn func(Sealed) error) error {
	var last Sealed
	for {
		values, err := s.store.Sealed(ctx, last)
		if err != nil || len(values) == 0 {
			return err
		}
		for _, v := range values {
			if err := fn(v); err != nil {
				return err
			}
		}
		last = values[len(values)-1]
	}
}

// Check reports what is sealed with keys that the ring lacks. Kind InvalidConfiguration.
func (s *Service) Check(ctx context.Context) (string, error) {
	known, err := s.List(ctx)
	if err != nil {
		return "", err
	}
	var missing []string
	for _, k := range known {
		if n := k.sealed(); n > 0 && k.State == Missing && k.ID != "" {
			missing = append(missing, "lacks key "+string(k.ID)+", and "+counted(n, "stored token is", "stored tokens are")+" sealed with it: put it back, behind the newer keys; if it is lost: `mealplanner key retire "+string(k.ID)+" --lost`")
		} else if n > 0 && k.ID == "" {
			missing = append(missing, "opens "+counted(n, "stored token", "stored tokens")+" with none of its keys: put back the key that sealed them, or connect the accounts again")
		}
	}
	if len(missing) > 0 {
		return "", fault.New(fault.InvalidConfig, "MEALPLANNER_KEY", "%s", strings.Join(missing, "; and "))
	}
	said := []string{"key " + string(s.ring.InUse()) + " is in use"}
	if n := len(s.ring.IDs()); n > 1 {
		said[0] += ", one of " + counted(n, "key", "keys")
	}
	for _, k := range known {
		if k.State == Retired && s.ring.Holds(k.ID) {
			said = append(said, string(k.ID)+" is retired: take it out of MEALPLANNER_KEY")
		}
	}
	return strings.Join(said, "; "), nil
}

// State is what a key is to the installation.
type State string

// The states.
const (
	InUse   State = "in use"  // seals and signs
	Unused  State = "new"     // in the ring and not used yet
	Old     State = "old"     // opens and verifies
	Retired State = "retired" // trusted no more
	Missing State = "missing" // needed, and not in the ring
)

// Known is a key with what needs it.
type Known struct {
	ID        seal.ID
	State     State
	Added     *time.Time
	Sealed    map[Place]int
	Links     *time.Time // when the last link signed with it ends; nil: it signed none
	Processes []string   // that run with it
}

func (k Known) sealed() int {
	n := 0
	for _, m := range k.Sealed {
		n += m
	}
	return n
}

// List shows every key of the ring and of the installation, the newest first. A key without
// a name stands for values that no key of the ring opens.
func (s *Service) List(ctx context.Context) ([]Known, error) {
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return nil, err
	}
	holders, err := s.store.Holders(ctx, lately)
	if err != nil {
		return nil, err
	}
	out := make([]Known, 0, len(keys))
	at := func(id seal.ID) *Known {
		i := slices.IndexFunc(out, func(k Known) bool { return k.ID == id })
		if i < 0 {
			i, out = len(out), append(out, Known{ID: id, State: Missing, Sealed: map[Place]int{}})
		}
		return &out[i]
	}
	for _, id := range s.ring.IDs() {
		at(id).State = Unused
	}
	for _, r := range keys {
		k := at(r.ID)
		k.Added = &r.Added
		if r.Signed != nil && r.Retired == nil {
			end := r.Signed.Add(s.links)
			k.Links = &end
		}
		switch {
		case r.Retired != nil:
			k.State = Retired
		case k.State == Missing:
		case r.InUse:
			k.State = InUse
		default:
			k.State = Old
		}
	}
	for _, h := range holders {
		for _, id := range h.Keys {
			k := at(id)
			k.Processes = append(k.Processes, h.Process)
		}
	}
	err = s.each(ctx, func(v Sealed) error {
		at(s.ring.SealedWith(v.Value, v.Place.Context(v.ID))).Sealed[v.Place]++
		return nil
	})
	slices.SortStableFunc(out, func(a, b Known) int { return cmp.Compare(rank(a.State), rank(b.State)) })
	return out, err
}

func rank(s State) int { return slices.Index([]State{Unused, InUse, Old, Missing, Retired}, s) }
