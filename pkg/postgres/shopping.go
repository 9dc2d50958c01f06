package postgres

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/planner/shopping"
	"github.com/mealplanner/mealplanner/pkg/postgres/db"
)

// Shopping holds what people ticked and added.
type Shopping struct {
	pool Conns
	q    *db.Queries
}

var _ shopping.Store = (*Shopping)(nil)

// NewShopping returns the store.
func NewShopping(pool Conns) *Shopping { return &Shopping{pool, db.New(pool)} }

// State implements [shopping.Store]. The version is that before the rest was read, so that a
// change meanwhile is noticed later.
func (s *Shopping) State(ctx context.Context, userID string, week calendar.Date) (shopping.State, error) {
	const op = "load a shopping list"
	var out shopping.State
	var err error
	if out.Version, err = s.q.ShoppingVersion(ctx, userID, week.Time()); err != nil {
		return out, failed(op, err)
	}
	ticks, err := s.q.ListShoppingTicks(ctx, userID, week.Time())
	if err != nil {
		return out, failed(op, err)
	}
	for _, t := range ticks {
		tick := shopping.Tick{Key: t.Food, Name: t.Name, Amount: t.Amount, Home: t.Home}
		if len(t.Need) > 0 {
			if err := json.Unmarshal(t.Need, &tick.Need); err != nil {
				return out, fault.Wrap(fault.Internal, op, err)
			}
		}
		out.Ticks = append(out.Ticks, tick)
	}
	items, err := s.q.ListShoppingItems(ctx, userID, week.Time())
	for _, i := range items {
		out.Own = append(out.Own, shopping.OwnItem{ID: i.ID, Text: i.Text, Ticked: i.Ticked})
	}
	return out, failed(op, err)
}

// Version implements [shopping.Store].
func (s *Shopping) Version(ctx context.Context, userID string, week calendar.Date) (int64, error) {
	v, err := s.q.ShoppingVersion(ctx, userID, week.Time())
	return v, failed("ask for a shopping list's version", err)
}

// change runs fn as one change of the list, its version counted.
func (s *Shopping) change(ctx context.Context, userID string, week calendar.Date, fn func(q *db.Queries) error) error {
	const op = "change a shopping list"
	return keepKind(op, pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		q := s.q.WithTx(tx)
		if _, err := q.TouchShoppingList(ctx, userID, week.Time()); err != nil {
			return err
		}
		return fn(q)
	}))
}

// Tick implements [shopping.Store].
func (s *Shopping) Tick(ctx context.Context, userID string, week calendar.Date, t shopping.Tick) error {
	var need []byte
	if t.Home {
		var err error
		if need, err = json.Marshal(t.Need); err != nil {
			return fault.Wrap(fault.Internal, "change a shopping list", err)
		}
	}
	return s.change(ctx, userID, week, func(q *db.Queries) error {
		return q.TickShopping(ctx, db.TickShoppingParams{UserID: userID, WeekOf: week.Time(), Food: t.Key, Name: t.Name, Amount: t.Amount, Home: t.Home, Need: need})
	})
}

// Untick implements [shopping.Store].
func (s *Shopping) Untick(ctx context.Context, userID string, week calendar.Date, key string, home bool) error {
	return s.change(ctx, userID, week, func(q *db.Queries) error {
		return q.UntickShopping(ctx, db.UntickShoppingParams{UserID: userID, WeekOf: week.Time(), Food: key, Home: home})
	})
}

// Touch implements [shopping.Store].
func (s *Shopping) Touch(ctx context.Context, userID string, week calendar.Date) error {
	return s.change(ctx, userID, week, func(*db.Queries) error { return nil })
}

// TickOwn implements [shopping.Store].
func (s *Shopping) TickOwn(ctx context.Context, userID string, week calendar.Date, id int64, ticked bool) error {
	return s.change(ctx, userID, week, func(q *db.Queries) error {
		return found(q.TickShoppingItem(ctx, db.TickShoppingItemParams{Ticked: ticked, UserID: userID, WeekOf: week.Time(), ID: id}))
	})
}

// Add implements [shopping.Store].
func (s *Shopping) Add(ctx context.Context, userID string, week calendar.Date, text string, most int) (id int64, err error) {
	err = s.change(ctx, userID, week, func(q *db.Queries) error {
		n, err := q.CountShoppingItems(ctx, userID, week.Time())
		if err != nil {
			return err
		}
		if n >= int64(most) {
			return fault.New(fault.InvalidInput, "shopping list", "it holds %d items of your own: take some away first", most)
		}
		id, err = q.AddShoppingItem(ctx, db.AddShoppingItemParams{UserID: userID, WeekOf: week.Time(), Text: text})
		return err
	})
	return id, err
}

// Remove implements [shopping.Store].
func (s *Shopping) Remove(ctx context.Context, userID string, week calendar.Date, id int64) error {
	return s.change(ctx, userID, week, func(q *db.Queries) error {
		return found(q.DeleteShoppingItem(ctx, db.DeleteShoppingItemParams{UserID: userID, WeekOf: week.Time(), ID: id}))
	})
}

func found(n int64, err error) error {
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "shopping list", "the list does not hold this item any longer: load it anew")
	}
	return err
}
