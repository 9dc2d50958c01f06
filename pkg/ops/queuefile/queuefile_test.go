package queuefile_test

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.etcd.io/bbolt"
	"go.uber.org/goleak"

	"github.com/mealplanner/mealplanner/pkg/ops/queuefile"
)

// examineVariable makes the test's binary examine the file that is its last argument.
const examineVariable = "QUEUEFILE_TEST_EXAMINE"

func TestMain(m *testing.M) {
	if os.Getenv(examineVariable) != "" {
		if err := queuefile.Examine(os.Args[len(os.Args)-1], os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

// queue writes a file as the Collector's exporter queues do: batches in one bucket, most of
// them taken out again.
func queue(t *testing.T, path string) *bbolt.DB {
	t.Helper()
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		err := db.Update(func(tx *bbolt.Tx) error {
			b, err := tx.CreateBucketIfNotExists([]byte("default"))
			if err != nil {
				return err
			}
			if i > 100 && i%3 > 0 {
				return b.Delete(fmt.Append(nil, i-100))
			}
			return b.Put(fmt.Append(nil, i), bytes.Repeat([]byte{byte(i)}, 700+i*13%5000))
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return db
}

func sweep(t *testing.T, dir string, skip func(string, fs.FileInfo) bool) map[string]queuefile.Queue {
	t.Helper()
	at := func() time.Time { return time.Date(2026, 12, 4, 6, 0, 0, 0, time.UTC) }
	found, err := queuefile.Sweep(t.Context(), dir, []string{os.Args[0]}, at, skip)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]queuefile.Queue{}
	for _, q := range found {
		out[filepath.Base(q.File)] = q
	}
	return out
}

// Whatever happened to a file, after the sweep a Collector can open what is there.
func TestSweep(t *testing.T) {
	t.Setenv(examineVariable, "1")
	page := os.Getpagesize()
	overwrite := func(from, n int, with byte) func([]byte) []byte {
		return func(b []byte) []byte {
			for i := from; i < min(from+n, len(b)); i++ {
				b[i] = with
			}
			return b
		}
	}
	damage := map[string]func([]byte) []byte{
		"exporter_truncated_half":   func(b []byte) []byte { return b[:len(b)/2/page*page] },
		"exporter_truncated_ragged": func(b []byte) []byte { return b[:len(b)/3+17] },
		"exporter_truncated_metas":  func(b []byte) []byte { return b[:2*page] },
		"exporter_truncated_a_page": func(b []byte) []byte { return b[:page] },
		"exporter_truncated_bytes":  func(b []byte) []byte { return b[:17] },
		"exporter_zeroed_header":    overwrite(0, 2*page, 0),
		"exporter_zeroed_rest":      overwrite(2*page, 1<<30, 0),
		"exporter_garbage_all":      overwrite(0, 1<<30, 0xA5),
		"exporter_garbage_data":     overwrite(2*page, 1<<30, 0xA5),
	}
	whole := map[string]func([]byte) []byte{
		"exporter_whole": func(b []byte) []byte { return b },
		"exporter_empty": func([]byte) []byte { return nil }, // as after a crash before the first write
	}
	dir := t.TempDir()
	source := filepath.Join(t.TempDir(), "source")
	if err := queue(t, source).Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	for _, set := range []map[string]func([]byte) []byte{damage, whole} {
		for name, change := range set {
			if err := os.WriteFile(filepath.Join(dir, name), change(bytes.Clone(content)), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "exporter_x.20261128T175500.000Z.backup"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "receiver_of_others"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	open := queue(t, filepath.Join(dir, "exporter_in_use"))
	defer open.Close()

	found := sweep(t, dir, nil)
	if len(found) != len(damage)+len(whole)+1 {
		t.Errorf("%d files examined: %v", len(found), found)
	}
	for name := range damage {
		q := found[name]
		t.Logf("%s: %s", name, q.Damage)
		if q.Damage == "" || q.Moved != q.File+".damaged-20261204T060000Z" {
			t.Errorf("%s: %+v; want it moved aside, with a reason", name, q)
			continue
		}
		if _, err := os.Stat(q.Moved); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(q.File); !os.IsNotExist(err) {
			t.Errorf("%s is still there: %v", name, err)
		}
	}
	for name := range whole {
		if q := found[name]; q.Damage != "" || q.InUse || q.Moved != "" {
			t.Errorf("%s: %+v; want it left alone", name, q)
		}
	}
	if q := found["exporter_in_use"]; !q.InUse || q.Damage != "" {
		t.Errorf("in use: %+v", q)
	}
	if kept := sweep(t, dir, nil); len(kept) != len(whole)+1 {
		t.Errorf("a second sweep looks at %v; want what is whole and what is in use", kept)
	}
	if none := sweep(t, dir, func(string, fs.FileInfo) bool { return true }); len(none) != 0 {
		t.Errorf("skipped, and examined: %v", none)
	}
}

// No verdict is no damage: a file is not moved because nobody could look at it.
func TestSweepWithoutAVerdict(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "exporter_a")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, argv := range [][]string{{"/nonexistent"}, {"false"}, {"echo", "hello"}, {"sh", "-c", "kill -9 $$"}, {"sh", "-c", "echo 'fatal error: runtime: cannot allocate memory' >&2; exit 2"}} {
		_, err := queuefile.Sweep(t.Context(), dir, argv, time.Now, nil)
		if err == nil || !strings.Contains(err.Error(), "exporter_a") {
			t.Errorf("%v: err = %v; want one that names the file", argv, err)
		}
		if _, err := os.Stat(path); err != nil {
			t.Error(err)
		}
	}
}

// One file that nobody can look at does not keep the next from being looked at.
func TestSweepGoesOn(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for _, name := range []string{"exporter_a", "exporter_b"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verdict := []string{"sh", "-c", `case $0 in *_a) exit 1;; *) echo 'damaged: it is';; esac`}
	found, err := queuefile.Sweep(t.Context(), dir, verdict, time.Now, nil)
	if err == nil || !strings.Contains(err.Error(), "exporter_a") || len(found) != 1 || found[0].Damage != "it is" || found[0].Moved == "" {
		t.Errorf("found %+v, %v", found, err)
	}
	if found, err := queuefile.Sweep(t.Context(), filepath.Join(dir, "later"), verdict, time.Now, nil); err != nil || len(found) != 0 {
		t.Errorf("a directory that the Collector has yet to make: %v, %v", found, err)
	}
}

// A file that took the place of the damaged one, or that somebody opened meanwhile, stays.
func TestWhatCameMeanwhileStays(t *testing.T) {
	for name, script := range map[string]string{
		"replaced": `mv "$0" "$0.backup"; echo new >"$0"; echo 'damaged: it was'`,
		"removed":  `rm "$0"; echo 'damaged: it was'`,
	} {
		path := filepath.Join(t.TempDir(), "exporter_a")
		if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := queuefile.Sweep(t.Context(), filepath.Dir(path), []string{"sh", "-c", script}, time.Now, nil)
		if err == nil || len(found) != 0 {
			t.Errorf("%s: found %+v, %v; want an error", name, found, err)
		}
		if b, err := os.ReadFile(path); name == "replaced" && string(b) != "new\n" {
			t.Errorf("the new file: %q, %v", b, err)
		}
	}
	path := filepath.Join(t.TempDir(), "exporter_a")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	sync := t.TempDir() // the examination waits until the test has the lock
	examining, locked := filepath.Join(sync, "examining"), filepath.Join(sync, "locked")
	t.Setenv("EXAMINING", examining)
	t.Setenv("LOCKED", locked)
	collector := make(chan error, 1)
	go func() {
		for {
			if _, err := os.Stat(examining); err == nil || t.Context().Err() != nil {
				break
			}
		}
		f, err := os.Open(path)
		if err == nil {
			err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX)
			t.Cleanup(func() { _ = f.Close() })
		}
		collector <- errors.Join(err, os.WriteFile(locked, nil, 0o600))
	}()
	waits := []string{"sh", "-c", `: >"$EXAMINING"; until [ -e "$LOCKED" ]; do :; done; echo 'damaged: it was'`}
	found, err := queuefile.Sweep(t.Context(), filepath.Dir(path), waits, time.Now, nil)
	if err := <-collector; err != nil {
		t.Fatal(err)
	}
	if err != nil || len(found) != 1 || !found[0].InUse || found[0].Moved != "" {
		t.Errorf("opened meanwhile: %+v, %v; want it left alone", found, err)
	}
}
