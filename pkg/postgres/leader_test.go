package postgres_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// One candidate leads at a time; when its session is cut, or it stops, another does.
func TestOneLeads(t *testing.T) {
	t.Parallel()
	pool := testpg.Pool(t)
	const every = 20 * time.Millisecond
	var mu sync.Mutex
	working, most := 0, 0
	count := func(n int) {
		mu.Lock()
		defer mu.Unlock()
		working += n
		most = max(most, working)
	}
	work := func(ctx context.Context) {
		count(1)
		defer count(-1)
		<-ctx.Done()
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
			lead := slices.DeleteFunc([]int{0, 1, 2}, func(i int) bool { return !all[i].Leads() })
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
	mu.Lock()
	if most != 1 {
		t.Errorf("%d worked at a time", most)
	}
	mu.Unlock()
	cut := leaderSession(t, pool)
	if _, err := pool.Exec(t.Context(), "select pg_terminate_backend($1)", cut); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(10 * time.Second); leaderSession(t, pool) == cut || leaderSession(t, pool) == 0; time.Sleep(every) {
		if time.Now().After(deadline) {
			t.Fatal("nobody took the lock over")
		}
	}
	leader(first)
	t.Logf("%d led, was cut off, and the lock was taken again", second)
	for _, c := range all {
		c.cancel()
		<-c.done
		if c.Leads() {
			t.Error("a stopped candidate leads")
		}
	}
	mu.Lock()
	defer mu.Unlock()
	// One that was cut off notices at its next look; until then two may work.
	if working != 0 || most < 1 || most > 2 {
		t.Errorf("%d still work, %d at most", working, most)
	}
}

// leaderSession is the session that holds the lock; 0 while none does.
func leaderSession(t *testing.T, pool *pgxpool.Pool) (pid int) {
	t.Helper()
	if err := pool.QueryRow(t.Context(), `select coalesce(max(pid), 0) from pg_locks where locktype = 'advisory' and granted
		and database = (select oid from pg_database where datname = current_database())`).Scan(&pid); err != nil {
		t.Fatal(err)
	}
	return pid
}
