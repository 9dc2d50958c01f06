package pglocal

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"

	"github.com/mealplanner/mealplanner/pkg/domain/fault"
)

// Find returns the directory of the newest PostgreSQL server's binaries: $PGBIN, then
// Debian's and Homebrew's places, then PATH.
func Find() (string, error) {
	if d := find("initdb", "postgres"); d != "" {
		return d, nil
	}
	return "", fault.New(fault.InvalidConfig, "private PostgreSQL",
		"no initdb and postgres found: run `make deps` (Debian: apt-get install postgresql), set PGBIN to their directory, or set DATABASE_URL to a server")
}

// FindClients returns the directory of the newest pg_dump, pg_restore and psql, which are
// looked for in the same places.
func FindClients() (string, error) {
	if d := find("pg_dump", "pg_restore", "psql"); d != "" {
		return d, nil
	}
	return "", fault.New(fault.InvalidConfig, "PostgreSQL's programs",
		"no pg_dump, pg_restore and psql found: install them in the server's version or newer (Debian: apt-get install postgresql-client), or set PGBIN to their directory")
}

// find returns the first directory that has all the programs, or "".
func find(programs ...string) string {
	var dirs []string
	if d := os.Getenv("PGBIN"); d != "" { //nolint:forbidigo // where PostgreSQL's own tools look
		dirs = append(dirs, d)
	}
	for _, pattern := range []string{"/usr/lib/postgresql/*/bin", "/opt/homebrew/opt/postgresql*/bin", "/opt/homebrew/opt/libpq/bin", "/usr/local/opt/postgresql*/bin", "/usr/local/opt/libpq/bin", "/usr/pgsql-*/bin"} {
		found, _ := filepath.Glob(pattern) // fails on a malformed pattern only
		slices.SortFunc(found, func(a, b string) int { return versionIn(b) - versionIn(a) })
		dirs = append(dirs, found...)
	}
	if p, err := exec.LookPath(programs[0]); err == nil {
		dirs = append(dirs, filepath.Dir(p))
	}
	at := slices.IndexFunc(dirs, func(d string) bool {
		return !slices.ContainsFunc(programs, func(p string) bool { return !executable(filepath.Join(d, p)) })
	})
	if at < 0 {
		return ""
	}
	return dirs[at]
}

func versionIn(path string) int {
	n := 0
	for _, r := range path {
		if r >= '0' && r <= '9' {
			n = n*10 + int(r-'0')
		}
	}
	return n
}

func executable(path string) bool {
	fi, err := os.Stat(path)
	return err == nil && fi.Mode().IsRegular() && fi.Mode()&0o111 != 0
}
