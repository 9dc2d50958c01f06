package postgres_test

import (
	"context"
	"errors"
	"net"
	neturl "net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// frozen is a way to a real server on which nothing passes any more once it is frozen, and
// nothing is closed: what a client sees of a machine that lost its power.
type frozen struct {
	addr string
	ice  atomic.Bool
}

func way(t *testing.T, server *pgx.ConnConfig) *frozen {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	network, address := pgconn.NetworkAddress(server.Host, server.Port)
	f := &frozen{addr: l.Addr().String()}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(func() { cancel(); _ = l.Close() })
	pass := func(to, from net.Conn) {
		defer to.Close()
		buf := make([]byte, 64<<10)
		for {
			n, err := from.Read(buf)
			if f.ice.Load() {
				<-ctx.Done()
			}
			if err != nil || ctx.Err() != nil {
				return
			}
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
	}
	go func() {
		for {
			in, err := l.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial(network, address)
			if err != nil {
				_ = in.Close()
				return
			}
			go pass(out, in)
			go pass(in, out)
		}
	}()
	return f
}

// A server that is gone without a word is given up within the limits, by whoever waits for it.
func TestServerThatDoesNotAnswerIsGivenUp(t *testing.T) {
	t.Parallel()
	direct := testpg.URL(t)
	cfg, err := pgx.ParseConfig(direct)
	if err != nil {
		t.Fatal(err)
	}
	f := way(t, cfg)
	u, err := neturl.Parse(direct)
	if err != nil {
		t.Fatal(err)
	}
	u.Host, u.RawQuery = f.addr, "sslmode=disable"
	open := func() (*pgxpool.Pool, error) {
		return postgres.Open(t.Context(), postgres.Options{URL: u.String(), Pool: "test", MaxConns: 8, StatementTimeout: time.Second})
	}
	pool, err := open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	tx, err := pool.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	idle, err := open() // whose connection is pinged before it is used again
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(idle.Close)
	time.Sleep(1100 * time.Millisecond)
	t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
	f.ice.Store(true)

	batch := &pgx.Batch{}
	batch.Queue("select 1")
	for name, wait := range map[string]func() error{
		"a statement":             func() error { _, err := tx.Exec(t.Context(), "select 1"); return err },
		"a transaction":           func() error { return pgx.BeginFunc(t.Context(), pool, func(pgx.Tx) error { return nil }) },
		"a connection that idled": func() error { _, err := idle.Exec(t.Context(), "select 1"); return err },
		"a batch":                 func() error { return pool.SendBatch(t.Context(), batch).Close() },
		"a connection": func() error {
			p, err := open()
			if err == nil {
				p.Close()
			}
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			start := time.Now()
			err := wait()
			if took := time.Since(start); !errors.Is(err, context.DeadlineExceeded) || took > 20*time.Second {
				t.Errorf("after %s: %v", took, err)
			}
		})
	}
}
