package keyring

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// patience is how long [Service.Add] waits for the running processes to follow.
const patience = 2 * time.Minute

// Added is what [Service.Add] did.
type Added struct {
	Key      seal.ID
	Was      seal.ID // "" when the key was in use before
	Resealed int
	Lost     []Sealed // what no key of the ring opens
}

// Add brings the newest key of the ring into use and seals with it what others have sealed.
// It can be repeated, and resumes after an interruption. say is told what is
// being waited for. With lost, values that nothing opens do not matter. Kind Conflict: a
// running process lacks the key, or it is retired.
func (s *Service) Add(ctx context.Context, lost bool, say func(string)) (Added, error) {
	const op = "key add"
	done := Added{Key: s.ring.Newest()}
	keys, err := s.store.Keys(ctx)
	if err != nil {
		return done, err
	}
	if len(keys) == 0 { // the record begins with what was in use before
		first, err := s.first(ctx)
		if err != nil && !lost {
			return done, err
		}
		if err != nil {
			first = done.Key
		}
		if err := s.store.Register(ctx, first); err != nil {
			return done, err
		}
		if keys, err = s.store.Keys(ctx); err != nil {
			return done, err
		}
	}
	for _, k := range keys {
		switch {
		case k.ID == done.Key && k.Retired != nil:
			return done, fault.New(fault.Conflict, op, "%s was retired: make a new key with `openssl rand -hex 32` and put it first in MEALPLANNER_KEY", k.ID)
		case !k.InUse || k.ID == done.Key:
		case !s.ring.Holds(k.ID):
			return done, seal.Lacking(k.ID)
		default:
			done.Was = k.ID
		}
	}
	holders, err := s.store.Holders(ctx, lately)
	if err != nil {
		return done, err
	}
	if lacking := processes(holders, func(h Holder) bool { return !slices.Contains(h.Keys, done.Key) }); len(lacking) > 0 {
		return done, fault.New(fault.Conflict, op, "key %s is not in the MEALPLANNER_KEY of %s, which could not read what it seals: restart with it first; nothing was changed", done.Key, strings.Join(lacking, ", "))
	}
	if err := s.store.Use(ctx, done.Key); err != nil {
		return done, err
	}
	if err := s.ring.Use(done.Key, nil); err != nil {
		return done, err
	}
	if err := s.adopted(ctx, done.Key, say); err != nil {
		return done, err
	}
	err = s.each(ctx, func(v Sealed) error {
		place := v.Place.Context(v.ID)
		if s.ring.SealedWith(v.Value, place) == done.Key {
			return nil
		}
		plain, err := s.ring.Open(v.Value, place)
		if err != nil {
			done.Lost = append(done.Lost, v)
			return nil //nolint:nilerr // what cannot be read does not keep the rest from being sealed
		}
		done.Resealed++
		return s.store.Reseal(ctx, v, s.ring.Seal(plain, place))
	})
	return done, err
}

// adopted waits until every running process seals with the key.
func (s *Service) adopted(ctx context.Context, id seal.ID, say func(string)) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	said := ""
	for {
		holders, err := s.store.Holders(ctx, lately)
		if err != nil {
			return err
		}
		behind := strings.Join(processes(holders, func(h Holder) bool { return h.InUse != id }), ", ")
		if behind == "" {
			return nil
		}
		if behind != said {
			said = behind
			say(fmt.Sprintf("waiting for %s to use key %s: within %s, or %s where it was killed", behind, id, Every, lately))
		}
		select {
		case <-ctx.Done():
			return fault.New(fault.TimeoutError, "key add", "%s did not switch within %s; key %s is in use, and running the command again seals the rest with it", behind, patience, id)
		case <-tick.C:
		}
	}
}

func processes(holders []Holder, which func(Holder) bool) []string {
	var out []string
	for _, h := range holders {
		if which(h) {
			out = append(out, h.Process)
		}
	}
	return out
}

// Retire ends a key that nothing needs: what it has signed counts no more. With endLinks,
// links that would still be valid end now. With lost, the key is gone already: whatever it
// has sealed is returned, and must be connected again. Kinds NotFound; Conflict: something
// needs the key.
func (s *Service) Retire(ctx context.Context, id seal.ID, endLinks, lost bool, now time.Time) ([]Sealed, error) {
	const op = "key retire"
	known, err := s.List(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(known, func(k Known) bool { return k.ID == id && id != "" })
	if i < 0 {
		return nil, fault.New(fault.NotFound, op, "no key %q: see `mealplanner key list`", id)
	}
	k := known[i]
	switch {
	case k.State == Retired:
		return nil, fault.New(fault.Conflict, op, "%s is retired already: take it out of MEALPLANNER_KEY", id)
	case k.State == Unused:
		return nil, fault.New(fault.Conflict, op, "%s was never in use: take it out of MEALPLANNER_KEY and restart", id)
	case lost && s.ring.Holds(id):
		return nil, fault.New(fault.InvalidInput, "--lost", "MEALPLANNER_KEY holds %s: it is not lost", id)
	case lost:
		return s.forget(ctx, id)
	case k.State == InUse:
		return nil, fault.New(fault.Conflict, op, "%s is in use: put a new key before it and run `mealplanner key add` first", id)
	case k.sealed() > 0:
		return nil, fault.New(fault.Conflict, op, "%s sealed with %s: `mealplanner key add` seals them with the newest key", counted(k.sealed(), "stored token is", "stored tokens are"), id)
	}
	holders, err := s.store.Holders(ctx, lately)
	if err != nil {
		return nil, err
	}
	if using := processes(holders, func(h Holder) bool { return h.InUse == id }); len(using) > 0 {
		return nil, fault.New(fault.Conflict, op, "%s still seal with %s: restart them with the present MEALPLANNER_KEY", strings.Join(using, ", "), id)
	}
	if k.Links != nil && k.Links.After(now) && !endLinks {
		return nil, fault.New(fault.Conflict, op, "links in mails that were signed with %s work until %s: keep it in MEALPLANNER_KEY until then, or end them now with --end-links", id, k.Links.UTC().Format(time.DateOnly))
	}
	return nil, s.store.Retire(ctx, id, "")
}

// forget ends a key that is lost.
func (s *Service) forget(ctx context.Context, id seal.ID) ([]Sealed, error) {
	var gone []Sealed
	if err := s.each(ctx, func(v Sealed) error {
		if s.ring.SealedWith(v.Value, v.Place.Context(v.ID)) == id {
			gone = append(gone, v)
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return gone, s.store.Retire(ctx, id, s.ring.Newest())
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
