package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/testpg"
)

// One candidate leads at a time; when its session is cut, or it stops, another does.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	const every = 20 * time.Millisecond
	var mu sync.Mutex
	working, most := 0, 0
	work := func(ctx context.Context) {
		mu.Lock()
		working++
		most = max(most, working)
		mu.Unlock()
		<-ctx.Done()
		mu.Lock()
		working--
		mu.Unlock()
	}
	type candidate struct {
		*postgres.Leader
		cancel context.CancelFunc
		done   chan struct{}
	}
	var all []candidate
	for range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		c := candidate{postgres.NewLeader(pool), cancel, make(chan struct{})}
		go func() { defer close(c.done); c.Run(ctx, every, work) }()
		all = append(all, c)
	}
	leader := func(not ...int) int {
		t.Helper()
		for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(every) {
			var lead []int
			for i, c := range all {
				if c.Leads() {
					lead = append(lead, i)
				}
			}
			if len(lead) == 1 && !slices.Contains(not, lead[0]) {
				return lead[0]
			}
		}
		t.Fatal("nobody leads alone")
		return 0
	}
	first := leader()
	all[first].cancel()
	<-all[first].done
	second := leader(first)
	if _, err := pool.Exec(t.Context(), "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'mealplanner leader' and datname = current_database()"); err != nil {
		t.Fatal(err)
	}
	leader(first) // one of the two that are left, after its session was cut
	_ = second
	for _, c := range all {
		c.cancel()
		<-c.done
		if c.Leads() {
			t.Error("a stopped candidate leads")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if working != 0 || most == 0 {
		t.Errorf("%d still work, %d at most", working, most)
	}
}
