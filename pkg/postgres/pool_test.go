package postgres_test

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// A pool that is resized again and again under load, exhausted at times, loses no
// statement; the old pools close.
func TestResizeUnderLoad(t *testing.T) {
	t.Parallel()
	conns, err := postgres.Open(t.Context(), postgres.Options{URL: testpg.URL(t), Pool: "swap", MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	pool := postgres.NewPool(conns)
	ctx, cancel := context.WithCancel(t.Context())
	var done atomic.Int64
	var wg sync.WaitGroup
	for range 12 {
		wg.Go(func() {
			for ctx.Err() == nil {
				var n int
				if err := pool.QueryRow(t.Context(), "select 1 from pg_sleep(0.005)").Scan(&n); err != nil {
					t.Error(err)
					return
				}
				done.Add(1)
			}
		})
	}
	flow := func() { // some statements more
		for begin := done.Load(); done.Load() < begin+50 && !t.Failed(); {
			time.Sleep(5 * time.Millisecond)
		}
	}
	for i, size := range []int{8, 4, 20, 4, 5} {
		flow()
		if err := pool.Resize(t.Context(), size); err != nil {
			t.Fatal(err)
		}
		if pool.Size() != size {
			t.Errorf("resize %d: size %d, want %d", i, pool.Size(), size)
		}
	}
	flow()
	cancel()
	wg.Wait()
	pool.Close()
	if _, err := conns.Exec(t.Context(), "select 1"); err == nil {
		t.Error("the first pool is still open")
	}
}
