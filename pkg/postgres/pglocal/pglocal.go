// Package pglocal runs a private PostgreSQL server for the demo and for tests: it finds
// the binaries of this machine, makes a database cluster and listens on a Unix socket
// only. It is not for production data: the cluster is written without fsync.
package pglocal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Options configure [Start].
type Options struct {
	// Bin is the directory of initdb and postgres; empty means [Find].
	Bin string
	// Log receives the server's warnings; nil discards them.
	Log io.Writer
	// MaxConnections is the server's limit; 0 = 100.
	MaxConnections int
	// Settings are further ones, as name=value.
	Settings []string
}

// Server is a running private server. Its files vanish with it.
type Server struct {
	dir  string
	proc *os.Process
	done chan struct{}
}

// account returns the account the server runs as: PostgreSQL refuses to run as root.
func account() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err := errors.Join(err1, err2); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
	}
	return nil, errors.New("running as root and neither the account postgres nor nobody exists")
}

// Start makes a cluster in a temporary directory and starts a server on it. It takes
// about a second. The server dies with this process.
func Start(ctx context.Context, o Options) (_ *Server, err error) {
	const op = "private PostgreSQL"
	bin := o.Bin
	if bin == "" {
		if bin, err = Find(); err != nil {
			return nil, err
		}
	}
	cred, err := account()
	if err != nil {
		return nil, fault.Wrap(fault.InvalidConfig, op, err)
	}
	// A socket's path may have 107 bytes, so the directory is kept short.
	dir, err := os.MkdirTemp("/tmp", "mppg")
	if err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if cred != nil {
		if err := os.Chown(dir, int(cred.Uid), int(cred.Gid)); err != nil {
			return nil, fault.Wrap(fault.Internal, op, err)
		}
	}
	data := filepath.Join(dir, "data")
	initdb := command(ctx, cred, dir, filepath.Join(bin, "initdb"), "-D", data, "-U", "app", "-A", "trust",
		"--no-sync", "-E", "UTF8", "--locale=C", "--no-instructions")
	if out, err := initdb.CombinedOutput(); ctx.Err() != nil {
		return nil, fault.Wrap(fault.Canceled, op, ctx.Err())
	} else if err != nil {
		return nil, fault.New(fault.Internal, op, "initdb: %v: %s", err, out)
	}
	conns := o.MaxConnections
	if conns == 0 {
		conns = 100
	}
	s := &Server{dir: dir, done: make(chan struct{})}
	args := []string{"-D", data, "-k", dir}
	for _, set := range append([]string{
		"listen_addresses=", "fsync=off", "full_page_writes=off", "log_min_messages=warning",
		"max_connections=" + strconv.Itoa(conns), "timezone=UTC",
	}, o.Settings...) {
		args = append(args, "-c", set)
	}
	if err := s.run(command(context.WithoutCancel(ctx), cred, dir, filepath.Join(bin, "postgres"), args...), o.Log); err != nil {
		return nil, fault.Wrap(fault.Internal, op, err)
	}
	if err := s.await(ctx); err != nil {
		return nil, errors.Join(fault.Wrap(fault.Unavailable, op, err), s.Stop(context.WithoutCancel(ctx)))
	}
	return s, nil
}

func command(ctx context.Context, cred *syscall.Credential, dir, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.SysProcAttr = childAttr(cred)
	cmd.Dir = dir
	cmd.Env = []string{"LC_ALL=C", "TZ=UTC", "PATH=/usr/bin:/bin", "HOME=" + dir}
	return cmd
}

// run starts the server from a thread of its own, which lives as long as the server:
// the kernel ends the child when the thread that started it ends.
func (s *Server) run(cmd *exec.Cmd, log io.Writer) error {
	cmd.Stderr = log
	started := make(chan error, 1)
	go func() {
		defer close(s.done)
		runtime.LockOSThread()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log; Stop and await look at s.done
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start: %w", err)
	}
	s.proc = cmd.Process
	return nil
}

func (s *Server) await(ctx context.Context) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(30 * time.Second)
	for {
		conn, err := pgx.Connect(ctx, s.URL("postgres"))
		if err == nil {
			return conn.Close(ctx)
		}
		select {
		case <-tick.C:
		case <-s.done:
			return fmt.Errorf("the server ended while starting: %w", err)
		case <-deadline:
			return fmt.Errorf("not ready after 30 s: %w", err)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// URL returns the connection string of a database of the server.
func (s *Server) URL(database string) string {
	return "postgres://app@/" + url.PathEscape(database) + "?host=" + url.QueryEscape(s.dir)
}

// Stop ends the server, closing its connections, and removes its files.
func (s *Server) Stop(ctx context.Context) error {
	if s.proc != nil {
		if err := s.proc.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
			return fault.Wrap(fault.Internal, "private PostgreSQL: stop", err)
		}
		select {
		case <-s.done:
		case <-ctx.Done():
			return errors.Join(ctx.Err(), s.proc.Kill())
		}
	}
	return os.RemoveAll(s.dir)
}
