package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/domain/user"
	"github.com/mealplanner/mealplanner/pkg/ops/keyring"
	"github.com/mealplanner/mealplanner/pkg/postgres"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/kit/loopback"
	"github.com/mealplanner/mealplanner/test/kit/testpg"
)

// installation is a database with its settings, on which the program itself is run.
type installation struct {
	t    *testing.T
	url  string
	addr string // of the api role
}

func (i installation) command(key string, args ...string) *exec.Cmd {
	i.t.Helper()
	cmd := exec.CommandContext(i.t.Context(), "mealplanner", args...) //nolint:gosec // the test's own program
	cmd.Env = append(os.Environ(), "DATABASE_URL="+i.url, "MEALPLANNER_KEY="+key,
		"API_ADDR="+i.addr, "SCHEDULER_ADDR=127.0.0.1:0", "SMTP_ENCRYPTION=none", "API_RATE_LIMIT=0")
	return cmd
}

// runs runs a command to its end and expects its exit code and words of what it says.
func (i installation) runs(key string, code int, want []string, args ...string) {
	i.t.Helper()
	out, err := i.command(key, args...).CombinedOutput()
	got := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		got = exit.ExitCode()
	} else if err != nil {
		i.t.Fatal(err)
	}
	if got != code {
		i.t.Errorf("%v exits %d, want %d\n%s", args, got, code, out)
	}
	for _, w := range want {
		if !strings.Contains(string(out), w) {
			i.t.Errorf("%v does not say %q:\n%s", args, w, out)
		}
	}
}

// serve runs the program until the function that it returns is called.
func (i installation) serve(key string) (stop func()) {
	i.t.Helper()
	var log bytes.Buffer
	cmd := i.command(key, "serve")
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	i.runs(key, 0, nil, "wait", "--timeout=2m", "http://"+i.addr+"/readyz")
	return func() {
		_ = cmd.Process.Signal(os.Interrupt)
		if err := <-ended; err != nil {
			i.t.Errorf("serve: %v\n%s", err, log.String())
		}
	}
}

// app is the program in this process, to make what it stores and signs.
func (i installation) app(key string) *app.Services {
	i.t.Helper()
	var cfg config.Config
	if err := kong.ApplyDefaults(&cfg); err != nil {
		i.t.Fatal(err)
	}
	cfg.Database.URL, cfg.Security.Key, cfg.SMTP.Encryption = seal.Secret(i.url), seal.Secret(key), "none"
	cfg.Web.PublicURL = "http://" + i.addr
	a, err := app.New(i.t.Context(), app.Options{Config: cfg, Role: app.Tool, Log: &bytes.Buffer{}, LogLevel: slog.LevelError})
	if err != nil {
		i.t.Fatal(err)
	}
	i.t.Cleanup(func() { _ = a.Stop(context.Background()) })
	return a.Services()
}

// status follows a link.
func (i installation) status(link string) int {
	i.t.Helper()
	req, err := http.NewRequestWithContext(i.t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		i.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		i.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// readable expects that a ring opens everything, and returns how much each key has sealed.
func (i installation) readable(ring *seal.Ring) map[seal.ID]int {
	i.t.Helper()
	pool, err := postgres.Open(i.t.Context(), postgres.Options{URL: i.url, Pool: "test", MaxConns: 2})
	if err != nil {
		i.t.Fatal(err)
	}
	defer pool.Close()
	sealed := map[seal.ID]int{}
	var last keyring.Sealed
	for {
		values, err := postgres.NewKeys(pool).Sealed(i.t.Context(), last)
		if err != nil {
			i.t.Fatal(err)
		}
		if len(values) == 0 {
			return sealed
		}
		for _, v := range values {
			if _, err := ring.Open(v.Value, v.Place.Context(v.ID)); err != nil {
				i.t.Errorf("%s %s cannot be read: %v", v.Place, v.ID, err)
			}
			sealed[ring.SealedWith(v.Value, v.Place.Context(v.ID))]++
		}
		last = values[len(values)-1]
	}
}

// TestKeyRotation changes the key of a running installation: what is sealed can be read at
// every moment, also when the rotation is killed, and links in mails live until they end.
func TestKeyRotation(t *testing.T) {
	t.Parallel()
	const users = 40
	oldKey, newKey, strange := strings.Repeat("0f", 32), strings.Repeat("1e", 32), strings.Repeat("2d", 32)
	both := newKey + "," + oldKey
	ring, err := seal.ParseRing(seal.Secret(both))
	if err != nil {
		t.Fatal(err)
	}
	newID, oldID := ring.Newest(), ring.Oldest()
	i := installation{t, testpg.URL(t), loopback.Addr(t)}

	seed := i.app(oldKey)
	if err := seed.Users.PutConnection(t.Context(), recipe.Connection{ID: "home", URL: "http://127.0.0.1:1", Sealed: seed.SealTandoor("home", "tda_x")}); err != nil {
		t.Fatal(err)
	}
	for n := range users {
		u := user.User{ID: fmt.Sprintf("user_%02d", n), Name: "Ana", Email: "ana@example.org", TimeZone: "UTC", People: 1, Connection: "home", Settings: user.DefaultSettings()}
		sealed, err := seed.Accounts.Seal(u.ID, account.Token{Key: "k", Secret: "s"})
		if err != nil {
			t.Fatal(err)
		}
		if err := seed.Users.Add(t.Context(), u, sealed); err != nil {
			t.Fatal(err)
		}
	}
	oldLink := seed.Links.Unsubscribe("user_00", "weekly_plan")

	stop := i.serve(oldKey)
	if got := i.status(oldLink); got != http.StatusOK {
		t.Fatalf("the link answers %d", got)
	}
	i.runs(both, 1, []string{"key " + string(newID) + " is not in the MEALPLANNER_KEY of ", "restart", "nothing was changed"}, "key", "add")
	if got := i.readable(ring); got[oldID] != users+1 {
		t.Errorf("a refused rotation sealed: %v", got)
	}
	stop()

	stop = i.serve(both)
	i.runs(both, 0, []string{string(newID) + "  new", string(oldID) + "  in use"}, "key", "list")
	i.killMidway(both, "user_20")
	if got := i.readable(ring); got[newID] == 0 || got[oldID] == 0 || got[newID]+got[oldID] != users+1 {
		t.Errorf("killed in the middle: %v", got)
	}
	if got := i.status(oldLink); got != http.StatusOK {
		t.Errorf("amid the rotation the link answers %d", got)
	}
	i.runs(both, 1, []string{"stored tokens are sealed with " + string(oldID), "mealplanner key add"}, "key", "retire", string(oldID))
	i.runs(both, 0, []string{"is in use"}, "key", "add")
	if got := i.readable(ring); got[newID] != users+1 {
		t.Errorf("after the rotation: %v", got)
	}
	newLink := i.app(both).Links.Unsubscribe("user_00", "weekly_plan")
	for _, link := range []string{oldLink, newLink} {
		if got := i.status(link); got != http.StatusOK {
			t.Errorf("after the rotation %s answers %d", link, got)
		}
	}
	i.runs(both, 1, []string{"work until", "--end-links"}, "key", "retire", string(oldID))
	i.runs(both, 1, []string{"is in use"}, "key", "retire", string(newID))
	i.runs(both, 0, []string{"is retired"}, "key", "retire", string(oldID), "--end-links")
	for deadline := time.Now().Add(2 * time.Minute); i.status(oldLink) == http.StatusOK; time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the running api goes on trusting the retired key")
		}
	}
	if got := i.status(newLink); got != http.StatusOK {
		t.Errorf("the new key's link answers %d", got)
	}
	stop()

	lacks := "lacks key " + string(newID)
	i.runs(oldKey, 2, []string{lacks, "put it back"}, "serve")
	i.runs(strange, 2, []string{"✗ settings", lacks, "key retire " + string(newID) + " --lost"}, "doctor")
	i.runs(newKey, 2, []string{"not lost"}, "key", "retire", string(newID), "--lost")
	i.runs(strange, 0, []string{"library home", "FatSecret account of user_00"}, "key", "retire", string(newID), "--lost")
	i.runs(strange, 1, []string{"✗ tandoor", lacks}, "doctor")
}

// killMidway kills a rotation while it waits for a row.
func (i installation) killMidway(key, row string) {
	i.t.Helper()
	ctx := i.t.Context()
	pool, err := postgres.Open(ctx, postgres.Options{URL: i.url, Pool: "test", MaxConns: 2})
	if err != nil {
		i.t.Fatal(err)
	}
	defer pool.Close()
	tx, err := pool.Begin(ctx)
	if err != nil {
		i.t.Fatal(err)
	}
	if _, err := tx.Exec(ctx, "select from users where id = $1 for update", row); err != nil {
		i.t.Fatal(err)
	}
	cmd := i.command(key, "key", "add")
	if err := cmd.Start(); err != nil {
		i.t.Fatal(err)
	}
	for waiting := 0; waiting == 0 && ctx.Err() == nil; time.Sleep(10 * time.Millisecond) {
		const q = "select count(*) from pg_stat_activity where datname = current_database() and application_name = 'mealplanner-keys' and wait_event_type = 'Lock'"
		if err := pool.QueryRow(ctx, q).Scan(&waiting); err != nil {
			i.t.Fatal(err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGKILL); err != nil {
		i.t.Fatal(err)
	}
	_ = cmd.Wait() // killed
	if err := tx.Rollback(ctx); err != nil {
		i.t.Fatal(err)
	}
}
