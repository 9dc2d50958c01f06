package conformance

import (
	"context"
	"sync"

	"github.com/mealplanner/mealplanner/pkg/publish"
)

// book is a [publish.Book] in memory.
type book struct {
	mu      sync.Mutex
	last    int64
	rows    []bookRow
	space   publish.Space
	types   [3]int64
	adopted map[int64]bool
}

type bookRow struct {
	publish.Row
	plan, space int64
}

func newBook() *book { return &book{adopted: map[int64]bool{}} }

func (b *book) Rows(_ context.Context, _ string, plan, space int64) (out []publish.Row, _ error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.rows {
		if r.plan == plan && r.space == space {
			out = append(out, r.Row)
		}
	}
	return out, nil
}

func (b *book) Remotes(_ context.Context, _ string, k publish.Kind) (map[int64]bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := map[int64]bool{}
	for _, r := range b.rows {
		if r.Kind == k && r.Remote != 0 {
			out[r.Remote] = true
		}
	}
	return out, nil
}

func (b *book) Put(_ context.Context, _ string, plan, space int64, r publish.Row) (int64, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.rows {
		if b.rows[i].ID == r.ID {
			b.rows[i].Row = r
			return r.ID, nil
		}
	}
	b.last++
	r.ID = b.last
	b.rows = append(b.rows, bookRow{r, plan, space})
	return r.ID, nil
}

func (b *book) Drop(_ context.Context, id int64) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i := range b.rows {
		if b.rows[i].ID == id {
			b.rows = append(b.rows[:i:i], b.rows[i+1:]...)
			break
		}
	}
	return nil
}

func (b *book) Space(context.Context, string) (publish.Space, error) { return b.space, nil }

func (b *book) SetSpace(_ context.Context, _ string, s publish.Space) error {
	b.space = s
	return nil
}

func (b *book) MealTypes(context.Context, string) ([3]int64, error) { return b.types, nil }

func (b *book) SetMealTypes(_ context.Context, _ string, t [3]int64) error {
	b.types = t
	return nil
}

func (b *book) Adopted(_ context.Context, plan int64) (bool, error) { return b.adopted[plan], nil }

func (b *book) SetAdopted(_ context.Context, plan int64) error {
	b.adopted[plan] = true
	return nil
}
