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
	"slices"
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

// lockWait is how long a file may be locked by a process about to exit.
const lockWait = time.Second

// metaPages are the header: two copies, a page each. An empty file is recreated.
const metaPages = 2

// Verdicts that a process gives on its standard output.
const (
	whole   = "whole"
	inUse   = "in use"
	damaged = "damaged: "
)

// damages are the errors by which bbolt says that a file is none of its own, or was changed.
var damages = []error{berrors.ErrInvalid, berrors.ErrChecksum, berrors.ErrVersionMismatch, berrors.ErrInvalidMapping}

// Examine opens a file as the Collector does, reads all of it, and prints a verdict for
// [Sweep]. A damaged file may end the process with a fault or a panic in a goroutine of
// bbolt's, which nobody can recover from: that is a verdict as well. It fails when there is
// none, as with a file that may not be read.
func Examine(path string, verdict io.Writer) error {
	debug.SetTraceback("none") // a panic then says what it is, and no more
	if info, err := os.Stat(path); err != nil {
		return err
	} else if size := info.Size(); size > 0 && size < int64(metaPages*os.Getpagesize()) {
		_, err := fmt.Fprintf(verdict, "%sits %d bytes do not hold a header\n", damaged, size)
		return err
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: lockWait, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		_, err = fmt.Fprintln(verdict, inUse)
		return err
	case slices.ContainsFunc(damages, func(d error) bool { return errors.Is(err, d) }):
		_, err = fmt.Fprintln(verdict, damaged+err.Error())
		return err
	case err != nil: // of the disk, of memory, of locks: it says nothing about the file
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
// followed by the path, starts and that calls [Examine], and moves damaged ones aside: beside
// the others, under a name that the Collector does not look at. skip leaves a file out; nil
// examines all. A directory that does not exist yet has none. A file without a verdict is an
// error, and stays; the others are examined all the same.
func Sweep(ctx context.Context, dir string, argv []string, now func() time.Time, skip func(path string, info fs.FileInfo) bool) ([]Queue, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var out []Queue
	var errs []error
	for _, e := range entries {
		if !e.Type().IsRegular() || !isQueue(e.Name()) {
			continue
		}
		info, err := e.Info()
		if errors.Is(err, fs.ErrNotExist) || err == nil && skip != nil && skip(filepath.Join(dir, e.Name()), info) {
			continue
		}
		q := Queue{File: filepath.Join(dir, e.Name())}
		if err == nil {
			q.Bytes = info.Size()
			err = q.look(ctx, argv, now)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("examine %s: %w", q.File, err))
			continue
		}
		out = append(out, q)
	}
	return out, errors.Join(errs...)
}

// isQueue tells the queues from what was moved aside, here or by the extension's `recreate`.
func isQueue(name string) bool {
	return strings.HasPrefix(name, Prefix) && !strings.Contains(name, aside) && !strings.HasSuffix(name, ".backup")
}

// look examines one file, and moves it aside when it is damaged. It holds the file from
// before the verdict until it is moved: what another process puts in its place meanwhile is
// not touched, nor is what a Collector has opened.
func (q *Queue) look(ctx context.Context, argv []string, now func() time.Time) error {
	f, err := os.Open(q.File)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }()
	if q.InUse = !lock(f, syscall.LOCK_SH); q.InUse {
		return nil
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_UN); err != nil { // the process that examines it takes it
		return err
	}
	said, err := examine(ctx, argv, q.File)
	if err != nil {
		return err
	}
	reason, isDamaged := strings.CutPrefix(said, damaged)
	q.InUse = said == inUse || isDamaged && !lock(f, syscall.LOCK_EX)
	if q.InUse || !isDamaged {
		return nil
	}
	held, err := f.Stat()
	if err != nil {
		return err
	}
	if there, err := os.Stat(q.File); err != nil || !os.SameFile(held, there) {
		return errors.New("it was replaced in the meantime")
	}
	q.Damage, q.Moved = reason, q.File+aside+now().UTC().Format("20060102T150405Z")
	return os.Rename(q.File, q.Moved)
}

// lock takes bbolt's lock of a file, if it is free.
func lock(f *os.File, how int) bool { return syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB) == nil }

// mostSaid bounds what is repeated of a process.
const mostSaid = 200

// crashes begin the lines in which Go says that reading the file ended a process; other fatal
// errors, as of memory, say nothing about the file.
var crashes = []string{"panic: ", "fatal error: fault", "unexpected fault "}

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
