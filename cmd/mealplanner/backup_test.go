package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/mealplanner/mealplanner/pkg/domain/calendar"
	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/ops/backup"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/test/kit/program"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

const (
	backupKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
	otherKey  = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
)

// backups runs commands on databases of one sandbox.
type backups struct {
	*testing.T
	box *sandbox.Sandbox
}

func (b backups) command(database, key string, args ...string) (string, int) {
	b.Helper()
	var out bytes.Buffer
	code := run(b.Context(), b.in(database, key, args), streams{in: strings.NewReader(""), out: &out, err: &out})
	return out.String(), code
}

// in are the arguments of a command on a database.
func (b backups) in(database, key string, args []string) []string {
	return append(args, "--database-url="+database, "--key="+key, "--smtp-host="+b.box.Mail.SMTPAddr().IP.String(),
		"--smtp-port="+strconv.Itoa(b.box.Mail.SMTPAddr().Port), "--smtp-username="+sandbox.MailUser, "--smtp-password="+b.box.MailPassword,
		"--smtp-encryption=none", "--generation-timeout=60s", "--generation-upstream-timeout=20s")
}

func (b backups) must(database, key string, args ...string) string {
	b.Helper()
	out, code := b.command(database, key, args...)
	if code != fault.ExitOK {
		b.Fatalf("%q exits %d:\n%s", args, code, out)
	}
	return out
}

// says runs a command whose output must hold the words.
func (b backups) says(want, database, key string, args ...string) {
	b.Helper()
	if out := b.must(database, key, args...); !strings.Contains(out, want) {
		b.Errorf("%q; want %q:\n%s", args, want, out)
	}
}

func (b backups) refused(want, database, key string, args ...string) {
	b.Helper()
	if out, code := b.command(database, key, args...); code == fault.ExitOK || !strings.Contains(out, want) {
		b.Errorf("%q exits %d; want %q:\n%s", args, code, want, out)
	}
}

// addUser adds a user with a library of their own.
func (b backups) addUser(database, key, user string) {
	b.Helper()
	b.must(database, key, "user", "add", user, "--email", user+"@example.org", "--connection", user, "--tandoor-url", b.box.TandoorURL(), "--tandoor-token", b.box.TandoorToken)
}

// An installation with users, plans, sealed tokens and mails comes back as it was, into an
// empty database and in place of another one. What waited to be sent is not sent again.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	b := backups{t, program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})}
	database := testpg.URL(t)
	week := (calendar.On(time.Now()).Monday() + 7).String()
	b.addUser(database, backupKey, "ana")
	b.addUser(database, backupKey, "ben")
	b.must(database, backupKey, "generate", "--user", "ana", "--week", week)
	b.must(database, backupKey, "mail", "send", "--user", "ana", "--type", "weekly_trends") // waits: nobody delivers
	pool := open(t, database)
	if _, err := pool.Exec(t.Context(), "insert into fatsecret_cache (user_id, kind, data, fetched_at) values ('ana', 'diary', '{}', now())"); err != nil {
		t.Fatal(err)
	}
	before := rows(t, pool)
	if before["outbox"].n < 2 || before["plan_meals"].n < 7 {
		t.Fatalf("there is nothing to lose: %+v", before)
	}

	dir := t.TempDir()
	file := filepath.Join(dir, "backup")
	b.refused("lacks key", database, otherKey, "backup", file)
	if out := b.must(database, backupKey, "backup", file); !strings.Contains(out, "  plan_meals\n") || !strings.Contains(out, "keep the key in another place") {
		t.Error(out)
	}
	b.refused("the file exists already", database, backupKey, "backup", file)
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("beside the backup: %v, %v", left, err)
	}
	if again := rows(t, pool); !maps.Equal(before, again) {
		t.Errorf("the backup has changed %s", difference(before, again))
	}
	b.intoEmpty(file, week, before)
	b.inPlaceOfAnother(file, before)
}

// intoEmpty restores into an empty database.
func (b backups) intoEmpty(file, week string, before map[string]content) {
	empty := testpg.Empty(b.T)
	b.refused("which sealed the backup's tokens", empty, otherKey, "restore", file)
	dir := b.TempDir()
	for name, content := range damage(b.T, file) {
		broken := filepath.Join(dir, name)
		if err := os.WriteFile(broken, content, 0o600); err != nil {
			b.Fatal(err)
		}
		b.refused("damaged", empty, backupKey, "restore", broken)
	}
	there := open(b.T, empty)
	if state, err := postgres.Inspect(b.Context(), there); err != nil || state.Tables != 0 {
		b.Fatalf("%+v, %v; want an empty database", state, err)
	}
	b.refused("there is nothing to back up", empty, backupKey, "backup", filepath.Join(dir, "nothing"))
	if out := b.must(empty, backupKey, "restore", file); !strings.Contains(out, "2 users") || !strings.Contains(out, "not sent: 1 mail that waited then") {
		b.Error(out)
	}
	compare(b.T, before, rows(b.T, there))
	b.says("waited when the backup was made", empty, backupKey, "mail", "queue", "--failed")
	b.says("works", empty, backupKey, "connection", "test", "ana") // the token opens, and the library answers
	b.says("the week was planned before", empty, backupKey, "generate", "--user", "ana", "--week", week)
}

// inPlaceOfAnother restores over an installation whose schema has what the backup has not.
func (b backups) inPlaceOfAnother(file string, before map[string]content) {
	other := testpg.URL(b.T)
	b.addUser(other, otherKey, "zoe")
	theirs := open(b.T, other)
	if _, err := theirs.Exec(b.Context(), "create schema more; create table more.things (i int); create type mood as enum ('good'); create table moods (m mood); create view v as select * from moods"); err != nil {
		b.Fatal(err)
	}
	unchanged := rows(b.T, theirs)
	b.refused("1 users in them", other, backupKey, "restore", file)
	working := openAs(b.T, other, "scheduler")
	b.refused("mealplanner-scheduler is connected", other, backupKey, "restore", "--replace", file)
	working.Close()
	if got := rows(b.T, theirs); !maps.Equal(unchanged, got) {
		b.Errorf("what was refused has changed %s", difference(unchanged, got))
	}
	b.must(other, backupKey, "restore", "--replace", file)
	compare(b.T, before, rows(b.T, theirs))
	var more bool
	if err := theirs.QueryRow(b.Context(), "select to_regclass('more.things') is not null or to_regclass('moods') is not null or to_regtype('mood') is not null").Scan(&more); err != nil || more {
		b.Errorf("what was there before is still there: %v", err)
	}
}

// A restore that breaks half-way has changed nothing.
func TestRestoreBreaks(t *testing.T) {
	t.Parallel()
	box := program.Sandbox(t, sandbox.Options{WebAddr: program.AnyPort})
	database, other := testpg.URL(t), testpg.URL(t)
	file := filepath.Join(t.TempDir(), "backup")
	for _, args := range [][]string{
		{"user", "add", "ana", "--email", "ana@example.org", "--tandoor-url", box.TandoorURL(), "--tandoor-token", box.TandoorToken, "--database-url=" + database},
		{"backup", file, "--database-url=" + database},
		{"user", "add", "zoe", "--email", "zoe@example.org", "--tandoor-url", box.TandoorURL(), "--tandoor-token", box.TandoorToken, "--database-url=" + other},
	} {
		var out bytes.Buffer
		if code := run(t.Context(), append(args, "--key="+backupKey), streams{in: strings.NewReader(""), out: &out, err: &out}); code != fault.ExitOK {
			t.Fatalf("%q exits %d:\n%s", args, code, out.String())
		}
	}
	pool := open(t, other)
	before := rows(t, pool)
	// Half a dump, in a backup that is whole: as if it had been cut short before it was hashed.
	z, err := zip.OpenReader(file)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	parts := map[string][]byte{}
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if parts[f.Name], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	var m backup.Manifest
	if err := json.Unmarshal(parts["manifest.json"], &m); err != nil {
		t.Fatal(err)
	}
	half := parts["database.dump"][:len(parts["database.dump"])/2]
	m.Bytes, m.SHA256 = int64(len(half)), fmt.Sprintf("%x", sha256.Sum256(half))
	manifest, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	var broken bytes.Buffer
	w := zip.NewWriter(&broken)
	for name, content := range map[string][]byte{"database.dump": half, "manifest.json": manifest} {
		part, err := w.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := part.Write(content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	file += "-broken"
	if err := os.WriteFile(file, broken.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"restore", "--replace", file, "--database-url=" + other, "--key=" + backupKey}, streams{in: strings.NewReader(""), out: &out, err: &out}); code == fault.ExitOK || !strings.Contains(out.String(), "end of file") {
		t.Errorf("exits %d:\n%s", code, out.String())
	}
	if after := rows(t, pool); !maps.Equal(before, after) {
		t.Errorf("changed: %s", difference(before, after))
	}
}

func open(t *testing.T, database string) *pgxpool.Pool {
	t.Helper()
	return openAs(t, database, "test")
}

func openAs(t *testing.T, database, name string) *pgxpool.Pool {
	t.Helper()
	pool, err := postgres.Open(t.Context(), postgres.Options{URL: database, Pool: name, MaxConns: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(pool.Close)
	return pool
}

// content is how many rows a table has, and which.
type content struct {
	n      int
	digest string
}

// rows are all tables' contents.
func rows(t *testing.T, pool *pgxpool.Pool) map[string]content {
	t.Helper()
	found, err := pool.Query(t.Context(), "select c.relname::text from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind = 'r'")
	if err != nil {
		t.Fatal(err)
	}
	tables, err := pgx.CollectRows(found, pgx.RowTo[string])
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]content{}
	for _, name := range tables {
		var c content
		if err := pool.QueryRow(t.Context(), "select count(*), coalesce(md5(string_agg(x::text, '|' order by x::text)), '') from "+name+" x").Scan(&c.n, &c.digest); err != nil {
			t.Fatal(err)
		}
		out[name] = c
	}
	delete(out, "keys") // every command notes that it may sign
	delete(out, "key_holders")
	return out
}

// compare expects what was backed up: but for what may not be kept, and mails that waited.
func compare(t *testing.T, want, got map[string]content) {
	t.Helper()
	if got["fatsecret_cache"].n != 0 {
		t.Error("FatSecret's content was backed up")
	}
	if want["outbox"].n != got["outbox"].n {
		t.Errorf("%d mails, want %d", got["outbox"].n, want["outbox"].n)
	}
	want, got = maps.Clone(want), maps.Clone(got)
	for _, name := range []string{"fatsecret_cache", "outbox"} {
		delete(want, name)
		delete(got, name)
	}
	if !maps.Equal(want, got) {
		t.Errorf("not as it was: %s", difference(want, got))
	}
}

func difference(want, got map[string]content) string {
	var names []string
	for name := range want {
		if got[name] != want[name] {
			names = append(names, name)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// damage are ways in which a backup can be spoilt.
func damage(t *testing.T, file string) map[string][]byte {
	t.Helper()
	whole, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(whole)
	flipped[len(flipped)/2] ^= 0xff
	return map[string][]byte{"half": whole[:len(whole)/2], "without its end": whole[:len(whole)-1], "flipped": flipped, "nothing": nil}
}
