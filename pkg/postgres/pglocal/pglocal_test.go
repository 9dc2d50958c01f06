package pglocal_test

import (
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStartServesAndStopLeavesNothing(t *testing.T) {
	t.Parallel()
	s, err := pglocal.Start(t.Context(), pglocal.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := pgx.Connect(t.Context(), s.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	var n int
	if err := conn.QueryRow(t.Context(), "select 40 + 2").Scan(&n); err != nil || n != 42 {
		t.Errorf("got %d, %v", n, err)
	}
	if err := s.Stop(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("the directory is still there: %v", err)
	}
}

func TestStartNamesTheCure(t *testing.T) {
	t.Setenv("PGBIN", t.TempDir())
	t.Setenv("PATH", t.TempDir())
	if _, err := os.Stat("/usr/lib/postgresql"); err == nil {
		// Debian's directory is found whatever PATH says, so only a wrong Bin can fail here.
		_, err := pglocal.Start(t.Context(), pglocal.Options{Bin: t.TempDir()})
		if err == nil {
			t.Fatal("started from an empty directory")
		}
		return
	}
	if _, err := pglocal.Find(); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("got %v", err)
	}
}
