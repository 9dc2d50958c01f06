// Package testpg gives each test a PostgreSQL database of its own: one private server
// and one migrated template per test binary, one clone per test.
package testpg

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
)

var (
	once    sync.Once
	server  *pglocal.Server
	failure error
	clones  atomic.Int64
	cloning sync.Mutex
)

const template = "template_meal_planner"

// Main runs a package's tests, stops the server they started and exits. Tests that leave a
// goroutine behind fail. Call it from TestMain.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is [Main] for those who exit themselves, and end their own servers.
func Run(m *testing.M, ends ...func()) int {
	code := m.Run()
	for _, end := range ends {
		end()
	}
	if server != nil {
		if err := server.Stop(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, "testpg:", err)
			return 1
		}
	}
	if code != 0 {
		return code
	}
	http.DefaultClient.CloseIdleConnections() // of the tests themselves
	if err := goleak.Find(); err != nil {
		fmt.Fprintln(os.Stderr, "testpg:", err)
		return 1
	}
	return 0
}

func start() {
	ctx := context.Background()
	if server, failure = pglocal.Start(ctx, pglocal.Options{MaxConnections: 300}); failure != nil {
		return
	}
	if failure = exec(ctx, "create database "+template); failure != nil {
		return
	}
	pool, err := postgres.Open(ctx, postgres.Options{URL: server.URL(template), Pool: "template", MaxConns: 2})
	if err != nil {
		failure = err
		return
	}
	defer pool.Close() // a template with an open connection cannot be cloned
	_, failure = postgres.Migrate(ctx, pool, slog.New(slog.DiscardHandler))
}

func exec(ctx context.Context, sql string) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, server.URL("postgres"))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// URL returns a migrated, empty database. It vanishes with the server.
func URL(tb testing.TB) string {
	tb.Helper()
	once.Do(start)
	if failure != nil {
		tb.Fatalf("private PostgreSQL: %v", failure)
	}
	name := fmt.Sprintf("test_%d", clones.Add(1))
	cloning.Lock() // one clone of a template at a time
	defer cloning.Unlock()
	if err := exec(tb.Context(), "create database "+name+" template "+template); err != nil {
		tb.Fatal(err)
	}
	return server.URL(name)
}

// Pool returns a pool on a database of its own.
func Pool(tb testing.TB) *pgxpool.Pool {
	tb.Helper()
	pool, err := postgres.Open(tb.Context(), postgres.Options{URL: URL(tb), Pool: "test", MaxConns: 8})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(pool.Close)
	return pool
}

// Empty returns a database without a schema. It vanishes with the server.
func Empty(tb testing.TB) string {
	tb.Helper()
	once.Do(start)
	if failure != nil {
		tb.Fatalf("private PostgreSQL: %v", failure)
	}
	name := fmt.Sprintf("empty_%d", clones.Add(1))
	if err := exec(tb.Context(), "create database "+name+" template template0"); err != nil {
		tb.Fatal(err)
	}
	return server.URL(name)
}
