package observe_test

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/telemetry/observe"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

func TestMain(m *testing.M) { testpg.Main(m) }

type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// A connection that is held too long is logged once, with who took it; one that comes back
// in time is not.
func TestHeldConnectionsAreLogged(t *testing.T) {
	t.Parallel()
	var out lines
	held := observe.NewHeld(slog.New(slog.NewJSONHandler(&out, nil)), "api", 300*time.Millisecond)
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: testpg.URL(t), Pool: "api", MaxConns: 3, Tracers: []pgx.QueryTracer{held}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	for range 5 {
		if _, err := pool.Exec(t.Context(), "select 1"); err != nil {
			t.Fatal(err)
		}
	}
	conn, err := pool.Acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(20 * time.Second); out.String() == "" && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	conn.Release()
	// Those that were taken before it would be there by now.
	if s := out.String(); strings.Count(s, "\n") != 1 || !strings.Contains(s, "TestHeldConnectionsAreLogged") || !strings.Contains(s, `"pool":"api"`) {
		t.Errorf("logged: %s", s)
	}
}
