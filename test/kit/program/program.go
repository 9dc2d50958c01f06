// Package program builds the program for a test and runs it in processes of its own, beside
// a sandbox.
package program

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/mealplanner/mealplanner/pkg/account"
	"github.com/mealplanner/mealplanner/pkg/app"
	"github.com/mealplanner/mealplanner/pkg/config"
	"github.com/mealplanner/mealplanner/pkg/domain/recipe"
	"github.com/mealplanner/mealplanner/pkg/sandbox"
	"github.com/mealplanner/mealplanner/pkg/sandbox/fatsecrettest"
	"github.com/mealplanner/mealplanner/pkg/seal"
	"github.com/mealplanner/mealplanner/test/kit/tree"
)

// AnyPort lets the system choose.
const AnyPort = "127.0.0.1:0"

const key = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

// file is what Main built.
var file string

// Main builds the program, then runs a package's tests. It returns what to exit with.
func Main(tests func() int) int {
	dir, err := os.MkdirTemp("", "mealplanner-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	file = filepath.Join(dir, "mealplanner")
	build := exec.Command("go", "build", "-o", file, "./cmd/mealplanner")
	build.Dir = tree.Root()
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "%v\n%s", err, out)
		return 1
	}
	return tests()
}

// Command is the program with arguments. Later settings (NAME=value) win.
func Command(ctx context.Context, env []string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, file, args...)
	cmd.Env = env
	return cmd
}

// Sandbox runs on ports of its own until the test ends.
func Sandbox(t *testing.T, o sandbox.Options) *sandbox.Sandbox {
	t.Helper()
	o.TandoorAddr, o.FatSecretAddr, o.SMTPAddr, o.IMAPAddr, o.AlertsAddr = AnyPort, AnyPort, AnyPort, AnyPort, AnyPort
	o.Log, o.Now = slog.New(slog.DiscardHandler), time.Now
	box, err := sandbox.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = box.Stop(context.Background()) })
	return box
}

// Env is this process' environment, what a database and a sandbox make necessary, and
// further settings.
func Env(url string, box *sandbox.Sandbox, settings ...string) []string {
	smtp := box.Mail.SMTPAddr()
	return slices.Concat(os.Environ(), []string{
		"DATABASE_URL=" + url, "MEALPLANNER_KEY=" + key,
		"SMTP_HOST=" + smtp.IP.String(), fmt.Sprintf("SMTP_PORT=%d", smtp.Port), "SMTP_ENCRYPTION=none",
		"SMTP_USERNAME=" + sandbox.MailUser, "SMTP_PASSWORD=" + box.MailPassword, "SMTP_FROM=" + from,
		"FATSECRET_CONSUMER_KEY=" + sandbox.ConsumerKey, "FATSECRET_CONSUMER_SECRET=" + box.ConsumerSecret,
		"FATSECRET_API_URL=" + box.FatSecretURL() + fatsecrettest.APIPath, "FATSECRET_AUTH_URL=" + box.FatSecretURL() + "/oauth",
		"API_ADDR=" + AnyPort, "SCHEDULER_ADDR=" + AnyPort, "SCHEDULER_NEW_USER_GRACE=0s",
	}, settings)
}

const from = "Meal planner <" + sandbox.InboxAddress + ">"

// Config is Env for the program inside a test.
func Config(t *testing.T, url string, box *sandbox.Sandbox) config.Config {
	t.Helper()
	var cfg config.Config
	if err := kong.ApplyDefaults(&cfg); err != nil {
		t.Fatal(err)
	}
	cfg.Database.URL, cfg.Security.Key = seal.Secret(url), key
	smtp := box.Mail.SMTPAddr()
	cfg.SMTP.Host, cfg.SMTP.Port, cfg.SMTP.Encryption = smtp.IP.String(), smtp.Port, "none"
	cfg.SMTP.Username, cfg.SMTP.Password, cfg.SMTP.From = sandbox.MailUser, seal.Secret(box.MailPassword), from
	cfg.Web.SchedulerAddr = AnyPort
	cfg.Web.LibraryReach = "all" // the sandbox is on this machine
	cfg.Scheduler.NewUserGrace = 0
	cfg.Generation.Timeout, cfg.Generation.UpstreamTimeout = 30*time.Second, 10*time.Second
	return cfg
}

// Tool opens the program for setting up, on a migrated database, until the test ends. It
// sends no telemetry.
func Tool(t *testing.T, cfg config.Config) *app.Services {
	t.Helper()
	a, err := app.New(t.Context(), app.Options{Config: cfg, Role: app.Tool, Version: "test", Log: io.Discard, LogLevel: slog.LevelError})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Stop(context.Background()) })
	if _, err := a.Services().Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return a.Services()
}

// Connect stores a connection to a Tandoor.
func Connect(t *testing.T, a *app.Services, id, url, token string) {
	t.Helper()
	if err := a.Users.PutConnection(t.Context(), recipe.Connection{ID: id, URL: url, Sealed: a.SealTandoor(id, seal.Secret(token))}); err != nil {
		t.Fatal(err)
	}
}

// AddUsers stores people with the FatSecret tokens that a sandbox gave them.
func AddUsers(t *testing.T, a *app.Services, box *sandbox.Sandbox, people []sandbox.Person) {
	t.Helper()
	for _, p := range people {
		var sealed []byte
		if tok, ok := box.FatSecretTokens[p.ID]; ok {
			var err error
			if sealed, err = a.Accounts.Seal(p.ID, account.Token{Key: tok.Key, Secret: seal.Secret(tok.Secret)}); err != nil {
				t.Fatal(err)
			}
		}
		if err := a.Users.Add(t.Context(), p.User, sealed); err != nil {
			t.Fatal(err)
		}
	}
}

// Role is a running api or scheduler.
type Role struct {
	Name string
	Addr string // where it listens; known after Await

	cmd       *exec.Cmd
	listening chan string
	done      chan struct{} // closed when the process has ended
	ended     atomic.Bool   // by End
}

// Start starts a role, which dies with this process. Each line of its stdout goes to keep.
func Start(role string, env []string, keep func(line string)) (*Role, error) {
	cmd := Command(context.Background(), env, role)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	r := &Role{Name: role, cmd: cmd, listening: make(chan string, 1), done: make(chan struct{})}
	started := make(chan error, 1)
	// The kernel ends a child when the thread that started it ends, so it gets its own.
	go func() {
		defer close(r.done)
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			r.read(out, keep)
			_ = cmd.Wait() // End and Await say how it ended
		}
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", role, err)
	}
	return r, nil
}

func (r *Role) read(out io.Reader, keep func(line string)) {
	sc := bufio.NewScanner(out)
	for sc.Buffer(nil, 1<<20); sc.Scan(); {
		keep(sc.Text())
		var line struct{ Message, Address string }
		if json.Unmarshal(sc.Bytes(), &line) == nil && line.Message == "Listening" {
			select {
			case r.listening <- line.Address:
			default:
			}
		}
	}
}

// Await waits until the role listens, for 30 seconds at most.
func (r *Role) Await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	select {
	case r.Addr = <-r.listening:
		return nil
	case <-r.done:
		return fmt.Errorf("%s ended while starting: %s", r.Name, r.cmd.ProcessState)
	case <-ctx.Done():
		return fmt.Errorf("%s does not listen: %w", r.Name, ctx.Err())
	}
}

// Pid is that of the role's process.
func (r *Role) Pid() int { return r.cmd.Process.Pid }

// Signal sends a signal; a role that has ended is left alone.
func (r *Role) Signal(sig syscall.Signal) error {
	if err := r.cmd.Process.Signal(sig); !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	return nil
}

// Alive is an error if the role has ended by itself.
func (r *Role) Alive() error {
	select {
	case <-r.done:
		if !r.ended.Load() {
			return fmt.Errorf("%s, pid %d, ended by itself: %s", r.Name, r.Pid(), r.cmd.ProcessState)
		}
	default:
	}
	return nil
}

// End sends a signal and waits until the role has ended. It is an error if the role had ended
// by itself, if it does not end with status 0, or if SIGKILL is not what it died of. After 40
// seconds it is killed, which is an error too. A second End does nothing.
func (r *Role) End(sig syscall.Signal) error {
	err := r.Alive()
	if r.ended.Swap(true) {
		return nil
	}
	if err != nil {
		return err
	}
	if err := r.Signal(sig); err != nil {
		return err
	}
	select {
	case <-r.done:
	case <-time.After(40 * time.Second):
		_ = r.cmd.Process.Kill()
		return fmt.Errorf("%s, pid %d, does not end", r.Name, r.Pid())
	}
	want := "exit status 0"
	if sig == syscall.SIGKILL {
		want = "signal: killed"
	}
	if got := r.cmd.ProcessState.String(); got != want {
		return fmt.Errorf("%s, pid %d, ended on signal %q with %s", r.Name, r.Pid(), sig, got)
	}
	return nil
}
