// Package dovecot runs Debian's dovecot for a test: a real IMAP server.
package dovecot

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapclient"

	"github.com/mealplanner/mealplanner/test/kit/loopback"
)

const dovecotConf = `
base_dir = %[1]s/run
state_dir = %[1]s/run
log_path = %[1]s/log
protocols = imap
listen = 127.0.0.1
default_login_user = %[3]s
default_internal_user = %[3]s
default_internal_group = %[4]s
ssl = no
disable_plaintext_auth = no
mail_location = maildir:%[1]s/mail/%%u
first_valid_uid = 1
mail_uid = %[3]s
mail_gid = %[4]s
import_environment = TZ %[5]s
passdb {
  driver = passwd-file
  args = scheme=plain username_format=%%u %[1]s/passwd
}
userdb {
  driver = static
  args = uid=%[3]s gid=%[4]s home=%[1]s/mail/%%u
}
service imap-login {
  chroot =
  inet_listener imap {
    port = %[2]d
  }
  inet_listener imaps {
    port = 0
  }
}
service anvil {
  chroot =
}
service stats {
  chroot =
}
`

// Start runs dovecot on a free port of loopback until the test ends and returns its
// address. As root it runs as nobody. The one account is empty.
func Start(tb testing.TB, account, password string) string {
	tb.Helper()
	bin, err := exec.LookPath("dovecot")
	if err != nil {
		if _, err := os.Stat("/usr/sbin/dovecot"); err != nil {
			if os.Getenv("CI") == "true" {
				tb.Fatal("dovecot is missing: tools/deps test")
			}
			tb.Skip("dovecot is not installed: apt-get install dovecot-imapd")
		}
		bin = "/usr/sbin/dovecot"
	}
	who, err := user.Current()
	if err == nil && who.Uid == "0" {
		who, err = user.Lookup("nobody")
	}
	if err != nil {
		tb.Fatal(err)
	}
	group, err := user.LookupGroupId(who.Gid)
	if err != nil {
		tb.Fatal(err)
	}
	dir, err := os.MkdirTemp("/tmp", "mpdc") //nolint:usetesting // a socket's path is short, and nobody may enter it
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if said, err := os.ReadFile(filepath.Join(dir, "log")); tb.Failed() && err == nil {
			tb.Logf("dovecot: %s", said)
		}
		os.RemoveAll(dir)
	})
	port := loopback.Port(tb)
	conf := filepath.Join(dir, "conf")
	for path, text := range map[string]string{
		conf:                         fmt.Sprintf(dovecotConf, dir, port, who.Username, group.Name, clock()),
		filepath.Join(dir, "passwd"): account + ":{plain}" + password + "\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			tb.Fatal(err)
		}
	}
	cmd := exec.Command(bin, "-F", "-c", conf)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() == 0 {
		uid, err1 := strconv.Atoi(who.Uid)
		gid, err2 := strconv.Atoi(who.Gid)
		if err1 != nil || err2 != nil {
			tb.Fatal(err1, err2)
		}
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(dir, uid, gid); err != nil {
			tb.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
	})
	addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	for deadline := time.Now().Add(10 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		if c, err := net.Dial("tcp", addr); err == nil {
			c.Close()
			return addr
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(dir, "log"))
			tb.Fatalf("dovecot does not answer: %s %s", said.Bytes(), log)
		}
	}
}

// clock makes dovecot's processes see the time at which test/cmd/calendar runs the test.
func clock() string {
	preload := os.Getenv("MEALPLANNER_TEST_PRELOAD")
	if preload == "" {
		return ""
	}
	return "LD_PRELOAD=" + preload + " CLOCK_OFFSET=" + os.Getenv("MEALPLANNER_TEST_CLOCK_OFFSET")
}

// Deliver puts a mail into the account's INBOX.
func Deliver(tb testing.TB, addr, account, password string, raw []byte) {
	tb.Helper()
	c, err := imapclient.DialInsecure(addr, nil)
	if err != nil {
		tb.Fatal(err)
	}
	defer c.Close()
	if err := c.Login(account, password).Wait(); err != nil {
		tb.Fatal(err)
	}
	if err := Append(c, "INBOX", raw, &imap.AppendOptions{Time: time.Now()}); err != nil {
		tb.Fatal(err)
	}
}

// Append stores a mail as a mail program does: after a server's internal error, which a busy
// dovecot answers when two sessions meet a folder for the first time, it tries again.
func Append(c *imapclient.Client, folder string, raw []byte, o *imap.AppendOptions) error {
	for again := 3; ; again-- {
		cmd := c.Append(folder, int64(len(raw)), o)
		_, err := cmd.Write(raw)
		if err == nil {
			err = cmd.Close()
		}
		if err == nil {
			_, err = cmd.Wait()
		}
		if said, ok := errors.AsType[*imap.Error](err); !ok || said.Code != imap.ResponseCodeServerBug || again == 0 {
			return err
		}
	}
}
