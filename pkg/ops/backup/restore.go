package backup

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
)

// notOurs are the entries of a dump's table of contents that are not the database owner's to
// make: extensions, and the schema that every database has.
var notOurs = lazyregexp.New(`^\d+; \d+ \d+ (EXTENSION - |COMMENT - EXTENSION |SCHEMA - public |COMMENT - SCHEMA public )`)

// Around are statements that run in the transaction of a restore.
type Around struct{ Before, After string }

// Restore brings a backup into the database, in one transaction with the statements around it.
// On an error nothing is changed.
func (s *Server) Restore(ctx context.Context, a *Archive, around Around, progress func(table string)) (err error) {
	dir, err := os.MkdirTemp("", "mealplanner-restore-")
	if err != nil {
		return fault.Wrap(fault.Internal, "restore", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	contents := filepath.Join(dir, "contents")
	if err := s.contents(ctx, a, contents); err != nil {
		return err
	}
	// psql reads one script to its end. It commits only if that ends with a COMMIT, so
	// whatever stops the script undoes everything.
	psql := s.command(ctx, "psql", "--no-psqlrc", "--quiet", "--no-password", "--output="+os.DevNull, "--set=ON_ERROR_STOP=1", "--dbname="+s.target, "--file=-")
	script, err := psql.StdinPipe()
	if err != nil {
		return fault.Wrap(fault.Internal, "restore", err)
	}
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, psql, func(string) {}) }()
	err = errors.Join(s.script(ctx, script, a, contents, around, progress), script.Close())
	if said := <-ended; said != nil {
		return said // and err is that nobody listens any more
	}
	return err
}

// contents writes the dump's table of contents, without what is not ours to make.
func (s *Server) contents(ctx context.Context, a *Archive, file string) (err error) {
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fault.Wrap(fault.Internal, "restore", err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var list strings.Builder
	cmd := s.command(ctx, "pg_restore", "--list")
	cmd.Stdout = &list
	if err := s.readDump(ctx, cmd, a, func(string) {}); err != nil {
		return err
	}
	for line := range strings.Lines(list.String()) {
		if notOurs().MatchString(line) {
			continue
		}
		if _, err := f.WriteString(line); err != nil {
			return fault.Wrap(fault.Internal, "restore", err)
		}
	}
	return nil
}

// script writes what psql shall do.
func (s *Server) script(ctx context.Context, w io.Writer, a *Archive, contents string, around Around, progress func(table string)) error {
	if _, err := io.WriteString(w, "begin;\nset local lock_timeout = '10s';\n"+around.Before+"\n"); err != nil {
		return err
	}
	cmd := s.command(ctx, "pg_restore", "--file=-", "--use-list="+contents, "--no-owner", "--no-privileges", "--verbose")
	cmd.Stdout = w
	if err := s.readDump(ctx, cmd, a, progress); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n"+around.After+"\ncommit;\n")
	return err
}

// readDump runs a program on the dump.
func (s *Server) readDump(ctx context.Context, cmd *exec.Cmd, a *Archive, progress func(table string)) error {
	r, err := a.dump.Open()
	if err != nil {
		return fault.Wrap(fault.Internal, "restore", err)
	}
	cmd.Stdin = r
	return errors.Join(run(ctx, cmd, progress), r.Close())
}
