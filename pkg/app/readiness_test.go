package app

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func TestReadinessIsAskedOnceASecond(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 27, 6, 0, 0, 0, time.UTC)
	pings := 0
	var down error
	r := &readiness{now: func() time.Time { return now }, ping: func(ctx context.Context) error {
		pings++
		return errors.Join(down, ctx.Err())
	}}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for _, c := range []struct {
		wait  time.Duration
		down  error
		pings int
		ready bool
	}{
		{0, nil, 1, true},
		{readyFor - 1, errors.New("down"), 1, true},
		{1, errors.New("down"), 2, false},
		{readyFor - 1, nil, 2, false},
		{1, nil, 3, true},
		{-time.Hour, errors.New("down"), 4, false},
	} {
		now, down = now.Add(c.wait), c.down
		err := r.check(gone)
		if pings != c.pings || (err == nil) != c.ready {
			t.Errorf("after %s: %d pings, %v; want %d, ready %t", c.wait, pings, err, c.pings, c.ready)
		}
		if err != nil && fault.KindOf(err) != fault.DatabaseError {
			t.Errorf("kind %s", fault.KindOf(err))
		}
	}
}
