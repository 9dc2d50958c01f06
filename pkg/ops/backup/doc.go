// Package backup writes the database into one file and brings it back. The file is a ZIP
// archive with a dump in PostgreSQL's custom format (database.dump) and what has to be known
// of it before it is used (manifest.json); `unzip` and `pg_restore` read it without this
// program. PostgreSQL's own pg_dump, pg_restore and psql do the work: they are looked for on
// this machine, and get the password in their environment.
//
// A backup appears at its place when it is whole, readable by its owner alone, and never in
// place of another file. A restore is one transaction, and begins when the whole file was
// read and found undamaged.
package backup
