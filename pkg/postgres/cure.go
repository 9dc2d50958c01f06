package postgres

import (
	"errors"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// cures say what to do about what the server reports, by SQLSTATE.
var cures = map[string]string{
	"28000": "check the role that DATABASE_URL names, and pg_hba.conf of the server",
	"28P01": "check the role that DATABASE_URL names and its password",
	"3D000": "check the database that DATABASE_URL names, or make it with createdb",
	"53100": "the database's disk is full: make room on it; what was not stored is done again",
	"53300": "end other programs' sessions, raise max_connections, or lower DATABASE_API_POOL and DATABASE_SCHEDULER_POOL",
	"57P03": "the server starts, stops or recovers: wait",
	"42501": "the role that DATABASE_URL names lacks the right: migrate, backup and restore run as the role that owns the database; for the others' rights run `mealplanner migrate` as it",
	"25006": "the database takes no writes: it is a standby, or default_transaction_read_only is on. DATABASE_URL must name the primary; of several hosts, target_session_attrs=read-write picks it",
}

// noConnection is the cure when no server answered.
const noConnection = "check DATABASE_URL and that the server runs"

// curedError is a server's or a connection's error in one line, with its cure.
type curedError struct {
	cause error
	text  string
}

func (e *curedError) Error() string { return e.text }
func (e *curedError) Unwrap() error { return e.cause }

// cured puts the cure into the text of an error, where one is known.
func cured(err error) error {
	cure := ""
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		cure = cures[pg.Code]
	}
	text := err.Error()
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		if cure == "" {
			cure = noConnection
		}
		text = "no connection: " + attempts(text)
	}
	if cure == "" {
		return err
	}
	return &curedError{err, text + " (" + cure + ")"}
}

// attempts shortens pgx's message about a failed connection: one line, each attempt once, and
// without the preceding TLS attempt at a server without TLS.
func attempts(text string) string {
	lines := strings.Split(text, "\n")
	var out []string
	for _, l := range lines[1:] {
		if l = strings.TrimSpace(l); !slices.Contains(out, l) && !strings.HasSuffix(l, "tls error: server refused TLS connection") {
			out = append(out, l)
		}
	}
	if len(out) == 0 {
		return text
	}
	return strings.TrimSpace(lines[0]) + " " + strings.Join(out, "; ")
}
