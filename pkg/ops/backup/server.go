package backup

import (
	"bufio"
	"cmp"
	"context"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
	"github.com/mealplanner/mealplanner/pkg/domain/lazyregexp"
	"github.com/mealplanner/mealplanner/pkg/postgres/pglocal"
	"github.com/mealplanner/mealplanner/pkg/seal"
)

// Server is the database, as PostgreSQL's own programs reach it.
type Server struct {
	bin      string // their directory
	target   string // connection string without its password
	password string
}

// NewServer looks for the programs on this machine. Kind InvalidConfiguration when they are
// missing or the connection string cannot be read.
func NewServer(connection seal.Secret) (*Server, error) {
	bin, err := pglocal.FindClients()
	if err != nil {
		return nil, err
	}
	cfg, err := pgconn.ParseConfig(connection.Reveal())
	if err != nil {
		return nil, fault.New(fault.InvalidConfig, "DATABASE_URL", "cannot be read (want postgres://user:password@host:port/database)")
	}
	return &Server{bin: bin, target: public(connection.Reveal()), password: cfg.Password}, nil
}

// foreign are parameters of our driver that PostgreSQL's programs refuse.
var foreign = []string{
	"pool_max_conns", "pool_min_conns", "pool_min_idle_conns", "pool_max_conn_lifetime", "pool_max_conn_idle_time", "pool_health_check_period",
	"pool_max_conn_lifetime_jitter", "default_query_exec_mode", "statement_cache_capacity", "description_cache_capacity",
}

// public is a connection string without its password, and without what only our driver knows.
func public(connection string) string {
	hidden := append([]string{"password"}, foreign...)
	u, err := url.Parse(connection)
	if err != nil || u.Scheme == "" { // the keyword form: host=localhost password='x y'
		for _, key := range hidden {
			connection = regexp.MustCompile(`(^|\s)`+key+`\s*=\s*('(?:[^'\\]|\\.)*'|(?:[^\s\\]|\\.)*)`).ReplaceAllString(connection, "$1")
		}
		return strings.TrimSpace(connection)
	}
	if u.User != nil {
		u.User = url.User(u.User.Username())
	}
	q := u.Query()
	for _, key := range hidden {
		q.Del(key)
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// command is one of the programs with its arguments; the password is in its environment,
// where other users of the machine cannot read it.
func (s *Server) command(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, filepath.Join(s.bin, program), args...)
	cmd.Env = append(os.Environ(), "PGPASSWORD="+s.password, "PGAPPNAME=mealplanner-backup", "LC_ALL=C") //nolint:forbidigo // PostgreSQL's programs read theirs
	return cmd
}

// Source is what a backup is made of.
type Source struct {
	Manifest          // Made, Program, Schema, Key and PostgreSQL
	Leave    []string // tables whose rows stay out
}

// Write dumps the database into a new file. progress is called for each table.
func (s *Server) Write(ctx context.Context, path string, from Source, progress func(table string)) (Manifest, error) {
	args := []string{"--format=custom", "--no-owner", "--no-privileges", "--no-password", "--verbose", "--lock-wait-timeout=30s", "--dbname=" + s.target}
	for _, t := range from.Leave {
		args = append(args, "--exclude-table-data="+t)
	}
	m := from.Manifest
	err := write(path, &m, func(w io.Writer) error {
		return dump(ctx, s.command(ctx, "pg_dump", args...), w, progress)
	})
	return m, err
}

// dump runs a program that writes to w. When w takes no more, the program only knows that
// nobody reads it: the reason is w's.
func dump(ctx context.Context, cmd *exec.Cmd, w io.Writer, progress func(table string)) error {
	out := &remembering{w: w}
	cmd.Stdout = out
	err := run(ctx, cmd, progress)
	if out.err != nil && ctx.Err() == nil {
		return fault.Wrap(fault.InvalidConfig, "write the backup", out.err)
	}
	return err
}

// remembering keeps the error of a writer.
type remembering struct {
	w   io.Writer
	err error
}

func (r *remembering) Write(p []byte) (int, error) {
	n, err := r.w.Write(p)
	if err != nil {
		r.err = err
	}
	return n, err
}

var (
	// table is in the lines of --verbose.
	table = lazyregexp.New(`(?:dumping contents of table|processing data for table) "([^"]+)"`)
	// chatter are other lines of --verbose: of what is done, not of what is wrong.
	chatter = lazyregexp.New(`^pg_(dump|restore): (last built-in|reading|identifying|finding|flagging|saving|dumping|creating|processing|implied|executing|connecting|launching|finished|entering|disabling|enabling|setting)`)
)

// run runs a program, tells progress of each table, and puts into the error what the program
// complained of.
func run(ctx context.Context, cmd *exec.Cmd, progress func(table string)) error {
	op := filepath.Base(cmd.Path)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	if err := cmd.Start(); err != nil {
		return fault.Wrap(fault.Internal, op, err)
	}
	var complaints []string
	sc := bufio.NewScanner(stderr)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		line := sc.Text()
		if m := table().FindStringSubmatch(line); m != nil {
			progress(m[1])
		} else if !chatter().MatchString(line) && len(complaints) < 10 {
			complaints = append(complaints, line)
		}
	}
	_, _ = io.Copy(io.Discard, stderr) // what the scanner would not take
	err = cmd.Wait()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fault.Wrap(fault.Canceled, op, ctx.Err())
	case strings.Contains(strings.Join(complaints, " "), "server version mismatch"):
		return fault.New(fault.InvalidConfig, op, "%s: the server is newer than the programs here: install its postgresql-client, or set PGBIN to their directory", strings.Join(complaints, "; "))
	case strings.Contains(strings.Join(complaints, " "), "permission denied"):
		return fault.New(fault.InvalidConfig, op, "%s: back up and restore as the role that owns the database: DATABASE_URL names another", strings.Join(complaints, "; "))
	default:
		return fault.New(fault.DatabaseError, op, "%s", cmp.Or(strings.Join(complaints, "; "), err.Error()))
	}
}
