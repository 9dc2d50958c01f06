// Package queuefile checks the files in which the OpenTelemetry Collector keeps what it has
// accepted and not delivered yet: the bbolt databases of its file_storage extension, one for
// each exporter. A damaged one keeps the whole Collector from starting, with every signal,
// at each try; its setting `recreate` heals only a part of the cases.
package queuefile

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

// Prefix is how the Collector names the queue files of exporters.
const Prefix = "exporter_"

// aside is what the name of a damaged file gets, with the time.
const aside = ".damaged-"

// lockWait is how long a file may be locked by somebody who is about to let go.
const lockWait = time.Second

// Verdicts that a process gives on its standard output.
const (
	whole   = "whole"
	inUse   = "in use"
	damaged = "damaged: "
)

// Examine opens a file as the Collector does, reads all of it, and prints a verdict for
// [Sweep]. A damaged file may end the process with a fault or a panic in a goroutine of
// bbolt's, which nobody can recover from: that is a verdict as well. It fails when there is
// none, as with a file that may not be read.
func Examine(path string, verdict io.Writer) error {
	debug.SetTraceback("none") // a panic then says what it is, and no more
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	var onDisk *fs.PathError
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		_, err = fmt.Fprintln(verdict, inUse)
		return err
	case errors.As(err, &onDisk):
		return err
	case err != nil:
		_, err = fmt.Fprintln(verdict, damaged+err.Error())
		return err
	}
	said := whole
	err = db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			if said == whole {
				said = damaged + err.Error() // the first tells enough
			}
		}
		return nil
	})
	if err = errors.Join(err, db.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(verdict, said)
	return err
}

// Queue is a file and what was found.
type Queue struct {
	File   string // its path
	Bytes  int64
	InUse  bool
	Damage string // "" = none
	Moved  string // where a damaged file is now
}

// Sweep examines the queue files of a directory, each in a process of its own that argv,
// followed by the path, starts and that calls [Examine], and moves damaged ones aside: beside the others, under a
// name that the Collector does not look at. skip leaves a file out; nil examines all.
func Sweep(ctx context.Context, dir string, argv []string, now func() time.Time, skip func(path string, info fs.FileInfo) bool) ([]Queue, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []Queue
	for _, e := range entries {
		if !e.Type().IsRegular() || !strings.HasPrefix(e.Name(), Prefix) || strings.Contains(e.Name(), aside) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return out, err
		}
		q := Queue{File: filepath.Join(dir, e.Name()), Bytes: info.Size()}
		if skip != nil && skip(q.File, info) {
			continue
		}
		said := inUse
		if !locked(q.File) {
			said, err = examine(ctx, argv, q.File)
		}
		if err != nil {
			return out, fmt.Errorf("examine %s: %w", q.File, err)
		}
		q.InUse = said == inUse
		if reason, ok := strings.CutPrefix(said, damaged); ok {
			q.Damage, q.Moved = reason, q.File+aside+now().UTC().Format("20060102T150405Z")
			if err := os.Rename(q.File, q.Moved); err != nil {
				return out, err
			}
		}
		out = append(out, q)
	}
	return out, nil
}

// locked reports whether a process has the file open as a bbolt database.
func locked(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false // whoever examines it says why
	}
	defer func() { _ = f.Close() }()
	return errors.Is(syscall.Flock(int(f.Fd()), syscall.LOCK_SH|syscall.LOCK_NB), syscall.EWOULDBLOCK)
}

// mostSaid bounds what is repeated of a process.
const mostSaid = 200

// crashes begin the lines in which Go says why it ends a process.
var crashes = []string{"panic: ", "fatal error: ", "unexpected fault "}

// examine returns the verdict.
func examine(ctx context.Context, argv []string, path string) (string, error) {
	cmd := exec.CommandContext(ctx, argv[0], append(argv[1:len(argv):len(argv)], path)...) // #nosec G204 -- this program itself
	var verdict, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &verdict, &said
	err := cmd.Run()
	if err == nil {
		text := strings.TrimSpace(verdict.String())
		if text != whole && text != inUse && !strings.HasPrefix(text, damaged) {
			return "", fmt.Errorf("%s gives no verdict: %.*q", argv[0], mostSaid, text)
		}
		return text[:min(len(text), mostSaid)], nil
	}
	for line := range strings.Lines(said.String()) {
		for _, c := range crashes {
			if strings.HasPrefix(line, c) {
				return damaged + strings.TrimSpace(line)[:min(len(strings.TrimSpace(line)), mostSaid)], nil
			}
		}
	}
	return "", errors.Join(ctx.Err(), err, errors.New(strings.TrimSpace(said.String())))
}
