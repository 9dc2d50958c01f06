package backup

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

func made(t *testing.T, dump []byte) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup")
	m := Manifest{Made: time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC), Program: "v1.2.3", Schema: 13, Key: "0123456789abcdef", PostgreSQL: "17.5"}
	if err := write(file, &m, func(w io.Writer) error { _, err := w.Write(dump); return err }); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestArchive(t *testing.T) {
	t.Parallel()
	dump := bytes.Repeat([]byte("PGDMP and more "), 1000)
	file := made(t, dump)
	if fi, err := os.Stat(file); err != nil || fi.Mode() != 0o600 {
		t.Errorf("%v, %v; want mode 0600", fi.Mode(), err)
	}
	a, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	r, err := a.dump.Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(r); err != nil || !bytes.Equal(b, dump) {
		t.Errorf("the dump is another one: %v", err)
	}
	if a.Schema != 13 || a.Program != "v1.2.3" || a.Bytes != int64(len(dump)) {
		t.Errorf("%+v", a.Manifest)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// A file that is there stays as it is, and what fails leaves nothing.
func TestWriteIsAllOrNothing(t *testing.T) {
	t.Parallel()
	file := made(t, []byte("first"))
	before, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	second := func(w io.Writer) error { _, err := io.WriteString(w, "second"); return err }
	if err := write(file, &Manifest{}, second); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("%v; want a refusal", err)
	}
	// Somebody makes the file while the dump is written.
	dir := t.TempDir()
	late := filepath.Join(dir, "late")
	if err := write(late, &Manifest{}, func(w io.Writer) error { return errors.Join(second(w), os.WriteFile(late, []byte("theirs"), 0o600)) }); fault.KindOf(err) != fault.InvalidConfig {
		t.Errorf("%v; want a refusal", err)
	}
	if b, err := os.ReadFile(late); err != nil || string(b) != "theirs" {
		t.Errorf("%q, %v", b, err)
	}
	broken := errors.New("the server went away")
	if err := write(filepath.Join(dir, "broken"), &Manifest{}, func(w io.Writer) error { return errors.Join(second(w), broken) }); !errors.Is(err, broken) {
		t.Error(err)
	}
	if after, err := os.ReadFile(file); err != nil || !bytes.Equal(before, after) {
		t.Error("the first backup has changed")
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if err := write(filepath.Join(dir, "no", "such", "directory"), &Manifest{}, second); fault.KindOf(err) != fault.InvalidConfig {
		t.Error(err)
	}
}

// Whatever is cut off and whichever byte of the content is another one, the file is refused.
func TestDamage(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile(made(t, []byte("PGDMP and what comes after it")))
	if err != nil {
		t.Fatal(err)
	}
	refused := func(what string, b []byte) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "damaged")
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if a, err := Open(file); fault.KindOf(err) != fault.InvalidConfig || !strings.Contains(err.Error(), "nothing was changed") {
			t.Errorf("%s: %+v, %v", what, a, err)
		}
	}
	for n := range whole {
		refused("cut short", whole[:n])
	}
	for at := bytes.Index(whole, []byte("PGDMP")); at < bytes.Index(whole, []byte("after it"))+8; at++ {
		b := bytes.Clone(whole)
		b[at] ^= 1
		refused("another byte", b)
	}
	refused("another program's", []byte("PGDMP as pg_dump alone writes it"))

	// A manifest of another dump.
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for name, content := range map[string]string{dumpName: "PGDMP", manifestName: `{"format":1,"bytes":5,"sha256":"00"}`} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	refused("another manifest", b.Bytes())
}

func TestLaterFormat(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "later")
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	z := zip.NewWriter(f)
	for name, content := range map[string]string{dumpName: "PGDMP", manifestName: `{"format":2,"program":"v9.0.0"}`} {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(file); err == nil || !strings.Contains(err.Error(), "run the program that made it, v9.0.0") {
		t.Error(err)
	}
}

// No password reaches the arguments of a program, where everybody sees it.
func TestPasswordStaysHidden(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"postgres://ana:s3cret@db:5432/meals?sslmode=require":               "postgres://ana@db:5432/meals?sslmode=require",
		"postgresql://ana@/meals?host=/tmp/x&password=s3cret":               "postgresql://ana@/meals?host=%2Ftmp%2Fx",
		"postgres://db/meals?pool_max_conns=3&sslmode=disable":              "postgres://db/meals?sslmode=disable",
		"host=db user=ana password=s3cret dbname=meals":                     "host=db user=ana  dbname=meals",
		`host=db password = 's3cret \' with spaces' dbname=meals`:           "host=db  dbname=meals",
		`password=s3\ cret dbname=meals default_query_exec_mode=simple`:     "dbname=meals",
		"postgres://ana:p%40s3cret@db/meals?statement_cache_capacity=0":     "postgres://ana@db/meals",
		"postgres://ana:s3cret@one:5432,two:5432/meals?sslmode=verify-full": "postgres://ana@one:5432,two:5432/meals?sslmode=verify-full",
	} {
		got := public(given)
		if got != want || strings.Contains(got, "cret") {
			t.Errorf("%s: %s; want %s", given, got, want)
		}
	}
	s := &Server{bin: "/bin", target: public("postgres://ana:s3cret@db/meals"), password: "s3cret"}
	cmd := s.command(t.Context(), "psql", "--dbname="+s.target)
	if strings.Contains(strings.Join(cmd.Args, " "), "s3cret") {
		t.Errorf("%q", cmd.Args)
	}
}
