package tandoor

import (
	"context"
	"maps"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/fault"
)

// reconciler makes a set on the server equal to a wanted one, for an API that knows
// neither our ids nor uniqueness.
type reconciler[E any, K comparable] struct {
	key    func(E) K
	list   func(context.Context) (map[int64]K, error) // what is there and ours
	create func(context.Context, E) (int64, error)
	remove func(context.Context, int64) error
	keep   func(id int64) bool // never removed even if unwanted; nil = none
}

const writeRounds = 2

// reconcile reads what is there, adds what is missing and removes what is not wanted.
// After a failure that may have left its effect behind it does so once more from the start.
func reconcile[E any, K comparable](ctx context.Context, want []E, r reconciler[E, K]) (Written, error) {
	var total Written
	for round := 1; ; round++ {
		w, err := r.once(ctx, want)
		total = Written{total.Created + w.Created, total.Deleted + w.Deleted, w.Kept, w.IDs}
		if err == nil {
			total.Kept -= total.Created - w.Created
			return total, nil
		}
		switch fault.KindOf(err) {
		case fault.TimeoutError, fault.NetworkError, fault.Unavailable:
			if round < writeRounds && ctx.Err() == nil {
				continue
			}
		default:
		}
		return total, err
	}
}

func (r reconciler[E, K]) once(ctx context.Context, want []E) (Written, error) {
	var w Written
	there, err := r.list(ctx)
	if err != nil {
		return w, err
	}
	free := map[K][]int64{}
	for _, id := range slices.Sorted(maps.Keys(there)) {
		free[there[id]] = append(free[there[id]], id)
	}
	w.IDs = make([]int64, len(want))
	for i, e := range want {
		if ids := free[r.key(e)]; len(ids) > 0 {
			w.IDs[i], free[r.key(e)] = ids[0], ids[1:]
			w.Kept++
		}
	}
	for i, e := range want {
		if w.IDs[i] != 0 {
			continue
		}
		if w.IDs[i], err = r.create(ctx, e); err != nil {
			return w, err
		}
		w.Created++
	}
	for _, ids := range free {
		for _, id := range ids {
			if r.keep != nil && r.keep(id) {
				continue
			}
			if err := r.remove(ctx, id); err != nil {
				return w, err
			}
			w.Deleted++
		}
	}
	return w, nil
}
